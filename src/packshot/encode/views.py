"""The two pictures of a photo that the networks look at.

The *whole view* shows everything, made small: what is pictured, its colours and light, and where.
The *native view* shows the middle of the photo pixel by pixel, never resized, because resizing
destroys what damage looks like. On held-out rated photos one square of 384 pixels served better than
the same number of pixels taken as many small patches: see docs/decisions/0003-two-views.md.
"""

from __future__ import annotations

import cv2
import numpy as np

from packshot.arrays import Pixels

WHOLE_SIDE = 224
"""Pixels a side of the whole view: what EfficientNet-Lite0, the content network, was trained on."""

NATIVE_SIDE = 384
"""Pixels a side of the native view: four thirds of it cost 1.8 times as much and was no better
(docs/decisions/0003-two-views.md)."""


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


def to_native_view(pixels: Pixels, side: int = NATIVE_SIDE) -> Pixels:
    """Cut the central square of a photo at its own resolution.

    Args:
        pixels: (H, W, 3) RGB. Sides shorter than the view are extended by mirroring.
        side: Of the square, in pixels.

    Returns:
        (side, side, 3) RGB.

    Example:
        >>> import numpy as np
        >>> pixels = np.arange(600 * 800 * 3).astype(np.uint8).reshape(600, 800, 3)
        >>> view = to_native_view(pixels)
        >>> view.shape, bool((view == pixels[108:492, 208:592]).all())
        ((384, 384, 3), True)
    """
    height, width = pixels.shape[:2]
    top, left = max(0, (height - side) // 2), max(0, (width - side) // 2)
    middle = pixels[top : top + side, left : left + side]
    down, right = side - middle.shape[0], side - middle.shape[1]
    if not down and not right:
        return middle
    border = (down // 2, down - down // 2, right // 2, right - right // 2)
    return np.asarray(cv2.copyMakeBorder(middle, *border, cv2.BORDER_REFLECT), np.uint8)
