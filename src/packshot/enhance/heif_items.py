"""Where a HEIC or AVIF file keeps its metadata (ISO/IEC 14496-12, 8.11)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

Extent = tuple[int, int]
"""Begin and end in the file."""

_WHOLE: Final = {b"iinf", b"iloc", b"idat"}
_MOST_EXTENTS: Final = 1024
_MOST_BYTES: Final = 1 << 20
"""Of an item: what is larger is no metadata of a photo."""


def metadata_items(data: bytes) -> Iterator[tuple[bytes, list[Extent]]]:
    """The EXIF and XMP items of a file: ``b"Exif"`` or ``b"mime"``, and where their bytes lie."""
    for name, start, end in _boxes(data, 0, len(data)):
        if name == b"meta":
            yield from _items(data, start + 4, end)


def _items(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, list[Extent]]]:
    held = {name: (at, last) for name, at, last in _boxes(data, start, end) if name in _WHOLE}
    if not {b"iinf", b"iloc"} <= held.keys():
        return
    kinds = dict(_kinds(data, *held[b"iinf"]))
    for item, extents in _places(data, *held[b"iloc"], held.get(b"idat", (0, 0))[0]):
        if item in kinds:
            yield kinds[item], extents


def _boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Names of boxes, and where what they hold begins and ends."""
    while at + 8 <= end:
        size, start = _number(data, at, 4), at + 8
        if size == 1:
            size, start = _number(data, at + 8, 8), at + 16
        last = end if size == 0 else min(at + size, end)
        if last < start:
            return
        yield data[at + 4 : at + 8], start, last
        at = last


def _kinds(data: bytes, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    """Numbers and kinds of the items that are metadata."""
    first = start + (6 if data[start : start + 1] == b"\0" else 8)
    for name, at, _ in _boxes(data, first, end):
        version = data[at] if at < len(data) else 0
        if name != b"infe" or version not in (2, 3):
            continue
        wide = 2 if version == 2 else 4
        kind = data[at + 6 + wide : at + 10 + wide]
        if kind in (b"Exif", b"mime"):
            yield _number(data, at + 4, wide), kind


def _places(data: bytes, start: int, end: int, held: int) -> Iterator[tuple[int, list[Extent]]]:
    """Numbers of items and their extents; `held` is where the box begins that may hold them."""
    read = _Reader(data, start, end)
    version = read(1)
    read(3)
    sizes, more = read(1), read(1)
    wide = 4 if version == 2 else 2
    for _ in range(read(wide)):
        item = read(wide)
        method = read(2) & 15 if version else 0
        read(2)
        base = read(more >> 4)
        extents = []
        for _ in range(min(read(2), _MOST_EXTENTS)):
            read(more & 15 if version else 0)
            offset, length = read(sizes >> 4), read(sizes & 15)
            begin = base + offset + (held if method == 1 else 0)
            extents.append((begin, min(begin + length, len(data)) if length else len(data)))
        if read.over:
            return
        if method in (0, 1) and sum(last - first for first, last in extents) <= _MOST_BYTES:
            yield item, extents


class _Reader:
    """Reads numbers one after the other.

    Attributes:
        over: It was asked for more than there is.
    """

    def __init__(self, data: bytes, start: int, end: int) -> None:
        self._data, self._at, self._end = data, start, end
        self.over = False

    def __call__(self, wide: int) -> int:
        """A number of so many bytes; 0 beyond the end."""
        self.over = self.over or self._at + wide > self._end
        found = 0 if self.over else _number(self._data, self._at, wide)
        self._at += wide
        return found


def _number(data: bytes, at: int, wide: int) -> int:
    return int.from_bytes(data[at : at + wide], "big")
