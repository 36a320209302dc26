"""The quality that a JPEG was saved at, estimated from its quantisation tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np

from packshot.arrays import Int64Array

# Annex K of the JPEG standard (ITU-T T.81), luminance, row by row.
_LUMINANCE = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ]
)
# The same for chrominance: coarse beyond the lowest frequencies.
_CHROMINANCE = np.full((8, 8), 99)
_CHROMINANCE[:4, :4] = [[17, 18, 24, 47], [18, 21, 26, 66], [24, 26, 56, 99], [47, 66, 99, 99]]


def quantisation_steps(quality: int, chroma: bool = False) -> Int64Array:
    """Compute the table that the IJG library quantises with.

    Args:
        quality: 1..100.
        chroma: Of chrominance, not of luminance.

    Returns:
        (8, 8) steps 1..255 by vertical and horizontal frequency.

    Example:
        >>> quantisation_steps(75)[0].tolist()
        [8, 6, 5, 8, 12, 20, 26, 31]
    """
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    table = _CHROMINANCE if chroma else _LUMINANCE
    return np.asarray(np.clip((table * scale + 50) // 100, 1, 255), np.int64)


def jpeg_quality(tables: Mapping[int, Sequence[int]]) -> int | None:
    """Find the IJG quality, 1..100, whose luminance table lies nearest to the file's.

    Args:
        tables: Quantisation tables by number, 64 entries each in row order; 0 is luminance.

    Returns:
        Exact for files the IJG library wrote, the nearest equivalent for others; None without a
        usable table.

    Example:
        >>> jpeg_quality({0: quantisation_steps(82).ravel().tolist()})
        82
    """
    table = np.asarray(tables.get(0, ()), dtype=np.float64)
    if table.shape != (64,):
        return None
    # Sorted, so that tables stored in zigzag order compare as well as those in row order.
    distance = np.abs(_build_sorted_tables() - np.sort(table)).sum(axis=1)
    return int(distance.argmin()) + 1


@cache
def _build_sorted_tables() -> Int64Array:
    """Build the (100, 64) luminance steps of each quality from 1, sorted; once, for every photo asks."""
    return np.sort([quantisation_steps(quality).ravel() for quality in range(1, 101)], axis=1)
