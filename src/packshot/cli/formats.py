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
    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"
    XLSX = "xlsx"
    HTML = "html"


LINE_FORMATS: Final = frozenset({OutputFormat.JSONL, OutputFormat.CSV})
"""Formats written line by line, as results come."""

BINARY_FORMATS: Final = frozenset({OutputFormat.PARQUET, OutputFormat.XLSX})
"""Formats that are no text: for files, not for standard output."""

_FORMATS: Final = {
    ".jsonl": OutputFormat.JSONL,
    ".ndjson": OutputFormat.JSONL,
    ".json": OutputFormat.JSON,
    ".csv": OutputFormat.CSV,
    ".parquet": OutputFormat.PARQUET,
    ".xlsx": OutputFormat.XLSX,
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
        ...     choose_format(Path("result.docx"))
        ... except InvalidInput as error:
        ...     print(str(error)[:70])
        result.docx: results are written as .jsonl, .json, .csv, .parquet, .xl
    """
    if output is None or (output.exists() and not output.is_file()):  # Such as /dev/stdout.
        return OutputFormat.TABLE
    chosen = _FORMATS.get(output.suffix.lower())
    if chosen is not None:
        return chosen
    raise InvalidInput(
        f"{output}: results are written as .jsonl, .json, .csv, .parquet, .xlsx, .html or .txt: "
        "name the file so, or say which with --format"
    )
