"""Files, folders, glob patterns and CSV tables to paths of photos."""

from __future__ import annotations

import csv
import glob
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from packshot.errors import SourceError
from packshot.photo import FORMATS

PHOTO_SUFFIXES = frozenset(suffix for suffixes in FORMATS.values() for suffix in suffixes)
PATH_COLUMNS = ("path", "file", "filename", "image", "photo")
TABLE_SUFFIX = ".csv"


@dataclass(frozen=True)
class Named:
    """A photo and what it is called among those given.

    Attributes:
        path: Of the file.
        name: Relative, inside no other folder than its own: below a folder given, the path from there;
            in a table, the path as it stands there; else the file's name.
    """

    path: Path
    name: Path


def expand(inputs: Iterable[str | os.PathLike[str]]) -> Iterator[Path]:
    """The paths that `expand_named` finds."""
    return (found.path for found in expand_named(inputs))


def expand_named(inputs: Iterable[str | os.PathLike[str]]) -> Iterator[Named]:
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
        for found in _photos(os.fspath(given)):
            key = os.path.abspath(found.path)
            if key not in seen:
                seen.add(key)
                yield found


def _photos(given: str) -> Iterator[Named]:
    path = Path(given)
    if path.is_dir():
        return (Named(photo, photo.relative_to(path)) for photo in _folder(path))
    if path.suffix.lower() == TABLE_SUFFIX and path.is_file():
        return (Named(photo, _below(photo, path.parent)) for photo in _table(path))
    if path.exists():
        return iter((Named(path, Path(path.name)),))
    if glob.has_magic(given):
        return (Named(photo, Path(photo.name)) for photo in _pattern(given))
    raise SourceError(f"{given}: no such file or folder")


def _below(path: Path, folder: Path) -> Path:
    """The path from a folder; the bare name of what does not lie below it."""
    relative = Path(os.path.relpath(os.path.abspath(path), os.path.abspath(folder)))
    return Path(path.name) if os.pardir in relative.parts else relative


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
    column = next((header.index(name) for name in PATH_COLUMNS if name in header), None)
    body = rows if column is None else rows[1:]
    for number, row in enumerate(body, start=1 if column is None else 2):
        yield _entry(table, number, row, column or 0)


def _entry(table: Path, line: int, row: list[str], column: int) -> Path:
    if len(row) <= column or not row[column].strip():
        raise SourceError(f"{table}, line {line}: no path in column {column + 1}")
    return table.parent / row[column].strip()
