"""Tables that say something about photos."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from packshot import regular_files
from packshot.errors import SourceError
from packshot.sources.formats.records import MAX_COLUMNS

_MAX_BYTES: Final = 64 * 2**20
"""Bytes of a table; a larger one is refused. A million photos with 60 letters about each."""

_MAX_CELLS: Final = 10_000_000
_ROW_OVERHEAD_CELLS: Final = 4
"""Cells of all rows, and what a row counts for besides; a table with more is refused. In memory half a
gigabyte at most."""


def read_rows(table: Path) -> list[dict[str, str]]:
    r"""Read rows of a CSV by the names in its first line; cells that a short row lacks are empty.

    Raises:
        SourceError: No such file, not a regular one, not a CSV in UTF-8, or one larger than 64 MiB or
            ten million cells.

    Example:
        >>> _ = Path("ratings.csv").write_text("photo,score\nmug.jpg,71\nbowl.jpg\n")
        >>> read_rows(Path("ratings.csv"))
        [{'photo': 'mug.jpg', 'score': '71'}, {'photo': 'bowl.jpg', 'score': ''}]
    """
    try:
        content = regular_files.read_file(table, _MAX_BYTES)
        return list(_iter_rows(content.decode("utf-8-sig"), table))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SourceError(
            f"{table}: cannot be read as CSV: line {line} is not UTF-8; save it as UTF-8"
        ) from error
    except OSError as error:
        raise SourceError(f"{table}: cannot be read as CSV: {error}") from error


def _iter_rows(text: str, table: Path) -> Iterator[dict[str, str]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), restval="")
    cells_left = _MAX_CELLS
    try:
        columns = len(reader.fieldnames or ())
        if columns > MAX_COLUMNS:
            raise SourceError(f"{table}: cannot be read as CSV: more than {MAX_COLUMNS:,} columns")
        for row in reader:
            cells_left -= _ROW_OVERHEAD_CELLS + columns
            if cells_left < 0:
                raise SourceError(f"{table}: more than {_MAX_CELLS:,} cells; leave out columns")
            yield row
    except csv.Error as error:
        raise SourceError(
            f"{table}: cannot be read as CSV: after line {reader.line_num}: {error}"
        ) from error
