"""Tables that say something about photos."""

from __future__ import annotations

import csv
from pathlib import Path

from packshot.errors import SourceError


def read_rows(table: Path) -> list[dict[str, str]]:
    """Rows of a CSV by the names in its first line; cells that a short row lacks are empty.

    Raises:
        SourceError: No such file, or not a CSV in UTF-8.
    """
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            return list(csv.DictReader(file, restval=""))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"{table}: cannot be read as CSV: {error}") from error
