"""Exact distances, and the nearest of many vectors by looking at all of them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from packshot.search.items import Distance, Floats

Rows = NDArray[np.int64]

_MARGIN = 32
"""Candidates beyond k, as single precision may swap neighbours that differ by parts in a million."""


def exact_distances(
    query: Floats, vectors: NDArray[np.floating], distance: Distance
) -> NDArray[np.float64]:
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


def unit(vectors: Floats, distance: Distance) -> Floats:
    """Vectors whose squared Euclidean distances order neighbours as `distance` does: (N, D) float32."""
    if distance is Distance.EUCLIDEAN:
        return vectors
    norms = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    return np.asarray(vectors / norms, np.float32)


def scan(
    queries: Floats, blocks: Iterable[tuple[Rows, Floats]], k: int, distance: Distance
) -> list[Rows]:
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
    wanted = unit(queries, distance)
    for rows, vectors in blocks:
        others = unit(vectors, distance)
        apart = np.einsum("nd,nd->n", others, others) - 2 * (wanted @ others.T)
        kept = [
            _nearest(np.concatenate([old, rows]), np.concatenate([far, row]), k + _MARGIN)
            for (old, far), row in zip(kept, apart, strict=True)
        ]
    return [rows for rows, _ in kept]


def _nearest(rows: Rows, apart: Floats, most: int) -> tuple[Rows, Floats]:
    if len(rows) <= most:
        return rows, apart
    best = np.argpartition(apart, most - 1)[:most]
    return rows[best], apart[best]
