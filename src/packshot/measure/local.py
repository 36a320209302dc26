"""Where a photo is damaged: a coarse map from local blur, noise and clipping."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Map = NDArray[np.float32]

CELLS = 12
_SMALLEST_SIDE = 4 * CELLS
_EDGE = 5.0
_REBLUR_SIGMA = 1.5
_SHARP, _SOFT = 0.42, 0.2
_QUIET, _LOUD = 4.0, 14.0
_SMOOTH = 10.0
_CLIPPED = 254
_IMMERKAER = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / 6


def damage_map(grey: NDArray[np.uint8], product: NDArray[np.bool_]) -> Map | None:
    """How damaged each of 12 x 12 cells looks, from the worst of three local signs.

    Soft edges (re-blur takes little away from them), noise on smooth ground, and clipped light on the
    product. Cells without edges cannot be soft, and background cannot be clipped.

    Args:
        grey: (H, W) luma 0..255 at native resolution.
        product: (h, w) the product, at any resolution; True everywhere where none was found.

    Returns:
        (12, 12) float32, 0 (fine) .. 1 (severe); None for photos below 48 pixels a side.
    """
    if min(grey.shape) < _SMALLEST_SIDE:
        return None
    height, width = grey.shape
    mask = product.astype(np.uint8) * 255
    inside = cv2.resize(mask, (width, height), interpolation=cv2.INTER_NEAREST)
    slope, soft = _slope(grey), _slope(cv2.GaussianBlur(grey, (0, 0), _REBLUR_SIGMA))
    signs = (_softness(slope, soft), _noise(grey, soft), _clipping(grey, inside))
    return np.asarray(np.clip(np.maximum.reduce(signs), 0, 1), np.float32)


def _softness(slope: Map, soft: Map) -> Map:
    """What re-blurring fails to take from the edges of each cell."""
    edges = slope > _EDGE
    lost = _cells(np.maximum(slope - soft, 0) * edges) / np.maximum(_cells(slope * edges), 1e-3)
    enough = _share(edges) > 0.01
    return np.where(enough, (_SHARP - lost) / (_SHARP - _SOFT), 0).astype(np.float32)


def _noise(grey: NDArray[np.uint8], soft: Map) -> Map:
    """Noise where the blurred photo is smooth."""
    response = cv2.filter2D(grey, cv2.CV_32F, _IMMERKAER)
    smooth = soft < _SMOOTH
    share = _share(smooth)
    level = np.sqrt(_cells(response * response * smooth) / np.maximum(share, 1e-3))
    return np.where(share > 0.1, (level - _QUIET) / (_LOUD - _QUIET), 0).astype(np.float32)


def _clipping(grey: NDArray[np.uint8], inside: NDArray[np.uint8]) -> Map:
    """Clipped share of the product in cells that it fills at least by half."""
    clipped = _share((grey >= _CLIPPED) & (inside > 0))
    filled = _share(inside > 0)
    return np.where(filled > 0.5, clipped / np.maximum(filled, 1e-3), 0).astype(np.float32)


def _slope(grey: NDArray[np.uint8]) -> Map:
    dx = cv2.Sobel(grey, cv2.CV_32F, 1, 0, scale=0.25)
    dy = cv2.Sobel(grey, cv2.CV_32F, 0, 1, scale=0.25)
    return np.asarray(cv2.magnitude(dx, dy), np.float32)


def _share(mask: NDArray[np.bool_]) -> Map:
    """(12, 12) share of each cell where a mask is True."""
    whole = cv2.resize(mask.view(np.uint8) * 255, (CELLS, CELLS), interpolation=cv2.INTER_AREA)
    return np.asarray(whole, np.float32) / np.float32(255)


def _cells(values: Map) -> Map:
    """(12, 12) means of equal cells."""
    return np.asarray(cv2.resize(values, (CELLS, CELLS), interpolation=cv2.INTER_AREA), np.float32)
