"""Copies in a training set: superfluous within a split, and a leak across splits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePath

from packshot.catalog.clean.samples import HELD_OUT, Sample
from packshot.report import Duplicate, DuplicateGroup, DuplicateKind, Problem, Proposal, Remedy
from packshot.texts import load_texts
from packshot.texts.duplicates import describe_duplicate, group_kind_name


def superfluous(
    group: DuplicateGroup, samples: Mapping[str, Sample], language: str
) -> Iterator[Proposal]:
    """Every copy of a group but the one to keep.

    Kept is one of a held-out split where there is one, as what is measured on it must stay as it is;
    within a split one that has a label, and of those the group's own choice. A copy with another label
    than the kept one is for people to look at: one of both labels is wrong.

    Args:
        group: Of photos of the set; groups that only show the same product give nothing.
        samples: By the paths of their files.
        language: Of reasons.
    """
    if group.kind in (None, DuplicateKind.SAME_PRODUCT):
        return
    members = [photo for photo in group.photos if photo.path in samples]
    ordered = sorted(members, key=lambda photo: _preference(samples[photo.path]))
    if len(ordered) < 2:
        return
    keeper = ordered[0]
    for photo in ordered[1:]:
        how = describe_duplicate(photo, language) if photo.kind else _how(keeper, language)
        yield _proposal(samples[photo.path], samples[keeper.path], photo, how, language)


def _preference(sample: Sample) -> tuple[int, bool]:
    name = sample.split.lower()
    held_out = HELD_OUT.index(name) if name in HELD_OUT else len(HELD_OUT)
    return held_out, not sample.label


def _how(keeper: Duplicate, language: str) -> str:
    """How the photo that the group prefers differs from the one that is kept here: in one word."""
    return group_kind_name(keeper.kind or DuplicateKind.MIXED, language)


def _proposal(sample: Sample, keeper: Sample, photo: Duplicate, how: str, language: str) -> Proposal:
    words = load_texts(language).cleaning
    leaks = sample.split != keeper.split
    contradicts = bool(sample.label and keeper.label) and sample.label != keeper.label
    key = "leakage" if leaks else "contradiction" if contradicts else "duplicate"
    reason = words[key].format(
        other=PurePath(keeper.path).name,
        how=how,
        split=keeper.split,
        label=keeper.label,
    )
    return Proposal(
        path=sample.path,
        problem=Problem.LEAKAGE if leaks else Problem.DUPLICATE,
        action=Remedy.REVIEW if contradicts else Remedy.DROP if leaks else Remedy.KEEP_ONE,
        reason=reason,
        confidence=round(photo.likeness, 3),
        value=photo.likeness,
        label=sample.label,
        other=keeper.path,
        split=sample.split,
    )
