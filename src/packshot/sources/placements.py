"""What a feed says of its photos besides where they are: the role and the category."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from packshot.sources.paths import PATH_COLUMNS, TABLE_SUFFIX
from packshot.sources.tables import read_rows


@dataclass(frozen=True)
class Placement:
    """How a photo is used.

    Attributes:
        role: ``main``, or another word for further photos of a product; None where nothing is said.
        category: What the product is; None where nothing is said.
    """

    role: str | None = None
    category: str | None = None


def placements(inputs: Iterable[str | os.PathLike[str]]) -> Mapping[str, Placement]:
    """Placements by absolute path, from those inputs that are CSV files.

    Reads the columns ``role`` and ``category``, in small letters; either may be missing.

    Raises:
        SourceError: A CSV that cannot be read.
    """
    found: dict[str, Placement] = {}
    for given in map(Path, inputs):
        if given.suffix.lower() == TABLE_SUFFIX and given.is_file():
            found |= dict(_in_table(given))
    return found


def _in_table(table: Path) -> Iterable[tuple[str, Placement]]:
    for row in read_rows(table):
        cells = {name.strip().lower(): value.strip() for name, value in row.items() if name and value}
        path = next((cells[name] for name in PATH_COLUMNS if cells.get(name)), None)
        if path is not None:
            role, category = cells.get("role", "").lower(), cells.get("category", "").lower()
            yield os.path.abspath(table.parent / path), Placement(role or None, category or None)
