"""The rows that every format is read into."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from packshot.sources.invisible import strip_invisible

MAX_TEXT_LENGTH = 65_536
"""Letters of a cell that are looked at; what follows is cut off. Twice what a cell of Excel holds, and
500 addresses."""

MAX_COLUMNS = 16_384
"""Columns of a table; one with more is refused. As many as a sheet of Excel has (Excel specifications
and limits)."""

Cells = Mapping[str, object]
"""A row by its columns: texts, numbers, truth values, None, or lists of texts."""


@dataclass(frozen=True, slots=True)
class Record:
    """A row of a table.

    Attributes:
        line: Where it stands, from 1: a line of text, a row of a sheet, the ordinal of an entry.
        cells: By column.
        table: Which of the tables of a file it stands in, from 0: the sheets of a workbook have columns
            of their own.

    Example:
        >>> Record(2, {"sku": "M1", "photo": "mug.jpg"}).cells["photo"]
        'mug.jpg'
    """

    line: int
    cells: Cells
    table: int = field(default=0, repr=False)


class LinkedText(str):
    """A text that leads somewhere, as a link in a workbook does.

    Attributes:
        target: The address.

    Example:
        >>> link = LinkedText("front", "https://shop.example/front.jpg")
        >>> link.upper(), link.target
        ('FRONT', 'https://shop.example/front.jpg')
    """

    __slots__ = ("target",)
    target: str

    def __new__(cls, text: str, target: str) -> Self:
        """Make a text with its address."""
        linked = super().__new__(cls, text)
        linked.target = target
        return linked


def cell_to_text(value: object) -> str:
    """Write a cell as a user would, cut where it is too long; of a list its first entry.

    What nobody sees at its ends, such as characters without width, is left out.

    Example:
        >>> [cell_to_text(cell) for cell in (" mug ", 7.0, True, None, ["", "a.jpg", "b.jpg"])]
        ['mug', '7', 'true', '', 'a.jpg']
    """
    if isinstance(value, str):
        return strip_invisible(value[:MAX_TEXT_LENGTH])
    if isinstance(value, list | tuple):
        return next((text for text in map(cell_to_text, value) if text), "")
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return next((text for text in map(cell_to_text, value.values()) if text), "")
    return str(int(value) if isinstance(value, float) and value.is_integer() else value).strip()


def make_names_unique(names: Iterable[str]) -> list[str]:
    """Number the names of columns that occur again.

    Example:
        >>> make_names_unique(["image", "sku", "image "])
        ['image', 'sku', 'image_2']
    """
    seen: Counter[str] = Counter()
    unique = []
    for name in map(strip_invisible, names):
        seen[name] += 1
        unique.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return unique
