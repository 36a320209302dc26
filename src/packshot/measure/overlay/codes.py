"""QR codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Plane

_MIN_SIDE: Final = 40
_MAX_SIDE_RATIO: Final = 2.0


@dataclass(frozen=True, eq=False)
class QrCode:
    """A QR code.

    Attributes:
        corners: (4, 2) float32, x and y in native pixels.
    """

    corners: Float32Array


def find_qr_codes(grey: Plane) -> list[QrCode]:
    """Find QR codes by their three corner marks; they need not be readable.

    Codes with modules of less than about two pixels are missed.

    Args:
        grey: Luma, (H, W) uint8.

    Source:
        OpenCV's `QRCodeDetectorAruco`: quadrilaterals of an adaptive threshold, then ISO/IEC 18004's
        position patterns.
    """
    if min(grey.shape) < _MIN_SIDE:
        return []
    found, corners = cv2.QRCodeDetectorAruco().detectMulti(np.ascontiguousarray(grey))
    if not found:
        return []
    quads = [np.asarray(quad, np.float32).reshape(4, 2) for quad in corners]
    return [QrCode(quad) for quad in quads if _is_squarish(quad)]


def _is_squarish(corners: Float32Array) -> bool:
    sides = np.linalg.norm(corners - np.roll(corners, 1, axis=0), axis=1)
    return bool(sides.min() > 8 and sides.max() <= _MAX_SIDE_RATIO * sides.min())
