"""The vectors most alike to each of many others: a shortlist first, then exact cosines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

import numpy as np

from packshot.arrays import Float32Array, Int64Array
from packshot.scratch import Scratch
from packshot.search.items import Distance, IndexSettings, Precision
from packshot.search.planning import plan_structure
from packshot.search.search_structure import build_structure
from packshot.search.vector_file import VectorFile

MIN_VECTORS_TO_INDEX = 150_000
"""Vectors above which a search structure is built for the shortlists of all of them (decision 14)."""

_MIN_VECTORS_TO_PREPARE = 4096
"""Queries, and vectors, above which preparing a search pays."""

_REDUCED_DIMENSIONS = 192
"""Main directions over which shortlists are made, of 1280; see decision 14."""

_SHORTLIST_FACTOR = 4
"""Candidates ranked exactly for each one wanted, as the order over fewer directions is not quite the
same."""

_MARGIN = 4
"""Candidates beyond those wanted where all directions count: single precision may swap near-ties."""

_SAMPLE = 8192
"""Vectors that the directions are found from, about."""

_BLOCK = 1 << 14
"""Vectors written, or queries asked, together: bounds memory."""


def find_nearest_vectors(
    vectors: Float32Array, queries: Float32Array, count: int
) -> tuple[Int64Array, Float32Array]:
    """Find the vectors most alike to each query.

    A few queries are compared with all vectors. For many, the search goes over the 192 directions in
    which vectors differ most, and above `MIN_VECTORS_TO_INDEX` vectors over an IVF-PQ structure; four
    times as many as wanted, or more, are then ranked exactly. What is missed lies behind others as
    alike.

    Args:
        vectors: (N, C) of length 1.
        queries: (Q, C) of length 1.
        count: Wanted of each; fewer where there are fewer.

    Returns:
        (Q, count) numbers of vectors and cosines, the best first; of equal ones the lower number first.

    Example:
        >>> import numpy as np
        >>> vectors = np.array([[1, 0], [0, 1], [0.8, 0.6]], np.float32)
        >>> numbers, cosines = find_nearest_vectors(vectors, vectors[:1], count=2)
        >>> numbers.tolist(), [f"{cosine:.2f}" for cosine in cosines[0]]
        ([[0, 2]], ['1.00', '0.80'])
    """
    count = min(count, len(vectors))
    shortlists = _find_shortlists(vectors, queries, count)
    numbers = np.empty((len(queries), count), np.int64)
    cosines = np.empty((len(queries), count), np.float32)
    for place, (query, shortlist) in enumerate(zip(queries, shortlists, strict=True)):
        rows = np.sort(shortlist)
        row_cosines = vectors[rows] @ query
        best = np.argsort(-row_cosines, kind="stable")[:count]
        numbers[place], cosines[place] = rows[best], row_cosines[best]
    return numbers, cosines


def _find_shortlists(vectors: Float32Array, queries: Float32Array, count: int) -> Iterable[Int64Array]:
    """Find, for each query, the rows that may be among the best, `count` at least."""
    if min(len(vectors), len(queries)) <= _MIN_VECTORS_TO_PREPARE:
        return _scan_vectors(vectors, queries, min(count + _MARGIN, len(vectors)))
    if len(vectors) > MIN_VECTORS_TO_INDEX:
        return _search_structure(vectors, queries, count)
    basis = _find_directions(vectors)
    return _scan_vectors(vectors @ basis, queries @ basis, min(count * _SHORTLIST_FACTOR, len(vectors)))


def _scan_vectors(vectors: Float32Array, queries: Float32Array, count: int) -> Iterable[Int64Array]:
    import faiss

    _, rows = faiss.knn(
        np.ascontiguousarray(queries), np.ascontiguousarray(vectors), count, faiss.METRIC_INNER_PRODUCT
    )
    return np.asarray(rows, np.int64)


def _find_directions(vectors: Float32Array) -> Float32Array:
    """Return (C, D) orthonormal directions that hold most of the vectors' lengths."""
    sample = vectors[:: max(1, len(vectors) // _SAMPLE)]
    _, directions = np.linalg.eigh(sample.T @ sample)
    return np.ascontiguousarray(directions[:, -_REDUCED_DIMENSIONS:])


def _search_structure(vectors: Float32Array, queries: Float32Array, count: int) -> Iterator[Int64Array]:
    """Search by a structure that is built for this, in a file of its own, and gone afterwards."""
    settings = IndexSettings(
        dimensions=vectors.shape[1], distance=Distance.COSINE, precision=Precision.HALF
    )
    structure_plan = plan_structure("ivf-pq", len(vectors), vectors.shape[1])
    assert structure_plan is not None, "there are enough vectors"
    all_rows = np.ones(len(vectors), bool)
    with Scratch() as scratch:
        file = VectorFile(scratch.folder / "vectors", settings)
        for start in range(0, len(vectors), _BLOCK):
            file.append(vectors[start : start + _BLOCK], start)
        structure = build_structure(structure_plan, file, all_rows, settings)
        file.close()
    blocks = (queries[start : start + _BLOCK] for start in range(0, len(queries), _BLOCK))
    return chain.from_iterable(structure.find_candidates(block, count, all_rows) for block in blocks)
