"""Changes of luma alone: added to all channels, and kept within what each neighbourhood had."""

from __future__ import annotations

import cv2
import numpy as np

from packshot.arrays import Float32Array, Pixels
from packshot.measure.planes import to_uint8


def to_luma(pixels: Pixels) -> Float32Array:
    """(H, W) float32, Rec. 601 luma in grey levels, of (H, W, 3) uint8."""
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.float32)


def add_luma(pixels: Pixels, gain: Float32Array) -> Pixels:
    """Add grey levels to all three channels, rounded and clipped.

    Args:
        pixels: (H, W, 3) uint8.
        gain: (H, W), in grey levels.
    """
    levels = np.rint(gain).astype(np.int16)
    return to_uint8(cv2.add(pixels, cv2.merge((levels, levels, levels)), dtype=cv2.CV_8U))


def clamp_to_neighbours(
    values: Float32Array, original: Float32Array, radius: int, margin: float, range_share: float = 0.0
) -> Float32Array:
    """Keep values within what the neighbourhood had before, but for a little: edges get no halos.

    Args:
        values: (H, W), what is to be bounded.
        original: (H, W), as it was.
        radius: Of the square neighbourhood, pixels from its centre to its side.
        margin: Grey levels allowed beyond the least and the largest neighbour.
        range_share: The same, as a share of the range between these two.
    """
    kernel = np.ones((2 * radius + 1,) * 2, np.uint8)
    lowest, highest = cv2.erode(original, kernel), cv2.dilate(original, kernel)
    tolerance = margin + range_share * (highest - lowest)
    return np.asarray(np.clip(values, lowest - tolerance, highest + tolerance), np.float32)
