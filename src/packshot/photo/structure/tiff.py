"""The pages of a TIFF, and whether the strips or tiles of the first are in the file."""

from __future__ import annotations

from contextlib import suppress
from itertools import islice
from math import ceil

from packshot.photo.structure.directories import MAGIC, Directories, Entry
from packshot.photo.structure.outline import IncompleteFile, Outline, check_count

__all__ = ["MAGIC", "read_outline"]

# Numbers of tags: TIFF, revision 6, appendix A, and EXIF 2.3, section 4.6.3.
_WIDTH, _HEIGHT, _BITS, _COMPRESSION = 256, 257, 258, 259
_STRIPS, _SAMPLES, _ROWS_PER_STRIP, _STRIP_SIZES, _PLANES = 273, 277, 278, 279, 284
_TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_SIZES = 322, 323, 324, 325
_POINTERS = (34665, 34853, 40965)
_PROFILE, _XMP = 34675, 700
_UNCOMPRESSED = 1
_MAX_PARTS = 65_536
"""Strips or tiles of a page: a row each of a photo as tall as a JPEG can be. Pillow takes 20
microseconds for each."""


def read_outline(data: bytes, max_frames: int) -> Outline:
    """Walk through a TIFF's pages, no further than one past `max_frames`.

    Raises:
        IncompleteFile: Pages, strips or tiles are missing.
        ExcessiveFile: It has more tags or parts than a photo.

    Example:
        >>> import io
        >>> from PIL import Image
        >>> Image.new("I;16", (80, 60)).save(file := io.BytesIO(), "TIFF")
        >>> outline = read_outline(file.getvalue(), max_frames=1)
        >>> outline.width, outline.height, outline.bits, outline.decoder_bytes
        (80, 60, 16, 2.0)
    """
    directories = Directories(data)
    pages = list(islice(directories.iter_offsets(), max_frames + 1))
    tags = directories.read_entries(directories.first_offset, require_all=True)
    width, height = (
        _read_integer(directories, tags, _WIDTH, 0),
        _read_integer(directories, tags, _HEIGHT, 0),
    )
    if width <= 0 or height <= 0:
        raise IncompleteFile("its first page has no size")
    bits = _read_integer(directories, tags, _BITS, 1)
    samples = _read_integer(directories, tags, _SAMPLES, 1)
    _check_all_parts(directories, tags, data, (width, height, bits, samples))
    _check_later_pages(directories, pages[1 : max_frames + 1], data)
    for pointer in _POINTERS:
        _check_subdirectory(directories, _read_integer(directories, tags, pointer, 0))
    return Outline(
        format="TIFF",
        width=width,
        height=height,
        frames=len(pages),
        bits=bits,
        decoder_bytes=max(1.0, bits / 8) if samples == 1 else 4.0,
        exif=data,
        profile=_read_bytes(data, tags.get(_PROFILE)),
        xmp=_read_bytes(data, tags.get(_XMP)),
    )


def _read_integer(directories: Directories, tags: dict[int, Entry], tag: int, default: int) -> int:
    """Read the first value of a tag, a whole number."""
    entry = tags.get(tag)
    values = (
        directories.read_values(entry, max_count=1) if entry is not None and entry.count else default
    )
    return values if isinstance(values, int) else default


def _read_bytes(data: bytes, entry: Entry | None) -> bytes:
    return b"" if entry is None else data[entry.offset : entry.offset + entry.size]


def _check_all_parts(
    directories: Directories, tags: dict[int, Entry], data: bytes, layout: tuple[int, int, int, int]
) -> None:
    """Refuse a first page that has fewer strips or tiles than it needs, or not all their bytes."""
    width, height, bits, samples = layout
    planes = samples if _read_integer(directories, tags, _PLANES, 1) == 2 else 1
    is_tiled = _TILES in tags
    rows = min(
        height,
        max(1, _read_integer(directories, tags, _TILE_HEIGHT if is_tiled else _ROWS_PER_STRIP, height)),
    )
    across = (
        ceil(width / max(1, _read_integer(directories, tags, _TILE_WIDTH, width))) if is_tiled else 1
    )
    needed = planes * across * ceil(height / rows)
    check_count(needed, _MAX_PARTS, "strips or tiles")
    offsets = directories.read_integers(_check_entry_count(tags.get(_TILES if is_tiled else _STRIPS)))
    sizes = directories.read_integers(
        _check_entry_count(tags.get(_TILE_SIZES if is_tiled else _STRIP_SIZES))
    )
    if len(offsets) < needed:
        raise IncompleteFile(f"{needed - len(offsets)} of its {needed} strips or tiles are missing")
    if _read_integer(directories, tags, _COMPRESSION, _UNCOMPRESSED) == _UNCOMPRESSED and not is_tiled:
        row = (width * bits * (1 if planes > 1 else samples) + 7) // 8
        per_plane = needed // planes
        sizes = tuple(row * min(rows, height - rows * (part % per_plane)) for part in range(needed))
    for offset, size in zip(offsets[:needed], sizes[:needed] or (1,) * needed, strict=False):
        if not 0 < offset <= offset + max(size, 1) <= len(data):
            raise IncompleteFile("the picture's data end before the picture does")


def _check_later_pages(directories: Directories, pages: list[int], data: bytes) -> None:
    """Refuse a file that ends within a page behind the first; what else these are is not looked at."""
    count = 0
    for page in pages:
        tags = directories.read_entries(page)
        for offset_tag, size_tag in ((_STRIPS, _STRIP_SIZES), (_TILES, _TILE_SIZES)):
            offsets = directories.read_integers(_check_entry_count(tags.get(offset_tag)))
            lengths = directories.read_integers(_check_entry_count(tags.get(size_tag)))
            count += len(offsets)
            check_count(count, _MAX_PARTS, "strips or tiles")
            if any(begin + size > len(data) for begin, size in zip(offsets, lengths, strict=False)):
                raise IncompleteFile("it ends within a later page")


def _check_subdirectory(directories: Directories, offset: int) -> None:
    """Refuse directories below the first that Pillow reads and that say more than the file holds."""
    if offset:
        with suppress(IncompleteFile):
            directories.read_entries(offset)


def _check_entry_count(entry: Entry | None) -> Entry | None:
    if entry is not None:
        check_count(entry.count, _MAX_PARTS, "strips or tiles")
    return entry
