"""What every format is read into."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

MAX_TEXT_LENGTH = 65_536
"""Letters of a cell that are looked at: twice what a cell of Excel holds, and 500 addresses."""

Cells = Mapping[str, object]
"""A row by its columns: texts, numbers, truth values, None, or lists of texts."""


@dataclass(frozen=True, slots=True)
class Record:
    """A row of a table.

    Attributes:
        line: Where it stands, from 1: a line of text, a row of a sheet, the ordinal of an entry.
        cells: By column.
    """

    line: int
    cells: Cells


def cell_to_text(value: object) -> str:
    """A cell as a user would write it, cut where it is too long; of a list its first entry."""
    if isinstance(value, str):
        return value[:MAX_TEXT_LENGTH].strip()
    if isinstance(value, list | tuple):
        return next((text for text in map(cell_to_text, value) if text), "")
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value) if isinstance(value, float) and value.is_integer() else value).strip()


def make_names_unique(names: Iterable[str]) -> list[str]:
    """Names of columns; a second one of the same name gets a number."""
    seen: Counter[str] = Counter()
    unique = []
    for name in map(str.strip, names):
        seen[name] += 1
        unique.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return unique
