"""The two pictures of a photo that the networks look at.

The *whole view* shows everything, made small: what is pictured, its colours and light, and where.
The *native view* shows the middle of the product pixel by pixel, never resized, because resizing
destroys what damage looks like. On held-out rated photos one square served better than the same number
of pixels taken as many small patches: see docs/decisions/0003-two-views.md.
"""

from __future__ import annotations

import cv2
import numpy as np

from packshot.arrays import Pixels

WHOLE_SIDE = 224
"""Pixels a side of the whole view: what the content network was taught on
(docs/decisions/0034-a-score-that-means-what-a-shop-means.md)."""

NATIVE_SIDE = 224
"""Pixels a side of the native view: a third of the pixels of 384, for a third of the time; what it
costs in accuracy is in docs/decisions/0034-a-score-that-means-what-a-shop-means.md."""

Point = tuple[float, float]
"""Across and down, in pixels."""


def to_whole_view(pixels: Pixels, side: int = WHOLE_SIDE) -> Pixels:
    """Squeeze a photo to a square by area averaging.

    Args:
        pixels: (H, W, 3) RGB.
        side: Of the square, in pixels.

    Returns:
        (side, side, 3) RGB.

    Example:
        >>> import numpy as np
        >>> to_whole_view(np.zeros((600, 800, 3), np.uint8)).shape
        (224, 224, 3)
    """
    height, width = pixels.shape[:2]
    is_smaller = height >= side and width >= side
    method = cv2.INTER_AREA if is_smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, (side, side), interpolation=method), np.uint8)


def to_native_view(pixels: Pixels, side: int = NATIVE_SIDE, centre: Point | None = None) -> Pixels:
    """Cut a square of a photo at its own resolution.

    Args:
        pixels: (H, W, 3) RGB. Sides shorter than the view are extended by mirroring.
        side: Of the square, in pixels.
        centre: Where the square's centre should be, as far as the photo reaches: the middle of the
            product. None for the middle of the photo.

    Returns:
        (side, side, 3) RGB.

    Example:
        >>> import numpy as np
        >>> pixels = np.arange(600 * 800 * 3).astype(np.uint8).reshape(600, 800, 3)
        >>> view = to_native_view(pixels)
        >>> view.shape, bool((view == pixels[188:412, 288:512]).all())
        ((224, 224, 3), True)
        >>> bool((to_native_view(pixels, centre=(0, 600)) == pixels[376:, :224]).all())
        True
    """
    height, width = pixels.shape[:2]
    across, down = (width / 2, height / 2) if centre is None else centre
    top, left = _find_start(down, side, height), _find_start(across, side, width)
    part = pixels[top : top + side, left : left + side]
    below, right = side - part.shape[0], side - part.shape[1]
    if not below and not right:
        return part
    border = (below // 2, below - below // 2, right // 2, right - right // 2)
    return np.asarray(cv2.copyMakeBorder(part, *border, cv2.BORDER_REFLECT), np.uint8)


def _find_start(centre: float, side: int, whole: int) -> int:
    """Return where a span of a length begins that has its centre there, within the whole."""
    return int(min(max(centre - side / 2, 0), max(whole - side, 0)))
