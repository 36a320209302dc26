"""CIE L*a*b* from linear light: VSI looks under D50, colour differences under D65."""

from typing import Final, TypeAlias

import cv2
import numpy as np

from packshot.arrays import Float32Array
from packshot.measure.reference.pair import to_float32

White: TypeAlias = tuple[float, float, float]

D50: Final[White] = (0.96421200, 1.0, 0.82518828)
"""X, Y, Z of the D50 white for 2 degrees."""

D65: Final[White] = (0.95047, 1.0, 1.08883)
"""X, Y, Z of the D65 white for 2 degrees, the white of sRGB (IEC 61966-2-1)."""

_RGB_TO_XYZ: Final = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
"""Rows of X, Y, Z in linear sRGB (IEC 61966-2-1), to seven digits."""

_OPPONENTS: Final = np.array([[0, 116, 0, -16], [500, -500, 0, 0], [0, 200, -200, 0]], dtype=np.float32)
"""Rows of L*, a*, b* in the roots of X, Y, Z and 1 (CIE 15)."""


def srgb_to_linear(encoded: Float32Array) -> Float32Array:
    """Undo the sRGB curve (IEC 61966-2-1).

    Args:
        encoded: Values 0..1, (H, W) or (H, W, 3).

    Returns:
        Linear light 0..1, of the same shape.

    Example:
        >>> linear = srgb_to_linear(np.array([[0.0, 0.5, 1.0]], np.float32))
        >>> [round(float(value), 2) for value in linear[0]]
        [0.0, 0.21, 1.0]
    """
    bright = cv2.pow((encoded + np.float32(0.055)) * np.float32(1 / 1.055), 2.4)
    return to_float32(np.where(encoded > 0.04045, bright, encoded * np.float32(1 / 12.92)))


def linear_to_lab(linear: Float32Array, white: White) -> Float32Array:
    """Convert linear RGB to CIE L*a*b* (CIE 15, with its rounded constants 0.008856 and 903.3).

    Args:
        linear: Linear sRGB (H, W, 3), 0..1.
        white: What counts as white. Nothing is adapted: XYZ are divided by it as they are.

    Returns:
        L* (0..100), a*, b*, (H, W, 3).

    Example:
        >>> abs(linear_to_lab(np.ones((1, 1, 3), np.float32), D65)).round().tolist()
        [[[100.0, 0.0, 0.0]]]
    """
    scaled = _RGB_TO_XYZ / np.array(white)[:, None]
    xyz = to_float32(cv2.transform(linear, scaled.astype(np.float32)))
    root = np.where(xyz > 0.008856, np.cbrt(xyz), (903.3 * xyz + 16) / 116).astype(np.float32)
    return to_float32(cv2.transform(root, _OPPONENTS))
