"""Where a photo is damaged: a coarse map from local blur, noise and clipping."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Map = NDArray[np.float32]
Slopes = NDArray[np.int16]

CELLS = 12
_SMALLEST_SIDE = 4 * CELLS
# Slopes are sums of absolute Sobel responses: 5 times the grey levels a pixel of an average edge.
_EDGE = 25
_REBLUR_SIGMA = 1.5
_SHARP, _SOFT = 0.42, 0.2
_QUIET, _LOUD = 4.0, 14.0
_SMOOTH = 50
_CLIPPED = 254
_IMMERKAER = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
_IMMERKAER_SCALE = 6.0


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
    grid = Grid.over(height, width)
    mask = product.view(np.uint8)
    inside = cv2.resize(mask, (width, height), interpolation=cv2.INTER_NEAREST)
    slope, soft = _slope(grey), _slope(cv2.GaussianBlur(grey, (0, 0), _REBLUR_SIGMA))
    signs = (_softness(grid, slope, soft), _noise(grid, grey, soft), _clipping(grid, grey, inside))
    return np.asarray(np.clip(np.maximum.reduce(signs), 0, 1), np.float32)


@dataclass(frozen=True, eq=False)
class Grid:
    """Means over 12 x 12 equal cells, as two matrix products.

    Attributes:
        rows: (12, H) share of each row in each cell, over the cell's height.
        columns: (W, 12) share of each column in each cell, over the cell's width.
    """

    rows: Map
    columns: Map

    @classmethod
    def over(cls, height: int, width: int) -> Grid:
        """The grid of a plane; rows and columns that two cells share are divided."""
        return cls(_overlap(height), _overlap(width).T)

    def means(self, values: NDArray[np.generic]) -> Map:
        """(12, 12) means of (H, W) numbers or truths."""
        return np.asarray(self.rows @ values.astype(np.float32) @ self.columns, np.float32)


@lru_cache(maxsize=64)
def _overlap(length: int) -> Map:
    """(12, length) share of each of `length` pixels in each of 12 cells; rows add up to 1."""
    bounds = np.linspace(0, length, CELLS + 1)
    pixel = np.arange(length)
    covered = np.minimum(bounds[1:, None], pixel + 1) - np.maximum(bounds[:-1, None], pixel)
    return np.asarray(np.clip(covered, 0, 1) * CELLS / length, np.float32)


def _softness(grid: Grid, slope: Slopes, soft: Slopes) -> Map:
    """What re-blurring fails to take from the edges of each cell."""
    _, kept = cv2.threshold(slope, _EDGE, 0, cv2.THRESH_TOZERO)
    enough = grid.means(kept > 0) > 0.01
    # Where there is no edge nothing is kept, and nothing can be taken.
    taken = np.maximum(kept - soft, 0)
    lost = grid.means(taken) / np.maximum(grid.means(kept), 1e-3)
    return np.where(enough, (_SHARP - lost) / (_SHARP - _SOFT), 0).astype(np.float32)


def _noise(grid: Grid, grey: NDArray[np.uint8], soft: Slopes) -> Map:
    """Noise where the blurred photo is smooth."""
    smooth = soft < _SMOOTH
    response = cv2.filter2D(grey, cv2.CV_16S, _IMMERKAER) * smooth
    squared = response.astype(np.float32)
    squared *= squared
    share = grid.means(smooth)
    level = np.sqrt(grid.means(squared) / np.maximum(share, 1e-3)) / _IMMERKAER_SCALE
    return np.where(share > 0.1, (level - _QUIET) / (_LOUD - _QUIET), 0).astype(np.float32)


def _clipping(grid: Grid, grey: NDArray[np.uint8], inside: NDArray[np.uint8]) -> Map:
    """Clipped share of the product in cells that it fills at least by half."""
    filled = grid.means(inside)
    clipped = grid.means((grey >= _CLIPPED) & (inside > 0))
    return np.where(filled > 0.5, clipped / np.maximum(filled, 1e-3), 0).astype(np.float32)


def _slope(grey: NDArray[np.uint8]) -> Slopes:
    """Sum of the absolute Sobel responses."""
    dx, dy = cv2.spatialGradient(grey)
    return np.asarray(np.abs(dx) + np.abs(dy), np.int16)
