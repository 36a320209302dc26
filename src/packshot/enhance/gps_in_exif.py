"""Locations in a TIFF block: blanked within the bytes that they take."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Final

from packshot.enhance.places_in_text import blank_iptc_places, blank_photoshop_places, blank_xmp_places
from packshot.errors import InvalidInput

_BYTE_ORDERS: Final = {b"II*\0": "<", b"MM\0*": ">"}
_GPS_TAG, _EXIF_TAG, _SUB_DIRECTORIES_TAG = 0x8825, 0x8769, 0x014A
"""Tags of entries that lead to other directories (EXIF 2.32, 4.6.3; TIFF/EP, SubIFDs)."""

_TEXT_BLANKERS: Final = {
    0x02BC: blank_xmp_places,
    0x83BB: blank_iptc_places,
    0x8649: blank_photoshop_places,
}
"""Tags of XMP, IPTC and Photoshop data in a TIFF file."""

_TYPE_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
"""Bytes of one value of a type (TIFF 6.0, section 2)."""

_ENTRY_BYTES: Final = 12
"""Of a directory's entry: tag, type, count, and the value or where it is (TIFF 6.0, section 2)."""

_MAX_LINK_BYTES: Final = 4 * 64
"""Links to smaller pictures that are followed from one entry, 64: raw files have a few. A judgement."""

_MAX_DIRECTORIES: Final = 4096
"""Pages, and what belongs to them, that are looked into; a file with more is refused, for time. A
judgement."""

_MAX_ENTRIES: Final = 1 << 17
"""Entries in all of them, for the same reason: 32 to a page."""

Entry = tuple[int, int, int, int]
"""Tag, type, count, and position in the block at which the entry begins."""


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

    Example:
        >>> from PIL import Image
        >>> exif = Image.Exif()
        >>> exif.get_ifd(0x8825)[1] = "N"
        >>> block = exif.tobytes()[6:]  # behind the mark "Exif"
        >>> clean = blank_location(block)
        >>> len(clean) == len(block), clean == block, blank_location(clean) == clean
        (True, False, True)
    """
    order = _BYTE_ORDERS.get(block[:4])
    if order is None:
        return block
    clean = bytearray(block)
    for directory in _find_directories(block, order):
        for entry in _iter_entries(block, directory, order):
            if entry[0] == _GPS_TAG:
                _blank_directory(clean, _read_number(block, entry[3] + 8, order), order)
                _remove_entry(clean, directory, _GPS_TAG, order)
            elif entry[0] in _TEXT_BLANKERS:
                start, end = _find_value_extent(block, entry, order)
                clean[start:end] = _TEXT_BLANKERS[entry[0]](bytes(clean[start:end]))
    return bytes(clean)


def _find_value_extent(block: bytes, entry: Entry, order: str) -> tuple[int, int]:
    """Begin and end of an entry's value, where that is too long to stand in the entry itself."""
    size = _TYPE_SIZES.get(entry[1], 0) * entry[2]
    start = _read_number(block, entry[3] + 8, order)
    return (start, min(start + size, len(block))) if size > 4 and 8 <= start < len(block) else (0, 0)


def _read_number(block: bytes | bytearray, position: int, order: str) -> int:
    """Four bytes as a number; 0 beyond the end."""
    if not 0 <= position <= len(block) - 4:
        return 0
    return int(struct.unpack_from(order + "I", block, position)[0])


def _count_entries(block: bytes | bytearray, directory: int, order: str) -> int:
    """Count the entries of a directory that lie within the block."""
    if not 8 <= directory <= len(block) - 2:
        return 0
    count = int(struct.unpack_from(order + "H", block, directory)[0])
    return min(count, (len(block) - directory - 2) // _ENTRY_BYTES)


def _iter_entries(block: bytes | bytearray, directory: int, order: str) -> Iterator[Entry]:
    for index in range(_count_entries(block, directory, order)):
        position = directory + 2 + _ENTRY_BYTES * index
        tag, kind, count = struct.unpack_from(order + "HHI", block, position)
        yield tag, kind, count, position


def _find_directories(block: bytes, order: str) -> Iterable[int]:
    """Find the chain of main directories, and those below them; each once."""
    entry_counts: dict[int, int] = {}
    pending = [_read_number(block, 4, order)]
    while pending:
        directory = pending.pop()
        count = _count_entries(block, directory, order)
        if directory in entry_counts or not count:
            continue
        entry_counts[directory] = count
        if len(entry_counts) > _MAX_DIRECTORIES or sum(entry_counts.values()) > _MAX_ENTRIES:
            raise InvalidInput("more pages than can be looked into for a location")
        pending.append(_read_number(block, directory + 2 + _ENTRY_BYTES * count, order))
        for entry in _iter_entries(block, directory, order):
            pending += _find_subdirectories(block, entry, order)
    return entry_counts


def _find_subdirectories(block: bytes, entry: Entry, order: str) -> list[int]:
    """Find the directories that an entry leads to: of EXIF data, or of smaller pictures."""
    if entry[0] == _EXIF_TAG or (entry[0] == _SUB_DIRECTORIES_TAG and entry[2] == 1):
        return [_read_number(block, entry[3] + 8, order)]
    if entry[0] != _SUB_DIRECTORIES_TAG:
        return []
    start, end = _find_value_extent(block, entry, order)
    return [
        _read_number(block, position, order)
        for position in range(start, min(end, start + _MAX_LINK_BYTES), 4)
    ]


def _blank_directory(block: bytearray, directory: int, order: str) -> None:
    """Zeros for a directory and for the values it points to."""
    for _, kind, count, position in list(_iter_entries(block, directory, order)):
        size = _TYPE_SIZES.get(kind, 0) * count
        if size > 4:
            _blank(block, _read_number(block, position + 8, order), size)
    count = _count_entries(block, directory, order)
    if count:
        _blank(block, directory, 2 + _ENTRY_BYTES * count + 4)


def _blank(block: bytearray, start: int, size: int) -> None:
    end = min(start + size, len(block))
    if 8 <= start < end:
        block[start:end] = bytes(end - start)


def _remove_entry(block: bytearray, directory: int, tag: int, order: str) -> None:
    """Close the gap that an entry leaves; the link to the next directory moves with the rest."""
    count = _count_entries(block, directory, order)
    for entry_tag, _, _, position in list(_iter_entries(block, directory, order)):
        if entry_tag == tag:
            end = min(directory + 2 + _ENTRY_BYTES * count + 4, len(block))
            block[position:end] = block[position + _ENTRY_BYTES : end] + bytes(
                min(_ENTRY_BYTES, end - position)
            )
            struct.pack_into(order + "H", block, directory, count - 1)
            return
