"""Which pairs of photos are worth comparing: those of close hashes and those of alike content."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from packshot.search.duplicates.hashes import close_hashes, turned_hashes
from packshot.search.duplicates.signature import Signature

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]

ALIKE = 0.5
"""Cosine of the content vectors from which on two photos are compared."""

NEIGHBOURS = 12
"""Of each photo, by content, that are compared with it at most."""

_ROWS = 512
_DIMENSIONS = 256
_SHORTLIST = 4
_SAMPLE = 8192
_REDUCE_FROM = 4096


@dataclass(frozen=True)
class Candidate:
    """Two photos by their numbers, the lower first, and the cosine of their content vectors."""

    first: int
    second: int
    similarity: float


def candidates(
    photos: Sequence[Signature], queries: Sequence[int] | None = None, neighbours: int = NEIGHBOURS
) -> list[Candidate]:
    """Pairs worth comparing, the most alike first; blank photos are in none.

    Args:
        photos: All there are.
        queries: Numbers of the photos whose partners are sought; None for all.
        neighbours: Most partners by content for each.
    """
    shown = np.array([n for n, photo in enumerate(photos) if not photo.blank], np.int64)
    sought = shown if queries is None else np.intersect1d(shown, np.array(queries, np.int64))
    if len(shown) < 2 or not len(sought):
        return []
    vectors = np.stack([photos[n].content for n in shown])
    places = np.searchsorted(shown, sought)
    pairs = {*_by_hash(photos, shown, sought), *_by_content(vectors, shown, places, neighbours)}
    rows = {int(number): row for row, number in enumerate(shown)}
    found = [Candidate(a, b, float(vectors[rows[a]] @ vectors[rows[b]])) for a, b in pairs]
    return sorted(found, key=lambda pair: (-pair.similarity, pair.first, pair.second))


def nearest(vectors: Floats, queries: Floats, count: int) -> tuple[Integers, Floats]:
    """The vectors most alike to each query, by exact search.

    Above a few thousand vectors the search goes over the 256 directions in which they differ most, and
    four times as many as wanted are then ranked by all: the cost is a fifth, and the answers are the
    same but where many are alike.

    Args:
        vectors: (N, C) of length 1.
        queries: (Q, C) of length 1.
        count: Wanted of each; fewer where there are fewer.

    Returns:
        (Q, count) numbers of vectors and cosines, the best first.
    """
    count = min(count, len(vectors))
    reduced = len(vectors) > _REDUCE_FROM and vectors.shape[1] > _DIMENSIONS
    basis = _directions(vectors) if reduced else None
    searched = vectors if basis is None else vectors @ basis
    wide = count if basis is None else min(count * _SHORTLIST, len(vectors))
    numbers = np.empty((len(queries), count), np.int64)
    cosines = np.empty((len(queries), count), np.float32)
    for start in range(0, len(queries), _ROWS):
        rows = np.s_[start : start + _ROWS]
        some = queries[rows]
        rated = (some if basis is None else some @ basis) @ searched.T
        best = np.argpartition(rated, len(vectors) - wide, axis=1)[:, len(vectors) - wide :]
        exact = np.einsum("qc,qkc->qk", some, vectors[best])
        order = np.argsort(-exact, axis=1, kind="stable")[:, :count]
        numbers[rows] = np.take_along_axis(best, order, axis=1)
        cosines[rows] = np.take_along_axis(exact, order, axis=1)
    return numbers, cosines


def _directions(vectors: Floats) -> Floats:
    """(C, 256) orthonormal directions that hold most of the vectors' lengths."""
    sample = vectors[:: max(1, len(vectors) // _SAMPLE)]
    _, directions = np.linalg.eigh(sample.T @ sample)
    return np.ascontiguousarray(directions[:, -_DIMENSIONS:])


def _by_content(
    vectors: Floats, shown: Integers, places: Integers, neighbours: int
) -> Iterator[tuple[int, int]]:
    numbers, cosines = nearest(vectors, vectors[places], neighbours + 1)
    for place, found, alike in zip(places, numbers, cosines, strict=True):
        for other in found[(alike >= ALIKE) & (found != place)]:
            yield _ordered(int(shown[place]), int(shown[other]))


def _by_hash(
    photos: Sequence[Signature], shown: Integers, sought: Integers
) -> Iterator[tuple[int, int]]:
    owners = np.repeat(shown, 2)
    hashes = np.array([value for n in shown for value in photos[n].hashes], np.uint64)
    turned = [
        (int(n), other) for n in sought for value in photos[n].hashes for other in turned_hashes(value)
    ]
    queries = np.array([value for _, value in turned], np.uint64)
    for query, found in close_hashes(hashes, queries):
        first, second = turned[query][0], int(owners[found])
        if first != second:
            yield _ordered(first, second)


def _ordered(one: int, two: int) -> tuple[int, int]:
    return (one, two) if one < two else (two, one)
