"""Text laid over a photo: a price badge, a shop's watermark."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float64Array, Pixels
from packshot.distort.parameters import to_float, to_pixels

_WORDS: Final = ("SALE", "-50%", "SAMPLE", "NEW", "HOT DEAL", "(c) SHOP", "FREE", "www.shop.com")
_OPACITY: Final = (0.16, 0.28, 0.45, 0.68, 0.95)
_HEIGHT: Final = (0.05, 0.065, 0.085, 0.11, 0.14)
_REPEATS: Final = (2, 3, 4, 5, 6)
"""By level: opacity, 0..1; height of letters as a share of the long side; times that the words are
written; set as `parameters` says."""

_FONT_HEIGHT: Final = 22
"""Pixels: about the height of a capital of OpenCV's Hershey fonts at size 1."""

_STROKE_WIDTH: Final = 2.2
"""Pixels of a stroke at size 1: bold, as badges are. By judgement."""

_FONTS: Final = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_TRIPLEX)


def overlay(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Write seeded words over the photo: larger, denser and more of them by level.

    Args:
        pixels: (H, W, 3) uint8; not changed.
        level: 1..5.
        generator: Gives words, font, colour and places.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> grey = np.full((128, 128, 3), 128, np.uint8)
        >>> mild, severe = (overlay(grey, level, np.random.default_rng(0)) for level in (1, 5))
        >>> bool((mild != 128).sum() < (severe != 128).sum())
        True
    """
    word = str(generator.choice(_WORDS))
    font = int(generator.choice(_FONTS))
    colour = generator.choice(np.array([[255, 255, 255], [40, 40, 40], [220, 20, 30]], np.float32))
    places = generator.random((_REPEATS[-1], 2))
    mask = _draw_lettering(pixels, word, font, _HEIGHT[level - 1], places[: _REPEATS[level - 1]])
    left, top, width, height = cv2.boundingRect(mask)
    region = np.s_[top : top + height, left : left + width]
    alpha = _OPACITY[level - 1] * to_float(mask[region])[..., None]
    damaged = pixels.copy()
    damaged[region] = to_pixels(
        to_float(pixels[region]) * (1 - alpha) + alpha * (colour / 255).astype(np.float32)
    )
    return damaged


def _draw_lettering(pixels: Pixels, word: str, font: int, share: float, places: Float64Array) -> Pixels:
    """Draw coverage (H, W), 0..255, of a word at each place, letters `share` of the long side high."""
    height, width = pixels.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    size = max(share * max(height, width), 4) / _FONT_HEIGHT
    thickness = max(1, round(size * _STROKE_WIDTH))
    (text_width, text_height), _ = cv2.getTextSize(word, font, size, thickness)
    for x, y in places:
        left = int(x * max(width - text_width, 1))
        base = int(text_height + y * max(height - text_height, 1))
        cv2.putText(mask, word, (left, base), font, size, 255, thickness, cv2.LINE_AA)
    return mask
