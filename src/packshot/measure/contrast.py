"""Contrast: how far the tones reach."""

from __future__ import annotations

import numpy as np

from packshot.arrays import Float64Array
from packshot.measure.planes import percentiles


def tone_range(lightness: Float64Array) -> float:
    """Return the distance of the darkest and the lightest thousandth, in L* (0..100).

    Args:
        lightness: Histogram (256,) of 8-bit lightness, not all zero.

    Example:
        >>> counts = np.zeros(256)
        >>> counts[[51, 204]] = 500
        >>> round(tone_range(counts))
        60
    """
    low, high = percentiles(lightness, 0.1, 99.9)
    return (high - low) / 2.55


def rms_contrast(lightness: Float64Array) -> float:
    """Return the standard deviation of lightness, in L* (0..50).

    Peli, "Contrast in Complex Images", JOSA A 7(10), 1990, on L* in place of luminance.

    Args:
        lightness: Histogram (256,) of 8-bit lightness, not all zero.

    Example:
        >>> counts = np.zeros(256)
        >>> counts[[51, 204]] = 500
        >>> round(rms_contrast(counts))
        30
    """
    values = np.arange(256)
    mean = lightness @ values / lightness.sum()
    return float(np.sqrt(lightness @ (values - mean) ** 2 / lightness.sum()) / 2.55)
