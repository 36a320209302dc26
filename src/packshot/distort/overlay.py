"""Text laid over a photo: a price badge, a shop's watermark."""

from __future__ import annotations

import cv2
import numpy as np

from packshot.arrays import Float64Array, Pixels
from packshot.distort.parameters import to_float, to_pixels

_WORDS = ("SALE", "-50%", "SAMPLE", "NEW", "HOT DEAL", "(c) SHOP", "FREE", "www.shop.com")
_OPACITY = (0.16, 0.28, 0.45, 0.68, 0.95)
_HEIGHT = (0.05, 0.065, 0.085, 0.11, 0.14)
_REPEATS = (2, 3, 4, 5, 6)
_FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_TRIPLEX)


def overlay(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Write seeded words over the photo: larger, denser and more of them by level."""
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
    """(H, W) coverage 0..255 of a word written at each place, letters `share` of the long side high."""
    height, width = pixels.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    size = max(share * max(height, width), 4) / 22
    thickness = max(1, round(size * 2.2))
    (text_width, text_height), _ = cv2.getTextSize(word, font, size, thickness)
    for x, y in places:
        left = int(x * max(width - text_width, 1))
        base = int(text_height + y * max(height - text_height, 1))
        cv2.putText(mask, word, (left, base), font, size, 255, thickness, cv2.LINE_AA)
    return mask
