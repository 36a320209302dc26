"""The photos of a training set, with the label and the split that the set gives them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from packshot.errors import InvalidInput
from packshot.sources import FeedRow, Fetcher, is_table, read_feed

HELD_OUT_SPLITS: Final = ("test", "val", "valid", "validation", "dev", "eval")
"""Splits that photos are kept in, in this order, where copies stand in several."""

_SPLITS = frozenset({*HELD_OUT_SPLITS, "train", "training"})
"""Names of topmost folders that are splits, in lower case."""


class LabelSource(StrEnum):
    """The place of a photo's label: the folder it stands in, or a column of the table.

    Example:
        >>> Path("set/mug").mkdir(parents=True)
        >>> _ = Path("set/mug/1.jpg").write_bytes(b"")
        >>> [sample.label for sample in read_samples("set", LabelSource.FOLDER)]
        ['mug']
    """

    FOLDER = "folder"
    COLUMN = "column"


@dataclass(frozen=True)
class Sample:
    """A photo of a training set.

    Attributes:
        path: Where it is, as the set says.
        relative_path: Relative: where it stands within the set.
        label: Empty where the set has none.
        split: Such as ``train``; empty where the set has none.
        row: As the feed has it.

    Example:
        >>> row = FeedRow(0, "set/train/mug/1.jpg")
        >>> sample = Sample(row.location, Path("train/mug/1.jpg"), label="mug", split="train", row=row)
        >>> sample.split, sample.label, sample.relative_path.name
        ('train', 'mug', '1.jpg')
    """

    path: str
    relative_path: Path
    label: str
    split: str
    row: FeedRow


def read_samples(
    location: str,
    labels_from: LabelSource | None = None,
    *,
    label_column: str | None = None,
    split_column: str | None = None,
    fetcher: Fetcher | None = None,
) -> list[Sample]:
    """Read the samples of a set, each photo once, in order.

    In a folder the label is the folder that a photo stands in, the split the topmost folder if that is
    called so (``train``, ``val``, ``test``); a photo directly in the set or in a split has no label.

    Args:
        location: A folder or a table, here, in an object store, or, tables, at a URL.
        labels_from: Of a table by default its column, of anything else the folder.
        label_column: Of a table; by default one that is called so.
        split_column: Of a table; by default one that is called so.
        fetcher: What fetches a table from a URL.

    Raises:
        SourceError: The place cannot be read.
        InvalidInput: A column is not there, or the place is no table and has none.

    Example:
        >>> folder = Path("set/train/mug")
        >>> folder.mkdir(parents=True)
        >>> _ = (folder / "1.jpg").write_bytes(Path("examples/photos/mug.jpg").read_bytes())
        >>> [(sample.split, sample.label) for sample in read_samples("set")]
        [('train', 'mug')]
    """
    is_folder = not is_table(location)
    if is_folder and (label_column or split_column or labels_from is LabelSource.COLUMN):
        raise InvalidInput(f"{location} is not a table: it has no columns")
    column_names = {"label": label_column, "split": split_column}
    columns = {field: column for field, column in column_names.items() if column is not None}
    rows = (row for row in read_feed(location, columns, fetcher) if row.location)
    label_source = labels_from or (LabelSource.FOLDER if is_folder else LabelSource.COLUMN)
    root = Path(location) if is_folder else Path(location).parent
    return list(_iter_samples(rows, label_source, root))


def _iter_samples(rows: Iterable[FeedRow], label_source: LabelSource, root: Path) -> Iterator[Sample]:
    known_locations: set[str] = set()
    for row in rows:
        if row.location in known_locations:
            continue
        known_locations.add(row.location)
        relative_path = _make_relative(Path(row.location), root)
        split, label = _parse_folders(relative_path)
        if label_source is LabelSource.COLUMN:
            label = row.label
        yield Sample(row.location, relative_path, label, row.split or split, row)


def _parse_folders(relative_path: Path) -> tuple[str, str]:
    """Return the split and the label that the folders of a photo tell."""
    folders = list(relative_path.parts[:-1])
    split = folders.pop(0) if folders and folders[0].lower() in _SPLITS else ""
    return split, folders[-1] if folders else ""


def _make_relative(path: Path, root: Path) -> Path:
    try:
        return path.relative_to(root)
    except ValueError:
        return Path(path.name)
