"""Sharpening of a known blur, without halos."""

from __future__ import annotations

from functools import partial
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Pixels
from packshot.enhance.luma import add_luma, clamp_to_neighbours, to_luma
from packshot.enhance.strips import apply_by_strips
from packshot.photo.pixels import check_pixels

_ITERATIONS: Final = 3
_OVERSHOOT: Final = 3.0
_MAX_BLUR_SIGMA: Final = 6.0


def sharpen(pixels: Pixels, blur: float, strength: float = 1.0) -> Pixels:
    """Undo a Gaussian blur as far as it goes without inventing.

    Van Cittert's iteration on luma: add what the blurred estimate lacks. Each value stays within
    what the neighbourhood had, but for three grey levels, so that edges become steep and get no
    halos.

    Args:
        pixels: (H, W, 3) uint8, free of noise.
        blur: Standard deviation in pixels, above 0; above 6 it counts as 6.
        strength: 0..1, share of the change that is applied.

    Returns:
        (H, W, 3) uint8.

    Raises:
        InvalidInput: Pixels of another type or shape.
    """
    check_pixels(pixels, "sharpen")
    width = min(blur, _MAX_BLUR_SIGMA)
    margin = (_ITERATIONS + 1) * (int(4 * width) + 1)
    return apply_by_strips(pixels, partial(_sharpen_strip, blur=width, strength=strength), margin)


def _sharpen_strip(pixels: Pixels, blur: float, strength: float) -> Pixels:
    soft = to_luma(pixels)
    estimate = soft.copy()
    for _ in range(_ITERATIONS):
        estimate += soft - cv2.GaussianBlur(estimate, (0, 0), blur)
    bounded = clamp_to_neighbours(estimate, soft, round(blur + 1), _OVERSHOOT)
    return add_luma(pixels, np.float32(strength) * (bounded - soft))
