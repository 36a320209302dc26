"""The background of a packshot: how white, how even; and frames drawn around photos."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

_PURE = 250
_FAR = 9
_MOST_BORDER = 0.15
_SMALLEST_SIDE = 32


def background_whiteness(pixels: Pixels, background: NDArray[np.bool_]) -> float | None:
    """Share of the background, away from the product, that is white (every channel >= 250).

    Args:
        pixels: (h, w, 3) uint8 RGB.
        background: (h, w) the plain background.

    Returns:
        0..1; None where too little background lies away from the product.
    """
    far = _away(background)
    if far.mean() < 0.01:
        return None
    return float((pixels[far].min(axis=1) >= _PURE).mean())


def background_evenness(lightness: NDArray[np.float32], background: NDArray[np.bool_]) -> float | None:
    """Spread of the background's lightness, 5th to 95th percentile.

    Args:
        lightness: (h, w) CIE L, 0..100.
        background: (h, w) the plain background.

    Returns:
        0 (even) upwards; None where too little background lies away from the product.
    """
    far = _away(background)
    if far.mean() < 0.01:
        return None
    low, high = np.percentile(lightness[far], (5, 95))
    return float(high - low)


def border(pixels: Pixels) -> float | None:
    """Width of a uniform frame whose colour differs from what it surrounds.

    Args:
        pixels: (h, w, 3) uint8 RGB.

    Returns:
        Share of the short side, 0 (no frame) .. 0.15; None for tiny photos.
    """
    height, width = pixels.shape[:2]
    if min(height, width) < _SMALLEST_SIDE:
        return None
    limit = max(1, int(_MOST_BORDER * min(height, width)))
    widths = [_uniform_depth(side, limit) for side in _sides(pixels)]
    depth = min(widths)
    if depth == 0 or depth >= limit:
        return 0.0
    return float(depth / min(height, width))


def _away(background: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The background a few pixels off the product, where shadows and JPEG no longer reach."""
    kernel = np.ones((_FAR, _FAR), np.uint8)
    return np.asarray(cv2.erode(background.astype(np.uint8), kernel), bool)


def _sides(pixels: Pixels) -> list[Pixels]:
    """The photo seen from each side, the outermost line first."""
    turned = pixels.transpose(1, 0, 2)
    return [pixels, pixels[::-1], turned, turned[::-1]]


def _uniform_depth(side: Pixels, limit: int) -> int:
    """Lines of one colour from the outside, if a sharp step along most of the line ends them."""
    colour = np.median(side[0], axis=0)
    for depth in range(limit):
        line = side[depth].astype(np.float32)
        if (np.abs(line - colour).max(axis=1) > 12).mean() > 0.08:
            inner = side[min(depth + 1, len(side) - 1)].astype(np.float32)
            differs = (np.abs(inner - colour).max(axis=1) > 24).mean()
            return depth if differs > 0.6 else 0
    return limit
