"""Attention maps as people and programs take them: relative to their peak, and as a few boxes."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.report import AttentionRegion, Region

REGIONS_TOLD = 3
_FAINTEST = 0.5
"""Of the peak: what lies above hangs together as regions."""
_DIGITS = 3

Floats = NDArray[np.float32]


def relative(attention: Floats) -> Floats:
    """A map divided by its peak; all 0 where there is no attention.

    Args:
        attention: (h, w), 0 or more.

    Returns:
        (h, w), 0..1.
    """
    peak = float(attention.max(initial=0))
    return attention / peak if peak > 0 else np.zeros_like(attention)


def attended(attention: Floats) -> tuple[AttentionRegion, ...]:
    """The few boxes that hold most of the attention, strongest first.

    A region is what hangs together, also over corners, at half of the peak or more.

    Args:
        attention: (h, w), 0 or more, of the whole photo.
    """
    total = float(attention.sum())
    if total <= 0:
        return ()
    high = (relative(attention) >= _FAINTEST).astype(np.uint8)
    _, _, boxes, _ = cv2.connectedComponentsWithStats(high, connectivity=8)
    found = [_region(attention, box, total) for box in boxes[1:]]
    return tuple(sorted(found, key=lambda one: -one.strength)[:REGIONS_TOLD])


def rows(attention: Floats) -> tuple[tuple[float, ...], ...]:
    """A map, relative to its peak, as rows of numbers from top to bottom."""
    return tuple(tuple(round(float(cell), _DIGITS) for cell in row) for row in relative(attention))


def _region(attention: Floats, box: NDArray[np.int32], total: float) -> AttentionRegion:
    left, top, width, height = (int(side) for side in box[:4])
    across, down = attention.shape[1], attention.shape[0]
    inside = float(attention[top : top + height, left : left + width].sum())
    place = Region(
        x=round(left / across, 4),
        y=round(top / down, 4),
        width=round(width / across, 4),
        height=round(height / down, 4),
    )
    return AttentionRegion(region=place, strength=round(min(inside / total, 1), _DIGITS))
