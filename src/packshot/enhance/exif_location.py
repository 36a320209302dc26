"""Where a photo was taken, in a TIFF block: blanked within the bytes it takes."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Final

from packshot.enhance.named_places import (
    without_iptc_places,
    without_photoshop_places,
    without_xmp_places,
)
from packshot.errors import InvalidInput

_ORDERS: Final = {b"II*\0": "<", b"MM\0*": ">"}
_GPS, _EXIF, _BELOW = 0x8825, 0x8769, 0x014A
_TEXTS: Final = {
    0x02BC: without_xmp_places,
    0x83BB: without_iptc_places,
    0x8649: without_photoshop_places,
}
_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_ENTRY: Final = 12
_FAR: Final = 4 * 64
_MOST_DIRECTORIES: Final = 4096
"""Pages, and what belongs to them, that are looked into."""
_MOST_ENTRIES: Final = 1 << 17

Entry = tuple[int, int, int, int]
"""Tag, type, count, and where in the block the entry begins."""


def blank_location(block: bytes) -> bytes:
    """Take the GPS directory out of a TIFF block, and places out of XMP and IPTC data that it holds.

    The entries and all they point to become zeros, and the entry that leads there goes from the
    directory; what follows in that directory moves up by one entry. Nothing else moves.

    Args:
        block: From its byte-order mark on.

    Returns:
        As many bytes; the same ones where there is no location, or no sense to be made of the block.

    Raises:
        InvalidInput: So many pages that not all can be looked into.
    """
    order = _ORDERS.get(block[:4])
    if order is None:
        return block
    clean = bytearray(block)
    for directory in _directories(block, order):
        for entry in _entries(block, directory, order):
            if entry[0] == _GPS:
                _blank_directory(clean, _number(block, entry[3] + 8, order), order)
                _remove_entry(clean, directory, _GPS, order)
            elif entry[0] in _TEXTS:
                start, end = _held(block, entry, order)
                clean[start:end] = _TEXTS[entry[0]](bytes(clean[start:end]))
    return bytes(clean)


def _held(block: bytes, entry: Entry, order: str) -> tuple[int, int]:
    """Begin and end of an entry's value, where that is too long to stand in the entry itself."""
    size = _SIZES.get(entry[1], 0) * entry[2]
    start = _number(block, entry[3] + 8, order)
    return (start, min(start + size, len(block))) if size > 4 and 8 <= start < len(block) else (0, 0)


def _number(block: bytes | bytearray, place: int, order: str) -> int:
    """Four bytes as a number; 0 beyond the end."""
    if not 0 <= place <= len(block) - 4:
        return 0
    return int(struct.unpack_from(order + "I", block, place)[0])


def _count(block: bytes | bytearray, directory: int, order: str) -> int:
    """How many entries of a directory lie within the block."""
    if not 8 <= directory <= len(block) - 2:
        return 0
    count = int(struct.unpack_from(order + "H", block, directory)[0])
    return min(count, (len(block) - directory - 2) // _ENTRY)


def _entries(block: bytes | bytearray, directory: int, order: str) -> Iterator[Entry]:
    for index in range(_count(block, directory, order)):
        place = directory + 2 + _ENTRY * index
        tag, kind, count = struct.unpack_from(order + "HHI", block, place)
        yield tag, kind, count, place


def _directories(block: bytes, order: str) -> Iterable[int]:
    """The chain of main directories, and those below them; each once."""
    found: dict[int, int] = {}
    waiting = [_number(block, 4, order)]
    while waiting:
        directory = waiting.pop()
        count = _count(block, directory, order)
        if directory in found or not count:
            continue
        found[directory] = count
        if len(found) > _MOST_DIRECTORIES or sum(found.values()) > _MOST_ENTRIES:
            raise InvalidInput("more pages than can be looked into for a location")
        waiting.append(_number(block, directory + 2 + _ENTRY * count, order))
        for entry in _entries(block, directory, order):
            waiting += _below(block, entry, order)
    return found


def _below(block: bytes, entry: Entry, order: str) -> list[int]:
    """The directories that an entry leads to: of EXIF data, or of smaller pictures."""
    if entry[0] == _EXIF or (entry[0] == _BELOW and entry[2] == 1):
        return [_number(block, entry[3] + 8, order)]
    if entry[0] != _BELOW:
        return []
    start, end = _held(block, entry, order)
    return [_number(block, place, order) for place in range(start, min(end, start + _FAR), 4)]


def _blank_directory(block: bytearray, directory: int, order: str) -> None:
    """Zeros for a directory and for the values it points to."""
    for _, kind, count, place in list(_entries(block, directory, order)):
        size = _SIZES.get(kind, 0) * count
        if size > 4:
            _blank(block, _number(block, place + 8, order), size)
    count = _count(block, directory, order)
    if count:
        _blank(block, directory, 2 + _ENTRY * count + 4)


def _blank(block: bytearray, start: int, size: int) -> None:
    end = min(start + size, len(block))
    if 8 <= start < end:
        block[start:end] = bytes(end - start)


def _remove_entry(block: bytearray, directory: int, tag: int, order: str) -> None:
    """Close the gap that an entry leaves; the link to the next directory moves with the rest."""
    count = _count(block, directory, order)
    for found, _, _, place in list(_entries(block, directory, order)):
        if found == tag:
            end = min(directory + 2 + _ENTRY * count + 4, len(block))
            block[place:end] = block[place + _ENTRY : end] + bytes(min(_ENTRY, end - place))
            struct.pack_into(order + "H", block, directory, count - 1)
            return
