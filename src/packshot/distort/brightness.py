"""Brightness: too much, too little."""

from __future__ import annotations

import cv2
import numpy as np

from packshot.arrays import Pixels
from packshot.distort.parameters import apply_curve, sample_sign, to_float, to_pixels

_BRIGHTEN = (0.1, 0.2, 0.33, 0.5, 0.75)
_DARKEN = (0.1, 0.2, 0.33, 0.5, 0.75)
_MEAN_SHIFT = (0.06, 0.12, 0.2, 0.3, 0.42)


def brighten(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Lift the tone curve of Lab's lightness; black and white stay."""
    return _apply_tone_curve(pixels, 1 / (1 + 2.2 * _BRIGHTEN[level - 1]))


def darken(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Press the tone curve of Lab's lightness; black and white stay."""
    return _apply_tone_curve(pixels, 1 + 2.2 * _DARKEN[level - 1])


def mean_shift(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Add a constant, up or down by the seed, to every value."""
    shift = sample_sign(generator) * _MEAN_SHIFT[level - 1]
    return apply_curve(pixels, lambda values: values + shift)


def _apply_tone_curve(pixels: Pixels, power: float) -> Pixels:
    lab = cv2.cvtColor(to_float(pixels), cv2.COLOR_RGB2LAB)
    lab[..., 0] = 100 * (np.maximum(lab[..., 0], 0) / 100) ** power
    return to_pixels(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB))
