"""Was the photo enlarged from a thumbnail? Interpolation leaves a period."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.measure.planes import Plane, as_bytes

_SMALLEST_SIDE: Final = 64
_CAP: Final = 24
_LOWEST, _HIGHEST = 1 / 12, 0.5
_JPEG_GRID: Final = 8
_LINES: Final = 160
_PADDED: Final = 4096

Floats = NDArray[np.float64]


def upscaling(grey: Plane) -> tuple[float, float] | None:
    """Find the period that an enlargement left in the second differences.

    An interpolated line's second difference varies with the place between source pixels, so its
    mean over many lines has the enlargement's period (Gallagher, Detection of linear and cubic
    interpolation in JPEG compressed images, CRV 2005). Both axes must agree.

    Args:
        grey: Luma, (H, W) uint8, native.

    Returns:
        The factor of enlargement, 2 to 12, and the strength of the evidence (peak over median of
        the spectrum, geometric mean of both axes); None below 64 pixels.
    """
    if min(grey.shape) < _SMALLEST_SIDE:
        return None
    grid = np.linspace(_LOWEST, _HIGHEST, 512)
    across = _spectrum(_second_differences(grey), grid)
    down = _spectrum(_second_differences(as_bytes(cv2.transpose(grey))), grid)
    joint = np.sqrt(across * down)
    best = int(joint.argmax())
    return 1 / float(grid[best]), float(joint[best])


def _second_differences(grey: Plane) -> Floats:
    """Mean magnitude, capped, of the second difference at each column."""
    rows = grey[:: max(1, grey.shape[0] // _LINES)].astype(np.int16)
    second = np.abs(2 * rows[:, 1:-1] - rows[:, :-2] - rows[:, 2:])
    return np.asarray(np.minimum(second, _CAP).mean(axis=0), np.float64)


def _spectrum(profile: Floats, grid: Floats) -> Floats:
    """Magnitude over its median at given frequencies, zero at multiples of JPEG's grid."""
    trend = cv2.blur(profile.reshape(1, -1), (9, 1)).ravel()
    window = np.hanning(len(profile))
    detail = (profile - trend) * window
    padded = max(_PADDED, len(detail))
    magnitude = np.abs(np.fft.rfft(detail, padded))
    frequencies = np.fft.rfftfreq(padded)
    harmonics = np.abs(frequencies * _JPEG_GRID - np.round(frequencies * _JPEG_GRID))
    clean = np.where(harmonics < 2.5 * _JPEG_GRID / len(detail), 0.0, magnitude)
    inside = clean[(frequencies >= _LOWEST) & (clean > 0)]
    middle = float(np.median(inside)) if len(inside) else 0.0
    return np.interp(grid, frequencies, clean) / max(middle, 1e-9) if middle > 0 else np.zeros_like(grid)
