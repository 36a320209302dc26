"""Results for programs: a line each, written as soon as it is known."""

from __future__ import annotations

import csv
from abc import abstractmethod
from collections.abc import Iterable
from typing import TextIO

from packshot.names import escape_undecodable
from packshot.render.renderer import Renderer, Result

_FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r")


class JsonLines(Renderer[Result]):
    """One JSON object a line."""

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


class CsvTable(Renderer[Result]):
    """One row a photo; text that a spreadsheet would run as a formula is defused."""

    def __init__(self, stream: TextIO, columns: Iterable[str]) -> None:
        self._stream = stream
        self._writer = csv.writer(stream)
        self._writer.writerow(columns)

    def add(self, result: Result) -> None:
        """Write a row."""
        self._writer.writerow([to_cell(cell) for cell in self._iter_cells(result)])
        self._stream.flush()

    @abstractmethod
    def _iter_cells(self, result: Result) -> Iterable[object]:
        """What stands in the columns; None for an empty cell."""


def escape_formula(text: str) -> str:
    """Text that no spreadsheet runs as a formula."""
    return "'" + text if text.startswith(_FORMULA_PREFIXES) else text


def to_cell(cell: object) -> object:
    """What stands in a CSV: text that can be written, defused; numbers as they are, nothing for None."""
    if isinstance(cell, str):
        return escape_formula(escape_undecodable(cell))
    return "" if cell is None else cell
