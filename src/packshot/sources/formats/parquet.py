"""Parquet, a batch of rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any, BinaryIO

from packshot.distribution import how_to_install
from packshot.errors import InvalidInput, SourceError
from packshot.sources.formats.records import Record

_BATCH = 1024


def read(file: BinaryIO, name: str) -> Iterator[Record]:
    """Rows; only columns of texts, numbers, truth values and lists of texts are read.

    Raises:
        SourceError: Not a Parquet file, or a damaged one.
        InvalidInput: pyarrow is not installed.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise InvalidInput(f"Parquet needs pyarrow: {how_to_install('parquet')}") from None
    lines = count(1)
    try:
        with parquet.ParquetFile(file) as table:
            wanted = [field.name for field in table.schema_arrow if _is_plain(pyarrow.types, field.type)]
            for batch in table.iter_batches(_BATCH, columns=wanted):
                yield from (Record(next(lines), cells) for cells in batch.to_pylist())
    except (OSError, pyarrow.ArrowException) as error:
        raise SourceError(f"{name}: cannot be read as Parquet: {error}") from error


def _is_plain(types: Any, kind: Any) -> bool:
    if types.is_dictionary(kind) or types.is_list(kind) or types.is_large_list(kind):
        return _is_text(types, kind.value_type)
    number = types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)
    return number or _is_text(types, kind)


def _is_text(types: Any, kind: Any) -> bool:
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))
