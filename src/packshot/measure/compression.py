"""Traces of JPEG compression: blocks and ringing."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_BLOCK = 8
_SMALLEST_SIDE = 32
_EDGE = 60.0
_FLOOR = 0.35


def blockiness(grey: NDArray[np.uint8]) -> float | None:
    """How much steeper the photo is across one 8-pixel grid than across all the others.

    The steps between neighbouring pixels are averaged for each of the eight possible offsets of the
    grid; a JPEG's own offset stands out, wherever cropping moved it.

    Args:
        grey: (H, W) luma 0..255 at native resolution.

    Returns:
        Ratio minus 1: 0 (no blocks) upwards, about 1 at quality 10; None for small photos.
    """
    if min(grey.shape) < _SMALLEST_SIDE:
        return None
    values = grey.astype(np.float32)
    ratios = [_grid_ratio(values), _grid_ratio(np.ascontiguousarray(values.T))]
    return float(np.sqrt(ratios[0] * ratios[1]))


def ringing(grey: NDArray[np.uint8]) -> float | None:
    """Ripple near strong edges against ripple elsewhere.

    Args:
        grey: (H, W) luma 0..255 at native resolution.

    Returns:
        Grey levels, 0 (clean) upwards; None without strong edges.
    """
    if min(grey.shape) < _SMALLEST_SIDE:
        return None
    slope = cv2.magnitude(
        cv2.Sobel(grey, cv2.CV_32F, 1, 0, scale=0.25), cv2.Sobel(grey, cv2.CV_32F, 0, 1, scale=0.25)
    )
    edges = (slope > _EDGE).astype(np.uint8)
    if edges.mean() < 2e-4:
        return None
    inner = cv2.dilate(edges, np.ones((7, 7), np.uint8))
    ring = (cv2.dilate(edges, np.ones((17, 17), np.uint8)) > 0) & (inner == 0)
    flat = ring & (slope < 8)
    if flat.sum() < 200:
        return None
    ripple = np.abs(cv2.Laplacian(grey, cv2.CV_32F))
    return float(np.percentile(ripple[flat], 75) / 4)


def _grid_ratio(values: NDArray[np.float32]) -> float:
    """Mean step across the steepest of eight vertical grids, over the mean of the others."""
    # Second differences: a slope of the picture itself cancels, a step at a block edge does not.
    steps = np.abs(values[:, 1:-2] * 3 - values[:, 2:-1] * 3 - values[:, :-3] + values[:, 3:])
    columns = np.minimum(steps, 60).mean(axis=0)
    usable = len(columns) // _BLOCK * _BLOCK
    offsets = columns[:usable].reshape(-1, _BLOCK).mean(axis=0)
    highest = float(offsets.max())
    others = (float(offsets.sum()) - highest) / (_BLOCK - 1)
    return max(0.0, (highest + _FLOOR) / (others + _FLOOR) - 1)
