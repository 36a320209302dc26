"""Spatial damage: pixels displaced, repeated, merged, covered."""

from __future__ import annotations

import cv2
import numpy as np

from packshot.arrays import Pixels
from packshot.distort.parameters import scale_of

_JITTER = (0.6, 1.1, 2.0, 3.4, 5.5)
_PATCHES = (12, 30, 60, 110, 200)
_PIXELATE = (2, 3, 5, 8, 13)
_TONES = (20, 13, 8, 5, 3)
_BLOCKS = (2, 4, 8, 14, 24)
_BLOCK_SIDE = 0.06
_PATCH_SIDE = 0.03


def jitter(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Take each pixel from a random place nearby."""
    height, width = pixels.shape[:2]
    # Grows as the square root of the scale: between noise, which keeps its grain, and blur, which grows
    # with the photo. Below half a pixel nothing would move.
    reach = max(_JITTER[level - 1] * np.sqrt(scale_of(pixels)), 0.55)
    offsets = generator.uniform(-reach, reach, (2, height, width)).astype(np.float32)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    return np.asarray(
        cv2.remap(
            pixels, x + offsets[0], y + offsets[1], cv2.INTER_NEAREST, None, cv2.BORDER_REFLECT_101
        ),
        np.uint8,
    )


def patches(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Copy small patches to a place a little off their own (non-eccentricity patches)."""
    height, width = pixels.shape[:2]
    side = max(1, round(_PATCH_SIDE * max(height, width)))
    if side >= min(height, width):
        return pixels.copy()
    damaged = pixels.copy()
    places = generator.random((_PATCHES[-1], 4))
    for top, left, dy, dx in places[: _PATCHES[level - 1]]:
        y, x = int(top * (height - side)), int(left * (width - side))
        to_y = int(np.clip(y + (dy - 0.5) * 4 * side, 0, height - side))
        to_x = int(np.clip(x + (dx - 0.5) * 4 * side, 0, width - side))
        damaged[to_y : to_y + side, to_x : to_x + side] = pixels[y : y + side, x : x + side]
    return damaged


def pixelate(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Show squares of 2 to 13 pixels in their mean colour."""
    block = _PIXELATE[level - 1] * scale_of(pixels)
    return shrink_and_grow(pixels, 1 / max(block, 1.5), cv2.INTER_NEAREST)


def quantise(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Keep 20 to 3 tones of each channel."""
    steps = _TONES[level - 1] - 1
    tones = np.rint(np.arange(256) / 255 * steps) / steps * 255
    return np.asarray(np.rint(tones).astype(np.uint8)[pixels], np.uint8)


def colour_block(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Cover places with squares of random colours."""
    height, width = pixels.shape[:2]
    side = max(1, round(_BLOCK_SIDE * max(height, width)))
    damaged = pixels.copy()
    places = generator.random((_BLOCKS[-1], 2))
    colours = generator.integers(0, 256, (_BLOCKS[-1], 3))
    for (top, left), colour in zip(places[: _BLOCKS[level - 1]], colours, strict=False):
        y, x = int(top * max(height - side, 0)), int(left * max(width - side, 0))
        damaged[y : y + side, x : x + side] = colour
    return damaged


def shrink_and_grow(pixels: Pixels, factor: float, method: int) -> Pixels:
    """Shrink by area averaging and enlarge again.

    Args:
        pixels: (H, W, 3) uint8.
        factor: Small over large side, 0..1; no side becomes shorter than 1.
        method: OpenCV's name of the interpolation that enlarges.

    Returns:
        (H, W, 3) uint8.
    """
    height, width = pixels.shape[:2]
    small = (max(1, round(width * factor)), max(1, round(height * factor)))
    shrunk = cv2.resize(pixels, small, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(shrunk, (width, height), interpolation=method), np.uint8)
