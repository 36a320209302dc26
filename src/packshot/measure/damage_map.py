"""A coarse map of the damage of a photo, from local blur, noise and clipping."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np

from packshot.arrays import AnyArray, ByteArray, Float32Array, IndexArray, Int16Array, Mask
from packshot.measure.planes import enlarge_mask, to_uint8

CELLS: Final = 12
"""Cells along either side of the map: enough to point at a part of a product. A convention."""

_MIN_SIDE: Final = 4 * CELLS
"""Pixels: a smaller photo has fewer than four pixels along a cell, and no map."""

_EDGE_SLOPE: Final = 25
"""Sum of the absolute Sobel responses, 5 times the grey levels a pixel of an average edge: from here on
a slope is an edge. By judgement."""

_REBLUR: Final = np.array([2, 9, 28, 55, 68, 55, 28, 9, 2], np.float32) / 256
"""Weights of the second blur along either axis: those of OpenCV for 8 bits and a standard deviation
of 1.5 pixels. Given so, they take half as long as its `GaussianBlur`."""

_SHARP_LOSS: Final = 0.42
_SOFT_LOSS: Final = 0.2
"""Share of the slope of edges, 0..1, that the second blur takes: 0.42 and more is fine (damage 0), 0.2
and less is soft (damage 1). By judgement."""

_NOISE_START: Final = 4.0
_NOISE_FULL: Final = 14.0
"""Standard deviation of noise in grey levels where damage begins and where it is 1. By judgement, about
the limits of the findings (`packshot.measure.limits`: 8 and 16 over the whole photo)."""

_SMOOTH_SLOPE: Final = 50
"""Sum of the absolute Sobel responses after the second blur: from here on ground is not smooth, and its
texture would count as noise. By judgement."""

_CLIP_LEVEL: Final = 254
"""Grey level from which on light is clipped, as in `packshot.measure.exposure`."""

_IMMERKAER: Final = np.array([1, -2, 1], np.float32)
_IMMERKAER_SCALE: Final = 6.0
"""Rows and columns of the mask of Immerkaer, "Fast Noise Variance Estimation", Computer Vision and Image
Understanding 64(2), 1996, whose squares add up to 36: noise of deviation 1 passes it with 6."""

_MIN_EDGE_SHARE: Final = 0.01
_MIN_SMOOTH_SHARE: Final = 0.1
_MIN_PRODUCT_SHARE: Final = 0.5
"""Share of a cell, 0..1, that must be edges to be soft, smooth to be noisy, product to be clipped. By
judgement."""


def damage_map(grey: ByteArray, product: Mask) -> Float32Array | None:
    """Map the damage of 12 x 12 cells, each from the worst of three local signs.

    Soft edges (re-blur takes little away from them), noise on smooth ground, and clipped light on the
    product. Cells without edges cannot be soft, and background cannot be clipped.

    Args:
        grey: (H, W) luma 0..255 at native resolution.
        product: (h, w) the product, at any resolution; True everywhere where none was found.

    Returns:
        (12, 12) float32, 0 (fine) .. 1 (severe); None for photos below 48 pixels a side.

    Example:
        >>> grey = np.full((240, 240), 128, np.uint8)
        >>> grey[:120] += np.random.default_rng(0).integers(0, 60, (120, 240), np.uint8)
        >>> damage = damage_map(grey, np.ones((1, 1), bool))
        >>> bool(damage[:5].min() > 0.5), float(damage[7:].max())
        (True, 0.0)
    """
    if min(grey.shape) < _MIN_SIDE:
        return None
    height, width = grey.shape
    grid = CellGrid.from_size(height, width)
    blurred = to_uint8(cv2.sepFilter2D(grey, cv2.CV_8U, _REBLUR, _REBLUR))
    slope, soft = _gradient_sum(grey), _gradient_sum(blurred)
    signs = (_softness(grid, slope, soft), _noise(grid, grey, soft), _clipping(grid, grey, product))
    return np.asarray(np.clip(np.maximum.reduce(signs), 0, 1), np.float32)


@dataclass(frozen=True, eq=False)
class CellGrid:
    """Means over 12 x 12 equal cells.

    Attributes:
        column_shares: (W, 12) share of each column in each cell, over the cell's width.
        spans: First row, and the row behind the last, of those that lie wholly in each cell.
        shared_rows: The other rows, which two cells share.
        shared_row_shares: (12, N) share of each of those in each cell, over the cell's height.

    Example:
        >>> grid = CellGrid.from_size(24, 36)
        >>> grid.cell_means(np.arange(24, dtype=np.uint8)[:, None].repeat(36, axis=1))[:3, 0].tolist()
        [0.5, 2.5, 4.5]
    """

    column_shares: Float32Array
    spans: tuple[tuple[int, int], ...]
    shared_rows: IndexArray
    shared_row_shares: Float32Array

    @classmethod
    def from_size(cls, height: int, width: int) -> CellGrid:
        """Make the grid of a plane of 12 by 12 pixels at least."""
        spans, shared_rows = _cell_spans(height)
        return cls(_cell_overlaps(width).T, spans, shared_rows, _cell_overlaps(height)[:, shared_rows])

    def cell_means(self, values: AnyArray) -> Float32Array:
        """Return (12, 12) means of (H, W) numbers, uint8, int16 or float32, or booleans."""
        values = values.view(np.uint8) if values.dtype == np.bool_ else values
        rows = np.empty((CELLS, values.shape[1]), np.float32)
        for cell, (start, end) in enumerate(self.spans):
            cv2.reduce(values[start:end], 0, cv2.REDUCE_SUM, rows[cell : cell + 1], cv2.CV_32F)
        rows *= np.float32(CELLS / len(values))
        if len(self.shared_rows):
            rows += self.shared_row_shares @ values[self.shared_rows].astype(np.float32)
        return np.asarray(rows @ self.column_shares, np.float32)


@lru_cache(maxsize=64)
def _cell_spans(length: int) -> tuple[tuple[tuple[int, int], ...], IndexArray]:
    """Return the pixels that lie wholly in each of 12 cells, from and to, and all others."""
    bounds = np.linspace(0, length, CELLS + 1)
    spans = tuple(zip(np.ceil(bounds[:-1]).astype(int), np.floor(bounds[1:]).astype(int), strict=True))
    is_shared = np.ones(length, bool)  # Not `setdiff1d`, which loads masked arrays: 60 ms.
    for start, end in spans:
        is_shared[start:end] = False
    return spans, np.flatnonzero(is_shared)


@lru_cache(maxsize=64)
def _cell_overlaps(length: int) -> Float32Array:
    """Return (12, length) the share of each of `length` pixels in each of 12 cells; rows add up to 1."""
    bounds = np.linspace(0, length, CELLS + 1)
    pixel = np.arange(length)
    covered = np.minimum(bounds[1:, None], pixel + 1) - np.maximum(bounds[:-1, None], pixel)
    return np.asarray(np.clip(covered, 0, 1) * CELLS / length, np.float32)


def _softness(grid: CellGrid, slope: Int16Array, soft: Int16Array) -> Float32Array:
    """Return how little re-blurring takes from the edges of each cell."""
    _, edge_slopes = cv2.threshold(slope, _EDGE_SLOPE, 0, cv2.THRESH_TOZERO)
    has_edges = grid.cell_means(np.asarray(edge_slopes) > 0) > _MIN_EDGE_SHARE
    # Where there is no edge nothing is kept, and nothing can be taken.
    _, reduction = cv2.threshold(cv2.subtract(edge_slopes, soft), 0, 0, cv2.THRESH_TOZERO)
    loss = grid.cell_means(np.asarray(reduction)) / np.maximum(
        grid.cell_means(np.asarray(edge_slopes)), 1e-3
    )
    return np.where(has_edges, (_SHARP_LOSS - loss) / (_SHARP_LOSS - _SOFT_LOSS), 0).astype(np.float32)


def _noise(grid: CellGrid, grey: ByteArray, soft: Int16Array) -> Float32Array:
    """Return the noise where the blurred photo is smooth."""
    _, flags = cv2.threshold(soft, _SMOOTH_SLOPE - 1, 1, cv2.THRESH_BINARY_INV)
    smooth = np.asarray(flags, np.int16)
    response = np.asarray(cv2.sepFilter2D(grey, cv2.CV_16S, _IMMERKAER, _IMMERKAER), np.int16) * smooth
    squared = response.astype(np.float32)
    squared *= squared
    share = grid.cell_means(smooth)
    level = np.sqrt(grid.cell_means(squared) / np.maximum(share, 1e-3)) / _IMMERKAER_SCALE
    return np.where(
        share > _MIN_SMOOTH_SHARE, (level - _NOISE_START) / (_NOISE_FULL - _NOISE_START), 0
    ).astype(np.float32)


def _clipping(grid: CellGrid, grey: ByteArray, product: Mask) -> Float32Array:
    """Return the clipped share of the product in cells that it fills at least by half."""
    white = to_uint8(cv2.inRange(grey, _CLIP_LEVEL, 255))
    inside = enlarge_mask(product.view(np.uint8), grey.shape) if cv2.countNonZero(white) else white
    clipped = to_uint8(cv2.bitwise_and(white, inside))
    if not cv2.countNonZero(clipped):
        return np.zeros((CELLS, CELLS), np.float32)
    filled = grid.cell_means(inside)
    share = grid.cell_means(clipped) / np.maximum(filled, 1e-3)
    return np.where(filled > _MIN_PRODUCT_SHARE, share, 0).astype(np.float32)


def _gradient_sum(grey: ByteArray) -> Int16Array:
    """Return the sum of the absolute Sobel responses."""
    across, down = (np.asarray(slope, np.int16) for slope in cv2.spatialGradient(grey))
    np.abs(across, out=across)
    np.abs(down, out=down)
    across += down
    return across
