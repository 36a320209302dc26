"""Files, folders, glob patterns and tables of paths to photos of this machine."""

from __future__ import annotations

import glob
import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from packshot import inputs
from packshot.errors import SourceError
from packshot.names import NotAFile, plain
from packshot.sources.columns import with_columns
from packshot.sources.folders import files_matching, photos_below
from packshot.sources.formats import delimited
from packshot.sources.standard_input import STANDARD_INPUT, spooled
from packshot.sources.urls import scheme_of

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


def expand(inputs: Iterable[str | os.PathLike[str]], *, standard_input: bool = False) -> Iterator[Path]:
    """The paths that `expand_named` finds."""
    return (found.path for found in expand_named(inputs, standard_input=standard_input))


def expand_named(
    inputs: Iterable[str | os.PathLike[str]], *, standard_input: bool = False
) -> Iterator[Named]:
    """The photos that a user's arguments name, each once, in a stable order.

    Args:
        inputs: Files (taken whatever their extension), folders (searched recursively for known
            photo extensions, hidden entries skipped), glob patterns (``**`` included), and CSV files
            with a column of photos that `columns.find_columns` knows, or without a header and paths in
            the first column; paths in a CSV are relative to its folder and are taken even where no
            such file exists. A row without a path, or with an address, is a `NotAFile`: opening it
            tells why.
        standard_input: ``-`` is the photo that comes through standard input; else it is refused.

    Raises:
        SourceError: An input that names nothing, or a CSV that cannot be read.
        InvalidInput: A CSV without a column of photos.
    """
    seen: set[str] = set()
    for given in inputs:
        for found in _photos(os.fspath(given), standard_input):
            key = os.path.abspath(found.path)
            if key not in seen:
                seen.add(key)
                yield found


def _photos(given: str, standard_input: bool) -> Iterator[Named]:
    if given == STANDARD_INPUT:
        return iter((_standard_input(standard_input),))
    path = Path(given)
    if os.path.isdir(path):
        return (Named(photo, photo.relative_to(path)) for photo in photos_below(path))
    if path.suffix.lower() == TABLE_SUFFIX and os.path.isfile(path):
        return (Named(photo, _below(photo, path.parent)) for photo in _table(path))
    return (Named(photo, Path(photo.name)) for photo in files_at(given))


def _standard_input(allowed: bool) -> Named:
    if not allowed:
        raise SourceError(
            "-: standard input is not taken here, only files and folders; a file named - is ./-"
        )
    path = spooled()
    return Named(path, Path(path.name))


def files_at(given: str) -> Iterator[Path]:
    """The file of a name, or the files that match a pattern.

    Raises:
        SourceError: There is none.
    """
    if os.path.exists(given):
        return iter((Path(given),))
    if glob.has_magic(given):
        return files_matching(given)
    raise SourceError(f"{given}: no such file or folder")


def _below(path: Path, folder: Path) -> Path:
    """The path from a folder; the bare name of what does not lie below it."""
    if isinstance(path, NotAFile):
        digest = hashlib.blake2b(os.fsencode(plain(str(path))), digest_size=8).hexdigest()
        return Path(f"{digest} {path.name}")  # as that of no other photo
    relative = Path(os.path.relpath(os.path.abspath(path), os.path.abspath(folder)))
    return Path(path.name) if os.pardir in relative.parts else relative


def _table(table: Path) -> Iterator[Path]:
    """Paths of a CSV."""
    try:
        with inputs.opened(table) as file:
            for record, columns in with_columns(delimited.read(file, str(table)), str(table)):
                for place, _ in columns.photos(record.cells):
                    yield _entry(table, record.line, place)
    except OSError as error:
        raise SourceError(f"{table}: cannot be read as CSV: {error}") from error


def _entry(table: Path, line: int, place: str) -> Path:
    if not place:
        return NotAFile(f"{table}, line {line}", "no path in this row")
    if scheme_of(place):
        return NotAFile(place, "is an address; packshot audit fetches those")
    if "\0" in place:
        return NotAFile(place.replace("\0", r"\0"), "not a path: it holds a null character")
    return table.parent / place
