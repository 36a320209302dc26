"""Light on the product: exposure, clipping, contrast."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

_WHITE, _BLACK = 254, 2


def exposure(lightness: NDArray[np.float32], mask: Mask) -> float:
    """Median lightness of the product.

    Args:
        lightness: (h, w) CIE L, 0..100.
        mask: (h, w) the product; at least one True.

    Returns:
        0 (black) .. 100 (white).
    """
    return float(np.median(lightness[mask]))


def clipped_highlights(pixels: NDArray[np.uint8], mask: Mask) -> float:
    """Share of the product where all channels are at their top, 0..1."""
    return float((pixels[mask].min(axis=1) >= _WHITE).mean())


def clipped_shadows(pixels: NDArray[np.uint8], mask: Mask) -> float:
    """Share of the product where all channels are at their bottom, 0..1."""
    return float((pixels[mask].max(axis=1) <= _BLACK).mean())


def contrast(lightness: NDArray[np.float32]) -> float:
    """Range from the 1st to the 99th percentile of the photo's lightness, 0..100.

    Of the whole photo: a white product on black is contrast enough.
    """
    low, high = np.percentile(lightness, (1, 99))
    return float(high - low)
