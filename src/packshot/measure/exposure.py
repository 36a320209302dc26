"""Exposure: how light the product is, and what of it is lost in white or black."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from packshot.arrays import ByteMask, Float64Array
from packshot.measure.planes import Channels, histogram, percentiles, to_uint8

CLIPPED_WHITE: Final = 254
"""Grey level: a channel at or above this has lost its detail. One level below the end, for encoders and
averages seldom reach 255."""

CLIPPED_BLACK: Final = 2
"""Grey level: a pixel with every channel at or below this has lost its detail. By judgement."""


def mean_lightness(lightness: Float64Array) -> float:
    """Return the mean L*, 0..100.

    Args:
        lightness: Histogram (256,) of 8-bit lightness, not all zero.

    Example:
        >>> counts = np.zeros(256)
        >>> counts[[51, 153]] = 10
        >>> round(mean_lightness(counts))
        40
    """
    return float(lightness @ np.arange(256) / lightness.sum() / 2.55)


def bright_end(lightness: Float64Array) -> float:
    """Return the L* that 2 % of the pixels exceed, 0..100: low where nothing in the photo is light.

    Args:
        lightness: Histogram (256,) of 8-bit lightness, not all zero.

    Example:
        >>> counts = np.zeros(256)
        >>> counts[[51, 204]] = 90, 10
        >>> round(bright_end(counts))
        80
    """
    return percentiles(lightness, 98)[0] / 2.55


def bright_channel(channels: Channels) -> float:
    """Return the grey level that the lightest channel of 2 % of the pixels exceeds, 0..255.

    A photo in full light has one near the end even where all it shows is red or blue, whose L* is low.

    Args:
        channels: At working size.

    Example:
        >>> from packshot.measure.planes import split_channels
        >>> red = np.full((20, 20, 3), (240, 30, 20), np.uint8)
        >>> bright_channel(split_channels(red))
        240.0
    """
    return percentiles(histogram(channels.lightest), 98)[0]


def highlight_clipping(channels: Channels, mask: ByteMask | None) -> tuple[float, ByteMask]:
    """Measure the per cent of the pixels with two channels or more at the upper end.

    Args:
        channels: At working size.
        mask: 255 on what to judge, None for all.

    Returns:
        The share, and a mask of where.

    Example:
        >>> from packshot.measure.planes import split_channels
        >>> small = np.array([[[255, 255, 90], [255, 90, 90], [90, 90, 90], [255, 255, 255]]], np.uint8)
        >>> share, where = highlight_clipping(split_channels(small), None)
        >>> share, where.tolist()
        (50.0, [[255, 0, 0, 255]])
    """
    # Two of three are at the end where the median of three is.
    red, green = channels.red, channels.green
    middle = cv2.max(cv2.min(red, green), cv2.min(cv2.max(red, green), channels.blue))
    return _share_in_mask(to_uint8(cv2.inRange(middle, CLIPPED_WHITE, 255)), mask)


def shadow_clipping(channels: Channels, mask: ByteMask | None) -> tuple[float, ByteMask]:
    """Measure the per cent of the pixels with all channels at the lower end.

    Args:
        channels: At working size.
        mask: 255 on what to judge, None for all.

    Returns:
        The share, and a mask of where.

    Example:
        >>> from packshot.measure.planes import split_channels
        >>> small = np.array([[[0, 1, 2], [0, 0, 30], [90, 90, 90], [0, 0, 0]]], np.uint8)
        >>> shadow_clipping(split_channels(small), None)[0]
        50.0
    """
    return _share_in_mask(to_uint8(cv2.inRange(channels.lightest, 0, CLIPPED_BLACK)), mask)


def _share_in_mask(clipped: ByteMask, mask: ByteMask | None) -> tuple[float, ByteMask]:
    inside = clipped if mask is None else to_uint8(cv2.bitwise_and(clipped, mask))
    pixel_count = clipped.size if mask is None else max(1, cv2.countNonZero(mask))
    return 100 * cv2.countNonZero(inside) / pixel_count, inside
