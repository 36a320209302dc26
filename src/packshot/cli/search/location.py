"""The folder of an index, by the option ``--index``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from packshot.cli.options import STANDARD_STREAM
from packshot.errors import InvalidInput
from packshot.search.milvus import MILVUS_PREFIX

INDEX_FOLDER: Final = ".packshot-index"
"""Name of the folder of an index in the folder of its photos."""


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
        help='A folder, not -, or "milvus:ADDRESS#COLLECTION"; by default here.',
        show_default=False,
    ),
]


def find_index(location: str | None) -> str:
    """Find the folder of an index: as said, in that folder, or in the present one."""
    index_folder = Path(location or ".") / INDEX_FOLDER
    if location is not None and (location.startswith(MILVUS_PREFIX) or not index_folder.is_dir()):
        return location
    if not index_folder.is_dir():
        raise InvalidInput(
            "no index here: name one by --index, or make one by packshot search index FOLDER"
        )
    return str(index_folder)
