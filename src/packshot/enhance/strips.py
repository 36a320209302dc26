"""Large photos in strips, so that memory depends on the width alone."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Pixels

_STRIP_PIXELS: Final = 1_000_000
"""Pixels of a strip, about: the working memory of a step is some dozen times as many bytes. A judgement
between memory and the rows that are worked out twice."""

_MAX_THREADS: Final = 2
"""Strips that are changed at a time: as many as a small machine has cores."""

_ROW_MULTIPLE: Final = 16
"""Rows: two blocks of JPEG, which are one of chroma at half size."""


def apply_by_strips(pixels: Pixels, change: Callable[[Pixels], Pixels], margin: int) -> Pixels:
    """Apply a local operation to overlapping strips of about a megapixel.

    The same as `change(pixels)` where no output pixel depends on input farther than `margin` rows away.
    Strips begin on multiples of 16 rows, so that block grids and half-size chroma stay where they are.
    As many are changed at a time as OpenCV has threads here, two at most: each takes memory.

    Args:
        pixels: (H, W, 3) uint8.
        change: Keeps shape and type; called with strips of the full width, from several threads.
        margin: Rows; rounded up to a multiple of 16.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> import numpy as np
        >>> heights = []
        >>> tall = np.zeros((5000, 800, 3), np.uint8)
        >>> _ = apply_by_strips(tall, lambda strip: (heights.append(len(strip)), strip)[1], margin=10)
        >>> sorted(heights)
        [24, 1264, 1272, 1280, 1280]
    """
    height, width = pixels.shape[:2]
    rows = max(4 * _ROW_MULTIPLE, _STRIP_PIXELS // width // _ROW_MULTIPLE * _ROW_MULTIPLE)
    if height <= 2 * rows:
        return change(pixels)
    margin_rows = -(-margin // _ROW_MULTIPLE) * _ROW_MULTIPLE
    result = np.empty_like(pixels)

    def fill(top: int) -> None:
        first, bottom = max(0, top - margin_rows), min(height, top + rows)
        strip = np.ascontiguousarray(pixels[first : min(height, bottom + margin_rows)])
        result[top:bottom] = change(strip)[top - first : bottom - first]

    with ThreadPoolExecutor(min(_MAX_THREADS, cv2.getNumThreads()), "strips") as pool:
        list(pool.map(fill, range(0, height, rows)))
    return result
