"""Items of metadata in a HEIC or AVIF file (ISO/IEC 14496-12, 8.11)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

Extent = tuple[int, int]
"""Begin and end in the file."""

_ITEM_BOXES: Final = {b"iinf", b"iloc", b"idat"}
_MAX_EXTENTS: Final = 1024
"""Pieces of an item that are looked at: files have one; hostile ones have millions. A judgement."""

_MAX_BYTES: Final = 1 << 20
"""Bytes of an item, 1 MiB: what is larger is no metadata of a photo. A judgement."""


def iter_metadata_items(data: bytes) -> Iterator[tuple[bytes, list[Extent]]]:
    """Iterate over the EXIF and XMP items of a file.

    Args:
        data: The file; of a broken one come the items that can be made out.

    Yields:
        ``b"Exif"`` or ``b"mime"``, and the extents of its bytes.

    Example:
        >>> import io
        >>> from PIL import Image
        >>> file, exif = io.BytesIO(), Image.Exif()
        >>> exif[0x010F] = "Maker"
        >>> Image.new("RGB", (8, 8)).save(file, "AVIF", exif=exif)
        >>> [kind for kind, extents in iter_metadata_items(file.getvalue())]
        [b'Exif']
    """
    for name, start, end in _iter_boxes(data, 0, len(data)):
        if name == b"meta":
            yield from _iter_items(data, start + 4, end)


def _iter_items(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, list[Extent]]]:
    boxes = {
        name: (box_start, box_end)
        for name, box_start, box_end in _iter_boxes(data, start, end)
        if name in _ITEM_BOXES
    }
    if not {b"iinf", b"iloc"} <= boxes.keys():
        return
    kinds = dict(_iter_item_kinds(data, *boxes[b"iinf"]))
    for item, extents in _iter_item_extents(data, *boxes[b"iloc"], boxes.get(b"idat", (0, 0))[0]):
        if item in kinds:
            yield kinds[item], extents


def _iter_boxes(data: bytes, position: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Iterate over boxes: name, and begin and end of the content."""
    while position + 8 <= end:
        size, start = _read_number(data, position, 4), position + 8
        if size == 1:
            size, start = _read_number(data, position + 8, 8), position + 16
        content_end = end if size == 0 else min(position + size, end)
        if content_end < start:
            return
        yield data[position + 4 : position + 8], start, content_end
        position = content_end


def _iter_item_kinds(data: bytes, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    """Iterate over the items that are metadata: number and kind."""
    first = start + (6 if data[start : start + 1] == b"\0" else 8)
    for name, position, _ in _iter_boxes(data, first, end):
        version = data[position] if position < len(data) else 0
        if name != b"infe" or version not in (2, 3):
            continue
        id_size = 2 if version == 2 else 4
        kind = data[position + 6 + id_size : position + 10 + id_size]
        if kind in (b"Exif", b"mime"):
            yield _read_number(data, position + 4, id_size), kind


def _iter_item_extents(
    data: bytes, start: int, end: int, data_start: int
) -> Iterator[tuple[int, list[Extent]]]:
    """Iterate over items: number and extents; those of method 1 count from `data_start`."""
    reader = _NumberReader(data, start, end)
    version = reader(1)
    reader(3)
    offset_length_sizes, base_index_sizes = reader(1), reader(1)
    id_size = 4 if version == 2 else 2
    for _ in range(reader(id_size)):
        item = reader(id_size)
        method = reader(2) & 15 if version else 0
        reader(2)
        base = reader(base_index_sizes >> 4)
        extents = []
        for _ in range(min(reader(2), _MAX_EXTENTS)):
            reader(base_index_sizes & 15 if version else 0)
            offset, length = reader(offset_length_sizes >> 4), reader(offset_length_sizes & 15)
            extent_start = base + offset + (data_start if method == 1 else 0)
            extents.append(
                (extent_start, min(extent_start + length, len(data)) if length else len(data))
            )
        if reader.is_past_end:
            return
        if method in (0, 1) and sum(last - first for first, last in extents) <= _MAX_BYTES:
            yield item, extents


class _NumberReader:
    """Reads numbers one after the other.

    Attributes:
        is_past_end: It was asked for more than there is.
    """

    def __init__(self, data: bytes, start: int, end: int) -> None:
        self._data, self._position, self._end = data, start, end
        self.is_past_end = False

    def __call__(self, size: int) -> int:
        """Read a number of so many bytes; 0 beyond the end."""
        self.is_past_end = self.is_past_end or self._position + size > self._end
        value = 0 if self.is_past_end else _read_number(self._data, self._position, size)
        self._position += size
        return value


def _read_number(data: bytes, position: int, size: int) -> int:
    return int.from_bytes(data[position : position + size], "big")
