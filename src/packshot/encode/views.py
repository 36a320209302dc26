"""The two pictures of a photo that the networks look at.

The *whole view* shows everything, made small: what is pictured, its colours and light. The *native
view* shows pixels as they are, never resized, because resizing destroys what damage looks like: a
grid of patches spread over the photo, joined to one square (the fragments of Wu et al., "FAST-VQA",
ECCV 2022), so that a local defect is seen wherever it lies and each cell of the network's output
belongs to a place in the photo.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

WHOLE_SIDE = 224
NATIVE_SIDE = 384
NATIVE_GRID = 2


def whole_view(pixels: Pixels) -> Pixels:
    """The photo squeezed to a square by area averaging.

    Args:
        pixels: (H, W, 3) RGB.

    Returns:
        (224, 224, 3) RGB.
    """
    height, width = pixels.shape[:2]
    shrinks = height >= WHOLE_SIDE and width >= WHOLE_SIDE
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    size = (WHOLE_SIDE, WHOLE_SIDE)
    return np.asarray(cv2.resize(pixels, size, interpolation=method), np.uint8)


def native_view(pixels: Pixels, grid: int = NATIVE_GRID) -> Pixels:
    """Patches of the photo at its own resolution, joined to a square.

    Args:
        pixels: (H, W, 3) RGB. Sides shorter than the view are extended by mirroring.
        grid: Patches along each side; 1 takes the centre as it is.

    Returns:
        (384, 384, 3) RGB.
    """
    pixels = _at_least(pixels, NATIVE_SIDE)
    rows = patch_starts(pixels.shape[0], grid)
    columns = patch_starts(pixels.shape[1], grid)
    side = NATIVE_SIDE // grid
    view = np.empty((NATIVE_SIDE, NATIVE_SIDE, 3), np.uint8)
    for i, top in enumerate(rows):
        for j, left in enumerate(columns):
            patch = pixels[top : top + side, left : left + side]
            view[i * side : (i + 1) * side, j * side : (j + 1) * side] = patch
    return view


def patch_starts(length: int, grid: int = NATIVE_GRID) -> list[int]:
    """Where the patches begin along a side of `length` pixels: evenly spread, never overlapping.

    Args:
        length: Side of the photo in pixels; at least the view's 384.
        grid: Patches along the side.

    Returns:
        `grid` offsets; each patch is centred in its share of the side.
    """
    side = NATIVE_SIDE // grid
    return [round((i + 0.5) * length / grid - side / 2) for i in range(grid)]


def _at_least(pixels: Pixels, side: int) -> Pixels:
    height, width = pixels.shape[:2]
    down, right = max(0, side - height), max(0, side - width)
    if not down and not right:
        return pixels
    border = (down // 2, down - down // 2, right // 2, right - right // 2)
    return np.asarray(cv2.copyMakeBorder(pixels, *border, cv2.BORDER_REFLECT), np.uint8)
