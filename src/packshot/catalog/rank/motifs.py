"""Photos of a product gathered by what was pictured: copies of one photo take one place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from packshot.catalog.rank.candidate import Candidate, Copy
from packshot.search.duplicates.grouping import components, stars


@dataclass(frozen=True)
class Motif:
    """One photo, and the copies of it that are no better.

    Attributes:
        best: The one that takes the place.
        copies: The others, better ones first.
    """

    best: Candidate
    copies: tuple[Candidate, ...] = ()


def motifs(candidates: Iterable[Candidate], copies: Iterable[Copy]) -> list[Motif]:
    """Candidates gathered around the best of each motif.

    Every copy is one of the photo that takes the place, not only of a third.

    Args:
        candidates: Readable ones, of different paths.
        copies: Among them; those that name others are ignored.
    """
    known = sorted(candidates, key=lambda candidate: candidate.path)
    numbers = {candidate.path: number for number, candidate in enumerate(known)}
    linked = {
        frozenset((numbers[copy.first], numbers[copy.second]))
        for copy in copies
        if copy.first in numbers and copy.second in numbers
    }
    parts = components(len(known), ((min(pair), max(pair)) for pair in linked))
    groups = [
        [known[number] for number in group]
        for part in parts
        for group in stars(_preferred(part, known), lambda a, b: frozenset((a, b)) in linked)
    ]
    taken = {candidate.path for group in groups for candidate in group}
    alone = [[candidate] for candidate in known if candidate.path not in taken]
    return [Motif(group[0], tuple(group[1:])) for group in (*groups, *alone)]


def _preferred(numbers: Sequence[int], known: Sequence[Candidate]) -> list[int]:
    """Copies of one photo, the better first: a policy, then direct comparison, then size."""
    compared = all(known[number].merit is not None for number in numbers)

    def key(number: int) -> tuple[object, ...]:
        one = known[number]
        merit = (one.merit or 0.0) if compared else one.score
        return one.fails, -merit, -one.pixels, -one.byte_size, not one.present, one.path

    return sorted(numbers, key=key)
