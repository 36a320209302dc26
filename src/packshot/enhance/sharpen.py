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
"""Rounds of Van Cittert's iteration: more sharpen more and bring up more noise; six sharpened
too much."""

_OVERSHOOT: Final = 3.0
"""Grey levels that a value may go beyond its neighbourhood: a halo of that size is hardly seen. A
judgement."""

_MAX_BLUR_SIGMA: Final = 6.0
"""Pixels: a wider blur counts as this, for nothing fine is left of it that could be steepened. A
judgement; wide blur is for `deconvolve`."""


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

    Example:
        >>> import numpy as np
        >>> import cv2, numpy as np
        >>> edge = np.repeat(np.uint8([[[50], [200]]]), 16, axis=1).repeat(32, axis=0).repeat(3, axis=2)
        >>> soft = cv2.GaussianBlur(edge, (0, 0), 2.0)
        >>> sharper = sharpen(soft, blur=2.0)
        >>> [int(image[16, 17, 0]) - int(image[16, 14, 0]) for image in (soft, sharper)]
        [84, 128]
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
