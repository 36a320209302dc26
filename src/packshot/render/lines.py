"""Results for programs: a line each, written as soon as it is known."""

from __future__ import annotations

import csv
from abc import abstractmethod
from collections.abc import Iterable
from typing import TextIO

from packshot.names import plain
from packshot.render.renderer import Renderer, Result

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class JsonLines(Renderer[Result]):
    """One JSON object a line."""

    def __init__(self, stream: TextIO, without: Iterable[str] = ()) -> None:
        """Write to a stream.

        Args:
            stream: Where to write.
            without: Names of fields to leave out.
        """
        self._stream = stream
        self._without = set(without)

    def add(self, result: Result) -> None:
        """Write a line."""
        self._stream.write(result.model_dump_json(exclude=self._without) + "\n")
        self._stream.flush()


class CsvTable(Renderer[Result]):
    """One row a photo; text that a spreadsheet would run as a formula is defused."""

    def __init__(self, stream: TextIO, columns: Iterable[str]) -> None:
        self._stream = stream
        self._writer = csv.writer(stream)
        self._writer.writerow(columns)

    def add(self, result: Result) -> None:
        """Write a row."""
        self._writer.writerow([as_cell(cell) for cell in self._cells(result)])
        self._stream.flush()

    @abstractmethod
    def _cells(self, result: Result) -> Iterable[object]:
        """What stands in the columns; None for an empty cell."""


def defused(text: str) -> str:
    """Text that no spreadsheet runs as a formula."""
    return "'" + text if text.startswith(_FORMULA_STARTS) else text


def as_cell(cell: object) -> object:
    """What stands in a CSV: text that can be written, defused; numbers as they are, nothing for None."""
    if isinstance(cell, str):
        return defused(plain(cell))
    return "" if cell is None else cell
