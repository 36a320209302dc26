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
from packshot.files import reason_of, whole_folder
from packshot.names import is_plain, plain
from packshot.report import Problem, Proposal, Remedy

REPORT = "cleaning.json"
FEED = "feed.csv"
_COLUMNS = ("path", "label", "split", "sku", "role", "category", "seller")


@dataclass(frozen=True)
class Outcome:
    """What becomes of one photo.

    Attributes:
        path: Of the photo.
        kept: It is part of the cleaned set.
        label: That it has there.
        relabelled: That is another than it had.
        problem: For which it was dropped or relabelled; None where nothing was done.
    """

    path: str
    kept: bool
    label: str
    relabelled: bool = False
    problem: Problem | None = None


def decide(
    samples: Sequence[Sample], proposals: Iterable[Proposal], *, sure: float = 0.0
) -> list[Outcome]:
    """What becomes of each sample.

    What is to be reviewed is left as it is. A copy is dropped only if the photo kept in its place is
    kept: of copies that are all spoilt none is left, of others always one.

    Args:
        samples: Of the set.
        proposals: For it.
        sure: Confidence below which a proposal is not carried out, 0..1.
    """
    chosen = [one for one in proposals if one.action is not Remedy.REVIEW and one.confidence >= sure]
    spoilt = {one.path: one for one in chosen if one.action is Remedy.DROP and one.other is None}
    dropped = spoilt | _superfluous(chosen, spoilt)
    relabelled = {one.path: one for one in chosen if one.action is Remedy.RELABEL}
    return [_outcome(sample, dropped, relabelled) for sample in samples]


def _superfluous(chosen: Iterable[Proposal], spoilt: Mapping[str, Proposal]) -> dict[str, Proposal]:
    """Copies to drop, by path: the first sound one stands in for a photo to keep that is spoilt."""
    standing_in: dict[str, str] = {}
    found: dict[str, Proposal] = {}
    for one in chosen:
        if one.other is None or one.path in spoilt:
            continue
        if one.other in spoilt and standing_in.setdefault(one.other, one.path) == one.path:
            continue
        found[one.path] = one
    return found


def _outcome(
    sample: Sample, dropped: Mapping[str, Proposal], relabelled: Mapping[str, Proposal]
) -> Outcome:
    if sample.path in dropped:
        return Outcome(sample.path, False, sample.label, problem=dropped[sample.path].problem)
    if sample.path in relabelled:
        told = relabelled[sample.path]
        return Outcome(sample.path, True, told.proposed or "", relabelled=True, problem=told.problem)
    return Outcome(sample.path, True, sample.label)


def write_folder(
    samples: Sequence[Sample], outcomes: Sequence[Outcome], target: Path, *, link: bool = False
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
    """
    with _begun(target) as folder:
        for sample, outcome in zip(samples, outcomes, strict=True):
            if outcome.kept:
                _put(Path(sample.path), _free(folder / _name(sample, outcome)), link)
        _report(outcomes, folder)


def write_feed(samples: Sequence[Sample], outcomes: Sequence[Outcome], target: Path) -> None:
    """Write a feed of what is kept, whose paths lead to the original photos, with a report.

    The folder is there when it is complete, as that of `write_folder`.

    Raises:
        InvalidInput: The target holds something.
        SourceError: It cannot be written.
    """
    with _begun(target) as folder:
        kept = (pair for pair in zip(samples, outcomes, strict=True) if pair[1].kept)
        _write_rows(folder / FEED, [_row(sample, outcome, target) for sample, outcome in kept])
        _report(outcomes, folder)


def require_free(target: Path) -> None:
    """Find out before the work whether a cleaned set can be written there.

    Raises:
        InvalidInput: The target holds something.
        SourceError: It cannot be looked into.
    """
    try:
        holds = target.exists() and (not target.is_dir() or any(target.iterdir()))
    except OSError as error:
        raise SourceError(f"cannot write {target}: {reason_of(error)}") from error
    if holds:
        raise InvalidInput(f"{target} is not empty: name a new folder with --to")


@contextmanager
def _begun(target: Path) -> Iterator[Path]:
    """A folder to fill, which becomes the target."""
    require_free(target)
    with whole_folder(target) as folder:
        yield folder


def _name(sample: Sample, outcome: Outcome) -> Path:
    """Where a photo stands in the cleaned set: in the folder of its label."""
    if not outcome.relabelled:
        return sample.name
    parent = sample.name.parent
    return (parent.parent if sample.label else parent) / outcome.label / sample.name.name


def _free(path: Path) -> Path:
    """The path, with a number where another photo took it."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_stem(f"{path.stem}-{number}")
    return free


def _put(source: Path, target: Path, link: bool) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        if not (link and _linked(source, target)):
            shutil.copy2(source, target)
    except OSError as error:
        raise SourceError(f"cannot copy {source} to {target}: {reason_of(error)}") from error


def _linked(source: Path, target: Path) -> bool:
    """Whether a link could be made: not on another file system, nor on one without links."""
    try:
        target.hardlink_to(source.resolve())
    except OSError:
        return False
    return True


def _write_rows(path: Path, rows: list[dict[str, str]]) -> None:
    """Rows of a feed; bytes of names that are no text stay, which the mark of UTF-8 tells readers."""
    marked = not all(is_plain(row["path"]) for row in rows)
    encoding = "utf-8-sig" if marked else "utf-8"
    with path.open("w", newline="", encoding=encoding, errors="surrogateescape") as file:
        writer = csv.DictWriter(file, _COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def _row(sample: Sample, outcome: Outcome, target: Path) -> dict[str, str]:
    told = {name: plain(getattr(sample.row, name)) for name in ("sku", "role", "category", "seller")}
    path = sample.path if "://" in sample.path else os.path.relpath(sample.path, target)
    return {"path": path, "label": plain(outcome.label), "split": plain(sample.split), **told}


def _report(outcomes: Sequence[Outcome], target: Path) -> None:
    """What was done, in numbers and photo by photo where something was."""
    done = [outcome for outcome in outcomes if outcome.problem is not None]
    summary = {
        "photos": len(outcomes),
        "kept": sum(outcome.kept for outcome in outcomes),
        "relabelled": sum(outcome.relabelled for outcome in outcomes),
        "dropped_for": Counter(str(one.problem) for one in done if not one.kept),
        "changes": [{**asdict(outcome), "path": plain(outcome.path)} for outcome in done],
    }
    text = json.dumps(summary, indent=2, ensure_ascii=False)
    (target / REPORT).write_text(text + "\n", encoding="utf-8")
