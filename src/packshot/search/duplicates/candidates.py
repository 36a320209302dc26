"""Which pairs of photos are worth comparing: those of close hashes and those of alike content."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from packshot.arrays import Float32Array, Int64Array
from packshot.search.duplicates.hashes import close_hashes, turned_hashes
from packshot.search.duplicates.nearest import nearest
from packshot.search.duplicates.signature import Signature

ALIKE = 0.4
"""Cosine of the content vectors from which on two photos are compared."""

NEIGHBOURS = 16
"""Of each photo, by content, that are compared with it at most."""

_HASHES_EACH = 16  # eight turns of the photo's two


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


def _by_content(
    vectors: Float32Array, shown: Int64Array, places: Int64Array, neighbours: int
) -> Iterator[tuple[int, int]]:
    numbers, cosines = nearest(vectors, vectors[places], neighbours + 1)
    for place, found, alike in zip(places, numbers, cosines, strict=True):
        for other in found[(alike >= ALIKE) & (found != place)]:
            yield _ordered(int(shown[place]), int(shown[other]))


def _by_hash(
    photos: Sequence[Signature], shown: Int64Array, sought: Int64Array
) -> Iterator[tuple[int, int]]:
    hashes = np.array([value for n in shown for value in photos[n].hashes], np.uint64)
    wanted = np.array([value for n in sought for value in photos[n].hashes], np.uint64)
    queries = turned_hashes(wanted).ravel()
    for query, found in close_hashes(hashes, queries):
        first, second = int(sought[query // _HASHES_EACH]), int(shown[found // 2])
        if first != second:
            yield _ordered(first, second)


def _ordered(one: int, two: int) -> tuple[int, int]:
    return (one, two) if one < two else (two, one)
