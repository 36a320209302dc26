"""Pairs of photos worth comparing: those of close hashes and those of alike content."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from packshot.arrays import Float32Array, Int64Array
from packshot.search.duplicates.hashes import compute_turned_hashes, find_close_hashes
from packshot.search.duplicates.nearest_vectors import find_nearest_vectors
from packshot.search.duplicates.signature import Signature

MIN_SIMILARITY = 0.4
"""Cosine of the content vectors from which on two photos are compared. Lowered from 0.5 so that copies
under heavy marks and strong tints are among the candidates (decision 14)."""

MAX_NEIGHBOURS = 16
"""Photos alike by content that each is compared with, at most. Raised from 12 for the same reason as
`MIN_SIMILARITY` was lowered."""

_HASHES_PER_PHOTO = 16
"""Eight turns of each of a photo's two hashes."""


@dataclass(frozen=True)
class CandidatePair:
    """Two photos by their numbers, the lower first, and the cosine of their content vectors.

    Example:
        >>> pairs = [CandidatePair(0, 3, similarity=0.62), CandidatePair(1, 2, similarity=0.91)]
        >>> max(pairs, key=lambda pair: pair.similarity).second
        2
    """

    first: int
    second: int
    similarity: float


def find_candidate_pairs(
    photos: Sequence[Signature], queries: Sequence[int] | None = None, neighbours: int = MAX_NEIGHBOURS
) -> list[CandidatePair]:
    """Find pairs worth comparing, the most alike first; blank photos are in none.

    Args:
        photos: All there are.
        queries: Numbers of the photos whose partners are sought; None for all.
        neighbours: Most partners by content for each.

    Example:
        >>> from pathlib import Path
        >>> from packshot.search.duplicates import Signer
        >>> signer, names = Signer(), ("mug", "speaker", "mug-warm-cast")
        >>> photos = [signer.sign(Path(f"examples/photos/{name}.jpg")) for name in names]
        >>> [(pair.first, pair.second) for pair in find_candidate_pairs(photos)]
        [(0, 2)]
    """
    comparable = np.array([n for n, photo in enumerate(photos) if not photo.blank], np.int64)
    query_numbers = (
        comparable if queries is None else np.intersect1d(comparable, np.array(queries, np.int64))
    )
    if len(comparable) < 2 or not len(query_numbers):
        return []
    vectors = np.stack([photos[n].content for n in comparable])
    query_places = np.searchsorted(comparable, query_numbers)
    pairs = {
        *_iter_pairs_by_hash(photos, comparable, query_numbers),
        *_iter_pairs_by_content(vectors, comparable, query_places, neighbours),
    }
    rows = {int(number): row for row, number in enumerate(comparable)}
    candidate_pairs = [CandidatePair(a, b, float(vectors[rows[a]] @ vectors[rows[b]])) for a, b in pairs]
    return sorted(candidate_pairs, key=lambda pair: (-pair.similarity, pair.first, pair.second))


def _iter_pairs_by_content(
    vectors: Float32Array, comparable: Int64Array, query_places: Int64Array, neighbours: int
) -> Iterator[tuple[int, int]]:
    numbers, cosines = find_nearest_vectors(vectors, vectors[query_places], neighbours + 1)
    for place, neighbour_row, cosine_row in zip(query_places, numbers, cosines, strict=True):
        for other in neighbour_row[(cosine_row >= MIN_SIMILARITY) & (neighbour_row != place)]:
            yield _sort_pair(int(comparable[place]), int(comparable[other]))


def _iter_pairs_by_hash(
    photos: Sequence[Signature], comparable: Int64Array, query_numbers: Int64Array
) -> Iterator[tuple[int, int]]:
    hashes = np.array([value for n in comparable for value in photos[n].hashes], np.uint64)
    query_hashes = np.array([value for n in query_numbers for value in photos[n].hashes], np.uint64)
    queries = compute_turned_hashes(query_hashes).ravel()
    for query, hash_number in find_close_hashes(hashes, queries):
        first, second = int(query_numbers[query // _HASHES_PER_PHOTO]), int(comparable[hash_number // 2])
        if first != second:
            yield _sort_pair(first, second)


def _sort_pair(one: int, two: int) -> tuple[int, int]:
    return (one, two) if one < two else (two, one)
