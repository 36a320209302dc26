"""Processor time of the emotion model, one photo at a time on one thread, and its size.

python benchmarks/emotion_speed.py --data ../shared/data
"""

from __future__ import annotations

import argparse
import sys
import time
from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np

from packshot.encode.model import Model
from packshot.encode.views import whole_view
from packshot.photo import Photo
from benchmarks.record import write

SEEN_SIDE = 768
WARM_UP = 3


def main(data: Path, count: int) -> None:
    """Write the table."""
    cv2.setNumThreads(1)
    model = Model.packaged("emotion.onnx", threads=1)
    side = int(model.session.get_inputs()[0].shape[1])
    paths = sorted((data / "oasis" / "images").iterdir())[: count + WARM_UP]
    decode, network = [], []
    for path in paths:
        begun = time.process_time()
        view = whole_view(Photo.open(path, max_side=SEEN_SIDE).pixels, side)[None]
        opened = time.process_time()
        model.run(pixels=view)
        decode.append(opened - begun)
        network.append(time.process_time() - opened)
    size = files("packshot").joinpath("weights", "emotion.onnx").read_bytes()
    rows = [
        {
            "step": name,
            "median_cpu_ms": round(1000 * float(np.median(spent[WARM_UP:])), 1),
            "p90_cpu_ms": round(1000 * float(np.quantile(spent[WARM_UP:], 0.9)), 1),
            "photos": count,
            "model_megabytes": round(len(size) / 1e6, 2),
        }
        for name, spent in (("open and shrink", decode), ("network", network))
    ]
    print(write("emotion_speed", rows), file=sys.stderr)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--photos", type=int, default=60)
    given = parser.parse_args()
    main(given.data, given.photos)
