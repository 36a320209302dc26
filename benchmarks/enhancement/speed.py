"""Seconds and memory of `packshot enhance` on one photo of 1 and of 12 megapixels, a whole process each.

The photo is the sample with a warm cast, enlarged, with noise, as JPEG, so that several repairs are
called for. Start-up, decoding, every assessment and encoding are included. The same of the enhancement
network alone, on two threads: seconds of the second call, without loading; memory of the process.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from benchmarks.support.record import write_results
from benchmarks.support.timing import time_command
from packshot.photo import Photo

SAMPLE = Path(__file__).parents[2] / "examples" / "photos" / "mug-warm-cast.jpg"
SIZES = {"1 megapixel": (1000, 1000), "12 megapixels": (4000, 3000)}
NOISE = 8.0
NETWORK_SCRIPT = """
import sys, time
from packshot.enhance.network import EnhancementNetwork
from packshot.photo import Photo
network, pixels = EnhancementNetwork.load_shipped(threads=2), Photo.open(sys.argv[1]).pixels
network.enhance(pixels[:512, :512])
begun = time.perf_counter()
network.enhance(pixels)
open(sys.argv[2], "w").write(str(time.perf_counter() - begun))
"""


def main(rounds: int) -> None:
    """Time each size, in turn."""
    print(write_results("enhancement_speed", list(_iter_rows(rounds))))


def _iter_rows(rounds: int) -> Iterator[dict[str, object]]:
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds):
            for name, size in SIZES.items():
                photo, report = Path(folder) / "in.jpg", Path(folder) / "report.jsonl"
                _make_photo(photo, size)
                command = [sys.executable, "-m", "packshot", "enhance", str(photo), "--quiet"]
                command += ["-o", str(Path(folder) / "out.jpg"), "--report", str(report), "--explain"]
                seconds, peak = time_command(command)
                report_row = json.loads(report.read_text())
                row = {
                    "photo": name,
                    "round": number,
                    "action": report_row["action"],
                    "steps": " ".join(report_row["steps"]),
                    "rounds_of_the_loop": len(report_row["trace"]),
                    "seconds": round(seconds, 2),
                    "peak_memory_mb": round(peak),
                }
                print(row)
                yield row
                yield _time_network(name, number, photo, Path(folder) / "seconds")


def _time_network(name: str, number: int, photo: Path, seconds: Path) -> dict[str, object]:
    _, peak = time_command([sys.executable, "-c", NETWORK_SCRIPT, str(photo), str(seconds)])
    row = {
        "photo": name,
        "round": number,
        "action": "",
        "steps": "the network alone",
        "rounds_of_the_loop": "",
        "seconds": round(float(seconds.read_text()), 2),
        "peak_memory_mb": round(peak),
    }
    print(row)
    return row


def _make_photo(path: Path, size: tuple[int, int]) -> None:
    """The sample at a size, with the noise of a small sensor."""
    pixels = cv2.resize(Photo.open(SAMPLE).pixels, size, interpolation=cv2.INTER_CUBIC)
    noise = np.random.default_rng(0).normal(0, NOISE, pixels.shape)
    noisy = np.clip(pixels + noise, 0, 255).astype(np.uint8)
    cv2.imwrite(str(path), noisy[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2)
    main(parser.parse_args().rounds)
