"""Vectors on disk: what is read is what was written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from packshot.errors import IndexDamaged
from packshot.search.items import IndexSettings, Precision
from packshot.search.vector_file import VectorFile


def _make_vector_file(folder: Path, precision: Precision, vectors: np.ndarray) -> VectorFile:
    vector_file = VectorFile(
        folder / "v.bin", IndexSettings(dimensions=vectors.shape[1], precision=precision)
    )
    vector_file.append(vectors, 0)
    return vector_file


def test_every_finite_half_is_widened_exactly(tmp_path: Path) -> None:
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    halves = halves[np.isfinite(halves)].reshape(-1, 8)
    file = _make_vector_file(tmp_path, Precision.HALF, halves.astype(np.float32))
    taken = file.read_rows(np.arange(len(halves)))
    assert taken.dtype == np.float32
    assert np.array_equal(taken, halves.astype(np.float32))
    assert np.array_equal(np.signbit(taken), np.signbit(halves))


@pytest.mark.parametrize("precision", Precision)
def test_rows_come_in_the_order_asked_for(tmp_path: Path, precision: Precision) -> None:
    vectors = np.random.default_rng(0).integers(-9, 9, (50, 4)).astype(np.float32)
    file = _make_vector_file(tmp_path, precision, vectors)
    for rows in ([3], [0, 1, 2], [9, 8, 7], [5, 6, 7, 49, 0, 0, 1], []):
        assert np.array_equal(file.read_rows(np.array(rows, np.int64)), vectors[rows])


def test_what_is_held_can_be_read_after_the_file_is_gone(tmp_path: Path) -> None:
    file = _make_vector_file(tmp_path, Precision.SINGLE, np.eye(3, dtype=np.float32))
    file.keep_open(3)
    file.path.unlink()
    assert np.array_equal(file.read_rows(np.arange(3)), np.eye(3))
    file.close()


def test_a_file_that_is_cut_short_is_said_to_be_damaged(tmp_path: Path) -> None:
    file = _make_vector_file(tmp_path, Precision.SINGLE, np.eye(3, dtype=np.float32))
    with pytest.raises(IndexDamaged, match="cut short"):
        file.read_rows(np.array([0, 3]))
