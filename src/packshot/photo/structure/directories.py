"""Directories of tags, as TIFF (revision 6, and BigTIFF) and EXIF keep them; read in bounded time."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from packshot.photo.structure.outline import ExcessiveFile, IncompleteFile, check_count

MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

_TYPES = {
    1: (1, "B"), 2: (1, "s"), 3: (2, "H"), 4: (4, "L"), 5: (8, "LL"), 6: (1, "b"), 7: (1, "s"),
    8: (2, "h"), 9: (4, "l"), 10: (8, "ll"), 11: (4, "f"), 12: (8, "d"), 13: (4, "L"),
    16: (8, "Q"), 17: (8, "q"), 18: (8, "Q"),
}  # fmt: skip
"""Bytes and letter of `struct` for each type of value: TIFF, revision 6, section 2, and BigTIFF."""
_MAX_ENTRIES = 4096
"""Tags of a directory; one with more is refused. Real ones have about thirty, a scientific camera's a
hundred or two."""
_MAX_NUMBERS = 64
"""Numbers of a tag that `Directories.read_values` reads unless asked for others: all tags that a report
keeps have fewer."""
_MAX_TEXT_BYTES = 65_536
"""Bytes of a text that are read: far more than the letters of it that a report keeps."""
_MAX_VALUES_GROWTH = 2
_BASE_VALUES_BYTES = 65_536
"""All values of a directory may have twice the bytes of the file and these: the tags of a real one share
at most a few values, those of a bomb all point at the same."""

Value = str | bytes | float | int | tuple[float, ...]


@dataclass(frozen=True)
class Entry:
    """A tag of a directory.

    Attributes:
        kind: Type of its values, 1..18.
        count: How many there are.
        offset: Offset of the first.

    Example:
        >>> Entry(kind=3, count=5, offset=8).size  # five numbers of 16 bits
        10
    """

    kind: int
    count: int
    offset: int

    @property
    def size(self) -> int:
        """Bytes of all its values."""
        return _TYPES[self.kind][0] * self.count


_OUT_OF_RANGE = Entry(1, -1, 0)


class Directories:
    r"""The chain of directories of a TIFF structure.

    Example:
        >>> data = b"II*\0" + struct.pack("<LHHHLLL", 8, 1, 256, 4, 1, 80, 0)
        >>> directories = Directories(data)
        >>> entries = directories.read_entries(directories.first_offset)
        >>> {tag: directories.read_values(entry) for tag, entry in entries.items()}
        {256: 80}
    """

    def __init__(self, data: bytes) -> None:
        """Read the header.

        Raises:
            IncompleteFile: It is none.
        """
        if data[:4] not in MAGIC:
            raise IncompleteFile("its header makes no sense")
        self._data = data
        self._byte_order = "<" if data[:1] == b"I" else ">"
        self._is_big_tiff = data[2:3] == b"+" or data[3:4] == b"+"
        self._entry_format, self._offset_letter = ("Q", 20, 8), "Q"
        if not self._is_big_tiff:
            self._entry_format, self._offset_letter = ("H", 12, 4), "L"
        self.first_offset = self._read_number(self._offset_letter, 8 if self._is_big_tiff else 4)

    def iter_offsets(self) -> Iterator[int]:
        """Yield the offsets of the directories, each once.

        Raises:
            IncompleteFile: One lies behind the end.
        """
        offset, seen = self.first_offset, set[int]()
        while offset and offset not in seen:
            seen.add(offset)
            yield offset
            letter, size, _ = self._entry_format
            count = self._read_number(letter, offset)
            offset = self._read_number(
                self._offset_letter, offset + struct.calcsize("=" + letter) + count * size
            )

    def read_entries(self, offset: int, *, required: frozenset[int] = frozenset()) -> dict[int, Entry]:
        """Read the tags of the directory at an offset, those whose values lie within the data.

        Args:
            offset: The offset.
            required: Tags whose values must lie there, if they are in the directory.

        Raises:
            IncompleteFile: It lies behind the end, or what is required does.
            ExcessiveFile: More tags, or more bytes of values, than the data are long.
        """
        letter, size, inline = self._entry_format
        count = self._read_number(letter, offset)
        check_count(count, _MAX_ENTRIES, "tags")
        begin = offset + struct.calcsize("=" + letter)
        found = [self._read_entry(begin + at * size, inline) for at in range(count)]
        if any(entry is _OUT_OF_RANGE and tag in required for tag, entry in found):
            raise IncompleteFile("it ends within the values of its tags")
        known = {tag: entry for tag, entry in found if entry is not _OUT_OF_RANGE}
        if (
            sum(entry.size for entry in known.values())
            > _MAX_VALUES_GROWTH * len(self._data) + _BASE_VALUES_BYTES
        ):
            raise ExcessiveFile("its tags say more than the file is long")
        return known

    def find_lost_entries(self, offset: int) -> list[int]:
        """Find the offsets of the tags of a directory whose values do not lie within the data."""
        letter, size, inline = self._entry_format
        begin = offset + struct.calcsize("=" + letter)
        offsets = range(begin, begin + size * self._read_number(letter, offset), size)
        return [at for at in offsets if self._read_entry(at, inline)[1] is _OUT_OF_RANGE]

    def read_values(self, entry: Entry, max_count: int = _MAX_NUMBERS) -> Value:
        """Read the values of a tag, of numbers no more than `max_count`; one alone is no tuple."""
        letter = _TYPES[entry.kind][1]
        if letter == "s":
            raw = self._data[entry.offset : entry.offset + min(entry.count, _MAX_TEXT_BYTES)]
            return raw.split(b"\0")[0].decode("utf-8", "replace") if entry.kind == 2 else raw
        count = min(entry.count, max_count)
        numbers = struct.unpack_from(f"{self._byte_order}{letter * count}", self._data, entry.offset)
        if len(letter) == 2:
            pairs = zip(numbers[::2], numbers[1::2], strict=True)
            numbers = tuple(above / below if below else float("nan") for above, below in pairs)
        return numbers[0] if len(numbers) == 1 else tuple(numbers)

    def read_integers(self, entry: Entry | None) -> tuple[int, ...]:
        """Read all values of a tag, as far as they are whole numbers."""
        if entry is None or _TYPES[entry.kind][1] not in "BHLQ":
            return ()
        letter = f"{self._byte_order}{entry.count}{_TYPES[entry.kind][1]}"
        return struct.unpack_from(letter, self._data, entry.offset)

    def _read_entry(self, offset: int, inline: int) -> tuple[int, Entry]:
        tag, kind = self._read_number("H", offset), self._read_number("H", offset + 2)
        count = self._read_number(self._offset_letter, offset + 4)
        if kind not in _TYPES:
            return tag, Entry(1, 0, offset)
        at = offset + 4 + inline
        if _TYPES[kind][0] * count > inline:
            at = self._read_number(self._offset_letter, at)
        entry = Entry(kind, count, at)
        return tag, entry if at + entry.size <= len(self._data) else _OUT_OF_RANGE

    def _read_number(self, letter: str, offset: int) -> int:
        try:
            return int(struct.unpack_from(self._byte_order + letter, self._data, offset)[0])
        except (struct.error, OverflowError):
            raise IncompleteFile("it ends within a directory") from None
