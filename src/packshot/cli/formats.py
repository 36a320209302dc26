"""Formats of results, by the user's choice or by a file's extension."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path


class OutputFormat(StrEnum):
    """Formats of results."""

    TABLE = "table"
    JSONL = "jsonl"
    CSV = "csv"
    HTML = "html"


def choose_format(output: Path | None) -> OutputFormat:
    """Return the format that a file's extension names; a table for others, and for the terminal."""
    suffix = "" if output is None else output.suffix.lower()
    names = {".jsonl": OutputFormat.JSONL, ".csv": OutputFormat.CSV, ".html": OutputFormat.HTML}
    return names.get(suffix, OutputFormat.TABLE)
