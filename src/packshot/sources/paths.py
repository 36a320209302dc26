"""Files, folders, glob patterns and CSV tables to paths of photos."""

from __future__ import annotations

import csv
import glob
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from packshot.errors import SourceError
from packshot.photo import FORMATS

PHOTO_SUFFIXES = frozenset(suffix for suffixes in FORMATS.values() for suffix in suffixes)
_COLUMNS = ("path", "file", "filename", "image", "photo")
_TABLE_SUFFIX = ".csv"


def expand(inputs: Iterable[str | os.PathLike[str]]) -> Iterator[Path]:
    """The photos that a user's arguments name, each once, in a stable order.

    Args:
        inputs: Files (taken whatever their extension), folders (searched recursively for known
            photo extensions, hidden entries skipped), glob patterns (``**`` included), and CSV files
            with a column ``path``, ``file``, ``filename``, ``image`` or ``photo``, else their first;
            paths in a CSV are relative to its folder and are taken even where no such file exists.

    Raises:
        SourceError: An input that names nothing, or a CSV that cannot be read.
    """
    seen: set[str] = set()
    for given in inputs:
        for path in _photos(os.fspath(given)):
            key = os.path.abspath(path)
            if key not in seen:
                seen.add(key)
                yield path


def _photos(given: str) -> Iterator[Path]:
    path = Path(given)
    if path.is_dir():
        return _folder(path)
    if path.suffix.lower() == _TABLE_SUFFIX and path.is_file():
        return _table(path)
    if path.exists():
        return iter((path,))
    if glob.has_magic(given):
        return _pattern(given)
    raise SourceError(f"{given}: no such file or folder")


def _folder(folder: Path) -> Iterator[Path]:
    """Photos below a folder, sorted; links to folders are not followed, so loops cannot trap."""
    found = False
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if Path(name).suffix.lower() in PHOTO_SUFFIXES and not name.startswith("."):
                found = True
                yield Path(parent, name)
    if not found:
        raise SourceError(f"{folder}: no photo in this folder")


def _pattern(pattern: str) -> Iterator[Path]:
    matches = sorted(name for name in glob.glob(pattern, recursive=True) if os.path.isfile(name))
    if not matches:
        raise SourceError(f"{pattern}: no file matches")
    yield from map(Path, matches)


def _table(table: Path) -> Iterator[Path]:
    """Paths of a CSV, with a header if its first row names one of the known columns."""
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.reader(file, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"{table}: cannot be read as CSV: {error}") from error
    rows = [row for row in rows if row]
    header = [cell.strip().lower() for cell in rows[0]] if rows else []
    column = next((header.index(name) for name in _COLUMNS if name in header), None)
    body = rows if column is None else rows[1:]
    for number, row in enumerate(body, start=1 if column is None else 2):
        yield _entry(table, number, row, column or 0)


def _entry(table: Path, line: int, row: list[str], column: int) -> Path:
    if len(row) <= column or not row[column].strip():
        raise SourceError(f"{table}, line {line}: no path in column {column + 1}")
    return table.parent / row[column].strip()
