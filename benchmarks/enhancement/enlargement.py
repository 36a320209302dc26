"""How near to the truth does `packshot enlarge` come, beside OpenCV's and Pillow's resampling?

    python -m benchmarks.enhancement.enlargement [--half tuning] [--limit 20]

Originals of `benchmarks.enhancement.truth`, made half as wide and high in two ways (means of 2 x 2
pixels; Pillow's Lanczos filter), and enlarged again. Against the original: PSNR and SSIM; and by how
much the result, made smaller again, differs from what came in, in grey levels.

Writes `results/enlargement.csv` where the reporting half is measured.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from benchmarks.enhancement.truth import HALVES, list_originals
from benchmarks.support.record import write_results
from packshot.arrays import Pixels
from packshot.enhance.enlarge import enlarge_twofold
from packshot.measure.reference import psnr, ssim
from packshot.photo import Photo

SIDE = 768


def halve_by_means(pixels: Pixels) -> Pixels:
    """Average disjoint 2 x 2 pixels."""
    size = pixels.shape[1] // 2, pixels.shape[0] // 2
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)


def halve_by_lanczos(pixels: Pixels) -> Pixels:
    """Shrink by Pillow's Lanczos filter."""
    size = pixels.shape[1] // 2, pixels.shape[0] // 2
    return np.array(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))


def double_with_opencv(interpolation: int) -> Callable[[Pixels], Pixels]:
    """A resampling of OpenCV."""
    return lambda pixels: cv2.resize(
        pixels, (2 * pixels.shape[1], 2 * pixels.shape[0]), interpolation=interpolation
    )


def double_with_pillow(pixels: Pixels) -> Pixels:
    """Pillow's Lanczos filter."""
    size = 2 * pixels.shape[1], 2 * pixels.shape[0]
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))


METHODS: dict[str, Callable[[Pixels], Pixels]] = {
    "packshot": enlarge_twofold,
    "OpenCV INTER_CUBIC": double_with_opencv(cv2.INTER_CUBIC),
    "OpenCV INTER_LANCZOS4": double_with_opencv(cv2.INTER_LANCZOS4),
    "Pillow LANCZOS": double_with_pillow,
}
REDUCTIONS = {"means of 2 x 2": halve_by_means, "Pillow LANCZOS": halve_by_lanczos}


def measure_method(reduction: str, method: str, originals: list[Pixels]) -> dict[str, object]:
    """Means over the originals."""
    small = [REDUCTIONS[reduction](pixels) for pixels in originals]
    started = time.perf_counter()
    large = [METHODS[method](pixels) for pixels in small]
    seconds = time.perf_counter() - started
    again = [
        np.abs(halve_by_means(result).astype(int) - pixels).mean()
        for result, pixels in zip(large, small, strict=True)
    ]
    pairs = list(zip(originals, large, strict=True))
    return {
        "made_smaller_by": reduction,
        "method": method,
        "photos": len(originals),
        "psnr": round(float(np.mean([psnr(*pair) for pair in pairs])), 3),
        "ssim": round(float(np.mean([ssim(*pair) for pair in pairs])), 4),
        "difference_when_made_smaller": round(float(np.mean(again)), 3),
        "seconds_per_new_megapixel": round(seconds / sum(p.size / 3e6 for p in large), 3),
    }


def open_even(path: Path) -> Pixels:
    """Open a photo with even sides."""
    pixels = Photo.open(path, max_side=SIDE).pixels
    height, width = (side // 2 * 2 for side in pixels.shape[:2])
    return np.ascontiguousarray(pixels[:height, :width])


def main(arguments: argparse.Namespace) -> None:
    """Measure every method; the tuning half is only printed."""
    cv2.setNumThreads(1)
    paths = list_originals(arguments.data, arguments.half, arguments.limit)
    originals = [open_even(path) for path in paths]
    rows = [
        measure_method(reduction, method, originals) for reduction in REDUCTIONS for method in METHODS
    ]
    for row in rows:
        print(row)
    if arguments.half == "reporting":
        print(write_results("enlargement", rows))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--half", choices=HALVES, default="reporting")
    parser.add_argument("--limit", type=int, default=20, help="about this many originals")
    main(parser.parse_args())
