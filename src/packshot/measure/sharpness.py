"""Sharpness and motion blur, from the photo's strongest edges only: plain areas do not count."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]

_EDGE_SHARE = 0.02
_WEAKEST_EDGE = 12.0
_FEWEST_EDGES = 40
_REBLUR_SIGMA = 1.5
_SMALLEST_SIDE = 16


def edge_sharpness(grey: Grey, mask: NDArray[np.bool_] | None = None) -> float | None:
    """Share of edge strength that a slight further blur takes away (after Crete et al., 2007).

    Blurring a sharp edge lowers its slope a lot, blurring a soft edge hardly at all. Measured on the
    strongest 2 % of gradients, so that neither a white background nor a plain product counts.

    Args:
        grey: (H, W) luma 0..255.
        mask: (H, W) where edges count; everywhere if None.

    Returns:
        0 (very soft) .. about 0.65 (a one-pixel step); None where there is no edge to judge by.
    """
    if min(grey.shape) < _SMALLEST_SIDE:
        return None
    slope = _slope(grey)
    soft = _slope(cv2.GaussianBlur(grey, (0, 0), _REBLUR_SIGMA))
    if mask is not None:
        slope = np.where(mask, slope, 0)
    edges = _strongest(slope)
    if edges is None:
        return None
    return float(np.clip(1 - soft[edges].sum() / slope[edges].sum(), 0, 1))


def motion_blur(grey: Grey) -> float | None:
    """How much sharper edges are across one direction than across its perpendicular.

    Defocus softens all edges; motion leaves those along its path sharp.

    Args:
        grey: (H, W) luma 0..255.

    Returns:
        0 (no direction) .. 1; None where there are too few edges in different directions.
    """
    if min(grey.shape) < _SMALLEST_SIDE:
        return None
    dx = cv2.Sobel(grey, cv2.CV_32F, 1, 0)
    dy = cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    slope = cv2.magnitude(dx, dy)
    edges = _strongest(slope)
    if edges is None:
        return None
    blurred = cv2.GaussianBlur(grey, (0, 0), _REBLUR_SIGMA)
    soft = cv2.magnitude(
        cv2.Sobel(blurred, cv2.CV_32F, 1, 0), cv2.Sobel(blurred, cv2.CV_32F, 0, 1)
    )
    angle = np.mod(np.arctan2(dy[edges], dx[edges]), np.pi)
    return _directional_contrast(angle, slope[edges], soft[edges])


def _directional_contrast(
    angle: NDArray[np.float32], slope: NDArray[np.float32], soft: NDArray[np.float32]
) -> float | None:
    """Largest difference of sharpness between a quarter turn's sector and the one across."""
    sector = np.minimum((angle / np.pi * 8).astype(int), 7)
    before = np.bincount(sector, slope, 8)
    after = np.bincount(sector, soft, 8)
    counts = np.bincount(sector, minlength=8)
    usable = counts >= _FEWEST_EDGES
    sharpness = 1 - after / np.maximum(before, 1e-6)
    pairs = [(i, i + 4) for i in range(4) if usable[i] and usable[i + 4]]
    if not pairs:
        return None
    differences = [abs(sharpness[i] - sharpness[j]) / 0.6 for i, j in pairs]
    return float(np.clip(max(differences), 0, 1))


def _slope(grey: Grey) -> NDArray[np.float32]:
    dx = cv2.Sobel(grey, cv2.CV_32F, 1, 0, scale=0.25)
    dy = cv2.Sobel(grey, cv2.CV_32F, 0, 1, scale=0.25)
    return np.asarray(cv2.magnitude(dx, dy), np.float32)


def _strongest(slope: NDArray[np.float32]) -> NDArray[np.bool_] | None:
    """Where the strongest 2 % of gradients lie; None if they are too few or too weak."""
    values = slope.ravel()
    count = max(_FEWEST_EDGES, int(_EDGE_SHARE * values.size))
    if count >= values.size:
        return None
    threshold = max(float(np.partition(values, -count)[-count]), _WEAKEST_EDGE)
    edges = slope >= threshold
    return edges if edges.sum() >= _FEWEST_EDGES else None
