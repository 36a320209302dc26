"""Photos of a product gathered by what was pictured: copies of one photo take one place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from packshot.catalog.rank.candidate import CopyPair, RankCandidate
from packshot.search.duplicates.grouping import build_stars, find_components


@dataclass(frozen=True)
class CopyGroup:
    """One photo, and the copies of it that are no better.

    Attributes:
        best: The one that takes the place.
        copies: The others, better ones first.

    Example:
        >>> from packshot.report import Assessment
        >>> mug = RankCandidate(Assessment(path="mug.jpg", status="ok", score=70.0))
        >>> CopyGroup(mug).copies
        ()
    """

    best: RankCandidate
    copies: tuple[RankCandidate, ...] = ()


def group_copies(candidates: Iterable[RankCandidate], pairs: Iterable[CopyPair]) -> list[CopyGroup]:
    """Group candidates around the best of each motif.

    Every copy is one of the photo that takes the place, not only of a third.

    Args:
        candidates: Readable ones, of different paths.
        pairs: Among them; those that name others are ignored.

    Example:
        >>> from packshot.report import Assessment
        >>> candidates = [
        ...     RankCandidate(Assessment(path=path, status="ok", score=score))
        ...     for path, score in (("a.jpg", 60.0), ("b.jpg", 80.0), ("c.jpg", 70.0))
        ... ]
        >>> groups = group_copies(candidates, [CopyPair("a.jpg", "b.jpg")])
        >>> [(group.best.path, [copy.path for copy in group.copies]) for group in groups]
        [('b.jpg', ['a.jpg']), ('c.jpg', [])]
    """
    ordered = sorted(candidates, key=lambda candidate: candidate.path)
    numbers = {candidate.path: number for number, candidate in enumerate(ordered)}
    linked_pairs = {
        frozenset((numbers[copy.first], numbers[copy.second]))
        for copy in pairs
        if copy.first in numbers and copy.second in numbers
    }
    connected_parts = find_components(len(ordered), ((min(pair), max(pair)) for pair in linked_pairs))
    groups = [
        [ordered[number] for number in group]
        for part in connected_parts
        for group in build_stars(
            _order_copies(part, ordered), lambda a, b: frozenset((a, b)) in linked_pairs
        )
    ]
    grouped_paths = {candidate.path for group in groups for candidate in group}
    singles = [[candidate] for candidate in ordered if candidate.path not in grouped_paths]
    return [CopyGroup(group[0], tuple(group[1:])) for group in (*groups, *singles)]


def _order_copies(numbers: Sequence[int], ordered: Sequence[RankCandidate]) -> list[int]:
    """Sort copies of one photo, the better first: by policy, then direct comparison, then size."""
    has_comparisons = all(ordered[number].log_odds is not None for number in numbers)

    def sort_key(number: int) -> tuple[object, ...]:
        one = ordered[number]
        quality = (one.log_odds or 0.0) if has_comparisons else one.score
        return one.is_failing, -quality, -one.pixel_count, -one.byte_size, not one.is_current, one.path

    return sorted(numbers, key=sort_key)
