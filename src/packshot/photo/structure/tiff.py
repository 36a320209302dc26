"""The pages of a TIFF, and whether the strips or tiles of the first are in the file."""

from __future__ import annotations

import struct
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate, islice
from math import ceil
from typing import Literal

from packshot.photo.structure.directories import MAGIC, Directories, Entry
from packshot.photo.structure.outline import (
    ExcessiveFile,
    IncompleteFile,
    Outline,
    UnsupportedFile,
    check_count,
)

__all__ = ["MAGIC", "SamplePages", "TiffOutline", "extract_photo", "read_outline", "split_samples"]

# Numbers of tags: TIFF, revision 6, appendix A, and EXIF 2.3, section 4.6.3.
_WIDTH, _HEIGHT, _BITS, _COMPRESSION = 256, 257, 258, 259
_STRIPS, _SAMPLES, _ROWS_PER_STRIP, _STRIP_SIZES, _PLANES = 273, 277, 278, 279, 284
_TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_SIZES = 322, 323, 324, 325
_ORIENTATION, _SUBFILE_TYPE, _PHOTOMETRIC, _MAKE, _SUBDIRECTORIES, _SAMPLE_FORMAT = (
    274,
    254,
    262,
    271,
    330,
    339,
)
_POINTERS = (34665, 34853, 40965)
_PROFILE, _XMP, _DNG_VERSION = 34675, 700, 50706
_BIT_ORDER, _PREDICTOR, _PALETTE, _ALPHA = 266, 317, 320, 338
_JPEG_TABLES, _SUBSAMPLING, _RANGE = 347, 530, 532
_STRUCTURE_TAGS = frozenset((
    _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _STRIPS, _SAMPLES, _ROWS_PER_STRIP, _STRIP_SIZES,
    _PLANES, _TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_SIZES, _SAMPLE_FORMAT, _BIT_ORDER, _PREDICTOR,
    _PALETTE, _ALPHA, _JPEG_TABLES, _SUBSAMPLING, _RANGE,
))  # fmt: skip
"""Tags without which a picture is not the same; what others say is lost with them, and no more."""
_REDUCED = 1
"""The bit of a subfile type that says: a smaller version of another picture (TIFF 6, section 8)."""
_COLOUR_FILTERS, _LINEAR_RAW = 32803, 34892
"""Photometric interpretations of what a sensor saw: DNG specification 1.7, chapter 4."""
_RAW_COMPRESSIONS = frozenset((262, 32767, 32769, 32770, 34713, 65000, 65535))
"""Compressions of cameras' makers: Kodak, Sony, Epson, Samsung, Nikon, Kodak, Pentax."""
_RAW_NAMES = {
    "nikon": "NEF", "sony": "ARW", "canon": "CR2", "pentax": "PEF", "ricoh": "DNG", "samsung": "SRW",
    "hasselblad": "3FR", "olympus": "ORF", "epson": "ERF", "kodak": "DCR", "eastman": "DCR",
    "mamiya": "MEF", "leaf": "MOS", "phase one": "IIQ",
}  # fmt: skip
"""Raw formats by the beginning of the camera's maker."""
_CANON_MARK = b"CR\2"
_MAX_SUBDIRECTORIES = 64
"""Directories below a page, and pages, that are looked at for the photo: a camera writes up to five, a
pyramid of 100 megapixels eight."""
_UNCOMPRESSED = 1
_DIFFERENCES = 2
"""The predictor that tells each sample as the difference to that of the pixel before."""
_LONG = 4
"""The type of numbers of 32 bits."""
_MAX_PARTS = 65_536
"""Strips or tiles of a page: a row each of a photo as tall as a JPEG can be. Pillow takes 20
microseconds for each."""


@dataclass(frozen=True)
class TiffOutline(Outline):
    """A TIFF's structure.

    Attributes:
        directory: Offset of the directory of the page that is the photo.
        samples: Of a pixel.
        photometric: What they are: 0 grey whose white is zero, 1 grey, 2 RGB, 3 a palette, ...
        sample_format: 1 whole numbers, 2 with a sign, 3 floating point.
        is_planar: Each sample has a plane of its own.
        orientation: Where its value stands: first byte and the one behind; the same for none.
        lost: Offsets of the photo's tags whose values lie behind the end of the file.

    Example:
        >>> import io
        >>> from PIL import Image
        >>> Image.new("F", (80, 60)).save(file := io.BytesIO(), "TIFF")
        >>> outline = read_outline(file.getvalue(), max_frames=1)
        >>> outline.samples, outline.sample_format, outline.bits
        (1, 3, 32)
    """

    directory: int = 0
    samples: int = 1
    photometric: int = 1
    sample_format: int = 1
    is_planar: bool = False
    orientation: tuple[int, int] = (0, 0)
    lost: tuple[int, ...] = ()


def read_outline(data: bytes, max_frames: int) -> TiffOutline:
    """Walk through a TIFF's pages, no further than one past `max_frames`.

    The photo is the first page, unless that calls itself a reduced version of another: then it is the
    largest that does not.

    Raises:
        IncompleteFile: Pages, strips or tiles are missing.
        ExcessiveFile: It has more tags or parts than a photo.
        UnsupportedFile: It is what a camera's sensor saw.

    Example:
        >>> import io
        >>> from PIL import Image
        >>> Image.new("I;16", (80, 60)).save(file := io.BytesIO(), "TIFF")
        >>> outline = read_outline(file.getvalue(), max_frames=1)
        >>> outline.width, outline.height, outline.bits, outline.decoder_bytes
        (80, 60, 16, 2.0)
    """
    if data[8:11] == _CANON_MARK:
        raise _make_raw_error("CR2")
    directories = Directories(data)
    pages = list(islice(directories.iter_offsets(), max_frames + 1))
    if not pages:
        raise IncompleteFile("it has no page")
    photo = _find_photo(directories, pages)
    tags = directories.read_entries(photo, required=_STRUCTURE_TAGS)
    width, height = (
        _read_integer(directories, tags, _WIDTH, 0),
        _read_integer(directories, tags, _HEIGHT, 0),
    )
    if width <= 0 or height <= 0:
        raise IncompleteFile("its first page has no size")
    bits = _read_integer(directories, tags, _BITS, 1)
    samples = _read_integer(directories, tags, _SAMPLES, 1)
    _check_all_parts(directories, tags, data, (width, height, bits, samples))
    _check_later_pages(directories, [page for page in pages[1 : max_frames + 1] if page != photo], data)
    for pointer in _POINTERS:
        _check_subdirectory(directories, _read_integer(directories, tags, pointer, 0))
    return TiffOutline(
        format="TIFF",
        width=width,
        height=height,
        frames=len(pages),
        bits=bits,
        decoder_bytes=max(1.0, bits / 8) if samples == 1 else 4.0,
        exif=data,
        profile=_read_bytes(data, tags.get(_PROFILE)),
        xmp=_read_bytes(data, tags.get(_XMP)),
        directory=photo,
        samples=samples,
        photometric=_read_integer(directories, tags, _PHOTOMETRIC, 0),
        sample_format=_read_integer(directories, tags, _SAMPLE_FORMAT, 1),
        is_planar=samples > 1 and _read_integer(directories, tags, _PLANES, 1) == 2,
        orientation=_find_value(tags.get(_ORIENTATION)),
        lost=tuple(directories.find_lost_entries(photo)),
    )


def extract_photo(data: bytes, outline: TiffOutline, *, keep_orientation: bool = True) -> bytes:
    """Return a TIFF whose first page is the photo; the very same bytes where it is already.

    Of tags whose values are lost a single byte is left: Pillow passes over all tags behind such a one.

    Args:
        data: The file.
        outline: Of it.
        keep_orientation: Else it says that it is upright, whatever it said: for decoders that turn it.

    Example:
        >>> import io
        >>> from PIL import Image
        >>> Image.new("L", (80, 60)).save(file := io.BytesIO(), "TIFF", tiffinfo={274: 6})
        >>> data = file.getvalue()
        >>> outline = read_outline(data, max_frames=1)
        >>> upright = extract_photo(data, outline, keep_orientation=False)
        >>> Image.open(io.BytesIO(data)).size, Image.open(io.BytesIO(upright)).size
        ((60, 80), (80, 60))
    """
    order: Literal["little", "big"] = "little" if data[:1] == b"I" else "big"
    begin, size = (8, 8) if b"+" in data[2:4] else (4, 4)
    if int.from_bytes(data[begin : begin + size], order) != outline.directory:
        data = data[:begin] + outline.directory.to_bytes(size, order) + data[begin + size :]
    begin, end = outline.orientation
    if outline.lost or not (begin == end or keep_orientation):
        patched = bytearray(data)
        if begin < end and not keep_orientation:
            patched[begin:end] = (1).to_bytes(end - begin, order)
        for entry in outline.lost:
            patched[entry + 2 : entry + 4 + size] = (1).to_bytes(2, order) + (1).to_bytes(size, order)
        return bytes(patched)
    return data


@dataclass(frozen=True)
class SamplePages:
    """A picture of several samples as pages of grey, which every decoder reads.

    Attributes:
        pages: TIFFs of one sample, of 16 bits: one for each plane, or one that is as many times wider as
            each pixel has samples, which stand beside each other.
        is_opacity: Whether the sample behind the colours is an opacity.
        is_premultiplied: Whether the colours were multiplied by it.
        difference_width: Pixels of a row of which each is told as the difference to the one before; 0
            where they are told as they are.
    """

    pages: tuple[bytes, ...]
    is_opacity: bool
    is_premultiplied: bool
    difference_width: int


def split_samples(data: bytes, outline: TiffOutline) -> SamplePages:
    """Split a picture of samples of 16 bits into pages of one.

    Args:
        data: The file.
        outline: Of it.

    Example:
        >>> import io
        >>> from PIL import Image
        >>> Image.new("I;16", (80, 60)).save(file := io.BytesIO(), "TIFF")
        >>> data = file.getvalue()
        >>> (page,) = split_samples(data, read_outline(data, max_frames=1)).pages
        >>> Image.open(io.BytesIO(page)).size
        (80, 60)
    """
    directories = Directories(data)
    tags = directories.read_entries(outline.directory, required=_STRUCTURE_TAGS)
    is_tiled = _TILES in tags
    names = (_TILES, _TILE_SIZES) if is_tiled else (_STRIPS, _STRIP_SIZES)
    offsets, sizes = (directories.read_integers(tags.get(name)) for name in names)
    parts = [data[begin : begin + size] for begin, size in zip(offsets, sizes, strict=True)]
    plane_count = outline.samples if outline.is_planar else 1
    across = 1 if outline.is_planar else outline.samples
    predictor = _read_integer(directories, tags, _PREDICTOR, 1)
    is_difference = predictor == _DIFFERENCES and across > 1
    layout = {
        _WIDTH: outline.width * across,
        _HEIGHT: outline.height,
        _BITS: 16,
        _COMPRESSION: _read_integer(directories, tags, _COMPRESSION, _UNCOMPRESSED),
        _PHOTOMETRIC: 1,
        _SAMPLES: 1,
        _PREDICTOR: 1 if is_difference else predictor,
    }
    tile_width = _read_integer(directories, tags, _TILE_WIDTH, outline.width)
    if is_tiled:
        layout[_TILE_WIDTH] = tile_width * across
        layout[_TILE_HEIGHT] = _read_integer(directories, tags, _TILE_HEIGHT, outline.height)
    else:
        layout[_ROWS_PER_STRIP] = _read_integer(directories, tags, _ROWS_PER_STRIP, outline.height)
    per_plane = len(parts) // plane_count
    extra = _read_integer(directories, tags, _ALPHA, 0)
    return SamplePages(
        tuple(
            _write_page(data[:1], layout, parts[plane * per_plane :][:per_plane], names)
            for plane in range(plane_count)
        ),
        is_opacity=extra in (1, 2),
        is_premultiplied=extra == 1,
        difference_width=tile_width if is_difference else 0,
    )


def _write_page(
    order_mark: bytes, layout: dict[int, int], parts: list[bytes], names: tuple[int, int]
) -> bytes:
    """Write a TIFF of one page: header, directory, the lists of its parts, the parts."""
    order = "<" if order_mark == b"I" else ">"
    directory_size = 2 + 12 * (len(layout) + 2) + 4
    list_begin = 8 + directory_size
    begin = list_begin + (8 * len(parts) if len(parts) > 1 else 0)
    ends = list(accumulate(map(len, parts), initial=begin))
    lists = {names[0]: ends[:-1], names[1]: [len(part) for part in parts]}
    places = {names[0]: list_begin, names[1]: list_begin + 4 * len(parts)}
    entries = b""
    for tag in sorted({*layout, *names}):
        values = lists.get(tag) or [layout[tag]]
        value = places[tag] if len(values) > 1 else values[0]
        entries += struct.pack(order + "HHLL", tag, _LONG, len(values), value)
    header = order_mark * 2 + struct.pack(order + "HLH", 42, 8, len(layout) + 2)
    numbers = [*lists[names[0]], *lists[names[1]]] if len(parts) > 1 else []
    return b"".join(
        (header, entries, bytes(4), struct.pack(f"{order}{len(numbers)}L", *numbers), *parts)
    )


def _find_photo(directories: Directories, pages: list[int]) -> int:
    """Find the directory that is the photo, and refuse raw files, whose pictures are previews."""
    first = directories.read_entries(pages[0])
    subdirectories = _find_subdirectories(directories, first)
    others = [
        (offset, _try_entries(directories, offset))
        for offset in (*pages[1:_MAX_SUBDIRECTORIES], *subdirectories)
    ]
    _check_not_raw(directories, first, [first, *(tags for _, tags in others)])
    if not _is_reduced(directories, first):
        return pages[0]
    sizes = {
        offset: _read_integer(directories, tags, _WIDTH, 0)
        * _read_integer(directories, tags, _HEIGHT, 0)
        for offset, tags in others
        if not _is_reduced(directories, tags)
    }
    largest = max(sizes, key=sizes.__getitem__, default=pages[0])
    if subdirectories and not sizes.get(largest):
        raise IncompleteFile("it has a thumbnail, and the photo is missing")
    return largest if sizes.get(largest) else pages[0]


def _find_subdirectories(directories: Directories, tags: dict[int, Entry]) -> tuple[int, ...]:
    entry = tags.get(_SUBDIRECTORIES)
    if entry is None or entry.count > _MAX_SUBDIRECTORIES:
        return ()
    return directories.read_integers(entry)


def _try_entries(directories: Directories, offset: int) -> dict[int, Entry]:
    with suppress(IncompleteFile, ExcessiveFile):
        return directories.read_entries(offset)
    return {}


def _is_reduced(directories: Directories, tags: dict[int, Entry]) -> bool:
    return bool(_read_integer(directories, tags, _SUBFILE_TYPE, 0) & _REDUCED)


def _check_not_raw(
    directories: Directories, first: dict[int, Entry], all_tags: list[dict[int, Entry]]
) -> None:
    """Refuse what a camera's sensor saw: it has colours only once it is developed."""
    if _DNG_VERSION in first:
        raise _make_raw_error("DNG")
    for tags in all_tags:
        photometric = _read_integer(directories, tags, _PHOTOMETRIC, 0)
        compression = _read_integer(directories, tags, _COMPRESSION, _UNCOMPRESSED)
        if photometric in (_COLOUR_FILTERS, _LINEAR_RAW) or compression in _RAW_COMPRESSIONS:
            maker = directories.read_values(first[_MAKE]) if _MAKE in first else ""
            names = (
                name
                for begin, name in _RAW_NAMES.items()
                if str(maker).strip().lower().startswith(begin)
            )
            raise _make_raw_error(next(names, ""))


def _make_raw_error(name: str) -> UnsupportedFile:
    kind = f" ({name})" if name else ""
    return UnsupportedFile(
        f"is a camera's raw file{kind}, not a finished photo: export it as JPEG, PNG or TIFF"
    )


def _read_integer(directories: Directories, tags: dict[int, Entry], tag: int, default: int) -> int:
    """Read the first value of a tag, a whole number."""
    entry = tags.get(tag)
    values = (
        directories.read_values(entry, max_count=1) if entry is not None and entry.count else default
    )
    return values if isinstance(values, int) else default


def _find_value(entry: Entry | None) -> tuple[int, int]:
    return (0, 0) if entry is None else (entry.offset, entry.offset + entry.size)


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
            raise IncompleteFile("the image data ends before the image is complete")


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
