import numpy as np
import pytest

from packshot.enhance import block_transform
from packshot.enhance.block_transform import (
    GRID_SHIFTS,
    REACH,
    invert_transform,
    shrink_blocks,
    transform_blocks,
)


def compute_coefficient_naively(block, v, u):
    """The DCT-II by its defining double sum."""
    y, x = np.mgrid[:8, :8]
    scale = (np.sqrt(1 / 8) if v == 0 else 0.5) * (np.sqrt(1 / 8) if u == 0 else 0.5)
    waves = np.cos((2 * y + 1) * v * np.pi / 16) * np.cos((2 * x + 1) * u * np.pi / 16)
    return scale * (block * waves).sum()


def make_values(shape=(40, 56), seed=1):
    return np.random.default_rng(seed).normal(100, 30, shape).astype(np.float32)


def test_transform_is_the_double_sum():
    plane = make_values((16, 24))
    blocks = transform_blocks(plane)
    for row, column, v, u in ((0, 0, 0, 0), (1, 2, 3, 5), (0, 1, 7, 7)):
        block = plane[8 * row : 8 * row + 8, 8 * column : 8 * column + 8]
        assert blocks[row, v, column, u] == pytest.approx(
            compute_coefficient_naively(block, v, u), abs=1e-3
        )


def test_inverse_gives_the_plane_back():
    plane = make_values((16, 24))
    np.testing.assert_allclose(invert_transform(transform_blocks(plane)), plane, atol=1e-3)


def shrink_naively(plane, limits):
    """The sum over grids, block by block."""
    padded = np.pad(plane, 8, mode="symmetric")
    total, weight = np.zeros_like(padded), np.zeros_like(padded)
    for row, column in GRID_SHIFTS:
        for top in range(row, row + plane.shape[0] + 1, 8):
            for left in range(column, column + plane.shape[1] + 1, 8):
                place = np.s_[top : top + 8, left : left + 8]
                block = transform_blocks(padded[place])[0, :, 0, :]
                keep = np.abs(block) >= limits
                keep[0, 0] = True
                back = invert_transform((block * keep)[None, :, None, :])
                total[place] += back / keep.sum()
                weight[place] += 1 / keep.sum()
    return total[8:-8, 8:-8] / weight[8:-8, 8:-8]


def test_shrinkage_is_the_weighted_mean_over_grids():
    plane = make_values((24, 32))
    limits = np.linspace(10, 90, 64, dtype=np.float32).reshape(8, 8)
    np.testing.assert_allclose(shrink_blocks(plane, limits), shrink_naively(plane, limits), atol=1e-2)


def test_limits_of_zero_change_nothing():
    plane = make_values((33, 41))
    np.testing.assert_allclose(shrink_blocks(plane, np.zeros((8, 8), np.float32)), plane, atol=1e-3)


def test_a_constant_survives_any_limit():
    plane = np.full((19, 30), 77, np.float32)
    np.testing.assert_allclose(shrink_blocks(plane, np.full((8, 8), 1e6, np.float32)), 77, atol=1e-3)


def test_nothing_reaches_farther_than_said():
    plane = make_values((64, 64))
    changed = plane.copy()
    changed[32, 32] += 200
    limits = np.full((8, 8), 60, np.float32)
    moved = np.abs(shrink_blocks(changed, limits) - shrink_blocks(plane, limits)) > 1e-3
    rows = np.flatnonzero(moved.any(axis=1))
    assert np.abs(rows - 32).max() < REACH


def test_every_row_and_column_begins_as_many_blocks():
    rows, columns = zip(*GRID_SHIFTS, strict=True)
    assert sorted(rows) == sorted(columns) == sorted([*range(8), *range(8)])
    assert len(set(GRID_SHIFTS)) == 16


@pytest.mark.parametrize("band_pixels", [1, 1000])
def test_bands_give_what_all_rows_at_once_give(monkeypatch, band_pixels):
    limits = np.full((8, 8), 40, np.float32)
    at_once = shrink_blocks(make_values((100, 72)), limits)
    monkeypatch.setattr(block_transform, "_BAND_PIXELS", band_pixels)
    np.testing.assert_allclose(shrink_blocks(make_values((100, 72)), limits), at_once, atol=1e-4)
