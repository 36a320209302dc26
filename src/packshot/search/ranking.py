"""Exact distances, and the nearest of many vectors by looking at all of them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from packshot.arrays import Float32Array, Float64Array, FloatArray, Int64Array
from packshot.search.items import Distance

_MARGIN = 32
"""Candidates beyond k, as single precision may swap neighbours that differ by parts in a million."""


def exact_distances(query: Float32Array, vectors: FloatArray, distance: Distance) -> Float64Array:
    """Distances from one vector to others, in double precision.

    Args:
        query: (D,).
        vectors: (N, D).
        distance: Cosine is ``1 - cos``; neither side may then be all zero.

    Returns:
        (N,): Euclidean 0 and up, cosine 0..2.
    """
    one, others = query.astype(np.float64), vectors.astype(np.float64)
    if distance is Distance.EUCLIDEAN:
        return np.asarray(np.linalg.norm(others - one, axis=1))
    # Half the squared distance of unit vectors is 1 - cos, but loses no digits for vectors nearly alike.
    units = others / np.linalg.norm(others, axis=1, keepdims=True)
    return np.asarray(np.square(units - one / np.linalg.norm(one)).sum(axis=1) / 2)


def nearest(
    query: Float32Array, rows: Int64Array, vectors: Float32Array, k: int, distance: Distance
) -> tuple[Int64Array, Float64Array]:
    """The k nearest of some rows with their exact distances; equal ones in the order of the rows.

    Args:
        query: (D,).
        rows: (N,) row numbers.
        vectors: (N, D), theirs.
        k: Rows wanted.
        distance: Between vectors.

    Returns:
        Rows and distances, each (k,) or as many as there are, nearest first.
    """
    apart = exact_distances(query, vectors, distance)
    best = np.lexsort((rows, apart))[:k]
    return rows[best], apart[best]


def unit(vectors: Float32Array, distance: Distance) -> Float32Array:
    """Vectors whose squared Euclidean distances order neighbours as `distance` does: (N, D) float32."""
    if distance is Distance.EUCLIDEAN:
        return vectors
    norms = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    return np.asarray(vectors / norms, np.float32)


def scan(
    queries: Float32Array, blocks: Iterable[tuple[Int64Array, Float32Array]], k: int, distance: Distance
) -> list[Int64Array]:
    """The nearest rows to each query by looking at every vector.

    Args:
        queries: (Q, D).
        blocks: Row numbers (N,) and their vectors (N, D), a piece at a time.
        k: Rows wanted.
        distance: Between vectors.

    Returns:
        For each query its k nearest rows and some more, so that `exact_distances` can settle near-ties.
    """
    kept = [(np.empty(0, np.int64), np.empty(0, np.float32)) for _ in queries]
    for rows, vectors in blocks:
        apart = _order(queries, vectors, distance)
        kept = [
            _leading(np.concatenate([old, rows]), np.concatenate([far, row]), k + _MARGIN)
            for (old, far), row in zip(kept, apart, strict=True)
        ]
    return [rows for rows, _ in kept]


def _order(queries: Float32Array, vectors: Float32Array, distance: Distance) -> Float32Array:
    """Numbers, (Q, N), that order the vectors of each row as their distances do."""
    alike, squares = queries @ vectors.T, np.einsum("nd,nd->n", vectors, vectors)
    apart = squares - 2 * alike if distance is Distance.EUCLIDEAN else -alike / np.sqrt(squares)
    return np.asarray(apart, np.float32)


def _leading(rows: Int64Array, apart: Float32Array, most: int) -> tuple[Int64Array, Float32Array]:
    if len(rows) <= most:
        return rows, apart
    best = np.argpartition(apart, most - 1)[:most]
    return rows[best], apart[best]
