"""Results for programs: a line each, written as soon as it is known."""

from __future__ import annotations

import csv
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import TextIO

from packshot.names import escape_undecodable
from packshot.render.renderer import Renderer, Result
from packshot.report import Listing

_FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r")


class JsonLines(Renderer[Result]):
    """One JSON object a line.

    Example:
        >>> import sys
        >>> from packshot.report import Proposal
        >>> blurred = Proposal(path="a.jpg", problem="blurred", action="drop", reason="", confidence=0.9)
        >>> JsonLines(sys.stdout, exclude=set(Proposal.model_fields) - {"path", "problem"}).add(blurred)
        {"path":"a.jpg","problem":"blurred"}
    """

    def __init__(self, stream: TextIO, exclude: Iterable[str] = ()) -> None:
        """Write to a stream.

        Args:
            stream: Where to write.
            exclude: Names of fields to leave out.
        """
        self._stream = stream
        self._exclude = set(exclude)

    def add(self, result: Result) -> None:
        """Write a line."""
        self._stream.write(result.model_dump_json(exclude=self._exclude) + "\n")
        self._stream.flush()


class RowSink(ABC):
    """Takes the rows of a table.

    Example:
        >>> class RowList(RowSink):
        ...     def start(self, names):
        ...         self.rows = [names]
        ...     def add(self, cells):
        ...         self.rows.append(cells)
        >>> sink = RowList()
        >>> sink.start(["path"])
        >>> sink.add(["mug.jpg"])
        >>> sink.rows
        [['path'], ['mug.jpg']]
    """

    @abstractmethod
    def start(self, names: Sequence[str]) -> None:
        """Take the names of the columns, before all rows."""

    @abstractmethod
    def add(self, cells: Sequence[object]) -> None:
        """Take a row: texts, numbers, and None for an empty cell."""

    def finish(self) -> None:  # noqa: B027 - most have nothing to do
        """Complete what was written, after all rows."""


class CsvSink(RowSink):
    """Writes CSV, each row as soon as it is known.

    Example:
        >>> import io
        >>> sink = CsvSink(stream := io.StringIO())
        >>> sink.start(["path", "score"])
        >>> sink.add(["=1+1.jpg", None])
        >>> stream.getvalue().split()
        ['path,score', "'=1+1.jpg,"]
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._writer = csv.writer(stream)

    def start(self, names: Sequence[str]) -> None:
        """Write the heading."""
        self._writer.writerow(names)

    def add(self, cells: Sequence[object]) -> None:
        """Write a row."""
        self._writer.writerow([to_cell(cell) for cell in cells])
        self._stream.flush()


class CsvTable(Renderer[Result]):
    """One row a photo; text that a spreadsheet would run as a formula is defused.

    Example:
        >>> import io
        >>> from packshot.report import Emotion
        >>> class Polarities(CsvTable[Emotion]):
        ...     def _iter_cells(self, photo):
        ...         return photo.path, photo.polarity
        >>> rows = Polarities(stream := io.StringIO(), ("path", "polarity"))
        >>> rows.add(Emotion(path="=1+1.jpg", status="ok", polarity="mixed"))
        >>> stream.getvalue().splitlines()
        ['path,polarity', "'=1+1.jpg,mixed"]
    """

    def __init__(
        self, stream: TextIO | RowSink, columns: Iterable[str], *, has_listing: bool = False
    ) -> None:
        """Write the names of the columns.

        Args:
            stream: Where to write CSV, or what takes the rows instead.
            columns: Their names.
            has_listing: What a feed says of the photo follows, but for what is among the columns.
        """
        names: list[str] = list(columns)
        self._sink: RowSink = stream if isinstance(stream, RowSink) else CsvSink(stream)
        self._listing_fields: list[str] = [
            n for n in Listing.model_fields if has_listing and n not in names
        ]
        self._sink.start([*names, *self._listing_fields])

    def add(self, result: Result) -> None:
        """Write a row."""
        listing = getattr(result, "listing", None) if self._listing_fields else None
        told: list[object] = [getattr(listing, name, "") for name in self._listing_fields]
        self._sink.add([*self._iter_cells(result), *told])

    def _finish(self) -> None:
        self._sink.finish()

    @abstractmethod
    def _iter_cells(self, result: Result) -> Iterable[object]:
        """Yield the cells of a row; None for an empty one."""


def escape_formula(text: str) -> str:
    """Escape a text so that no spreadsheet runs it as a formula.

    Example:
        >>> escape_formula("=HYPERLINK(A1)"), escape_formula("mug.jpg")
        ("'=HYPERLINK(A1)", 'mug.jpg')
    """
    return "'" + text if text.startswith(_FORMULA_PREFIXES) else text


def to_cell(cell: object) -> object:
    """Write a value for CSV: text escaped so that it can be written and is no formula, nothing for None.

    Example:
        >>> to_cell("=1+1"), to_cell(None), to_cell(71.5)
        ("'=1+1", '', 71.5)
    """
    if isinstance(cell, str):
        return escape_formula(escape_undecodable(cell))
    return "" if cell is None else cell
