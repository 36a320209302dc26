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
    """Yield photos below a folder, sorted; links to folders are not followed, so loops cannot trap.

    Whatever is called like a photo is listed, also a folder: opening it tells what it is. Memory grows
    with the largest single folder, not with all of them.

    Raises:
        SourceError: There is none.

    Example:
        >>> found = list(iter_photos_below(Path("examples")))
        >>> len(found), found[0].as_posix()
        (15, 'examples/photos/bowl-small-off-centre.jpg')
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
    """Yield the files that a glob pattern names, sorted.

    Raises:
        SourceError: There is none.

    Example:
        >>> [path.name for path in iter_matching_files("examples/*/mug*.jpg")]
        ['mug-warm-cast.jpg', 'mug.jpg']
    """
    matches = sorted(name for name in glob.glob(pattern, recursive=True) if os.path.isfile(name))
    if not matches:
        raise SourceError(f"{pattern}: no file matches")
    yield from map(Path, matches)


def has_photo_name(name: str) -> bool:
    """Return whether a name ends as a photo's does.

    Example:
        >>> has_photo_name("Mug.JPEG"), has_photo_name("feed.csv")
        (True, False)
    """
    return os.path.splitext(name)[1].lower() in PHOTO_SUFFIXES


def photo_name(location: str) -> str:
    """Return the name of a photo; its extension says something only where it is one of a photo.

    Example:
        >>> photo_name("https://shop.example/photos/mug.jpg?w=800"), photo_name("https://shop.example/mug.php")
        ('mug.jpg', 'mug')
    """
    if "://" not in location:
        return location
    path = PurePosixPath(urlsplit(location).path)
    return path.name if path.suffix.lower() in PHOTO_SUFFIXES else path.stem


def is_photo_location(text: str) -> bool:
    """Return whether a cell of a table can be a photo's location: an address, or a photo's name.

    Example:
        >>> [is_photo_location(cell) for cell in ("https://shop.example/1", "mug.webp", "Mug, red")]
        [True, True, False]
    """
    text = text.strip()
    return scheme_of(text) is not None or has_photo_name(text)
