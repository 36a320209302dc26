"""PSNR: the peak signal-to-noise ratio."""

import math
from typing import Final

import numpy as np

from packshot.arrays import Pixels
from packshot.measure.reference.pair import check_pair

MIN_SIDE: Final = 1
"""Smallest side in pixels."""


def psnr(reference: Pixels, distorted: Pixels) -> float:
    """Return the peak signal-to-noise ratio, 10 log10(255^2 / MSE), in dB: larger is better.

    The mean squared error runs over all pixels and the three channels, exactly, in whole numbers.

    Args:
        reference: RGB pixels (H, W, 3), uint8.
        distorted: RGB pixels of the same shape.

    Returns:
        Decibels, 0 (black against white) and up; `math.inf` for equal photos.

    Raises:
        InvalidInput: The photos are not comparable, see `check_pair`.

    Example:
        >>> reference = np.full((8, 8, 3), 100, np.uint8)
        >>> round(psnr(reference, reference + np.uint8(5)), 2), psnr(reference, reference)
        (34.15, inf)
    """
    check_pair(reference, distorted, MIN_SIDE)
    difference = reference.astype(np.int32) - distorted
    squares = int(np.square(difference).sum(dtype=np.int64))
    if squares == 0:
        return math.inf
    return 10 * math.log10(255**2 * reference.size / squares)
