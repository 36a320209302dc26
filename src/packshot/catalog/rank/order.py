"""The order of a product's photos: a pure function of what is known of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise, zip_longest
from typing import Any, Final

from packshot.catalog.rank.candidate import (
    CopyPair,
    RankCandidate,
    is_clearly_better,
    is_clearly_better_copy,
)
from packshot.catalog.rank.motifs import CopyGroup, group_copies
from packshot.catalog.rank.reasons import ReasonWriter
from packshot.errors import InvalidInput
from packshot.report import Decision, RankedPhoto, Ranking, Status

_PLEASANTNESS_STEPS: Final = 5
"""Steps of the probability that people find a photo pleasant: those that round to the same fifth are
alike, and the scores decide again. A judgement."""


def rank_candidates(
    sku: str,
    candidates: Iterable[RankCandidate],
    pairs: Iterable[CopyPair] = (),
    *,
    policy: str | None = None,
    language: str = "en",
) -> Ranking:
    """Put the photos of one product in order, the best main photo first.

    A photo that fails the policy never stands before one that does not. Then quality decides; scores
    that are apart by less than their uncertainty are tied, and among tied photos one without a warning
    of the policy, then the more pleasant, then the higher score comes first. Of copies only the best
    takes a place. The order does not depend on that of the candidates.

    Args:
        sku: What the product is called.
        candidates: Its photos; at most one is the present main photo.
        pairs: Which of them are copies of each other.
        policy: Name of the policy that the verdicts are by.
        language: Of reasons: ``en`` or ``zh``.

    Raises:
        InvalidInput: Two candidates have one path, or two are the present main photo.

    Example:
        >>> from packshot.report import Assessment
        >>> best, current = (
        ...     Assessment(path=path, status="ok", score=score, confidence=0.8)
        ...     for path, score in (("front.jpg", 85.0), ("dark.jpg", 40.0))
        ... )
        >>> candidates = [RankCandidate(best), RankCandidate(current, is_current=True)]
        >>> ranking = rank_candidates("M-1", candidates)
        >>> ranking.best, ranking.swap, [photo.rank for photo in ranking.order]
        ('front.jpg', True, [1, 2])
    """
    photos = sorted(candidates, key=lambda candidate: candidate.path)
    _check_candidates(sku, photos)
    current = next((photo for photo in photos if photo.is_current), None)
    reasons = ReasonWriter(language, policy)
    readable = [photo for photo in photos if photo.is_readable]
    unreadable = [photo for photo in photos if not photo.is_readable]
    groups = sort_groups(group_copies(readable, pairs))
    best = groups[0].best if groups else None
    swap, reason = _propose_swap(groups, current, reasons, len(photos))
    return Ranking(
        sku=sku,
        best=None if best is None else best.path,
        current=None if current is None else current.path,
        swap=swap,
        reason=reason,
        order=(*_build_ranked_photos(groups, reasons), *map(_build_unreadable_photo, unreadable)),
        policy=policy,
        status=Status.OK if readable else Status.UNREADABLE,
        error=None if readable else reason,
    )


def sort_groups(groups: Iterable[CopyGroup]) -> list[CopyGroup]:
    """Sort motifs by their best photos, the best first; ties as `rank_candidates` breaks them.

    Example:
        >>> from packshot.report import Assessment
        >>> def rate(path, score, **facts):
        ...     assessment = Assessment(path=path, status="ok", score=score, confidence=0.5)
        ...     return CopyGroup(RankCandidate(assessment, **facts))
        >>> groups = [rate("a.jpg", 70.0, decision=Decision.WARN), rate("b.jpg", 68.0)]
        >>> [group.best.path for group in sort_groups([*groups, rate("c.jpg", 20.0)])]
        ['b.jpg', 'a.jpg', 'c.jpg']
    """
    remaining = sorted(
        groups, key=lambda place: (place.best.is_failing, -place.best.score, place.best.path)
    )
    ordered: list[CopyGroup] = []
    while remaining:
        tie_count = _count_tied_groups(remaining)
        ordered += sorted(remaining[:tie_count], key=lambda place: _tie_break_key(place.best))
        remaining = remaining[tie_count:]
    return ordered


def _count_tied_groups(ordered: Sequence[CopyGroup]) -> int:
    """Count the first photos that no score can part: they are not clearly worse than the very first."""
    best = ordered[0].best
    boundaries = (
        number
        for number, group in enumerate(ordered)
        if group.best.is_failing != best.is_failing or is_clearly_better(best, group.best)
    )
    return next(boundaries, len(ordered))


def _tie_break_key(photo: RankCandidate) -> tuple[object, ...]:
    pleasantness = 0 if photo.pleasantness is None else round(photo.pleasantness * _PLEASANTNESS_STEPS)
    return (
        photo.decision == Decision.WARN,
        -pleasantness,
        -photo.score,
        not photo.is_current,
        -photo.pixel_count,
        photo.path,
    )


def _check_candidates(sku: str, photos: Sequence[RankCandidate]) -> None:
    if any(one.path == other.path for one, other in pairwise(photos)):
        raise InvalidInput(f"{sku}: a photo was given twice")
    if sum(photo.is_current for photo in photos) > 1:
        raise InvalidInput(f"{sku}: more than one photo is said to be the present main photo")


def _build_ranked_photos(groups: Sequence[CopyGroup], reasons: ReasonWriter) -> list[RankedPhoto]:
    """Build the records of the photos that take a place, in order, then of the copies."""
    following = [group.best for group in groups[1:]]
    ranked = [
        _build_ranked_photo(
            group.best,
            rank=number,
            tied=worse is not None and _is_tie(group.best, worse),
            reasons=reasons.explain_place(group.best, worse),
        )
        for number, (group, worse) in enumerate(zip_longest(groups, following), start=1)
    ]
    copies = [
        _build_ranked_photo(
            copy, duplicate_of=group.best.path, reasons=reasons.explain_copy(copy, group.best)
        )
        for group in groups
        for copy in group.copies
    ]
    return ranked + copies


def _is_tie(one: RankCandidate, other: RankCandidate) -> bool:
    return one.is_failing == other.is_failing and not is_clearly_better(one, other)


def _build_ranked_photo(photo: RankCandidate, **groups: Any) -> RankedPhoto:
    return RankedPhoto(
        path=photo.path,
        score=photo.assessment.score,
        score_margin=round(photo.score_margin, 1),
        decision=photo.decision,
        pleasant=photo.pleasantness,
        **groups,
    )


def _build_unreadable_photo(photo: RankCandidate) -> RankedPhoto:
    error, status = photo.assessment.error or "", photo.assessment.status
    return RankedPhoto(path=photo.path, status=status, error=error, reasons=(error,))


def _propose_swap(
    groups: Sequence[CopyGroup], current: RankCandidate | None, reasons: ReasonWriter, count: int
) -> tuple[bool, str]:
    """Return whether another photo should be shown first, and why."""
    if not groups:
        return False, reasons.explain_no_photo(count)
    best = groups[0]
    if current is None:
        return False, reasons.explain_first(best.best, count)
    if not current.is_readable:
        return True, reasons.explain_unreadable(best.best, current)
    if current.path == best.best.path:
        return False, reasons.explain_stay(current, count)
    is_copy = any(copy.path == current.path for copy in best.copies)
    is_better = is_clearly_better_copy if is_copy else is_clearly_better
    if (current.is_failing and not best.best.is_failing) or is_better(best.best, current):
        return True, reasons.explain_swap(best.best, current, is_copy=is_copy)
    return False, reasons.explain_near_tie(best.best, current)
