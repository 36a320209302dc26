"""Proposals carried out: a cleaned copy of the set. The set itself is never touched."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from packshot.catalog.clean.samples import Sample
from packshot.errors import InvalidInput, SourceError
from packshot.files import atomic_write_folder, describe_os_error
from packshot.names import escape_undecodable, is_encodable
from packshot.report import Problem, Proposal, Remedy

REPORT_NAME = "cleaning.json"
FEED_NAME = "feed.csv"
_COLUMNS = ("path", "label", "split", "sku", "role", "category", "seller")


@dataclass(frozen=True)
class SampleOutcome:
    """The decision on one photo: kept, relabelled or dropped.

    Attributes:
        path: Of the photo.
        kept: It is part of the cleaned set.
        label: That it has there.
        relabelled: The label is another than it had.
        problem: For which it was dropped or relabelled; None where nothing was done.

    Example:
        >>> outcome = SampleOutcome("train/mug.jpg", kept=True, label="bowl", relabelled=True)
        >>> outcome.label, outcome.problem
        ('bowl', None)
    """

    path: str
    kept: bool
    label: str
    relabelled: bool = False
    problem: Problem | None = None


def decide_outcomes(
    samples: Sequence[Sample], proposals: Iterable[Proposal], *, min_confidence: float = 0.0
) -> list[SampleOutcome]:
    """Decide on each sample of a set.

    What is to be reviewed is left as it is. A copy is dropped only if the photo kept in its place is
    kept: of copies that are all spoilt none is left, of others always one.

    Args:
        samples: Of the set.
        proposals: For it.
        min_confidence: Confidence below which a proposal is not carried out, 0..1.

    Example:
        >>> from packshot.sources import FeedRow
        >>> sample = Sample("mug.jpg", Path("mug.jpg"), "cup", "", FeedRow(0, "mug.jpg"))
        >>> proposal = Proposal(
        ...     path="mug.jpg", problem="blurred", action="drop", reason="soft edges", confidence=0.8
        ... )
        >>> [decide_outcomes([sample], [proposal], min_confidence=c)[0].kept for c in (0.5, 0.9)]
        [False, True]
    """
    accepted = [
        one for one in proposals if one.action is not Remedy.REVIEW and one.confidence >= min_confidence
    ]
    unusable = {one.path: one for one in accepted if one.action is Remedy.DROP and one.other is None}
    dropped = unusable | _find_redundant_copies(accepted, unusable)
    relabelled = {one.path: one for one in accepted if one.action is Remedy.RELABEL}
    return [_decide_outcome(sample, dropped, relabelled) for sample in samples]


def _find_redundant_copies(
    accepted: Iterable[Proposal], unusable: Mapping[str, Proposal]
) -> dict[str, Proposal]:
    """Copies to drop, by path: the first sound one stands in for a photo to keep that is spoilt."""
    replacements: dict[str, str] = {}
    redundant: dict[str, Proposal] = {}
    for proposal in accepted:
        if proposal.other is None or proposal.path in unusable:
            continue
        if (
            proposal.other in unusable
            and replacements.setdefault(proposal.other, proposal.path) == proposal.path
        ):
            continue
        redundant[proposal.path] = proposal
    return redundant


def _decide_outcome(
    sample: Sample, dropped: Mapping[str, Proposal], relabelled: Mapping[str, Proposal]
) -> SampleOutcome:
    if sample.path in dropped:
        return SampleOutcome(sample.path, False, sample.label, problem=dropped[sample.path].problem)
    if sample.path in relabelled:
        proposal = relabelled[sample.path]
        return SampleOutcome(
            sample.path, True, proposal.proposed or "", relabelled=True, problem=proposal.problem
        )
    return SampleOutcome(sample.path, True, sample.label)


def write_folder(
    samples: Sequence[Sample], outcomes: Sequence[SampleOutcome], target: Path, *, link: bool = False
) -> None:
    """Copy what is kept into a new folder, in the folders of its labels, with a report.

    The folder is there when it is complete, and not before; a process that is killed leaves a hidden one
    beside it, which the next one removes. Photos are the user's own, and stay as they are to the byte:
    where they were taken too.

    Args:
        samples: Of a folder.
        outcomes: Of each sample.
        target: A folder that is not there yet, or empty.
        link: Hard links instead of copies, where the file system can; a change of one is one of both.

    Raises:
        InvalidInput: The target holds something.
        SourceError: It cannot be written.

    Example:
        >>> from packshot.sources import FeedRow
        >>> path = Path("examples/photos/mug.jpg")
        >>> sample = Sample(str(path), Path("cup/mug.jpg"), "cup", "", FeedRow(0, str(path)))
        >>> outcome = SampleOutcome(str(path), kept=True, label="bowl", relabelled=True)
        >>> write_folder([sample], [outcome], Path("clean"))
        >>> sorted(path.as_posix() for path in Path("clean").rglob("*.*"))
        ['clean/bowl/mug.jpg', 'clean/cleaning.json']
    """
    with _open_target(target) as folder:
        for sample, outcome in zip(samples, outcomes, strict=True):
            if outcome.kept:
                _copy_photo(
                    Path(sample.path),
                    _find_free_path(folder / _build_target_path(sample, outcome)),
                    link,
                )
        _write_report(outcomes, folder)


def write_feed(samples: Sequence[Sample], outcomes: Sequence[SampleOutcome], target: Path) -> None:
    """Write a feed of what is kept, whose paths lead to the original photos, with a report.

    The folder is there when it is complete, as that of `write_folder`.

    Raises:
        InvalidInput: The target holds something.
        SourceError: It cannot be written.

    Example:
        >>> from packshot.sources import FeedRow
        >>> row = FeedRow(0, "photos/mug.jpg")
        >>> sample = Sample(row.location, Path("mug.jpg"), "cup", "train", row)
        >>> write_feed([sample], [SampleOutcome(sample.path, True, "cup")], Path("clean"))
        >>> Path("clean/feed.csv").read_text().split()[:2]
        ['path,label,split,sku,role,category,seller', '../photos/mug.jpg,cup,train,,,,']
    """
    with _open_target(target) as folder:
        kept_pairs = (pair for pair in zip(samples, outcomes, strict=True) if pair[1].kept)
        _write_rows(
            folder / FEED_NAME,
            [_build_feed_row(sample, outcome, target) for sample, outcome in kept_pairs],
        )
        _write_report(outcomes, folder)


def check_target_empty(target: Path) -> None:
    """Check before the work that a cleaned set can be written there.

    Raises:
        InvalidInput: The target holds something.
        SourceError: It cannot be looked into.

    Example:
        >>> check_target_empty(Path("not-there-yet"))
        >>> check_target_empty(Path("examples/photos"))
        Traceback (most recent call last):
        packshot.errors.InvalidInput: examples/photos is not empty: name a new folder with --to
    """
    try:
        is_occupied = target.exists() and (not target.is_dir() or any(target.iterdir()))
    except OSError as error:
        raise SourceError(f"cannot write {target}: {describe_os_error(error)}") from error
    if is_occupied:
        raise InvalidInput(f"{target} is not empty: name a new folder with --to")


@contextmanager
def _open_target(target: Path) -> Iterator[Path]:
    """A folder to fill, which becomes the target."""
    check_target_empty(target)
    with atomic_write_folder(target) as folder:
        yield folder


def _build_target_path(sample: Sample, outcome: SampleOutcome) -> Path:
    """Return the place of a photo in the cleaned set: in the folder of its label."""
    if not outcome.relabelled:
        return sample.relative_path
    parent = sample.relative_path.parent
    return (parent.parent if sample.label else parent) / outcome.label / sample.relative_path.name


def _find_free_path(path: Path) -> Path:
    """Return the path, with a number where another photo took it."""
    number, candidate = 1, path
    while candidate.exists():
        number += 1
        candidate = path.with_stem(f"{path.stem}-{number}")
    return candidate


def _copy_photo(source: Path, target: Path, link: bool) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        if not (link and _try_hardlink(source, target)):
            shutil.copy2(source, target)
    except OSError as error:
        raise SourceError(f"cannot copy {source} to {target}: {describe_os_error(error)}") from error


def _try_hardlink(source: Path, target: Path) -> bool:
    """Return whether a link could be made: not on another file system, nor on one without links."""
    try:
        target.hardlink_to(source.resolve())
    except OSError:
        return False
    return True


def _write_rows(path: Path, rows: list[dict[str, str]]) -> None:
    """Rows of a feed; bytes of names that are no text stay, which the mark of UTF-8 tells readers."""
    needs_bom = not all(is_encodable(row["path"]) for row in rows)
    encoding = "utf-8-sig" if needs_bom else "utf-8"
    with path.open("w", newline="", encoding=encoding, errors="surrogateescape") as file:
        writer = csv.DictWriter(file, _COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def _build_feed_row(sample: Sample, outcome: SampleOutcome, target: Path) -> dict[str, str]:
    feed_fields = {
        name: escape_undecodable(getattr(sample.row, name))
        for name in ("sku", "role", "category", "seller")
    }
    path = sample.path if "://" in sample.path else os.path.relpath(sample.path, target)
    return {
        "path": path,
        "label": escape_undecodable(outcome.label),
        "split": escape_undecodable(sample.split),
        **feed_fields,
    }


def _write_report(outcomes: Sequence[SampleOutcome], target: Path) -> None:
    """Write how many photos were kept and changed, and what was done to which."""
    changed = [outcome for outcome in outcomes if outcome.problem is not None]
    summary = {
        "photos": len(outcomes),
        "kept": sum(outcome.kept for outcome in outcomes),
        "relabelled": sum(outcome.relabelled for outcome in outcomes),
        "dropped_for": Counter(str(one.problem) for one in changed if not one.kept),
        "changes": [
            {**asdict(outcome), "path": escape_undecodable(outcome.path)} for outcome in changed
        ],
    }
    text = json.dumps(summary, indent=2, ensure_ascii=False)
    (target / REPORT_NAME).write_text(text + "\n", encoding="utf-8")
