"""Copies of photos in a shopkeeper's words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Final

from packshot.report import Change, Duplicate, DuplicateKind
from packshot.texts.general import load_texts

_MOST_NAMED: Final = 4
"""Copies of a group that its reason names; of more it says only how many. A judgement."""
_IN_OWN_UNIT: Final = frozenset({DuplicateKind.ROTATED, DuplicateKind.COLOUR_SHIFTED})
"""Kinds whose amount is said as it is; those of others are shares, said in per cent."""


def describe_group(photos: Sequence[Duplicate], merit: str, language: str) -> str:
    """Say what was done to each copy, and why the keeper is kept.

    Args:
        photos: Of one group, the keeper first.
        merit: What the keeper stands out by: ``same``, ``score``, ``pixels`` or ``bytes``.
        language: ``en`` or ``zh``.

    Example:
        >>> size = dict(width=800, height=800, byte_size=60_000)
        >>> kept = Duplicate(path="mug.jpg", kind=None, likeness=1, score=82, **size)
        >>> turned = Change(kind=DuplicateKind.ROTATED, amount=90)
        >>> copy = Duplicate(path="b.jpg", kind="rotated", likeness=0.9, changes=(turned,), **size)
        >>> print(describe_group([kept, copy], "score", "en"))
        b.jpg: turned by 90 degrees. Kept: mug.jpg, the best score (82).
    """
    words = load_texts(language).duplicates
    keeper, *others = photos
    described = [
        f"{PurePath(photo.path).name}: {describe_duplicate(photo, language)}"
        for photo in others[:_MOST_NAMED]
    ]
    if len(others) > _MOST_NAMED:
        described.append(words["more"].format(count=len(others) - _MOST_NAMED))
    if any(photo.kind is DuplicateKind.VARIANT for photo in others):
        return f"{'; '.join(described)}. {words['variants-kept']}"
    why = words[f"keep-{merit}"].format(
        score=f"{keeper.score or 0:.0f}", width=keeper.width, height=keeper.height
    )
    return f"{'; '.join(described)}. {words['keeps'].format(name=PurePath(keeper.path).name, why=why)}"


def describe_duplicate(photo: Duplicate, language: str) -> str:
    """Say what makes a photo differ from its group's keeper, and since when its owner has it.

    Example:
        >>> size = dict(width=800, height=800, byte_size=60_000)
        >>> copy = Duplicate(path="mug.jpg", kind=DuplicateKind.EXACT, likeness=1, owner="north", **size)
        >>> describe_duplicate(copy.model_copy(update={"taken": "2024-05-01T12:00:00"}), "en")
        'the same file (owner north, 2024-05-01)'
    """
    words = load_texts(language).duplicates
    if photo.kind is DuplicateKind.VARIANT:
        what = _describe_variant(photo, language)
    elif photo.changes:
        what = ", ".join(describe_change(change, language) for change in photo.changes)
    else:
        what = words[photo.kind or DuplicateKind.EXACT]
    if photo.owner is None:
        return what
    return words["owned"].format(what=what, owner=photo.owner, taken=(photo.taken or "")[:10])


def _describe_variant(photo: Duplicate, language: str) -> str:
    words = load_texts(language).duplicates
    count = len(photo.differences)
    key = "variant-place" if count == 1 else "variant-places" if count else "variant"
    return words[key].format(count=count)


def describe_change(change: Change, language: str) -> str:
    """Say one change, with its measure.

    Example:
        >>> from packshot.report import Change, DuplicateKind
        >>> describe_change(Change(kind=DuplicateKind.ROTATED, amount=90), "en")
        'turned by 90 degrees'
    """
    words = load_texts(language).duplicates
    keeper = "-keeper" if change.of_keeper else ""
    amount = change.amount or 0.0
    if change.kind is DuplicateKind.FLIPPED:
        return words["flipped-down" if amount else "flipped"]
    shown = f"{amount:.0f}" if change.kind in _IN_OWN_UNIT else _format_per_cent(100 * amount)
    shift = ", ".join(f"{value:+.0f}" for value in change.shift or ())
    return words[f"{change.kind}{keeper}"].format(amount=shown, shift=shift)


def _format_per_cent(value: float) -> str:
    """Format whole per cent; a decimal below 1, as something that is there is never 0."""
    return f"{value:.0f}" if value >= 1 or not value else f"{max(value, 0.1):.1f}"


def group_kind_name(kind: DuplicateKind, language: str) -> str:
    """Return the name of a kind of group.

    Example:
        >>> group_kind_name(DuplicateKind.RECOMPRESSED, "en")
        'saved again'
    """
    return load_texts(language).duplicates[f"kind-{kind}"]
