"""The row of a table that names its columns: the first, unless others stand above it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final, Generic, TypeVar

from packshot.sources.folders import is_photo_location
from packshot.sources.formats.records import make_names_unique

Row = TypeVar("Row")

_MAX_ROWS_ABOVE: Final = 20
"""Rows at the beginning in which the names of columns are looked for: titles, dates and instructions
stand above them, and Amazon's templates have five. A judgement."""

_MAX_REPEATED: Final = 2
"""Rows that may follow the names of columns and name them again: for people, then for programs."""

IsHeader = Callable[[Sequence[str]], bool]
"""Whether the texts of a row's cells are names of columns, one of which holds photos."""


def is_no_header(_cells: Sequence[str]) -> bool:
    """Return false: nothing is known of names.

    Example:
        >>> is_no_header(["sku", "image"])
        False
    """
    return False


@dataclass(frozen=True)
class Table(Generic[Row]):
    """A table whose columns have names.

    Attributes:
        names: Of the columns; empty where a row without names comes first.
        rows: Those below the names, each with its line.
        line_above: Of the first row above the names that was passed over; 0 where there is none.
        line: Of the names; 0 where there are none.
        is_known: One of the columns is known to hold photos.
        header: The row with the names, as it came; None where there is none.
    """

    names: Sequence[str]
    rows: Iterator[tuple[int, Row]]
    line_above: int = 0
    line: int = 0
    is_known: bool = False
    header: Row | None = None


def find_header(
    rows: Iterator[tuple[int, Row]],
    to_texts: Callable[[Row], Sequence[str]],
    is_header: IsHeader = is_no_header,
) -> Table[Row]:
    """Find the names of columns: in the first row that names one with photos, else the first.

    Where a row has a photo in it before any has names, there are none.

    Args:
        rows: That are not blank, with their lines.
        to_texts: Makes texts of a row's cells.
        is_header: Knows the names of columns with photos.

    Example:
        >>> rows = iter([(1, ["Our feed"]), (3, ["sku", "photo"]), (4, ["M1", "mug.jpg"])])
        >>> table = find_header(rows, list, lambda cells: "photo" in cells)
        >>> table.names, list(table.rows), table.line_above
        (['sku', 'photo'], [(4, ['M1', 'mug.jpg'])], 1)
    """
    head: list[tuple[int, Row]] = []
    for line, row in islice(rows, _MAX_ROWS_ABOVE):
        head.append((line, row))
        texts = to_texts(row)
        if any(map(is_photo_location, texts)):
            break
        if is_header(texts):
            return _begin_below(head, rows, to_texts, is_header)
    if not head or any(map(is_photo_location, to_texts(head[0][1]))):
        return Table((), chain(head, rows))
    first = make_names_unique(to_texts(head[0][1]))
    return Table(first, chain(head[1:], rows), line=head[0][0], header=head[0][1])


def name_columns(cells: Sequence[str]) -> list[str]:
    """Name the columns of a table without names, by its first row: the first with a photo holds them.

    Example:
        >>> name_columns(["M1", "mug.jpg", "back.jpg"])
        ['column_1', 'location', 'column_3']
    """
    photo = next((number for number, cell in enumerate(cells) if is_photo_location(cell)), 0)
    return ["location" if number == photo else f"column_{number + 1}" for number in range(len(cells))]


def _begin_below(
    head: list[tuple[int, Row]],
    rows: Iterator[tuple[int, Row]],
    to_texts: Callable[[Row], Sequence[str]],
    is_header: IsHeader,
) -> Table[Row]:
    """Begin below the last of the rows that name columns: what stands above is for people."""
    ahead: list[tuple[int, Row]] = []
    for line, row in islice(rows, _MAX_REPEATED):
        ahead.append((line, row))
        if any(map(is_photo_location, to_texts(row))) or not is_header(to_texts(row)):
            break
        head += ahead
        ahead = []
    line, row = head[-1]
    above = head[0][0] if len(head) > 1 else 0
    return Table(make_names_unique(to_texts(row)), chain(ahead, rows), above, line, True, row)
