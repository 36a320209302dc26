"""Groups in a shopkeeper's words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from packshot.assess.advice import texts
from packshot.report import Change, Duplicate, DuplicateKind
from packshot.search.duplicates.keeping import ALIKE

_NAMED = 4


def reason_for(photos: Sequence[Duplicate], language: str) -> str:
    """What was done to each copy, and why the keeper is kept.

    Args:
        photos: Of one group, the keeper first.
        language: ``en`` or ``zh``.
    """
    words = texts(language).duplicates
    keeper, *others = photos
    told = [f"{PurePath(photo.path).name}: {done_to(photo, language)}" for photo in others[:_NAMED]]
    if len(others) > _NAMED:
        told.append(words["more"].format(count=len(others) - _NAMED))
    why = words[f"keep-{_merit(keeper, others)}"]
    kept = why.format(score=f"{keeper.score or 0:.0f}", width=keeper.width, height=keeper.height)
    return f"{'; '.join(told)}. {words['keeps'].format(name=PurePath(keeper.path).name, why=kept)}"


def done_to(photo: Duplicate, language: str) -> str:
    """What makes a photo differ from its group's keeper, and since when its owner has it."""
    words = texts(language).duplicates
    if photo.changes:
        what = ", ".join(change_in_words(change, language) for change in photo.changes)
    else:
        what = words[photo.kind or DuplicateKind.EXACT]
    if photo.owner is None:
        return what
    return words["owned"].format(what=what, owner=photo.owner, taken=(photo.taken or "")[:10])


def change_in_words(change: Change, language: str) -> str:
    """One change, with its measure."""
    words = texts(language).duplicates
    keeper = "-keeper" if change.of_keeper else ""
    amount = change.amount or 0.0
    if change.kind is DuplicateKind.FLIPPED:
        return words["flipped-down" if amount else "flipped"]
    shown = f"{amount:.0f}" if change.kind in _AS_IT_IS else f"{100 * amount:.0f}"
    shift = ", ".join(f"{value:+.0f}" for value in change.shift or ())
    return words[f"{change.kind}{keeper}"].format(amount=shown, shift=shift)


def kind_in_words(kind: DuplicateKind, language: str) -> str:
    """The name of a kind of group."""
    return texts(language).duplicates[f"kind-{kind}"]


_AS_IT_IS = {DuplicateKind.ROTATED, DuplicateKind.COLOUR_SHIFTED}


def _merit(keeper: Duplicate, others: Sequence[Duplicate]) -> str:
    """By what the keeper stands out."""
    if all(other.kind is DuplicateKind.EXACT for other in others):
        return "same"
    scores = [photo.score for photo in others if photo.score is not None]
    if keeper.score is not None and scores and keeper.score >= max(scores) + ALIKE:
        return "score"
    if any(other.width * other.height < keeper.width * keeper.height for other in others):
        return "pixels"
    return "bytes"
