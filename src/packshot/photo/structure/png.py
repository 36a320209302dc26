"""The chunks of a PNG (PNG Specification, third edition), and whether its rows are all there."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from packshot.photo.structure.outline import Incomplete, Outline, require_few

MAGIC = b"\x89PNG\r\n\x1a\n"

# Encoders flush picture data every 8 kB: 256 MB are 32 000 chunks.
_MOST_CHUNKS = 100_000
_LARGEST_PROFILE = 4 * 2**20
_LARGEST_TEXT = 2**20
_STEP = 65_536
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# Start and step of columns and rows of Adam7's passes.
_PASSES = (
    (0, 8, 0, 8),
    (4, 8, 0, 8),
    (0, 4, 4, 8),
    (2, 4, 0, 4),
    (0, 2, 2, 4),
    (1, 2, 0, 2),
    (0, 1, 1, 2),
)
_EXIF_TEXTS = (b"Raw profile type exif", b"Raw profile type APP1")
_END = bytes(4) + b"IEND\xaeB`\x82"
_XMP_TEXT = b"XML:com.adobe.xmp"


@dataclass(frozen=True)
class PngOutline(Outline):
    """A PNG's structure.

    Attributes:
        interlaced: By Adam7.
        colour_type: 0, 2, 3, 4 or 6.
        needed: Chunks that decoding needs beside the picture data, whole.
        pieces: Begin and end of each piece of compressed picture data.
    """

    interlaced: bool = False
    colour_type: int = 0
    needed: tuple[bytes, ...] = field(default=(), repr=False)
    pieces: tuple[tuple[int, int], ...] = field(default=(), repr=False)


@dataclass
class _Walk:
    """What was met so far."""

    needed: list[bytes] = field(default_factory=list)
    pieces: list[tuple[int, int]] = field(default_factory=list)
    frames: int = 1
    ended: bool = False
    exif: bytes | None = None
    profile: bytes | None = None
    xmp: bytes | None = None


def outline(data: bytes) -> PngOutline:
    """Walk through a PNG.

    Raises:
        Incomplete: No header or no picture data.
        Excessive: It has more chunks than a photo.
    """
    header = data[16:29]
    if data[12:16] != b"IHDR" or len(header) < 13 or header[9] not in _CHANNELS:
        raise Incomplete("it has no header that makes sense")
    walk = _Walk()
    for kind, begin, end in _chunks(data):
        _meet(walk, kind, data, begin, end)
    if not walk.pieces:
        raise Incomplete("it ends before its picture begins")
    if walk.frames > 1 and not walk.ended:
        raise Incomplete("it ends before its animation does")
    return PngOutline(
        kind="PNG",
        width=int.from_bytes(header[:4]),
        height=int.from_bytes(header[4:8]),
        bits=header[8],
        frames=walk.frames,
        decoder_bytes=_decoder_bytes(header[9], header[8]),
        exif=walk.exif or b"",
        profile=walk.profile or b"",
        xmp=walk.xmp or b"",
        interlaced=bool(header[12]),
        colour_type=header[9],
        needed=tuple(walk.needed),
        pieces=tuple(walk.pieces),
    )


def first_picture(data: bytes, found: PngOutline) -> bytes:
    """A PNG of the first picture alone, of nothing but what decoding needs.

    Pillow looks at neither the length nor the checksum of picture data, so they stand in one chunk.
    """
    size = sum(end - begin for begin, end in found.pieces)
    view = memoryview(data)
    head = (MAGIC, *found.needed, size.to_bytes(4), b"IDAT")
    return b"".join((*head, *(view[begin:end] for begin, end in found.pieces), bytes(4), _END))


def require_all_rows(data: bytes, found: PngOutline) -> None:
    """Refuse a PNG whose compressed data hold fewer rows than its header promises.

    Raises:
        Incomplete: Rows are missing.
    """
    wanted, unpacker = unpacked_size(found), zlib.decompressobj()
    try:
        for begin, end in found.pieces:
            for start in range(begin, end, _STEP):
                left = data[start : min(start + _STEP, end)]
                while left and wanted > 0:
                    wanted -= len(unpacker.decompress(left, 1 << 20))
                    left = unpacker.unconsumed_tail
                if wanted <= 0 or unpacker.eof:
                    break
    except zlib.error as error:
        raise Incomplete(f"its picture data are damaged: {error}") from None
    if wanted > 0:
        raise Incomplete("the picture's data end before the picture does")


def unpacked_size(found: PngOutline) -> int:
    """Bytes of all rows, each with its filter byte."""
    depth = found.bits * _CHANNELS[found.colour_type]
    passes = _PASSES if found.interlaced else ((0, 1, 0, 1),)
    total = 0
    for left, across, top, down in passes:
        columns, rows = -(-(found.width - left) // across), -(-(found.height - top) // down)
        total += rows * (1 + (columns * depth + 7) // 8) if columns > 0 and rows > 0 else 0
    return total


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Kind, begin and end of the content of each chunk, to the last; the last may be cut short."""
    place, met = len(MAGIC), 0
    while place + 8 <= len(data):
        met += 1
        require_few(met, _MOST_CHUNKS, "chunks")
        length, kind = int.from_bytes(data[place : place + 4]), data[place + 4 : place + 8]
        begin = place + 8
        if not kind.isalpha():
            return
        yield kind, begin, min(begin + length, len(data))
        if kind == b"IEND":
            return
        place = begin + length + 4


def _meet(walk: _Walk, kind: bytes, data: bytes, begin: int, end: int) -> None:
    """Take one chunk into account."""
    if kind == b"IEND":
        walk.ended = True
    elif kind == b"IDAT":
        walk.pieces.append((begin, end))
    elif kind in (b"IHDR", b"PLTE", b"tRNS"):
        if not walk.pieces:
            walk.needed.append(data[begin - 8 : end + 4])
    elif kind == b"acTL" and not walk.pieces:
        walk.frames = max(1, int.from_bytes(data[begin : begin + 4]))
    elif kind == b"eXIf":
        walk.exif = walk.exif or data[begin:end]
    elif kind == b"iCCP" and walk.profile is None:
        walk.profile = _unpacked(data[begin:end].partition(b"\0")[2][1:], _LARGEST_PROFILE)
    elif kind in (b"tEXt", b"zTXt", b"iTXt"):
        _meet_text(walk, kind, data[begin : min(end, begin + _LARGEST_TEXT)])


def _meet_text(walk: _Walk, kind: bytes, content: bytes) -> None:
    """EXIF as ImageMagick writes it, hexadecimal behind three lines; or XMP."""
    key, _, text = content.partition(b"\0")
    if key in _EXIF_TEXTS and walk.exif is None:
        walk.exif = b""
        lines = (_unpacked(text[1:], _LARGEST_TEXT) if kind == b"zTXt" else text).split(b"\n")
        with suppress(ValueError):
            walk.exif = bytes.fromhex(b"".join(lines[3:]).decode("ascii", "replace"))
    elif key == _XMP_TEXT and kind == b"iTXt" and walk.xmp is None:
        content = text[2:].split(b"\0", 2)[-1]  # Behind two flags: language, translated key, content.
        walk.xmp = content if text[:1] == b"\0" else _unpacked(content, _LARGEST_TEXT)


def _unpacked(packed: bytes, most: int) -> bytes:
    """Decompressed, nothing where that fails or is larger than `most` bytes."""
    unpacker = zlib.decompressobj()
    try:
        content = unpacker.decompress(packed, most)
    except zlib.error:
        return b""
    return b"" if unpacker.unconsumed_tail else content


def _decoder_bytes(colour_type: int, bits: int) -> float:
    """Pillow keeps a byte for grey and palettes, two for 16-bit grey, four for anything else."""
    if colour_type in (0, 3):
        return 2.0 if bits == 16 else 1.0
    return 4.0
