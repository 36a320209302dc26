"""The pages of a TIFF, and whether the strips or tiles of the first are in the file."""

from __future__ import annotations

from contextlib import suppress
from itertools import islice
from math import ceil

from packshot.photo.structure.directories import MAGIC, Directories, Entry
from packshot.photo.structure.outline import Incomplete, Outline, require_few

__all__ = ["MAGIC", "outline"]

_WIDTH, _HEIGHT, _BITS, _CODING = 256, 257, 258, 259
_STRIPS, _SAMPLES, _ROWS, _STRIP_SIZES, _PLANES = 273, 277, 278, 279, 284
_TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_SIZES = 322, 323, 324, 325
_POINTERS = (34665, 34853, 40965)
_PROFILE, _XMP = 34675, 700
_PLAIN = 1
# A row each of a photo as tall as a JPEG can be; Pillow takes 20 microseconds for each.
_MOST_PARTS = 65_536


def outline(data: bytes, most_frames: int) -> Outline:
    """Walk through a TIFF's pages, no further than one past `most_frames`.

    Raises:
        Incomplete: Pages, strips or tiles are missing.
        Excessive: It has more tags or parts than a photo.
    """
    directories = Directories(data)
    pages = list(islice(directories.chain(), most_frames + 1))
    tags = directories.entries(directories.first, all_within=True)
    width, height = _one(directories, tags, _WIDTH, 0), _one(directories, tags, _HEIGHT, 0)
    if width <= 0 or height <= 0:
        raise Incomplete("its first page has no size")
    bits = _one(directories, tags, _BITS, 1)
    samples = _one(directories, tags, _SAMPLES, 1)
    _require_all_parts(directories, tags, data, (width, height, bits, samples))
    _require_later_parts(directories, pages[1 : most_frames + 1], data)
    for pointer in _POINTERS:
        _refuse_excess_below(directories, _one(directories, tags, pointer, 0))
    return Outline(
        kind="TIFF",
        width=width,
        height=height,
        frames=len(pages),
        bits=bits,
        decoder_bytes=max(1.0, bits / 8) if samples == 1 else 4.0,
        exif=data,
        profile=_bytes(data, tags.get(_PROFILE)),
        xmp=_bytes(data, tags.get(_XMP)),
    )


def _one(directories: Directories, tags: dict[int, Entry], tag: int, default: int) -> int:
    """The first value of a tag, a whole number."""
    entry = tags.get(tag)
    values = directories.values(entry, most=1) if entry is not None and entry.count else default
    return values if isinstance(values, int) else default


def _bytes(data: bytes, entry: Entry | None) -> bytes:
    return b"" if entry is None else data[entry.place : entry.place + entry.size]


def _require_all_parts(
    directories: Directories, tags: dict[int, Entry], data: bytes, form: tuple[int, int, int, int]
) -> None:
    """Refuse a first page that has fewer strips or tiles than it needs, or not all their bytes."""
    width, height, bits, samples = form
    planes = samples if _one(directories, tags, _PLANES, 1) == 2 else 1
    tiled = _TILES in tags
    rows = min(height, max(1, _one(directories, tags, _TILE_HEIGHT if tiled else _ROWS, height)))
    across = ceil(width / max(1, _one(directories, tags, _TILE_WIDTH, width))) if tiled else 1
    needed = planes * across * ceil(height / rows)
    require_few(needed, _MOST_PARTS, "strips or tiles")
    places = directories.whole_numbers(_few(tags.get(_TILES if tiled else _STRIPS)))
    sizes = directories.whole_numbers(_few(tags.get(_TILE_SIZES if tiled else _STRIP_SIZES)))
    if len(places) < needed:
        raise Incomplete(f"{needed - len(places)} of its {needed} strips or tiles are missing")
    if _one(directories, tags, _CODING, _PLAIN) == _PLAIN and not tiled:
        row = (width * bits * (1 if planes > 1 else samples) + 7) // 8
        per_plane = needed // planes
        sizes = tuple(row * min(rows, height - rows * (part % per_plane)) for part in range(needed))
    for place, size in zip(places[:needed], sizes[:needed] or (1,) * needed, strict=False):
        if not 0 < place <= place + max(size, 1) <= len(data):
            raise Incomplete("the picture's data end before the picture does")


def _require_later_parts(directories: Directories, pages: list[int], data: bytes) -> None:
    """Refuse a file that ends within a page behind the first; what else these are is not looked at."""
    met = 0
    for page in pages:
        tags = directories.entries(page)
        for places, sizes in ((_STRIPS, _STRIP_SIZES), (_TILES, _TILE_SIZES)):
            begins = directories.whole_numbers(_few(tags.get(places)))
            lengths = directories.whole_numbers(_few(tags.get(sizes)))
            met += len(begins)
            require_few(met, _MOST_PARTS, "strips or tiles")
            if any(begin + size > len(data) for begin, size in zip(begins, lengths, strict=False)):
                raise Incomplete("it ends within a later page")


def _refuse_excess_below(directories: Directories, place: int) -> None:
    """Refuse directories below the first that Pillow reads and that say more than the file holds."""
    if place:
        with suppress(Incomplete):
            directories.entries(place)


def _few(entry: Entry | None) -> Entry | None:
    if entry is not None:
        require_few(entry.count, _MOST_PARTS, "strips or tiles")
    return entry
