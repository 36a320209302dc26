"""Exposure: how light the product is, and what of it is lost in white or black."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from packshot.arrays import ByteMask, Float64Array, Pixels
from packshot.measure.planes import percentiles, to_uint8

CLIPPED_WHITE: Final = 254
"""A channel at or above this has lost its detail."""

CLIPPED_BLACK: Final = 2
"""A pixel with every channel at or below this has lost its detail."""


def mean_lightness(lightness: Float64Array) -> float:
    """Mean L* from a histogram of 8-bit lightness, 0..100."""
    return float(lightness @ np.arange(256) / lightness.sum() / 2.55)


def bright_end(lightness: Float64Array) -> float:
    """L* that 2 % of the pixels exceed, 0..100: low where nothing in the photo is light."""
    return percentiles(lightness, 98)[0] / 2.55


def highlight_clipping(small: Pixels, mask: ByteMask | None) -> tuple[float, ByteMask]:
    """Per cent of the pixels with two channels or more at the upper end.

    Args:
        small: RGB, working size.
        mask: 255 on what to judge, None for all.

    Returns:
        The share, and a mask of where.
    """
    # Two of three are at the end where the median of three is.
    red, green, blue = cv2.split(small)
    middle = cv2.max(cv2.min(red, green), cv2.min(cv2.max(red, green), blue))
    return _share_in_mask(to_uint8(cv2.inRange(middle, CLIPPED_WHITE, 255)), mask)


def shadow_clipping(small: Pixels, mask: ByteMask | None) -> tuple[float, ByteMask]:
    """Per cent of the pixels with all channels at the lower end; see `highlight_clipping`."""
    end = (CLIPPED_BLACK,) * 3
    return _share_in_mask(to_uint8(cv2.inRange(small, (0, 0, 0), end)), mask)


def _share_in_mask(clipped: ByteMask, mask: ByteMask | None) -> tuple[float, ByteMask]:
    inside = clipped if mask is None else to_uint8(cv2.bitwise_and(clipped, mask))
    pixel_count = clipped.size if mask is None else max(1, cv2.countNonZero(mask))
    return 100 * cv2.countNonZero(inside) / pixel_count, inside
