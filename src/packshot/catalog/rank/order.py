"""The order of a product's photos: a pure function of what is known of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise, zip_longest
from typing import Any, Final

from packshot.catalog.rank.candidate import (
    Candidate,
    Copy,
    clearly_better,
    clearly_better_copy,
)
from packshot.catalog.rank.motifs import Motif, motifs
from packshot.catalog.rank.reasons import Reasons
from packshot.errors import InvalidInput
from packshot.report import RankedPhoto, Ranking, Status

_STEPS_OF_PLEASANTNESS: Final = 5
"""Chances that fall in the same fifth are alike: the scores then decide again."""


def rank(
    sku: str,
    candidates: Iterable[Candidate],
    copies: Iterable[Copy] = (),
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
        copies: Which of them are copies of each other.
        policy: Name of the policy that the verdicts are by.
        language: Of reasons: ``en`` or ``zh``.

    Raises:
        InvalidInput: Two candidates have one path, or two are the present main photo.
    """
    photos = sorted(candidates, key=lambda candidate: candidate.path)
    _check(sku, photos)
    present = next((photo for photo in photos if photo.present), None)
    reasons = Reasons(language, policy)
    readable = [photo for photo in photos if photo.readable]
    set_apart = [photo for photo in photos if not photo.readable]
    places = in_order(motifs(readable, copies))
    best = places[0].best if places else None
    swap, why = _proposal(places, present, reasons, len(photos))
    return Ranking(
        sku=sku,
        best=None if best is None else best.path,
        present=None if present is None else present.path,
        swap=swap,
        reason=why,
        order=(*_ranked(places, reasons), *map(_unreadable, set_apart)),
        policy=policy,
        status=Status.OK if readable else Status.UNREADABLE,
        error=None if readable else why,
    )


def in_order(places: Iterable[Motif]) -> list[Motif]:
    """Motifs in the order of their best photos."""
    waiting = sorted(places, key=lambda place: (place.best.fails, -place.best.score, place.best.path))
    ordered: list[Motif] = []
    while waiting:
        band = _band(waiting)
        ordered += sorted(waiting[:band], key=lambda place: _within_band(place.best))
        waiting = waiting[band:]
    return ordered


def _band(ordered: Sequence[Motif]) -> int:
    """How many of the first photos no score can part: they are no clearly worse than the very first."""
    head = ordered[0].best
    alike = (
        number
        for number, place in enumerate(ordered)
        if place.best.fails != head.fails or clearly_better(head, place.best)
    )
    return next(alike, len(ordered))


def _within_band(photo: Candidate) -> tuple[object, ...]:
    pleasant = 0 if photo.pleasant is None else round(photo.pleasant * _STEPS_OF_PLEASANTNESS)
    return (
        photo.verdict == "warn",
        -pleasant,
        -photo.score,
        not photo.present,
        -photo.pixels,
        photo.path,
    )


def _check(sku: str, photos: Sequence[Candidate]) -> None:
    if any(one.path == other.path for one, other in pairwise(photos)):
        raise InvalidInput(f"{sku}: a photo was given twice")
    if sum(photo.present for photo in photos) > 1:
        raise InvalidInput(f"{sku}: more than one photo is said to be the present main photo")


def _ranked(places: Sequence[Motif], reasons: Reasons) -> list[RankedPhoto]:
    """The photos that take a place, in order, then the copies."""
    following = [place.best for place in places[1:]]
    ranked = [
        _record(
            place.best,
            rank=number,
            tied=worse is not None and _tied(place.best, worse),
            reasons=reasons.ahead(place.best, worse),
        )
        for number, (place, worse) in enumerate(zip_longest(places, following), start=1)
    ]
    copies = [
        _record(copy, duplicate_of=place.best.path, reasons=reasons.copy(copy, place.best))
        for place in places
        for copy in place.copies
    ]
    return ranked + copies


def _tied(one: Candidate, other: Candidate) -> bool:
    return one.fails == other.fails and not clearly_better(one, other)


def _record(photo: Candidate, **places: Any) -> RankedPhoto:
    return RankedPhoto(
        path=photo.path,
        score=photo.assessment.score,
        certainty=round(photo.certainty, 1),
        verdict=photo.verdict,
        pleasant=photo.pleasant,
        **places,
    )


def _unreadable(photo: Candidate) -> RankedPhoto:
    error, status = photo.assessment.error or "", photo.assessment.status
    return RankedPhoto(path=photo.path, status=status, error=error, reasons=(error,))


def _proposal(
    places: Sequence[Motif], present: Candidate | None, reasons: Reasons, count: int
) -> tuple[bool, str]:
    """Whether another photo should be shown first, and why."""
    if not places:
        return False, reasons.nothing(count)
    best = places[0]
    if present is None:
        return False, reasons.first(best.best, count)
    if not present.readable:
        return True, reasons.swap_unreadable(best.best, present)
    if present.path == best.best.path:
        return False, reasons.stays(present, count)
    copies = any(copy.path == present.path for copy in best.copies)
    better = clearly_better_copy if copies else clearly_better
    if (present.fails and not best.best.fails) or better(best.best, present):
        return True, reasons.swap(best.best, present, copies=copies)
    return False, reasons.as_good(best.best, present)
