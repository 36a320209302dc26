"""Noise level, from the smoothest parts of a photo."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_BLOCK = 8
_SMOOTH_SHARE = 0.15
_FEWEST_BLOCKS = 12
_DARKEST, _BRIGHTEST = 8, 247
# Immerkaer's mask sums squares to 36: unit noise passes it with a deviation of 6.
_MASK = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
_MASK_GAIN = 6.0
# The smoothest blocks of pure noise show less than their true level; found by simulation.
_SELECTION_BIAS = 0.91


def noise_level(grey: NDArray[np.uint8]) -> float | None:
    """Standard deviation of the noise (Immerkaer's mask, 1996, on the smoothest 8 x 8 blocks).

    Blocks that touch black or white are left out: clipping hides noise there.

    Args:
        grey: (H, W) luma 0..255 at native resolution.

    Returns:
        Grey levels, 0 upwards; None without enough usable blocks.
    """
    height, width = (side // _BLOCK * _BLOCK for side in grey.shape)
    if min(height, width) < 2 * _BLOCK:
        return None
    response = cv2.filter2D(grey, cv2.CV_32F, _MASK)[:height, :width] / _MASK_GAIN
    levels = np.sqrt(_block_mean(response**2))
    means = _block_mean(grey[:height, :width].astype(np.float32))
    usable = levels[(means > _DARKEST) & (means < _BRIGHTEST)]
    if usable.size < _FEWEST_BLOCKS:
        return None
    smooth = np.sort(usable)[: max(_FEWEST_BLOCKS, int(_SMOOTH_SHARE * usable.size))]
    return float(np.median(smooth) / _SELECTION_BIAS)


def _block_mean(values: NDArray[np.float32]) -> NDArray[np.float32]:
    size = (values.shape[1] // _BLOCK, values.shape[0] // _BLOCK)
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)
