"""QR codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Plane


@dataclass(frozen=True)
class CodeLimits:
    """Limits that make a quadrilateral with a code's corner marks a code.

    Set by judgement. With OpenCV's detector they find 150 of 150 codes laid on photos, and none in 171
    studio photos and 79 scenes, by `benchmarks/measurements/overlays.py`.

    Attributes:
        min_picture_side: Pixels; a smaller picture holds no code: the smallest has 21 modules, of two
            pixels at least.
        min_side: Pixels; a quadrilateral with a side up to here is noise.
        max_side_ratio: Longest over shortest side: a code is square, seen aslant at most.

    Example:
        >>> LIMITS.min_picture_side < 2 * 21  # the smallest code that is found
        True
    """

    min_picture_side: int = 40
    min_side: int = 8
    max_side_ratio: float = 2.0


LIMITS: Final = CodeLimits()


@dataclass(frozen=True, eq=False)
class QrCode:
    """A QR code in a picture.

    Attributes:
        corners: (4, 2) float32, x and y in native pixels.

    Example:
        >>> code = QrCode(np.array([[10, 10], [90, 10], [90, 90], [10, 90]], np.float32))
        >>> cv2.contourArea(code.corners)
        6400.0
    """

    corners: Float32Array


def find_qr_codes(grey: Plane) -> list[QrCode]:
    """Find QR codes by their three corner marks; they need not be readable.

    Codes with modules of less than about two pixels are missed.

    Args:
        grey: Luma, (H, W) uint8.

    Returns:
        The codes, in the detector's order; none in a picture with a side below 40 pixels.

    Source:
        OpenCV's `QRCodeDetectorAruco`: quadrilaterals of an adaptive threshold, then ISO/IEC 18004's
        position patterns.

    Example:
        >>> import numpy as np
        >>> symbol = cv2.QRCodeEncoder.create().encode("https://example.org")
        >>> symbol = cv2.resize(symbol, None, fx=6, fy=6, interpolation=cv2.INTER_NEAREST)
        >>> photo = np.full((400, 400), 255, np.uint8)
        >>> photo[100 : 100 + len(symbol), 100 : 100 + len(symbol)] = symbol
        >>> len(find_qr_codes(photo))
        1
    """
    if min(grey.shape) < LIMITS.min_picture_side:
        return []
    found, corners = cv2.QRCodeDetectorAruco().detectMulti(np.ascontiguousarray(grey))
    if not found:
        return []
    quads = [np.asarray(quad, np.float32).reshape(4, 2) for quad in corners]
    return [QrCode(quad) for quad in quads if _is_squarish(quad)]


def _is_squarish(corners: Float32Array) -> bool:
    sides = np.linalg.norm(corners - np.roll(corners, 1, axis=0), axis=1)
    return bool(sides.min() > LIMITS.min_side and sides.max() <= LIMITS.max_side_ratio * sides.min())
