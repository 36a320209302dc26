"""Attention maps as people and programs take them: relative to their peak, and as a few boxes."""

from __future__ import annotations

import cv2
import numpy as np

from packshot.arrays import Float32Array, Int32Array
from packshot.report import AttentionRegion, Region

MAX_REGIONS = 3
"""Boxes given for each side, the strongest. A judgement: a map has 9 x 9 cells."""

_EVEN_ATTENTION = 0.85
"""Mean of a relative map, 0..1, from which on its attention is even: no place stands out. A
judgement."""

_DIGITS = 3
"""Decimal places of published numbers."""


def normalise_by_peak(attention: Float32Array) -> Float32Array:
    """Divide a map by its peak; all 0 where there is no attention.

    Args:
        attention: (h, w), 0 or more.

    Returns:
        (h, w), 0..1.

    Example:
        >>> import numpy as np
        >>> normalise_by_peak(np.array([[0, 1], [2, 4]])).tolist()
        [[0.0, 0.25], [0.5, 1.0]]
    """
    peak = float(attention.max(initial=0))
    return attention / peak if peak > 0 else np.zeros_like(attention)


def find_regions(attention: Float32Array) -> tuple[AttentionRegion, ...]:
    """Find the few boxes that stand out, strongest first.

    A region is what hangs together, also over corners, half way or more from the map's mean to its
    peak: a network that sees a little everywhere moves neither. Even attention is one region, of all.

    Args:
        attention: (h, w), 0 or more, of the whole photo.

    Example:
        >>> import numpy as np
        >>> attention = np.zeros((4, 8), np.float32)
        >>> attention[1:3, 2:4] = 1
        >>> (found,) = find_regions(attention)
        >>> found.region.x, found.region.y, found.strength
        (0.25, 0.25, 1.0)
    """
    total = float(attention.sum())
    if total <= 0:
        return ()
    shares = normalise_by_peak(attention)
    mean = float(shares.mean())
    level = 0.0 if mean >= _EVEN_ATTENTION else (1 + mean) / 2
    high = (shares >= level).astype(np.uint8)
    _, _, boxes, _ = cv2.connectedComponentsWithStats(high, connectivity=8)
    found = [_build_region(attention, box, total) for box in boxes[1:]]
    return tuple(sorted(found, key=lambda one: -one.strength)[:MAX_REGIONS])


def to_rows(attention: Float32Array) -> tuple[tuple[float, ...], ...]:
    """Convert a map, relative to its peak, to rows of numbers from top to bottom.

    Example:
        >>> import numpy as np
        >>> to_rows(np.array([[0, 1], [2, 4]], np.float32))
        ((0.0, 0.25), (0.5, 1.0))
    """
    return tuple(
        tuple(round(float(cell), _DIGITS) for cell in row) for row in normalise_by_peak(attention)
    )


def _build_region(attention: Float32Array, box: Int32Array, total: float) -> AttentionRegion:
    left, top, width, height = (int(side) for side in box[:4])
    across, down = attention.shape[1], attention.shape[0]
    inside = float(attention[top : top + height, left : left + width].sum())
    region = Region(
        x=round(left / across, 4),
        y=round(top / down, 4),
        width=round(width / across, 4),
        height=round(height / down, 4),
    )
    return AttentionRegion(region=region, strength=round(min(inside / total, 1), _DIGITS))
