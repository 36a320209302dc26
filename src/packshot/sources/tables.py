"""Tables that say something about photos."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from packshot import inputs
from packshot.errors import SourceError

_LARGEST: Final = 64 * 2**20
"""Bytes: a million photos with 60 letters about each."""

_MOST_COLUMNS: Final = 16_384
"""As many as a sheet of Excel has."""

_MOST_CELLS: Final = 10_000_000
_ROW: Final = 4
"""Cells of all rows, and what a row counts for besides: in memory half a gigabyte at most."""


def read_rows(table: Path) -> list[dict[str, str]]:
    """Rows of a CSV by the names in its first line; cells that a short row lacks are empty.

    Raises:
        SourceError: No such file, not a regular one, not a CSV in UTF-8, or one larger than 64 MiB or
            ten million cells.
    """
    try:
        content = inputs.content(table, _LARGEST)
        return list(_rows(content.decode("utf-8-sig"), table))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SourceError(
            f"{table}: cannot be read as CSV: line {line} is not UTF-8; save it as UTF-8"
        ) from error
    except OSError as error:
        raise SourceError(f"{table}: cannot be read as CSV: {error}") from error


def _rows(text: str, table: Path) -> Iterator[dict[str, str]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), restval="")
    left = _MOST_CELLS
    try:
        columns = len(reader.fieldnames or ())
        if columns > _MOST_COLUMNS:
            raise SourceError(f"{table}: cannot be read as CSV: more than {_MOST_COLUMNS:,} columns")
        for row in reader:
            left -= _ROW + columns
            if left < 0:
                raise SourceError(f"{table}: more than {_MOST_CELLS:,} cells; leave out columns")
            yield row
    except csv.Error as error:
        raise SourceError(
            f"{table}: cannot be read as CSV: after line {reader.line_num}: {error}"
        ) from error
