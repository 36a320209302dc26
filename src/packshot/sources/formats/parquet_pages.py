"""The memory that pages of a Parquet file take, read from their headers before they are unpacked.

The sizes in the footer are hearsay: a reader unpacks what the headers of the pages say. They are
structures of Thrift's compact protocol (parquet.thrift: PageHeader, DataPageHeader, DataPageHeaderV2).
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

_MAX_HEADER_BYTES: Final = 2**16
"""Bytes of a page's header that are read. Some tens, and the least and the largest value, which writers
cut short."""

_MAX_FIELDS: Final = 10_000
_MAX_DEPTH: Final = 8
"""Fields and entries of a header, and structures inside one another; one with more is refused.
parquet.thrift defines some thirty fields, three deep."""
_TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = range(1, 13)
_INTEGER_TYPES: Final = frozenset({_I16, _I32, _I64})

# Numbers of fields in parquet.thrift.
_UNPACKED, _PACKED = 2, 3
_DATA, _DATA_V2 = 5, 8
_VALUES: Final = 1


@dataclass(frozen=True)
class Page:
    """A page of a column.

    Attributes:
        unpacked_bytes: Bytes in memory.
        packed_bytes: Bytes in the file.
        values: Rows, or entries of lists; 0 of a dictionary.

    Example:
        >>> page = Page(unpacked_bytes=4096, packed_bytes=100, values=512)
        >>> page.unpacked_bytes / page.values  # bytes of a value
        8.0
    """

    unpacked_bytes: int
    packed_bytes: int
    values: int


def iter_pages(file: BinaryIO, start: int, length: int) -> Iterator[Page]:
    """Yield the pages of a column in a group of rows.

    Args:
        file: Able to seek.
        start: Of the first header.
        length: Bytes of all pages, headers included.

    Raises:
        ValueError: What stands there is no header of a page.

    Example:
        >>> header = bytes((0x15, 0, 0x15, 200, 1, 0x15, 8, 0x2C, 0x15, 14, 0, 0))
        >>> list(iter_pages(io.BytesIO(header + b"data"), 0, len(header) + 4))
        [Page(unpacked_bytes=100, packed_bytes=4, values=7)]
    """
    end = start + length
    while start < end:
        file.seek(start)
        header = io.BytesIO(file.read(min(_MAX_HEADER_BYTES, end - start)))
        page = _parse_page(_CompactReader(header).read_struct())
        yield page
        start += header.tell() + page.packed_bytes


def _parse_page(header: dict[int, Any]) -> Page:
    data = header.get(_DATA) or header.get(_DATA_V2)
    values = data.get(_VALUES) if isinstance(data, dict) else 0
    fields = [header.get(_UNPACKED), header.get(_PACKED), values]
    numbers = [number for number in fields if isinstance(number, int) and number >= 0]
    if len(numbers) < len(fields):
        raise ValueError("the header of a page makes no sense")
    return Page(*numbers)


class _CompactReader:
    """Reads Thrift's compact protocol; texts and lists are passed over."""

    def __init__(self, stream: io.BytesIO) -> None:
        self._stream = stream
        self._fields_left = _MAX_FIELDS

    def read_struct(self, depth: int = 0) -> dict[int, Any]:
        """Read the values of fields by number."""
        if depth > _MAX_DEPTH:
            raise ValueError("the header of a page is nested too deep")
        found: dict[int, Any] = {}
        number = 0
        while head := self._read_byte():
            number = number + (head >> 4) if head >> 4 else self._read_zigzag()
            found[number] = self._read_value(head & 15, depth)
        return found

    def _read_value(self, kind: int, depth: int) -> Any:
        self._fields_left -= 1
        if self._fields_left < 0:
            raise ValueError("the header of a page is too long")
        if kind in (_TRUE, _FALSE):
            return kind == _TRUE
        if kind in _INTEGER_TYPES:
            return self._read_zigzag()
        if kind == _STRUCT:
            return self.read_struct(depth + 1)
        if kind in (_LIST, _SET):
            return self._skip_entries(depth)
        sizes = {_BYTE: 1, _DOUBLE: 8}
        self._skip(self._read_varint() if kind == _BINARY else sizes.get(kind, -1))
        return None

    def _skip_entries(self, depth: int) -> None:
        head = self._read_byte()
        count = head >> 4 if head >> 4 < 15 else self._read_varint()
        for _ in range(count):
            self._read_value(head & 15, depth)

    def _read_byte(self) -> int:
        data = self._stream.read(1)
        if not data:
            raise ValueError("the header of a page is cut short")
        return data[0]

    def _read_varint(self) -> int:
        """Read a number of seven bits a byte, the lowest first."""
        value = 0
        for shift in range(0, 70, 7):
            byte = self._read_byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
        raise ValueError("a number in the header of a page does not end")

    def _read_zigzag(self) -> int:
        zigzag = self._read_varint()
        return (zigzag >> 1) ^ -(zigzag & 1)

    def _skip(self, count: int) -> None:
        if count < 0 or len(self._stream.read(count)) < count:
            raise ValueError("the header of a page makes no sense")
