"""Exact distances, and the nearest of many vectors by looking at all of them.

See docs/methods.md, section 4.1, equations 4.17 and 4.18.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from packshot.arrays import Float32Array, Float64Array, FloatArray, Int64Array
from packshot.assess.retrieval import find_largest
from packshot.search.items import Distance

_MARGIN = 32
"""Candidates beyond k, as single precision may swap neighbours that differ by parts in a million."""


def exact_distances(query: Float32Array, vectors: FloatArray, distance: Distance) -> Float64Array:
    """Compute distances from one vector to others, in double precision.

    Args:
        query: (D,).
        vectors: (N, D).
        distance: Cosine is ``1 - cos``; neither side may then be all zero.

    Returns:
        (N,): Euclidean 0 and up, cosine 0..2.

    Example:
        >>> import numpy as np
        >>> vectors = np.array([[3, 4], [0, 2], [2, 0]], np.float32)
        >>> exact_distances(np.array([0, 1], np.float32), vectors, Distance.COSINE).round(3).tolist()
        [0.2, 0.0, 1.0]
    """
    query_vector, other_vectors = query.astype(np.float64), vectors.astype(np.float64)
    if distance is Distance.EUCLIDEAN:
        return np.asarray(np.linalg.norm(other_vectors - query_vector, axis=1))
    # Half the squared distance of unit vectors is 1 - cos, but loses no digits for vectors nearly alike.
    units = other_vectors / np.linalg.norm(other_vectors, axis=1, keepdims=True)
    return np.asarray(np.square(units - query_vector / np.linalg.norm(query_vector)).sum(axis=1) / 2)


def rank_nearest(
    query: Float32Array, rows: Int64Array, vectors: Float32Array, k: int, distance: Distance
) -> tuple[Int64Array, Float64Array]:
    """Return the k nearest of some rows with exact distances; equal ones in the order of the rows.

    Args:
        query: (D,).
        rows: (N,) row numbers.
        vectors: (N, D), theirs.
        k: Rows wanted.
        distance: Between vectors.

    Returns:
        Rows and distances, each (k,) or as many as there are, nearest first.

    Example:
        >>> import numpy as np
        >>> query, vectors = np.zeros(1, np.float32), np.array([[3], [1], [7]], np.float32)
        >>> rows, distances = rank_nearest(query, np.array([10, 11, 12]), vectors, 2, Distance.EUCLIDEAN)
        >>> rows.tolist(), distances.tolist()
        ([11, 10], [1.0, 3.0])
    """
    distances = exact_distances(query, vectors, distance)
    best = np.lexsort((rows, distances))[:k]
    return rows[best], distances[best]


def to_unit_vectors(vectors: Float32Array, distance: Distance) -> Float32Array:
    """Return (N, D) vectors whose Euclidean distances order neighbours as `distance` does.

    Example:
        >>> import numpy as np
        >>> to_unit_vectors(np.array([[0, 5], [2, 0]], np.float32), Distance.COSINE).tolist()
        [[0.0, 1.0], [1.0, 0.0]]
    """
    if distance is Distance.EUCLIDEAN:
        return vectors
    norms = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    return np.asarray(vectors / norms, np.float32)


def scan(
    queries: Float32Array, blocks: Iterable[tuple[Int64Array, Float32Array]], k: int, distance: Distance
) -> list[Int64Array]:
    """Find the nearest rows to each query by looking at every vector.

    Args:
        queries: (Q, D).
        blocks: Row numbers (N,) and their vectors (N, D), a piece at a time.
        k: Rows wanted.
        distance: Between vectors.

    Returns:
        For each query its k nearest rows and some more, so that `exact_distances` can settle near-ties.

    Example:
        >>> import numpy as np
        >>> vectors = np.arange(100, dtype=np.float32)[:, None]
        >>> queries = np.array([[41.2]], np.float32)
        >>> (candidates,) = scan(queries, [(np.arange(100), vectors)], k=3, distance=Distance.EUCLIDEAN)
        >>> {40, 41, 42} <= set(candidates.tolist()), len(candidates)
        (True, 35)
    """
    nearest_so_far = [(np.empty(0, np.int64), np.empty(0, np.float32)) for _ in queries]
    for rows, vectors in blocks:
        order_keys = _compute_order_keys(queries, vectors, distance)
        nearest_so_far = [
            _select_leading(np.concatenate([old, rows]), np.concatenate([old_keys, row]), k + _MARGIN)
            for (old, old_keys), row in zip(nearest_so_far, order_keys, strict=True)
        ]
    return [rows for rows, _ in nearest_so_far]


def _compute_order_keys(
    queries: Float32Array, vectors: Float32Array, distance: Distance
) -> Float32Array:
    """Compute numbers, (Q, N), that order the vectors of each row as their distances do."""
    dot_products, squares = queries @ vectors.T, np.einsum("nd,nd->n", vectors, vectors)
    order_keys = (
        squares - 2 * dot_products
        if distance is Distance.EUCLIDEAN
        else -dot_products / np.sqrt(squares)
    )
    return np.asarray(order_keys, np.float32)


def _select_leading(
    rows: Int64Array, order_keys: Float32Array, max_rows: int
) -> tuple[Int64Array, Float32Array]:
    if len(rows) <= max_rows:
        return rows, order_keys
    best = find_largest(-order_keys, max_rows)
    return rows[best], order_keys[best]
