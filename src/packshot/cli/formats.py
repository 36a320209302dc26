"""Formats of results, by the user's choice or by a file's extension."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Final

from packshot.errors import InvalidInput


class OutputFormat(StrEnum):
    """Formats of results."""

    TABLE = "table"
    JSONL = "jsonl"
    CSV = "csv"
    HTML = "html"


LINE_FORMATS: Final = frozenset({OutputFormat.JSONL, OutputFormat.CSV})
"""Formats written line by line, as results come."""

_FORMATS: Final = {
    ".jsonl": OutputFormat.JSONL,
    ".ndjson": OutputFormat.JSONL,
    ".csv": OutputFormat.CSV,
    ".html": OutputFormat.HTML,
    ".htm": OutputFormat.HTML,
    ".txt": OutputFormat.TABLE,
}
"""By extension."""


def choose_format(output: Path | None) -> OutputFormat:
    """Return the format that a file's extension names; a table for the terminal.

    Raises:
        InvalidInput: The extension names none: what is written there should be what it says.

    Example:
        >>> choose_format(Path("result.CSV")).value, choose_format(None).value
        ('csv', 'table')
        >>> try:
        ...     choose_format(Path("result.xlsx"))
        ... except InvalidInput as error:
        ...     print(str(error)[:66])
        result.xlsx: results are written as .jsonl, .csv, .html or .txt: n
    """
    if output is None or (output.exists() and not output.is_file()):  # Such as /dev/stdout.
        return OutputFormat.TABLE
    chosen = _FORMATS.get(output.suffix.lower())
    if chosen is not None:
        return chosen
    raise InvalidInput(
        f"{output}: results are written as .jsonl, .csv, .html or .txt: name the file so, or say which "
        "with --format"
    )
