"""Tables of photos in the formats that shops have them in, each read as a stream of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from packshot.sources.formats import delimited, jsonarray, jsonlines, parquet, spreadsheet, syndication
from packshot.sources.formats.records import Record

__all__ = ["NAMED_READERS", "READER_BY_SUFFIX", "SEEKING_READERS", "Reader", "Record", "reader_for"]

Reader = Callable[..., Iterator[Record]]
"""Of an open file, at its beginning and able to seek, and the name that errors tell; those of
`NAMED_READERS` also of what knows the names of columns."""

READER_BY_SUFFIX: Mapping[str, Reader] = {
    ".csv": delimited.read_records,
    ".tsv": delimited.read_records,
    ".tab": delimited.read_records,
    ".txt": delimited.read_records,
    ".jsonl": jsonlines.read_records,
    ".ndjson": jsonlines.read_records,
    ".json": jsonarray.read_records,
    ".parquet": parquet.read_records,
    ".pq": parquet.read_records,
    ".xlsx": spreadsheet.read_records,
    ".xlsm": spreadsheet.read_records,
    ".xml": syndication.read_records,
    ".rss": syndication.read_records,
    ".atom": syndication.read_records,
}
"""By a file's extension in lower case; ``.gz`` may follow."""

NAMED_READERS = frozenset({delimited.read_records, spreadsheet.read_records})
"""Readers that look for the row with the names of columns, and are told which are known."""

SEEKING_READERS = frozenset({parquet.read_records, spreadsheet.read_records})
"""Readers that cannot read a file as a stream."""


def reader_for(name: str) -> Reader | None:
    """Return the reader of a file of such a name; None for what is no table.

    Example:
        >>> reader_for("Feed.CSV.gz") is delimited.read_records, reader_for("mug.jpg")
        (True, None)
    """
    stem = name.lower().removesuffix(".gz")
    return next((reader for suffix, reader in READER_BY_SUFFIX.items() if stem.endswith(suffix)), None)
