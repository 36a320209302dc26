"""Directories of tags, as TIFF (revision 6, and BigTIFF) and EXIF keep them; read in bounded time."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from packshot.photo.structure.outline import Excessive, Incomplete, require_few

MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

# Bytes and letter of `struct` for each type of value.
_TYPES = {
    1: (1, "B"), 2: (1, "s"), 3: (2, "H"), 4: (4, "L"), 5: (8, "LL"), 6: (1, "b"), 7: (1, "s"),
    8: (2, "h"), 9: (4, "l"), 10: (8, "ll"), 11: (4, "f"), 12: (8, "d"), 13: (4, "L"),
    16: (8, "Q"), 17: (8, "q"), 18: (8, "Q"),
}  # fmt: skip
# Real ones have about thirty; a scientific camera's a hundred or two.
_MOST_ENTRIES = 4096

Value = str | bytes | float | int | tuple[float, ...]


@dataclass(frozen=True)
class Entry:
    """A tag of a directory.

    Attributes:
        kind: Type of its values, 1..18.
        count: How many there are.
        place: Offset of the first.
    """

    kind: int
    count: int
    place: int

    @property
    def size(self) -> int:
        """Bytes of all its values."""
        return _TYPES[self.kind][0] * self.count


_OUTSIDE = Entry(1, -1, 0)


class Directories:
    """The chain of directories of a TIFF structure."""

    def __init__(self, data: bytes) -> None:
        """Read the header.

        Raises:
            Incomplete: It is none.
        """
        if data[:4] not in MAGIC:
            raise Incomplete("its header makes no sense")
        self._data = data
        self._order = "<" if data[:1] == b"I" else ">"
        self._large = data[2:3] == b"+" or data[3:4] == b"+"
        self._entry, self._offset = ("Q", 20, 8), "Q"
        if not self._large:
            self._entry, self._offset = ("H", 12, 4), "L"
        self.first = self._number(self._offset, 8 if self._large else 4)

    def chain(self) -> Iterator[int]:
        """Offsets of the directories, each once.

        Raises:
            Incomplete: One lies behind the end.
        """
        place, seen = self.first, set[int]()
        while place and place not in seen:
            seen.add(place)
            yield place
            letter, size, _ = self._entry
            count = self._number(letter, place)
            place = self._number(self._offset, place + struct.calcsize("=" + letter) + count * size)

    def entries(self, place: int, *, all_within: bool = False) -> dict[int, Entry]:
        """The tags of the directory at an offset, those whose values lie within the data.

        Args:
            place: The offset.
            all_within: Refuse it if there are others.

        Raises:
            Incomplete: It lies behind the end.
            Excessive: More tags, or more bytes of values, than the data are long.
        """
        letter, size, inline = self._entry
        count = self._number(letter, place)
        require_few(count, _MOST_ENTRIES, "tags")
        begin = place + struct.calcsize("=" + letter)
        found = [self._read_entry(begin + at * size, inline) for at in range(count)]
        if all_within and any(entry is _OUTSIDE for _, entry in found):
            raise Incomplete("it ends within the values of its tags")
        known = {tag: entry for tag, entry in found if entry is not _OUTSIDE}
        if sum(entry.size for entry in known.values()) > 2 * len(self._data) + 65_536:
            raise Excessive("its tags say more than the file is long")
        return known

    def values(self, entry: Entry, most: int = 64) -> Value:
        """The values of a tag, of numbers no more than `most`; one alone is no tuple."""
        letter = _TYPES[entry.kind][1]
        if letter == "s":
            raw = self._data[entry.place : entry.place + min(entry.count, 65_536)]
            return raw.split(b"\0")[0].decode("utf-8", "replace") if entry.kind == 2 else raw
        count = min(entry.count, most)
        numbers = struct.unpack_from(f"{self._order}{letter * count}", self._data, entry.place)
        if len(letter) == 2:
            pairs = zip(numbers[::2], numbers[1::2], strict=True)
            numbers = tuple(above / below if below else float("nan") for above, below in pairs)
        return numbers[0] if len(numbers) == 1 else tuple(numbers)

    def whole_numbers(self, entry: Entry | None) -> tuple[int, ...]:
        """All values of a tag, as far as they are whole numbers."""
        if entry is None or _TYPES[entry.kind][1] not in "BHLQ":
            return ()
        letter = f"{self._order}{entry.count}{_TYPES[entry.kind][1]}"
        return struct.unpack_from(letter, self._data, entry.place)

    def _read_entry(self, place: int, inline: int) -> tuple[int, Entry]:
        tag, kind = self._number("H", place), self._number("H", place + 2)
        count = self._number(self._offset, place + 4)
        if kind not in _TYPES:
            return tag, Entry(1, 0, place)
        at = place + 4 + inline
        if _TYPES[kind][0] * count > inline:
            at = self._number(self._offset, at)
        entry = Entry(kind, count, at)
        return tag, entry if at + entry.size <= len(self._data) else _OUTSIDE

    def _number(self, letter: str, place: int) -> int:
        try:
            return int(struct.unpack_from(self._order + letter, self._data, place)[0])
        except (struct.error, OverflowError):
            raise Incomplete("it ends within a directory") from None
