"""The boxes of an AVIF or HEIC (ISO/IEC 14496-12, 23008-12): how many, and whether all is there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from packshot.photo.structure.outline import CodePoints, IncompleteFile, Outline, check_count

HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
AVIF_BRANDS = (b"avif", b"avis")

_MAX_BOXES = 20_000
_MAX_EXTENTS = 20_000
"""Boxes, and pieces of items, of a file; one with more is refused. A grid of 100 megapixels in tiles of
512 is 400 items, each with properties and a few pieces."""
_FULL_BOXES = frozenset((b"meta", b"iloc", b"stsz"))
_CONTAINER_BOXES = frozenset((b"meta", b"moov", b"trak", b"mdia", b"minf", b"stbl", b"iprp", b"ipco"))


@dataclass(frozen=True)
class MediaBox:
    """A box.

    Attributes:
        kind: Four letters.
        begin: Offset of its content.
        end: Offset behind it.

    Example:
        >>> data = bytes((0, 0, 0, 12)) + b"ftypavif"
        >>> next(_iter_all_boxes(data))
        MediaBox(kind=b'ftyp', begin=8, end=12)
    """

    kind: bytes
    begin: int
    end: int


def detect_format(data: bytes) -> str | None:
    """Return ``AVIF`` or ``HEIF`` by the brands at the beginning; None for anything else.

    Example:
        >>> detect_format(bytes((0, 0, 0, 24)) + b"ftypheic" + bytes(4) + b"mif1heic")
        'HEIF'
    """
    if data[4:8] != b"ftyp":
        return None
    brands = data[8 : min(64, int.from_bytes(data[:4]))]
    if any(brand in AVIF_BRANDS for brand in _parse_brands(brands)):
        return "AVIF"
    return "HEIF" if brands[:4] in HEIF_BRANDS else None


def _parse_brands(content: bytes) -> list[bytes]:
    """Return the major and the compatible brands."""
    return [content[:4], *(content[at : at + 4] for at in range(8, len(content), 4))]


def read_outline(data: bytes, format_name: str) -> Outline:
    """Walk through the boxes; sizes and frames are the decoder's to tell.

    Raises:
        IncompleteFile: Boxes or pieces of pictures lie behind the end.
        ExcessiveFile: It has more boxes, items or samples than a photo.

    Example:
        >>> import io
        >>> from PIL import Image
        >>> Image.new("RGB", (80, 60)).save(file := io.BytesIO(), "AVIF")
        >>> read_outline(file.getvalue(), "AVIF").format
        'AVIF'
        >>> read_outline(file.getvalue()[:-10], "AVIF")
        Traceback (most recent call last):
            ...
        packshot.photo.structure.outline.IncompleteFile: it ends within a part
    """
    frames, bits = 1, 8
    boxes: dict[bytes, MediaBox] = {}
    for box in _iter_all_boxes(data):
        boxes.setdefault(box.kind, box)
        if box.kind == b"iloc":
            _check_items(data, box)
        elif box.kind == b"stsz":
            frames = max(frames, int.from_bytes(data[box.begin + 8 : box.begin + 12]))
        elif box.kind == b"pixi":
            bits = max(bits, *data[box.begin + 5 : box.end][:4], 0)
        elif box.kind == b"av1C" and box.begin + 2 < box.end and data[box.begin + 2] & 0x40:
            bits = max(bits, 12 if data[box.begin + 2] & 0x20 else 10)
    code_points = _read_code_points(data, boxes)
    return Outline(format_name, 0, 0, frames=frames, bits=bits, code_points=code_points)


def _read_code_points(data: bytes, boxes: dict[bytes, MediaBox]) -> CodePoints | None:
    """Read the colours of the primary picture (ISO/IEC 14496-12, 12.1.5; 23008-12, 6.5.5, 9.3)."""
    if not boxes.keys() >= {b"pitm", b"ipco", b"ipma"}:
        return None
    properties = list(_iter_boxes(data, boxes[b"ipco"].begin, boxes[b"ipco"].end, outermost=False))
    for index in _find_primary_properties(data, boxes[b"pitm"], boxes[b"ipma"]):
        if 0 < index <= len(properties) and properties[index - 1].kind == b"colr":
            content = data[properties[index - 1].begin : properties[index - 1].end]
            if content[:4] == b"nclx" and len(content) >= 11:
                return CodePoints(int.from_bytes(content[4:6]), int.from_bytes(content[6:8]))
    return None


def _find_primary_properties(data: bytes, primary_box: MediaBox, associations: MediaBox) -> list[int]:
    """Find the numbers, from 1, of the primary picture's properties; none where they make no sense."""
    try:
        reader = _Reader(data, primary_box.begin, primary_box.end)
        primary = reader.read(4 if reader.read(4) >> 24 else 2)
        reader = _Reader(data, associations.begin, associations.end)
        version_and_flags = reader.read(4)
        item_bytes, index_bytes = (4 if version_and_flags >> 24 else 2), 1 + (version_and_flags & 1)
        for _ in range(reader.read(4)):
            item = reader.read(item_bytes)
            mask = (1 << (8 * index_bytes - 1)) - 1  # The first bit says that it is essential.
            indices = [reader.read(index_bytes) & mask for _ in range(reader.read(1))]
            if item == primary:
                return indices
    except IncompleteFile:
        return []
    return []


def _iter_all_boxes(data: bytes) -> Iterator[MediaBox]:
    """Yield every box, those within others after these."""
    ranges, count = [(0, len(data), True)], 0
    while ranges:
        begin, end, outermost = ranges.pop()
        for box in _iter_boxes(data, begin, end, outermost):
            count += 1
            check_count(count, _MAX_BOXES, "boxes")
            yield box
            if box.kind in _CONTAINER_BOXES:
                ranges.append((box.begin + (4 if box.kind in _FULL_BOXES else 0), box.end, False))


def _iter_boxes(data: bytes, begin: int, end: int, outermost: bool) -> Iterator[MediaBox]:
    while begin + 8 <= end:
        size, kind, header_bytes = (
            int.from_bytes(data[begin : begin + 4]),
            data[begin + 4 : begin + 8],
            8,
        )
        if size == 1:
            size, header_bytes = int.from_bytes(data[begin + 8 : begin + 16]), 16
        size = size or end - begin
        if not (kind.isascii() and kind.decode("ascii").isprintable()):
            return  # What follows the last box is none of ours.
        if size < header_bytes or begin + size > end:
            raise IncompleteFile(
                "it ends within a part" if outermost else "its parts do not fit together"
            )
        yield MediaBox(kind, begin + header_bytes, begin + size)
        begin += size


def _check_items(data: bytes, box: MediaBox) -> None:
    """Refuse a file that ends before a piece of an item does."""
    reader = _Reader(data, box.begin, box.end)
    version = reader.read(4) >> 24
    sizes = reader.read(2)
    offset, length, base, index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    index = index if version else 0
    extents = 0
    for _ in range(reader.read(4 if version == 2 else 2)):
        reader.read(4 if version == 2 else 2)
        construction_method = reader.read(2) & 15 if version else 0
        reader.read(2)
        origin = reader.read(base)
        for _ in range(reader.read(2)):
            extents += 1
            check_count(extents, _MAX_EXTENTS, "pieces")
            reader.read(index)
            offset_in_item, size = reader.read(offset), reader.read(length)
            if construction_method == 0 and origin + offset_in_item + size > len(data):
                raise IncompleteFile("the image data ends before the image is complete")


@dataclass
class _Reader:
    """Takes numbers from the content of a box."""

    data: bytes
    position: int
    end: int

    def read(self, size: int) -> int:
        """Read the next number, of `size` bytes."""
        self.position += size
        if self.position > self.end:
            raise IncompleteFile("its parts do not fit together")
        return int.from_bytes(self.data[self.position - size : self.position])
