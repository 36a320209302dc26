"""Photos in folders of this machine."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from packshot.errors import SourceError
from packshot.photo import FORMATS
from packshot.sources.urls import scheme_of

PHOTO_SUFFIXES = frozenset(suffix for suffixes in FORMATS.values() for suffix in suffixes)


def iter_photos_below(folder: Path) -> Iterator[Path]:
    """Photos below a folder, sorted; links to folders are not followed, so loops cannot trap.

    Whatever is called like a photo is listed, also a folder: opening it tells what it is. Memory grows
    with the largest single folder, not with all of them.

    Raises:
        SourceError: There is none.
    """
    found = False
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted([*names, *filter(has_photo_name, folders)]):
            if has_photo_name(name) and not name.startswith("."):
                found = True
                yield Path(parent, name)
    if not found:
        raise SourceError(f"{folder}: no photo in this folder")


def iter_matching_files(pattern: str) -> Iterator[Path]:
    """Files that a glob pattern names, sorted.

    Raises:
        SourceError: There is none.
    """
    matches = sorted(name for name in glob.glob(pattern, recursive=True) if os.path.isfile(name))
    if not matches:
        raise SourceError(f"{pattern}: no file matches")
    yield from map(Path, matches)


def has_photo_name(name: str) -> bool:
    """Whether a name ends as a photo's does."""
    return os.path.splitext(name)[1].lower() in PHOTO_SUFFIXES


def photo_name(location: str) -> str:
    """What a photo is called: its extension says something only where it is one of a photo."""
    if "://" not in location:
        return location
    path = PurePosixPath(urlsplit(location).path)
    return path.name if path.suffix.lower() in PHOTO_SUFFIXES else path.stem


def is_photo_location(text: str) -> bool:
    """Whether a cell of a table can be a photo's location: an address, or a photo's name."""
    text = text.strip()
    return scheme_of(text) is not None or has_photo_name(text)
