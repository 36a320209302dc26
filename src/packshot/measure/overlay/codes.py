"""QR codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Plane

_SMALLEST_SIDE: Final = 40
_MOST_UNEQUAL: Final = 2.0


@dataclass(frozen=True, eq=False)
class Code:
    """A QR code.

    Attributes:
        corners: (4, 2) float32, x and y in native pixels.
    """

    corners: Float32Array


def find_codes(grey: Plane) -> list[Code]:
    """Find QR codes by their three corner marks; they need not be readable.

    Codes with modules of less than about two pixels are missed.

    Args:
        grey: Luma, (H, W) uint8.

    Source:
        OpenCV's `QRCodeDetectorAruco`: quadrilaterals of an adaptive threshold, then ISO/IEC 18004's
        position patterns.
    """
    if min(grey.shape) < _SMALLEST_SIDE:
        return []
    found, corners = cv2.QRCodeDetectorAruco().detectMulti(np.ascontiguousarray(grey))
    if not found:
        return []
    codes = [np.asarray(four, np.float32).reshape(4, 2) for four in corners]
    return [Code(four) for four in codes if _is_squarish(four)]


def _is_squarish(corners: Float32Array) -> bool:
    sides = np.linalg.norm(corners - np.roll(corners, 1, axis=0), axis=1)
    return bool(sides.min() > 8 and sides.max() <= _MOST_UNEQUAL * sides.min())
