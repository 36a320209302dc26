"""Brightness: too much, too little."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from packshot.arrays import Pixels
from packshot.distort.parameters import apply_curve, sample_sign, to_float, to_pixels

_BRIGHTEN: Final = (0.1, 0.2, 0.33, 0.5, 0.75)
_DARKEN: Final = (0.1, 0.2, 0.33, 0.5, 0.75)
"""Bend of the tone curve by level, 0 for none: the exponent of lightness is 1 + 2.2 times it, or one
over that; set as `parameters` says."""

_BEND: Final = 2.2
"""What a bend of 1 adds to the exponent."""

_MEAN_SHIFT: Final = (0.06, 0.12, 0.2, 0.3, 0.42)
"""Share of full scale added or taken, by level; set as `parameters` says."""


def brighten(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Lift the tone curve of Lab's lightness; black and white stay.

    Args:
        pixels: (H, W, 3) uint8; not changed.
        level: 1..5.
        generator: Not used; the effect has no chance in it.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> grey = np.full((4, 4, 3), 100, np.uint8)
        >>> levels = [int(brighten(grey, level, np.random.default_rng(0)).mean()) for level in (1, 3, 5)]
        >>> 100 < levels[0] < levels[1] < levels[2]
        True
    """
    return _apply_tone_curve(pixels, 1 / (1 + _BEND * _BRIGHTEN[level - 1]))


def darken(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Press the tone curve of Lab's lightness; black and white stay.

    Args:
        pixels: (H, W, 3) uint8; not changed.
        level: 1..5.
        generator: Not used; the effect has no chance in it.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> grey = np.full((4, 4, 3), 100, np.uint8)
        >>> levels = [int(darken(grey, level, np.random.default_rng(0)).mean()) for level in (1, 3, 5)]
        >>> 100 > levels[0] > levels[1] > levels[2]
        True
    """
    return _apply_tone_curve(pixels, 1 + _BEND * _DARKEN[level - 1])


def mean_shift(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Add a constant, up or down by the seed, to every value.

    Args:
        pixels: (H, W, 3) uint8; not changed.
        level: 1..5.
        generator: Gives the direction.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> grey = np.full((4, 4, 3), 100, np.uint8)
        >>> shifted = mean_shift(grey, 3, np.random.default_rng(0))  # a fifth of full scale
        >>> abs(int(shifted[0, 0, 0]) - 100)
        51
    """
    shift = sample_sign(generator) * _MEAN_SHIFT[level - 1]
    return apply_curve(pixels, lambda values: values + shift)


def _apply_tone_curve(pixels: Pixels, power: float) -> Pixels:
    lab = cv2.cvtColor(to_float(pixels), cv2.COLOR_RGB2LAB)
    lab[..., 0] = 100 * (np.maximum(lab[..., 0], 0) / 100) ** power
    return to_pixels(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB))
