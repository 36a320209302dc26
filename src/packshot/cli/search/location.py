"""The folder of an index, by the option ``--index``."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from packshot.cli.options import STANDARD_STREAM
from packshot.errors import InvalidInput
from packshot.search.milvus import MILVUS_PREFIX
from packshot.search.places import exists
from packshot.user_cache import find_user_cache

INDEX_FOLDER: Final = ".packshot-index"
"""Name of the folder of an index that was wanted in the folder of its photos."""


def _parse_location(text: str) -> str:
    """Return the folder of an index by its name."""
    if text == STANDARD_STREAM:
        raise typer.BadParameter("an index is a folder, not -; one of that name is ./-")
    return text


IndexLocation = Annotated[
    str | None,
    typer.Option(
        "--index",
        parser=_parse_location,
        metavar="PLACE",
        help='Folder of an index or of photos, not -, or "milvus:ADDRESS#COLLECTION"; by default '
        "one in your cache for each folder of photos.",
        show_default=False,
    ),
]


def find_index(location: str | None) -> str:
    """Find an index: the place itself, the index in that folder, or the one of that folder's photos.

    Args:
        location: As the user gave it; None for the present folder.

    Raises:
        InvalidInput: Nothing was said, and there is none of the present folder.
    """
    if location is not None and (location.startswith(MILVUS_PREFIX) or exists(location)):
        return location
    for place in _list_places(Path(location or ".")):
        if exists(place):
            return str(place)
    if location is None:
        raise InvalidInput(
            "no index for this folder: name one with --index, or make one: packshot search index FOLDER"
        )
    return location


def choose_location(location: str | None, paths: Sequence[str]) -> str:
    """Choose the place of an index that is made or continued.

    Nothing is written beside photos unless that is asked for: by naming their folder, or a folder in it.

    Args:
        location: As the user gave it, if at all.
        paths: What is indexed.

    Raises:
        InvalidInput: Nothing was said, and the photos are not of one folder, or there is no cache.
    """
    folders = [Path(path) for path in paths if os.path.isdir(path)]
    if location is not None:
        is_photo_folder = any(Path(location).absolute() == folder.absolute() for folder in folders)
        return str(Path(location) / INDEX_FOLDER) if is_photo_folder else location
    places = _list_places(folders[0]) if len(folders) == len(paths) == 1 else []
    for place in places:
        if exists(place):
            return str(place)
    if len(places) < 2:
        raise InvalidInput("say where the index should be: --index FOLDER")
    return str(places[-1])


def _list_places(folder: Path) -> list[Path]:
    """List where the index of a folder's photos may be: in it, and in the user's cache."""
    cache = find_user_cache()
    places = [folder / INDEX_FOLDER]
    if cache is not None:
        absolute = folder.resolve()
        digest = hashlib.sha256(os.fsencode(absolute)).hexdigest()[:12]
        places.append(cache / "indexes" / f"{absolute.name or 'root'}-{digest}")
    return places
