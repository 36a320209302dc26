"""Copies in a training set: superfluous within a split, and a leak across splits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePath

from packshot.catalog.clean.samples import HELD_OUT_SPLITS, Sample
from packshot.report import Duplicate, DuplicateGroup, DuplicateKind, Problem, Proposal, Remedy
from packshot.texts import load_texts
from packshot.texts.duplicates import describe_duplicate, group_kind_name


def propose_duplicate_removals(
    group: DuplicateGroup, samples: Mapping[str, Sample], language: str
) -> Iterator[Proposal]:
    """Propose to remove every copy of a group but the one to keep.

    Kept is one of a held-out split where there is one, as what is measured on it must stay as it is;
    within a split one that has a label, and of those the group's own choice. A copy with another label
    than the kept one is for people to look at: one of both labels is wrong.

    Args:
        group: Of photos of the set; groups of variants give nothing.
        samples: By the paths of their files.
        language: Of reasons.

    Example:
        >>> from pathlib import Path
        >>> from packshot.sources import FeedRow
        >>> rows = [FeedRow(0, f"{split}/1.jpg", split=split) for split in ("train", "test")]
        >>> samples = {r.location: Sample(r.location, Path("1.jpg"), "mug", r.split, r) for r in rows}
        >>> photos = tuple(
        ...     Duplicate(path=path, kind=kind, likeness=1, width=800, height=800, byte_size=90_000)
        ...     for path, kind in zip(samples, (None, "exact"))
        ... )
        >>> paths = tuple(samples)
        >>> group = DuplicateGroup(
        ...     group=1, kind="exact", paths=paths, keep=paths[0], reason="the same", photos=photos
        ... )
        >>> for proposal in propose_duplicate_removals(group, samples, "en"):
        ...     proposal.path, proposal.problem.value, proposal.action.value
        ('train/1.jpg', 'leakage', 'drop')
    """
    if group.kind in (None, DuplicateKind.VARIANT):
        return
    members = [photo for photo in group.photos if photo.path in samples]
    ordered = sorted(members, key=lambda photo: _preference_key(samples[photo.path]))
    if len(ordered) < 2:
        return
    keeper = ordered[0]
    for photo in ordered[1:]:
        difference = (
            describe_duplicate(photo, language) if photo.kind else _describe_difference(keeper, language)
        )
        yield _build_proposal(samples[photo.path], samples[keeper.path], photo, difference, language)


def _preference_key(sample: Sample) -> tuple[int, bool]:
    name = sample.split.lower()
    split_rank = HELD_OUT_SPLITS.index(name) if name in HELD_OUT_SPLITS else len(HELD_OUT_SPLITS)
    return split_rank, not sample.label


def _describe_difference(keeper: Duplicate, language: str) -> str:
    """Name the change between the photo that the group prefers and the one that is kept here."""
    return group_kind_name(keeper.kind or DuplicateKind.MIXED, language)


def _build_proposal(
    sample: Sample, keeper: Sample, photo: Duplicate, difference: str, language: str
) -> Proposal:
    cleaning_texts = load_texts(language).cleaning
    is_leak = sample.split != keeper.split
    is_contradiction = bool(sample.label and keeper.label) and sample.label != keeper.label
    key = "leakage" if is_leak else "contradiction" if is_contradiction else "duplicate"
    reason = cleaning_texts[key].format(
        other=PurePath(keeper.path).name,
        how=difference,
        split=keeper.split,
        label=keeper.label,
    )
    return Proposal(
        path=sample.path,
        problem=Problem.LEAKAGE if is_leak else Problem.DUPLICATE,
        action=Remedy.REVIEW if is_contradiction else Remedy.DROP if is_leak else Remedy.KEEP_ONE,
        reason=reason,
        confidence=round(photo.likeness, 3),
        value=photo.likeness,
        label=sample.label,
        other=keeper.path,
        split=sample.split,
    )
