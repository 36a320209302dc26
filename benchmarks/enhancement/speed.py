"""Seconds, processor time and memory of `packshot enhance` on one photo, a whole command each time.

Photos of 1 and of 12 megapixels: the sample mug, enlarged, as it is and under six kinds of damage, as
JPEG. Start-up, decoding, every assessment and encoding are included. Of several runs the quickest
counts, by wall clock and by processor time: other work on the machine only ever adds. What a round of
the loop costs is the time of one with its assessment and the guards, over that of one assessment alone,
in one warm process.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from benchmarks.support.record import write_results
from benchmarks.support.timing import measure_command
from packshot import Assessor
from packshot.arrays import Pixels
from packshot.distort import Kind, distort
from packshot.enhance.loop import LoopOptions, improve, make_initial_result
from packshot.photo import Photo

SAMPLE: Final = Path(__file__).parents[2] / "examples" / "photos" / "mug.jpg"
SIZES: Final = {"1 megapixel": (1000, 1000), "12 megapixels": (4000, 3000)}
NOISE: Final = 25.0
BLUR_SHARE: Final = 0.006
"""Deviation of the blur, as a share of the long side: 6 pixels of 1000."""

ROUND: Final = "one round, in assessments"


def main(runs: int) -> None:
    """Time every size and damage, then a round."""
    rows = list(_iter_rows(runs))
    print(write_results("enhancement_speed", [*rows, _measure_round(runs)]))


def _iter_rows(runs: int) -> Iterator[dict[str, object]]:
    with tempfile.TemporaryDirectory() as folder:
        for size_name, size in SIZES.items():
            original = cv2.resize(Photo.open(SAMPLE).pixels, size, interpolation=cv2.INTER_CUBIC)
            for damage, change in DAMAGES.items():
                photo = Path(folder) / "in.jpg"
                _write(photo, change(np.asarray(original, np.uint8)), 10 if damage == "blocks" else 92)
                row = {"photo": size_name, "damage": damage, **_time_runs(photo, Path(folder), runs)}
                print(row)
                yield row


def _time_runs(photo: Path, folder: Path, runs: int) -> dict[str, object]:
    report = folder / "report.jsonl"
    command = [sys.executable, "-m", "packshot", "enhance", str(photo), "--quiet"]
    command += ["-o", str(folder / "out.jpg"), "--report", str(report), "--explain"]
    costs = [measure_command(command) for _ in range(runs)]
    record = json.loads(report.read_text())
    return {
        "action": record["action"],
        "steps": " ".join(record["steps"]),
        "rounds_of_the_loop": len(record["trace"]),
        "runs": runs,
        "seconds": round(min(cost.seconds for cost in costs), 2),
        "processor_seconds": round(min(cost.processor_s for cost in costs), 2),
        "peak_memory_mb": round(max(cost.peak_mb for cost in costs)),
    }


def _measure_round(runs: int) -> dict[str, object]:
    """Processor time of a round beyond the first assessment, over that of an assessment."""
    assessor, photo = Assessor(), _make_warm_photo()
    options = LoopOptions(max_rounds=1, only_steps=frozenset({"white-balance"}))
    improve(assessor, photo, options)
    assessment = min(_time(lambda: make_initial_result(assessor, photo)) for _ in range(runs))
    whole = min(_time(lambda: improve(assessor, photo, options)) for _ in range(runs))
    row: dict[str, object] = dict.fromkeys(
        ("action", "steps", "rounds_of_the_loop", "runs", "seconds", "peak_memory_mb"), ""
    )
    ratio = round((whole - assessment) / assessment, 2)
    row |= {"photo": "1 megapixel", "damage": ROUND, "runs": runs, "processor_seconds": ratio}
    print(row)
    return row


def _make_warm_photo() -> Photo:
    photo = Photo.open(SAMPLE)
    pixels = np.asarray(cv2.resize(photo.pixels, SIZES["1 megapixel"], interpolation=cv2.INTER_CUBIC))
    return replace(photo, pixels=DAMAGES["cast"](pixels))


def _time(action: Callable[[], object]) -> float:
    begun = time.process_time()
    action()
    return time.process_time() - begun


def _add_noise(pixels: Pixels) -> Pixels:
    noise = np.random.default_rng(0).normal(0, NOISE, pixels.shape).astype(np.float32)
    return np.asarray(np.clip(pixels + noise, 0, 255), np.uint8)


def _blur(pixels: Pixels) -> Pixels:
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), BLUR_SHARE * max(pixels.shape)), np.uint8)


DAMAGES: Final[dict[str, Callable[[Pixels], Pixels]]] = {
    "none": lambda pixels: pixels,
    "noise": _add_noise,
    "dark": lambda pixels: distort(pixels, Kind.DARKEN, 5),
    "cast": lambda pixels: distort(pixels, Kind.WRONG_WHITE_BALANCE, 4),
    "blocks": lambda pixels: pixels,
    "flat": lambda pixels: np.rint(64 + pixels * 0.45).astype(np.uint8),
    "blur": _blur,
}
"""Damage by name; blocks are the encoder's."""


def _write(path: Path, pixels: Pixels, quality: int) -> None:
    cv2.imwrite(str(path), pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    main(parser.parse_args().runs)
