"""Spatial damage: pixels displaced, repeated, merged, covered."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from packshot.arrays import Pixels
from packshot.distort.parameters import scale_of

_JITTER: Final = (0.6, 1.1, 2.0, 3.4, 5.5)
_PIXELATE: Final = (2, 3, 5, 8, 13)
"""Pixels of a photo of 512, by level: reach of a pixel's displacement, side of the squares; set as
`parameters` says."""

_MIN_REACH: Final = 0.55
"""Pixels: with less than half a pixel nothing would move."""

_MIN_BLOCK: Final = 1.5
"""Pixels: smaller squares would be single pixels."""

_PATCHES: Final = (12, 30, 60, 110, 200)
_BLOCKS: Final = (2, 4, 8, 14, 24)
"""Patches copied and squares laid on, by level; set as `parameters` says."""

_TONES: Final = (20, 13, 8, 5, 3)
"""Tones left of each channel, by level; set as `parameters` says."""

_BLOCK_SIDE: Final = 0.06
_PATCH_SIDE: Final = 0.03
"""Side of a square and of a patch as a share of the long side, 0..1. By judgement."""


def jitter(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Take each pixel from a random place nearby.

    Args:
        pixels: (H, W, 3) uint8; not changed.
        level: 1..5.
        generator: Gives the displacements.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> halves = np.zeros((64, 64, 3), np.uint8)
        >>> halves[:, 32:] = 255
        >>> moved = jitter(halves, 5, np.random.default_rng(0))
        >>> np.unique(moved).tolist(), len(np.unique(moved[:, 31]))  # the edge is frayed
        ([0, 255], 2)
    """
    height, width = pixels.shape[:2]
    # Grows as the square root of the scale: between noise, which keeps its grain, and blur, which grows
    # with the photo. Below half a pixel nothing would move.
    reach = max(_JITTER[level - 1] * np.sqrt(scale_of(pixels)), _MIN_REACH)
    offsets = generator.uniform(-reach, reach, (2, height, width)).astype(np.float32)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    return np.asarray(
        cv2.remap(
            pixels, x + offsets[0], y + offsets[1], cv2.INTER_NEAREST, None, cv2.BORDER_REFLECT_101
        ),
        np.uint8,
    )


def patches(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Copy small patches to a place a little off their own (non-eccentricity patches).

    Args:
        pixels: (H, W, 3) uint8; not changed.
        level: 1..5.
        generator: Gives the places.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
        >>> moved = patches(pixels, 5, np.random.default_rng(0))
        >>> bool((moved != pixels).any()), set(np.unique(moved)) <= set(np.unique(pixels))
        (True, True)
    """
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
    """Show squares of 2 to 13 pixels in their mean colour.

    Args:
        pixels: (H, W, 3) uint8; not changed.
        level: 1..5.
        generator: Not used; the effect has no chance in it.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> ramp = np.tile(np.arange(0, 256, 4, dtype=np.uint8)[None, :, None], (64, 1, 3))
        >>> len(np.unique(pixelate(ramp, 5, np.random.default_rng(0)))) < len(np.unique(ramp))
        True
    """
    block = _PIXELATE[level - 1] * scale_of(pixels)
    return shrink_and_grow(pixels, 1 / max(block, _MIN_BLOCK), cv2.INTER_NEAREST)


def quantise(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Keep 20 to 3 tones of each channel.

    Args:
        pixels: (H, W, 3) uint8; not changed.
        level: 1..5.
        generator: Not used; the effect has no chance in it.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> ramp = np.tile(np.arange(256, dtype=np.uint8)[None, :, None], (2, 1, 3))
        >>> np.unique(quantise(ramp, 5, np.random.default_rng(0))).tolist()
        [0, 128, 255]
    """
    steps = _TONES[level - 1] - 1
    tones = np.rint(np.arange(256) / 255 * steps) / steps * 255
    return np.asarray(np.rint(tones).astype(np.uint8)[pixels], np.uint8)


def colour_block(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Cover places with squares of random colours.

    Args:
        pixels: (H, W, 3) uint8; not changed.
        level: 1..5.
        generator: Gives places and colours.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> grey = np.full((100, 100, 3), 128, np.uint8)
        >>> covered = (colour_block(grey, 1, np.random.default_rng(0)) != 128).any(axis=2)
        >>> int(covered.sum())  # two squares of 6 x 6
        72
    """
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

    Example:
        >>> pixels = np.array([[[0] * 3, [200] * 3]], np.uint8)
        >>> shrink_and_grow(pixels, 0.5, cv2.INTER_NEAREST)[0, :, 0].tolist()
        [100, 100]
    """
    height, width = pixels.shape[:2]
    small = (max(1, round(width * factor)), max(1, round(height * factor)))
    shrunk = cv2.resize(pixels, small, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(shrunk, (width, height), interpolation=method), np.uint8)
