"""Sharpness and contrast: overdone, or underdone."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from packshot.arrays import Pixels
from packshot.distort.parameters import apply_curve, sample_sign, scale_of, to_float, to_pixels

_SHARPEN: Final = (1.0, 2.0, 4.0, 7.0, 12.0)
"""Times the detail that is added, by level; set as `parameters` says."""

_SHARPEN_SIGMA: Final = 1.2
"""Pixels of a photo of 512: standard deviation of the blur that detail is what differs from."""

_CONTRAST: Final = (0.15, 0.28, 0.43, 0.6, 0.8)
"""Share of the contrast that is taken, or of the S curve that is mixed in, 0..1, by level; set as
`parameters` says."""


def over_sharpen(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Sharpen by unsharp masking: add 1 to 12 times the detail below 1.2 pixels of standard deviation.

    Args:
        pixels: (H, W, 3) uint8; not changed.
        level: 1..5.
        generator: Not used; the effect has no chance in it.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> step = np.full((512, 512, 3), 100, np.uint8)
        >>> step[:, 256:] = 150
        >>> sharpened = over_sharpen(step, 3, np.random.default_rng(0))
        >>> bool(sharpened.max() > 180), bool(sharpened.min() < 70)  # halos
        (True, True)
    """
    values = to_float(pixels)
    smooth = cv2.GaussianBlur(values, (0, 0), _SHARPEN_SIGMA * scale_of(pixels))
    return to_pixels(values + _SHARPEN[level - 1] * (values - smooth))


def contrast(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Draw values towards middle grey, or by the seed apart from it along an S curve.

    Args:
        pixels: (H, W, 3) uint8; not changed.
        level: 1..5.
        generator: Gives the direction.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> step = np.array([[[80] * 3, [180] * 3]], np.uint8)
        >>> ranges = [int(np.ptp(contrast(step, 3, np.random.default_rng(seed)))) for seed in range(9)]
        >>> min(ranges) < 100 < max(ranges)
        True
    """
    amount = _CONTRAST[level - 1]
    if sample_sign(generator) < 0:
        return apply_curve(pixels, lambda values: 0.5 + (values - 0.5) * (1 - amount))
    steepness = 2 + 8 * amount
    return apply_curve(
        pixels,
        lambda values: (
            (1 - amount) * values
            + amount * (0.5 + 0.5 * np.tanh((values - 0.5) * steepness) / np.tanh(steepness / 2))
        ),
    )
