"""Owners of photos."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from packshot.errors import SourceError
from packshot.sources import NamedPhoto, read_rows

Owners = Mapping[str, str]
"""Owner by absolute path."""


def read_owners(table: Path) -> Owners:
    r"""Read owners from a CSV with the columns ``path`` and ``owner``; paths are relative to its folder.

    Raises:
        SourceError: It cannot be read, or lacks a column.

    Example:
        >>> _ = Path("owners.csv").write_text("path,owner\nmug.jpg,Potter & Sons\n")
        >>> owners = read_owners(Path("owners.csv"))
        >>> owners[os.path.abspath("mug.jpg")]
        'Potter & Sons'
    """
    rows = read_rows(table)
    if not rows or not {"path", "owner"} <= rows[0].keys():
        raise SourceError(f'{table}: needs the columns "path" and "owner"')
    return {os.path.abspath(table.parent / row["path"]): row["owner"] for row in rows if row["owner"]}


def find_owners_by_folder(photos: Iterable[NamedPhoto]) -> Owners:
    """Name as owner of each photo the first folder below the one that was searched.

    Example:
        >>> photo = NamedPhoto(Path("shops/potter/mug.jpg"), name=Path("potter/mug.jpg"))
        >>> list(find_owners_by_folder([photo]).values())
        ['potter']
    """
    return {
        os.path.abspath(photo.path): photo.name.parts[0] for photo in photos if len(photo.name.parts) > 1
    }
