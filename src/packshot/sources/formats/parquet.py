"""Parquet, a batch of rows at a time."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any, BinaryIO, Final

from packshot.distribution import format_install_command
from packshot.errors import InvalidInput, SourceError
from packshot.sources.compression import MAX_GROWTH
from packshot.sources.formats.parquet_pages import Page, iter_pages
from packshot.sources.formats.records import Record

_BATCH_ROWS: Final = 8192
"""Rows that are unpacked together, where their texts are short; nothing but memory and time depends on
it."""

_MAX_FOOTER_BYTES: Final = 64 * 2**20
"""Bytes of the footer; a file with a larger one is refused. It is in memory as a whole, some times its
size."""

_BASE_PAGE_BYTES: Final = 8 * 2**20
_MAX_PAGE_BYTES: Final = 256 * 2**20
"""Bytes unpacked, above which a page is refused: of any page, and of one that does not grow more than
`MAX_GROWTH` times. Writers make pages of about one mebibyte; some make one page of a whole group of
rows."""

_MAX_BATCH_BYTES: Final = 64 * 2**20
"""Bytes of the values of one column that are unpacked together, where each may repeat the one before
and so be as long as a page."""

_DICTIONARY_ENCODINGS: Final = frozenset(
    {"PLAIN", "RLE", "BIT_PACKED", "PLAIN_DICTIONARY", "RLE_DICTIONARY"}
)
"""Encodings that pyarrow reads into a dictionary."""

_MAX_ENTRIES: Final = 2**24
"""Entries of the lists of one column in a group of rows; one with more is refused. Their indices alone
take 64 MiB."""

_BASE_CHARACTERS: Final = 64 * 2**20
"""Letters of all rows, besides `MAX_GROWTH` times the bytes of the file: a word that many rows share is
written once, and looked at in each."""

_BASE_ROWS: Final = 100_000
_ROWS_PER_BYTE: Final = 100
"""Rows that a file may have, and for each of its bytes; one with more is refused. A location takes more
than a hundredth of a byte."""


def read_records(file: BinaryIO, name: str) -> Iterator[Record]:
    """Read rows; only columns of texts, numbers, truth values and lists of texts are read.

    What is no UTF-8 in a text is kept as in names of files (`packshot.names.escape_undecodable`).

    Raises:
        SourceError: Not a Parquet file, a damaged one, or one that unpacks to more than memory should
            hold; with the group of rows.
        InvalidInput: pyarrow is not installed.

    Example:
        >>> from pyarrow import parquet, table
        >>> parquet.write_table(table({"photo": ["mug.jpg", "bowl.jpg"]}), "feed.parquet")
        >>> with open("feed.parquet", "rb") as file:
        ...     print([record.cells for record in read_records(file, "feed.parquet")])
        [{'photo': 'mug.jpg'}, {'photo': 'bowl.jpg'}]
    """
    try:
        import pyarrow
    except ImportError:
        raise InvalidInput(f"Parquet needs pyarrow: {format_install_command('parquet')}") from None
    try:
        yield from _ParquetFeed(file, name).iter_records()
    except (OSError, ValueError, IndexError, pyarrow.ArrowException) as error:
        raise SourceError(f"{name}: cannot be read as Parquet: {error}") from error


class _ParquetFeed:
    """A file that is open, and of it the columns that are read."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        from pyarrow import parquet

        self._file = file
        self._name = name
        self._size = _measure_size(file)
        with parquet.ParquetFile(file) as schema_file:
            columns = [
                n for n, field in enumerate(schema_file.schema_arrow) if _is_supported(field.type)
            ]
            self._names = [schema_file.schema_arrow.field(number).name for number in columns]
            if not self._names:
                raise ValueError("no column of texts or numbers")
            leaves = [schema_file.schema.column(n) for n in range(len(schema_file.schema))]
            prefixes = tuple(f"{name}." for name in self._names)
            self._leaves = [n for n, leaf in enumerate(leaves) if f"{leaf.path}.".startswith(prefixes)]
            texts = [n for n in self._leaves if leaves[n].physical_type == "BYTE_ARRAY"]
            self._list_columns = frozenset(n for n in self._leaves if leaves[n].max_repetition_level)
            dictionary_columns = [n for n in texts if _is_dictionary_encodable(schema_file.metadata, n)]
            self._plain_text_columns = frozenset(texts).difference(dictionary_columns)
        # As dictionaries a word that many rows share is in memory once.
        words = [leaves[n].path for n in dictionary_columns]
        self._table = parquet.ParquetFile(file, read_dictionary=words, buffer_size=2**20)
        self._characters_left = _BASE_CHARACTERS + MAX_GROWTH * self._size
        self._check_row_count()

    def iter_records(self) -> Iterator[Record]:
        """Yield all rows, in order."""
        lines = count(1)
        for group in range(self._table.num_row_groups):
            try:
                for cells in self._iter_cells(group):
                    yield Record(next(lines), cells)
            except (OSError, ValueError, IndexError) as error:
                raise ValueError(f"group of rows {group + 1}: {error}") from error

    def _iter_cells(self, group: int) -> Iterator[dict[str, object]]:
        batches = self._table.iter_batches(
            self._choose_batch_rows(group), row_groups=[group], columns=self._names, use_threads=False
        )
        for batch in batches:
            names = batch.schema.names
            columns = [_to_values(column) for column in batch.columns]
            self._characters_left -= sum(map(_count_characters, columns))
            if self._characters_left < 0:
                raise self._make_size_error(group, "long texts that many rows share")
            for row in zip(*columns, strict=True):
                yield dict(zip(names, row, strict=True))

    def _choose_batch_rows(self, group: int) -> int:
        """Choose how many rows can be unpacked at a time.

        Raises:
            ValueError: A page's header makes no sense.
            SourceError: A page, or the lists of a column, would fill the memory.
        """
        batch_rows = _BATCH_ROWS
        for number in self._leaves:
            entries = 0
            for page in self._iter_column_pages(group, number):
                self._check_page_size(group, page)
                entries += page.values
                if number in self._plain_text_columns:
                    batch_rows = min(batch_rows, max(1, _MAX_BATCH_BYTES // max(1, page.unpacked_bytes)))
            if number in self._list_columns and entries > _MAX_ENTRIES:
                raise self._make_size_error(group, f"lists of {entries:,} entries")
            if (
                number not in self._list_columns
                and entries > self._table.metadata.row_group(group).num_rows
            ):
                raise ValueError("a column of more values than there are rows")
        return batch_rows

    def _iter_column_pages(self, group: int, column: int) -> Iterator[Page]:
        chunk = self._table.metadata.row_group(group).column(column)
        starts = [chunk.data_page_offset]
        if chunk.has_dictionary_page and 0 < chunk.dictionary_page_offset < starts[0]:
            starts.append(chunk.dictionary_page_offset)
        start, length = min(starts), chunk.total_compressed_size
        if start < 0 or length < 0 or start + length > self._size:
            raise ValueError("its pages lie outside the file")
        return iter_pages(self._file, start, length)

    def _check_page_size(self, group: int, page: Page) -> None:
        max_bytes = min(_MAX_PAGE_BYTES, max(_BASE_PAGE_BYTES, MAX_GROWTH * page.packed_bytes))
        if page.unpacked_bytes > max_bytes:
            raise self._make_size_error(group, f"a page of {page.unpacked_bytes:,} bytes")

    def _check_row_count(self) -> None:
        rows = sum(
            max(0, self._table.metadata.row_group(n).num_rows) for n in range(self._table.num_row_groups)
        )
        if rows > _BASE_ROWS + _ROWS_PER_BYTE * self._size:
            raise SourceError(f"{self._name}: {rows:,} rows in {self._size:,} bytes: no table of photos")

    def _make_size_error(self, group: int, what: str) -> SourceError:
        return SourceError(
            f"{self._name}: group of rows {group + 1} unpacks to more than is safe to read, {what};"
            " write smaller groups, or CSV"
        )


def _is_dictionary_encodable(metadata: Any, column: int) -> bool:
    groups = range(metadata.num_row_groups)
    return all(
        _DICTIONARY_ENCODINGS.issuperset(metadata.row_group(n).column(column).encodings) for n in groups
    )


def _measure_size(file: BinaryIO) -> int:
    """Measure a file, and refuse one whose footer is too large to be read.

    Raises:
        ValueError: It is too large, or longer than the file.
    """
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - 8))
    tail = file.read(8)
    file.seek(0)
    if len(tail) == 8 and tail[4:] == b"PAR1" and struct.unpack("<I", tail[:4])[0] > _MAX_FOOTER_BYTES:
        raise ValueError(f"a footer of more than {_MAX_FOOTER_BYTES:,} bytes")
    return size


def _to_values(column: Any) -> Sequence[object]:
    """Convert a column to Python; a word that several rows share is made once."""
    import pyarrow

    types, kind = pyarrow.types, column.type
    if types.is_list(kind) or types.is_large_list(kind):
        return _to_lists(column)
    if types.is_dictionary(kind):
        used = column.indices.unique().drop_null()
        words = dict(zip(used.to_pylist(), _to_values(column.dictionary.take(used)), strict=True))
        return list(map(words.get, column.indices.to_pylist()))
    try:
        found: list[object] = column.to_pylist()
    except UnicodeDecodeError:
        found = [None if text is None else _decode(text) for text in _to_binary(column).to_pylist()]
    return found


def _count_characters(values: Sequence[object]) -> int:
    """Count the letters of the texts of a column, those in lists included."""
    texts = sum(len(value) for value in values if isinstance(value, str))
    return texts + sum(_count_characters(value) for value in values if isinstance(value, list))


def _to_lists(column: Any) -> list[object]:
    """Convert lists of texts, the entries of all together."""
    entries = _to_values(column.flatten())
    end, lists = 0, list[object]()
    for length in column.value_lengths().to_pylist():
        start, end = end, end + (length or 0)
        lists.append(None if length is None else list(entries[start:end]))
    return lists


def _to_binary(column: Any) -> Any:
    """Return a column of texts as they stand in the file: nobody checked that they are UTF-8."""
    import pyarrow

    if pyarrow.types.is_string_view(column.type):
        return column.cast(pyarrow.binary_view())
    return column.cast(
        pyarrow.large_binary() if pyarrow.types.is_large_string(column.type) else pyarrow.binary()
    )


def _decode(text: bytes) -> str:
    return text.decode("utf-8", "surrogateescape")


def _is_supported(kind: Any) -> bool:
    import pyarrow

    types = pyarrow.types
    if types.is_dictionary(kind) or types.is_list(kind) or types.is_large_list(kind):
        return _is_text(kind.value_type)
    number = types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)
    return number or _is_text(kind)


def _is_text(kind: Any) -> bool:
    import pyarrow

    types = pyarrow.types
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))
