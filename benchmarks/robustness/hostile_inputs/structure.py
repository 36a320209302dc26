"""Where the parts of a file begin and end, and which of its bytes say how large something is."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class LengthField:
    """Bytes that hold a length, a size or a count.

    Attributes:
        offset: Of the first.
        length: How many, 1 to 8.
        order: ``big`` or ``little``.
    """

    offset: int
    length: int
    order: str


@dataclass(frozen=True)
class FileStructure:
    """Of one file.

    Attributes:
        parts: (begin, end) of chunks, segments, boxes or entries, in order, apart from each other.
        fields: Lengths, sizes and counts.
    """

    parts: tuple[tuple[int, int], ...]
    fields: tuple[LengthField, ...]


def find_structure(format_name: str, data: bytes) -> FileStructure:
    """The structure of a whole file of a format, as far as it is worth mutating."""
    return _READERS[format_name](data)


def _read_jpeg(data: bytes) -> FileStructure:
    parts, fields, place = [], [], 2
    while place + 4 <= len(data) and data[place] == 0xFF and data[place + 1] != 0xD9:
        marker, length = data[place + 1], int.from_bytes(data[place + 2 : place + 4], "big")
        fields.append(LengthField(place + 2, 2, "big"))
        if marker in (0xC0, 0xC2):
            fields += [LengthField(place + 5, 2, "big"), LengthField(place + 7, 2, "big")]
        end = min(place + 2 + length, len(data))
        if marker == 0xDA:
            end = _find_end_of_scan(data, end)
        parts.append((place, end))
        place = end
    return FileStructure(tuple(parts), tuple(fields))


def _find_end_of_scan(data: bytes, place: int) -> int:
    """Return where the next marker stands that is neither a stuffed byte nor a restart."""
    while (place := data.find(b"\xff", place)) >= 0:
        if place + 1 < len(data) and data[place + 1] not in (0, *range(0xD0, 0xD8)):
            return place
        place += 2
    return len(data)


def _read_png(data: bytes) -> FileStructure:
    parts, fields, place = [], [LengthField(16, 4, "big"), LengthField(20, 4, "big")], 8
    while place + 12 <= len(data):
        end = place + 12 + int.from_bytes(data[place : place + 4], "big")
        parts.append((place, min(end, len(data))))
        fields.append(LengthField(place, 4, "big"))
        if data[place + 4 : place + 8] == b"acTL":
            fields.append(LengthField(place + 8, 4, "big"))
        if data[place + 4 : place + 8] == b"fcTL":
            fields += [LengthField(place + at, 4, "big") for at in (12, 16, 20, 24)]
        place = end
    return FileStructure(tuple(parts), tuple(fields))


def _read_webp(data: bytes) -> FileStructure:
    parts, fields, place = [], [LengthField(4, 4, "little")], 12
    while place + 8 <= len(data):
        length = int.from_bytes(data[place + 4 : place + 8], "little")
        end = min(len(data), place + 8 + length + length % 2)
        parts.append((place, end))
        fields.append(LengthField(place + 4, 4, "little"))
        if data[place : place + 4] in (b"VP8X", b"ANMF"):
            fields += [LengthField(place + at, 3, "little") for at in (12, 15)]
        place = end
    return FileStructure(tuple(parts), tuple(fields))


def _read_gif(data: bytes) -> FileStructure:
    flags = data[10]
    place = 13 + (3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0)
    parts = [(13, place)] if place > 13 else []
    fields = [LengthField(6, 2, "little"), LengthField(8, 2, "little"), LengthField(10, 1, "little")]
    while place < len(data) and data[place] in (0x21, 0x2C):
        begin, place = place, place + 2
        if data[begin] == 0x2C:
            fields += [LengthField(begin + at, 2, "little") for at in (1, 3, 5, 7)]
            local = data[begin + 9]
            place = begin + 11 + (3 * 2 ** ((local & 7) + 1) if local & 0x80 else 0)
        fields.append(LengthField(place, 1, "little"))
        while place < len(data) and data[place]:
            place += 1 + data[place]
        place += 1
        parts.append((begin, min(place, len(data))))
    return FileStructure(tuple(parts), tuple(fields))


def _read_bmp(data: bytes) -> FileStructure:
    start, size = (int.from_bytes(data[at : at + 4], "little") for at in (10, 14))
    parts = ((0, 14), (14, 14 + size), (14 + size, start), (start, len(data)))
    wide = [LengthField(at, 4, "little") for at in (2, 10, 14, 18, 22, 30, 34, 46, 50)]
    return FileStructure(
        tuple(part for part in parts if part[0] < part[1]),
        (*wide, LengthField(26, 2, "little"), LengthField(28, 2, "little")),
    )


def _read_tiff(data: bytes) -> FileStructure:
    order, letter = ("little", "<") if data[:2] == b"II" else ("big", ">")
    parts, fields = [], [LengthField(4, 4, order)]
    place, seen = struct.unpack_from(f"{letter}I", data, 4)[0], set()
    while 0 < place <= len(data) - 2 and place not in seen:
        seen.add(place)
        count = struct.unpack_from(f"{letter}H", data, place)[0]
        fields.append(LengthField(place, 2, order))
        for entry in range(place + 2, place + 2 + 12 * count, 12):
            parts.append((entry, entry + 12))
            fields += [
                LengthField(entry + 2, 2, order),
                LengthField(entry + 4, 4, order),
                LengthField(entry + 8, 4, order),
            ]
        place = struct.unpack_from(f"{letter}I", data, place + 2 + 12 * count)[0]
    return FileStructure(tuple(sorted(parts)), tuple(fields))


_CONTAINER_BOXES = frozenset(
    (b"meta", b"iprp", b"ipco", b"moov", b"trak", b"mdia", b"minf", b"stbl", b"iref")
)


def _read_boxes(data: bytes) -> FileStructure:
    outer, inner, fields = [], [], []
    for begin, end, depth in _iter_boxes(data, 0, len(data), 0):
        (inner if depth else outer).append((begin, end))
        fields.append(LengthField(begin, 4, "big"))
        if data[begin + 4 : begin + 8] == b"ispe":
            fields += [LengthField(begin + 12, 4, "big"), LengthField(begin + 16, 4, "big")]
    leaves = [part for part in inner if data[part[0] + 4 : part[0] + 8] not in _CONTAINER_BOXES]
    return FileStructure(tuple(sorted(leaves or outer)), tuple(fields))


def _iter_boxes(data: bytes, place: int, end: int, depth: int) -> Iterator[tuple[int, int, int]]:
    """Boxes of a part of a file, those inside others too."""
    while place + 8 <= end:
        size, kind = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + 8]
        close = end if size == 0 else min(end, place + size)
        if close < place + 8:
            return
        yield place, close, depth
        if kind in _CONTAINER_BOXES:
            header_bytes = 12 if kind in (b"meta", b"iref") else 8
            yield from _iter_boxes(data, place + header_bytes, close, depth + 1)
        place = close


_READERS: Mapping[str, Callable[[bytes], FileStructure]] = {
    "JPEG": _read_jpeg,
    "PNG": _read_png,
    "GIF": _read_gif,
    "WEBP": _read_webp,
    "BMP": _read_bmp,
    "TIFF": _read_tiff,
    "AVIF": _read_boxes,
    "HEIF": _read_boxes,
}
