"""Tables of photos in the formats that shops have them in, each read as a stream of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO

from packshot.sources.formats import delimited, jsonlines, parquet, spreadsheet, syndication
from packshot.sources.formats.records import Record

__all__ = ["READERS", "READ_FROM_THE_END", "Reader", "Record", "reader_for"]

Reader = Callable[[BinaryIO, str], Iterator[Record]]
"""Of an open file, at its beginning and able to seek, and the name that errors tell."""

READERS: Mapping[str, Reader] = {
    ".csv": delimited.read,
    ".tsv": delimited.read,
    ".tab": delimited.read,
    ".txt": delimited.read,
    ".jsonl": jsonlines.read,
    ".ndjson": jsonlines.read,
    ".parquet": parquet.read,
    ".pq": parquet.read,
    ".xlsx": spreadsheet.read,
    ".xlsm": spreadsheet.read,
    ".xml": syndication.read,
    ".rss": syndication.read,
    ".atom": syndication.read,
}
"""By a file's extension in lower case; ``.gz`` may follow."""

READ_FROM_THE_END = frozenset({parquet.read, spreadsheet.read})
"""Readers that cannot read a file as a stream."""


def reader_for(name: str) -> Reader | None:
    """What reads a file of such a name; None for what is no table."""
    stem = name.lower().removesuffix(".gz")
    return next((reader for suffix, reader in READERS.items() if stem.endswith(suffix)), None)
