"""Traces of lossy compression: the 8 x 8 grid, and ringing along edges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import ByteMask, Float64Array, Plane
from packshot.measure.planes import mean_where, quantile, to_uint8
from packshot.measure.sharpness import Gradients

GRID: Final = 8
"""Pixels: side of JPEG's blocks (ITU-T T.81)."""

_MAX_STEP: Final = 12
"""Grey levels: what is more of a step between neighbours is an edge and counts no more. By judgement."""

_USUAL_QUANTILE: Final = 0.92
"""Quantile of the steps by line, 0..1, that lines are cut to: a grid line is one in eight, higher ones
are edges. By judgement."""

_MIN_SIDE: Final = 4 * GRID
"""Pixels: a smaller picture has too few blocks to know a grid. By judgement."""

_EDGE_STRENGTH: Final = 24
"""Of `Gradients.strength`, twice the slope in grey levels per pixel: from here on edges ring. By
judgement."""

_MIN_PIXELS: Final = 200
"""Pixels of background in a band, below which ripple is not measured. By judgement."""

_EDGE_REACH: Final = 3
_CLOSE_REACH: Final = 5
_AWAY_REACH: Final = 9
"""Pixels: an edge's own slope reaches 3 from it, ringing lies in the next 5, within a block of JPEG, and
the 9 behind them tell how much the background ripples anyway."""


@dataclass(frozen=True)
class Blockiness:
    """The 8 x 8 grid of a block transform.

    Attributes:
        excess: How much larger, in grey levels, steps on the grid are than off it, per pixel that
            is not perfectly flat.
        column: Which columns, modulo 8, begin a block.
        row: Which rows, modulo 8, begin a block.

    Example:
        >>> Blockiness(excess=2.5, column=0, row=3).row  # cut three pixels below a block's top
        3
    """

    excess: float
    column: int
    row: int


def blockiness(grey: Plane) -> Blockiness | None:
    """Measure blocking on the grid that fits best, wherever it begins.

    Args:
        grey: Luma, (H, W) uint8, native.

    Returns:
        None below 32 pixels.

    Example:
        >>> tiles = np.random.default_rng(0).integers(100, 108, (12, 12), np.uint8)
        >>> blocks = blockiness(np.kron(tiles, np.ones((8, 8), np.uint8))[:, 5:])
        >>> blocks.excess > 1, blocks.column, blocks.row
        (True, 3, 0)
    """
    if min(grey.shape) < _MIN_SIDE:
        return None
    across, column = _grid_excess(_step_profile(grey, 1))
    down, row = _grid_excess(_step_profile(grey, 0))
    return Blockiness((across + down) / 2, column, row)


def _step_profile(grey: Plane, axis: int) -> Float64Array:
    """Return the mean step, capped, between neighbours at each column (axis 1) or row (axis 0).

    Pixels in perfectly flat rows would thin the result out, so it is divided by the share of steps.
    """
    steps = cv2.absdiff(grey[:, 1:], grey[:, :-1]) if axis == 1 else cv2.absdiff(grey[1:], grey[:-1])
    capped = to_uint8(cv2.min(steps, _MAX_STEP))
    sums = cv2.reduce(capped, 1 - axis, cv2.REDUCE_SUM, dtype=cv2.CV_32S)
    active = max(1, cv2.countNonZero(capped))
    mean: Float64Array = np.asarray(sums, np.float64).ravel() * (capped.shape[axis] / active)
    return mean


def _grid_excess(profile: Float64Array) -> tuple[float, int]:
    """Return the excess of the best phase over the second best, and the phase of block starts."""
    blocks = profile[: len(profile) // GRID * GRID].reshape(-1, GRID)
    # One line in eight may stand out as the grid; fewer, and higher ones, are the product's edges.
    usual = quantile(blocks.ravel(), _USUAL_QUANTILE)
    means = np.minimum(blocks, usual).mean(axis=0)
    second, highest = np.partition(means, GRID - 2)[-2:].tolist()
    return highest - second, (int(means.argmax()) + 1) % GRID


def ringing(grey: Plane, gradients: Gradients | None, background_mask: ByteMask | None) -> float | None:
    """Measure the ripple of a plain background close to strong edges, less that farther away.

    Ripple is the mean absolute difference of a pixel and its 3 x 3 mean: in a band 3 to 8 pixels
    from strong edges, less that in the next 9 pixels.

    Args:
        grey: Luma, (H, W) uint8, native.
        gradients: Its gradients.
        background_mask: 255 on the plain background, (H, W); None where there is none.

    Returns:
        Grey levels, 0 and up; None without both bands.

    Example:
        >>> from packshot.measure.sharpness import gradients
        >>> grey = np.full((100, 100), 250, np.uint8)
        >>> grey[:, 50:] = 60
        >>> grey[::2, 42:46] -= 9  # ripples beside the edge
        >>> ringing(grey, gradients(grey), np.full((100, 100), 255, np.uint8)) > 1
        True
    """
    if gradients is None or background_mask is None:
        return None
    _, edges = cv2.threshold(gradients.strength, _EDGE_STRENGTH, 255, cv2.THRESH_BINARY)
    around = _dilate(to_uint8(edges), _EDGE_REACH)
    close = _dilate(around, _CLOSE_REACH)
    away = _dilate(close, _AWAY_REACH)
    near = cv2.bitwise_and(cv2.subtract(close, around), background_mask)
    far = cv2.bitwise_and(cv2.subtract(away, close), background_mask)
    if min(cv2.countNonZero(near), cv2.countNonZero(far)) < _MIN_PIXELS:
        return None
    ripple = to_uint8(cv2.absdiff(grey, cv2.blur(grey, (3, 3))))
    return max(mean_where(ripple, to_uint8(near)) - mean_where(ripple, to_uint8(far)), 0.0)


def _dilate(mask: ByteMask, reach: int) -> ByteMask:
    side = 2 * reach + 1
    return to_uint8(cv2.dilate(mask, np.ones((side, side), np.uint8)))
