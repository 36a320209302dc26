"""Traces that a change of tones or colours leaves in a photo's histogram, whatever the photo shows."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from packshot.arrays import Float64Array, Pixels

_VALUE_COUNT: Final = 256
"""Values of 8 bits."""

_CHANCE_DISTANCE: Final = math.sqrt(0.375) * math.sqrt(2 / math.pi)
"""Mean distance of a root of a count from the middle of its neighbours by chance alone: roots of Poisson
counts have a variance of a quarter, wherever they lie (Bartlett, 1936)."""


def compute_histogram_unevenness(pixels: Pixels) -> float:
    """Compute how far the histogram is from smooth, in the channel where it is furthest.

    Light falls on a sensor in any amount; 8-bit values that are computed from other 8-bit values skip
    some and heap up on others, so that a curve, a cast or a change of saturation combs the histogram
    (Stamm and Liu, "Forensic detection of image manipulation using statistical intrinsic fingerprints",
    2010). Compression with loss fills the gaps again: then this says little, and nothing wrong.

    Args:
        pixels: (H, W, 3) uint8 RGB.

    Returns:
        0 where neighbouring values are about as frequent as chance allows, toward 2 where every second
        value is missing. The number of pixels does not matter, nor what is clipped at either end.

    Example:
        >>> ramp = np.repeat(np.arange(256, dtype=np.uint8), 100).reshape(160, 160)
        >>> photo = np.stack([ramp] * 3, axis=-1)
        >>> [round(compute_histogram_unevenness(pixels), 2) for pixels in (photo, photo // 2 * 2)]
        [0.0, 1.92]
    """
    return max(_compute_unevenness(_count_values(pixels[..., channel])) for channel in range(3))


def compute_highest_tone(pixels: Pixels) -> float:
    """Compute the highest value of a channel, 0..1, the mean of the three.

    A photo pressed down has none at 1.

    Args:
        pixels: (H, W, 3) uint8 RGB.

    Example:
        >>> photo = np.full((4, 4, 3), (255, 204, 102), np.uint8)
        >>> round(compute_highest_tone(photo), 2)
        0.73
    """
    return float(pixels.max(axis=(0, 1)).mean()) / (_VALUE_COUNT - 1)


def _count_values(channel: Pixels) -> Float64Array:
    """Count the values between the lowest and the highest there are."""
    counts = np.bincount(channel.ravel(), minlength=_VALUE_COUNT).astype(np.float64)
    used = np.flatnonzero(counts)
    return counts[used[0] + 1 : used[-1]]


def _compute_unevenness(counts: Float64Array) -> float:
    """Compute how far a count's root lies from its neighbours' middle, in mean roots, less chance."""
    roots = np.sqrt(counts)
    if len(roots) < 3 or not roots.any():
        return 0.0
    deviations = np.abs(roots[1:-1] - (roots[:-2] + roots[2:]) / 2)
    return max(0.0, float((deviations - _CHANCE_DISTANCE).sum() / roots.sum()))
