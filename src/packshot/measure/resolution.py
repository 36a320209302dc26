"""Real resolution: enlarged thumbnails and too few tones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_SMALLEST_SIDE = 64
_BANDS = 48
_NOISE_FLOOR = 2.0


def true_scale(grey: NDArray[np.uint8]) -> float | None:
    """Which part of its resolution a photo really uses, from where its spectrum ends.

    An enlarged thumbnail has nothing above the frequency its original ended at, while a merely soft
    photo fades out: the cut-off is where the radial spectrum drops below the floor that the highest
    frequencies show.

    Args:
        grey: (H, W) luma 0..255 at native resolution.

    Returns:
        0..1, 1 for a photo that uses all of it; None for small or blank photos.
    """
    side = min(grey.shape) // 2 * 2
    if side < _SMALLEST_SIDE or int(grey.max()) - int(grey.min()) < 16:
        return None
    top, left = (grey.shape[0] - side) // 2, (grey.shape[1] - side) // 2
    square = grey[top : top + side, left : left + side].astype(np.float32)
    window = np.hanning(side).astype(np.float32)
    power = np.abs(np.fft.rfft2((square - square.mean()) * np.outer(window, window))) ** 2
    profile = _radial(power, side) / side**2
    above = np.flatnonzero(profile > _NOISE_FLOOR)
    return float((above[-1] + 1) / _BANDS) if above.size else None


def banding(grey: NDArray[np.uint8], smooth_share: float = 0.02) -> float | None:
    """Share of a smooth slope's steps that are larger than one grey level.

    Args:
        grey: (H, W) luma 0..255.
        smooth_share: Least share of the photo that must be a smooth slope.

    Returns:
        0 (smooth) .. 1 (posterised); None where the photo has no smooth slope.
    """
    if min(grey.shape) < _SMALLEST_SIDE:
        return None
    values = grey.astype(np.int16)
    step = np.abs(np.diff(values, axis=1))
    reach = np.abs(values[:, 24:] - values[:, :-24])
    runs = step[:, 12 : 12 + reach.shape[1]]
    slope = (reach >= 4) & (reach <= 24)
    if slope.mean() < smooth_share:
        return None
    flat = (step == 0)[:, 12 : 12 + reach.shape[1]] & slope
    jump = (runs >= 3) & slope
    return float(flat.sum() / slope.sum() * min(1.0, jump.sum() / slope.sum() * 24))


def _radial(power: NDArray[np.float32], side: int) -> NDArray[np.float64]:
    """Mean power in rings of frequency from 0 to half the sampling rate."""
    rows = np.abs(np.fft.fftfreq(side))[:, None]
    columns = np.fft.rfftfreq(side)[None]
    ring = np.minimum((np.maximum(rows, columns) * 2 * _BANDS).astype(int), _BANDS - 1)
    total = np.bincount(ring.ravel(), power.ravel(), _BANDS)
    return np.asarray(total / np.maximum(np.bincount(ring.ravel(), minlength=_BANDS), 1))
