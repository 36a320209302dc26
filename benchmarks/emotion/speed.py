"""Processor time of the emotion model, one photo at a time on one thread, and its size.

python -m benchmarks.emotion.speed --data ../shared/data
"""

from __future__ import annotations

import argparse
import sys
import time
from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np

from benchmarks.support.record import write_results
from packshot.encode.model import Model
from packshot.encode.views import to_whole_view
from packshot.photo import Photo

DECODED_SIDE = 768
WARM_UP = 3


def main(data: Path, count: int) -> None:
    """Write the table."""
    cv2.setNumThreads(1)
    model = Model.load_shipped("emotion.onnx", threads=1)
    side = int(model.session.get_inputs()[0].shape[1])
    paths = sorted((data / "oasis" / "images").iterdir())[: count + WARM_UP]
    decode, network = [], []
    for path in paths:
        started = time.process_time()
        view = to_whole_view(Photo.open(path, max_side=DECODED_SIDE).pixels, side)[None]
        opened = time.process_time()
        model.run(pixels=view)
        decode.append(opened - started)
        network.append(time.process_time() - opened)
    size = files("packshot").joinpath("weights", "emotion.onnx").read_bytes()
    rows = [
        {
            "step": name,
            "median_cpu_ms": round(1000 * float(np.median(durations[WARM_UP:])), 1),
            "p90_cpu_ms": round(1000 * float(np.quantile(durations[WARM_UP:], 0.9)), 1),
            "photos": count,
            "model_megabytes": round(len(size) / 1e6, 2),
        }
        for name, durations in (("open and shrink", decode), ("network", network))
    ]
    print(write_results("emotion_speed", rows), file=sys.stderr)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--photos", type=int, default=60)
    arguments = parser.parse_args()
    main(arguments.data, arguments.photos)
