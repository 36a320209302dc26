"""Changes of luma alone: added to all channels, and kept within what each neighbourhood had."""

from __future__ import annotations

import cv2
import numpy as np

from packshot.arrays import Float32Array, Pixels
from packshot.measure.planes import to_uint8


def to_luma(pixels: Pixels) -> Float32Array:
    """Compute Rec. 601 luma in grey levels, (H, W) float32, of (H, W, 3) uint8.

    Example:
        >>> import numpy as np
        >>> to_luma(np.uint8([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]])).tolist()
        [[76.0, 150.0, 29.0]]
    """
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.float32)


def add_luma(pixels: Pixels, gain: Float32Array) -> Pixels:
    """Add grey levels to all three channels, rounded and clipped.

    Args:
        pixels: (H, W, 3) uint8.
        gain: (H, W), in grey levels.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> import numpy as np
        >>> pixels = np.uint8([[[10, 20, 250]]])
        >>> add_luma(pixels, np.float32([[8.4]])).tolist()
        [[[18, 28, 255]]]
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

    Returns:
        (H, W) float32.

    Example:
        >>> import numpy as np
        >>> edge = np.float32([[50, 50, 50, 200, 200, 200]])
        >>> overshot = np.float32([[50, 50, 20, 230, 200, 200]])
        >>> clamp_to_neighbours(overshot, edge, radius=1, margin=3).tolist()
        [[50.0, 50.0, 47.0, 203.0, 200.0, 200.0]]
    """
    kernel = np.ones((2 * radius + 1,) * 2, np.uint8)
    lowest, highest = cv2.erode(original, kernel), cv2.dilate(original, kernel)
    tolerance = margin + range_share * (highest - lowest)
    return np.asarray(np.clip(values, lowest - tolerance, highest + tolerance), np.float32)
