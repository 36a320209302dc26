"""Files, folders, glob patterns and tables of paths to photos of this machine."""

from __future__ import annotations

import glob
import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from packshot import regular_files
from packshot.errors import SourceError
from packshot.names import NotAFile, escape_undecodable
from packshot.sources.columns import iter_with_columns
from packshot.sources.folders import iter_matching_files, iter_photos_below
from packshot.sources.formats import delimited
from packshot.sources.standard_input import STANDARD_INPUT, spool_standard_input
from packshot.sources.urls import scheme_of

TABLE_SUFFIX = ".csv"


@dataclass(frozen=True)
class NamedPhoto:
    """A photo and what it is called among those given.

    Attributes:
        path: Of the file.
        name: Relative, inside no other folder than its own: below a folder given, the path from there;
            in a table, the path as it stands there; else the file's name.

    Example:
        >>> photo, *_ = expand_with_names(["examples"])
        >>> photo.path.as_posix(), photo.name.as_posix()
        ('examples/photos/bowl-small-off-centre.jpg', 'photos/bowl-small-off-centre.jpg')
    """

    path: Path
    name: Path


def expand(inputs: Iterable[str | os.PathLike[str]], *, standard_input: bool = False) -> Iterator[Path]:
    """Yield the paths that `expand_with_names` finds.

    Example:
        >>> [path.name for path in expand(["examples/photos/stool*.jpg", "examples/photos/mug.jpg"])]
        ['stool-low-light.jpg', 'mug.jpg']
    """
    return (found.path for found in expand_with_names(inputs, standard_input=standard_input))


def expand_with_names(
    inputs: Iterable[str | os.PathLike[str]], *, standard_input: bool = False
) -> Iterator[NamedPhoto]:
    """Yield the photos that a user's arguments name, each once, in a stable order.

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

    Example:
        >>> found = list(expand_with_names(["examples/photos/mug.jpg", "examples"]))
        >>> found[0].name.as_posix(), found[1].name.as_posix()
        ('mug.jpg', 'photos/bowl-small-off-centre.jpg')
    """
    seen: set[str] = set()
    for argument in inputs:
        for found in _iter_photos(os.fspath(argument), standard_input):
            key = os.path.abspath(found.path)
            if key not in seen:
                seen.add(key)
                yield found


def _iter_photos(argument: str, standard_input: bool) -> Iterator[NamedPhoto]:
    if argument == STANDARD_INPUT:
        return iter((_name_standard_input(standard_input),))
    path = Path(argument)
    if os.path.isdir(path):
        return (NamedPhoto(photo, photo.relative_to(path)) for photo in iter_photos_below(path))
    if path.suffix.lower() == TABLE_SUFFIX and os.path.isfile(path):
        return (
            NamedPhoto(photo, _make_relative(photo, path.parent)) for photo in _iter_table_paths(path)
        )
    return (NamedPhoto(photo, Path(photo.name)) for photo in find_files(argument))


def _name_standard_input(allowed: bool) -> NamedPhoto:
    if not allowed:
        raise SourceError(
            "-: standard input is not taken here, only files and folders; a file named - is ./-"
        )
    path = spool_standard_input()
    return NamedPhoto(path, Path(path.name))


def find_files(name_or_pattern: str) -> Iterator[Path]:
    """Find the file of a name, or the files that match a pattern.

    Raises:
        SourceError: There is none.

    Example:
        >>> [path.name for path in find_files("examples/photos/jar*")]
        ['jar-heavy-jpeg.jpg']
    """
    if os.path.exists(name_or_pattern):
        return iter((Path(name_or_pattern),))
    if glob.has_magic(name_or_pattern):
        return iter_matching_files(name_or_pattern)
    raise SourceError(f"{name_or_pattern}: no such file or folder")


def _make_relative(path: Path, folder: Path) -> Path:
    """Return the path from a folder; the bare name of what does not lie below it."""
    if isinstance(path, NotAFile):
        digest = hashlib.blake2b(os.fsencode(escape_undecodable(str(path))), digest_size=8).hexdigest()
        return Path(f"{digest} {path.name}")  # as that of no other photo
    relative = Path(os.path.relpath(os.path.abspath(path), os.path.abspath(folder)))
    return Path(path.name) if os.pardir in relative.parts else relative


def _iter_table_paths(table: Path) -> Iterator[Path]:
    """Yield the paths of a CSV."""
    try:
        with regular_files.open_file(table) as file:
            for record, columns in iter_with_columns(
                delimited.read_records(file, str(table)), str(table)
            ):
                for location, _ in columns.iter_photos(record.cells):
                    yield _entry_to_path(table, record.line, location)
    except OSError as error:
        raise SourceError(f"{table}: cannot be read as CSV: {error}") from error


def _entry_to_path(table: Path, line: int, location: str) -> Path:
    if not location:
        return NotAFile(f"{table}, line {line}", "no path in this row")
    if scheme_of(location):
        return NotAFile(location, "is an address; packshot audit fetches those")
    if "\0" in location:
        return NotAFile(location.replace("\0", r"\0"), "not a path: it holds a null character")
    return table.parent / location
