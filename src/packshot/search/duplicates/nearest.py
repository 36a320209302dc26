"""The vectors most alike to each of many others: a shortlist first, then exact cosines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

import numpy as np

from packshot.arrays import Float32Array, Int64Array
from packshot.scratch import Scratch
from packshot.search.items import Distance, IndexSettings, Precision
from packshot.search.planning import plan
from packshot.search.structure import build
from packshot.search.vector_file import VectorFile

INDEX_FROM = 150_000
"""Vectors from which on a search structure is built for the shortlists of all of them."""

_MANY = 4096
"""Queries, and vectors, that are worth preparing a search for."""

_DIMENSIONS = 192
_SHORTLIST = 4
_MARGIN = 4
_SAMPLE = 8192
_BLOCK = 1 << 14


def nearest(vectors: Float32Array, queries: Float32Array, count: int) -> tuple[Int64Array, Float32Array]:
    """The vectors most alike to each query.

    A few queries are compared with all vectors. For many, the search goes over the 192 directions in
    which vectors differ most, and above `INDEX_FROM` vectors over an IVF-PQ structure; four times as
    many as wanted, or more, are then ranked exactly. What is missed lies behind others as alike.

    Args:
        vectors: (N, C) of length 1.
        queries: (Q, C) of length 1.
        count: Wanted of each; fewer where there are fewer.

    Returns:
        (Q, count) numbers of vectors and cosines, the best first; of equal ones the lower number first.
    """
    count = min(count, len(vectors))
    found = _shortlists(vectors, queries, count)
    numbers = np.empty((len(queries), count), np.int64)
    cosines = np.empty((len(queries), count), np.float32)
    for place, (query, shortlist) in enumerate(zip(queries, found, strict=True)):
        rows = np.sort(shortlist)
        alike = vectors[rows] @ query
        best = np.argsort(-alike, kind="stable")[:count]
        numbers[place], cosines[place] = rows[best], alike[best]
    return numbers, cosines


def _shortlists(vectors: Float32Array, queries: Float32Array, count: int) -> Iterable[Int64Array]:
    """Of each query the rows that may be among the best, `count` at least."""
    if min(len(vectors), len(queries)) <= _MANY:
        return _scanned(vectors, queries, min(count + _MARGIN, len(vectors)))
    if len(vectors) > INDEX_FROM:
        return _indexed(vectors, queries, count)
    basis = _directions(vectors)
    return _scanned(vectors @ basis, queries @ basis, min(count * _SHORTLIST, len(vectors)))


def _scanned(vectors: Float32Array, queries: Float32Array, count: int) -> Iterable[Int64Array]:
    import faiss

    _, rows = faiss.knn(
        np.ascontiguousarray(queries), np.ascontiguousarray(vectors), count, faiss.METRIC_INNER_PRODUCT
    )
    return np.asarray(rows, np.int64)


def _directions(vectors: Float32Array) -> Float32Array:
    """(C, D) orthonormal directions that hold most of the vectors' lengths."""
    sample = vectors[:: max(1, len(vectors) // _SAMPLE)]
    _, directions = np.linalg.eigh(sample.T @ sample)
    return np.ascontiguousarray(directions[:, -_DIMENSIONS:])


def _indexed(vectors: Float32Array, queries: Float32Array, count: int) -> Iterator[Int64Array]:
    """By a structure that is built for this, in a file of its own, and gone afterwards."""
    settings = IndexSettings(
        dimensions=vectors.shape[1], distance=Distance.COSINE, precision=Precision.HALF
    )
    chosen = plan("ivf-pq", len(vectors), vectors.shape[1])
    assert chosen is not None, "there are enough vectors"
    everything = np.ones(len(vectors), bool)
    with Scratch() as scratch:
        file = VectorFile(scratch.folder / "vectors", settings)
        for start in range(0, len(vectors), _BLOCK):
            file.append(vectors[start : start + _BLOCK], start)
        structure = build(chosen, file, everything, settings)
        file.close()
    blocks = (queries[start : start + _BLOCK] for start in range(0, len(queries), _BLOCK))
    return chain.from_iterable(structure.candidates(block, count, everything) for block in blocks)
