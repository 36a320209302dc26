"""Sharpness and contrast: overdone, or underdone."""

from __future__ import annotations

import cv2
import numpy as np

from packshot.arrays import Pixels
from packshot.distort.parameters import apply_curve, sample_sign, scale_of, to_float, to_pixels

_SHARPEN = (1.0, 2.0, 4.0, 7.0, 12.0)
_SHARPEN_SIGMA = 1.2
_CONTRAST = (0.15, 0.28, 0.43, 0.6, 0.8)


def over_sharpen(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Unsharp masking: add 1 to 12 times the detail below 1.2 pixels of standard deviation."""
    values = to_float(pixels)
    smooth = cv2.GaussianBlur(values, (0, 0), _SHARPEN_SIGMA * scale_of(pixels))
    return to_pixels(values + _SHARPEN[level - 1] * (values - smooth))


def contrast(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Draw values towards middle grey, or by the seed apart from it along an S curve."""
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
