"""Shrinkage in overlapping 8 x 8 cosine transforms: what removes both noise and block edges."""

from __future__ import annotations

from typing import Final

import numpy as np

from packshot.arrays import Float32Array

SIDE: Final = 8
"""Rows and columns of a block."""

REACH: Final = 2 * SIDE
"""Rows and columns away from which a pixel may be influenced, and room for an aligned strip."""

SHIFTS: Final = tuple((row, (3 * row + begin) % SIDE) for begin in (0, 4) for row in range(SIDE))
"""Where the grids of blocks begin: every row and every column twice, evenly spread."""


def _cosines() -> Float32Array:
    """(8, 8) the orthonormal DCT-II: rows are frequencies."""
    frequency, place = np.mgrid[:SIDE, :SIDE]
    waves = np.cos(np.pi * (2 * place + 1) * frequency / (2 * SIDE)) * np.sqrt(2 / SIDE)
    waves[0] = np.sqrt(1 / SIDE)
    return np.asarray(waves, np.float32)


def shrink_blocks(plane: Float32Array, limits: Float32Array) -> Float32Array:
    """Set small coefficients to zero in sixteen shifted grids of blocks, and average what they give.

    Yu and Sapiro, DCT image denoising, IPOL 2011, with sixteen grids instead of sixty-four. A block
    counts by the inverse of how many coefficients it keeps (Foi, Katkovnik, Egiazarian, IEEE TIP
    16(5), 2007): plain ones weigh more, and ringing beside edges is less.

    Args:
        plane: (H, W) values, any range.
        limits: (8, 8) smallest magnitude of a coefficient that stays, by vertical and horizontal
            frequency; that of the mean is not used.

    Returns:
        (H, W) float32.
    """
    height, width = plane.shape
    down, across = (-side % SIDE for side in (height, width))
    padded = np.pad(plane, ((SIDE, SIDE + down), (SIDE, SIDE + across)), mode="symmetric")
    total, weight = np.zeros_like(padded), np.zeros_like(padded)
    for row, column in SHIFTS:
        inside = np.s_[row : row + height + down + SIDE, column : column + width + across + SIDE]
        _accumulate(padded[inside], limits, total[inside], weight[inside])
    inner = np.s_[SIDE : SIDE + height, SIDE : SIDE + width]
    return np.asarray(total[inner] / weight[inner], np.float32)


def transformed(values: Float32Array) -> Float32Array:
    """Transform the blocks of a plane whose sides are multiples of eight.

    Args:
        values: (H, W).

    Returns:
        (H // 8, 8, W // 8, 8): block row, vertical frequency, block column, horizontal frequency.
    """
    rows, columns = (side // SIDE for side in values.shape)
    cosines = _cosines()
    down = np.matmul(cosines, values.reshape(rows, SIDE, columns * SIDE))
    return np.asarray(
        (down.reshape(-1, SIDE) @ cosines.T).reshape(rows, SIDE, columns, SIDE), np.float32
    )


def restored(blocks: Float32Array) -> Float32Array:
    """The inverse of `transformed`."""
    rows, _, columns, _ = blocks.shape
    cosines = _cosines()
    across = (blocks.reshape(-1, SIDE) @ cosines).reshape(rows, SIDE, columns * SIDE)
    return np.asarray(np.matmul(cosines.T, across).reshape(rows * SIDE, columns * SIDE), np.float32)


def _accumulate(
    values: Float32Array, limits: Float32Array, total: Float32Array, weight: Float32Array
) -> None:
    """Shrink the blocks of one grid and add them, weighted, to what the others gave."""
    blocks = transformed(values)
    kept = np.abs(blocks) >= limits[None, :, None, :]
    kept[:, 0, :, 0] = True
    share = 1 / kept.sum(axis=(1, 3), dtype=np.float32)
    blocks *= kept
    blocks *= share[:, None, :, None]
    total += restored(blocks)
    weight += np.repeat(np.repeat(share, SIDE, axis=0), SIDE, axis=1)
