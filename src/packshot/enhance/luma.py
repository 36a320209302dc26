"""Changes of luma alone: added to all channels, and kept within what each neighbourhood had."""

from __future__ import annotations

import cv2
import numpy as np

from packshot.arrays import Float32Array, Pixels
from packshot.measure.planes import as_bytes


def luma_of(pixels: Pixels) -> Float32Array:
    """(H, W) float32, Rec. 601 luma in grey levels, of (H, W, 3) uint8."""
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.float32)


def with_luma_added(pixels: Pixels, gain: Float32Array) -> Pixels:
    """Add grey levels to all three channels, rounded and clipped.

    Args:
        pixels: (H, W, 3) uint8.
        gain: (H, W), in grey levels.
    """
    whole = np.rint(gain).astype(np.int16)
    return as_bytes(cv2.add(pixels, cv2.merge((whole, whole, whole)), dtype=cv2.CV_8U))


def within_neighbours(
    values: Float32Array, soft: Float32Array, reach: int, spare: float, share: float = 0.0
) -> Float32Array:
    """Keep values within what the neighbourhood had before, but for a little: edges get no halos.

    Args:
        values: (H, W), what is to be bounded.
        soft: (H, W), as it was.
        reach: Of the square neighbourhood, pixels from its centre to its side.
        spare: Grey levels allowed beyond the least and the largest neighbour.
        share: The same, as a share of the range between these two.
    """
    square = np.ones((2 * reach + 1,) * 2, np.uint8)
    least, most = cv2.erode(soft, square), cv2.dilate(soft, square)
    beyond = spare + share * (most - least)
    return np.asarray(np.clip(values, least - beyond, most + beyond), np.float32)
