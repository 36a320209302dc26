"""The chunks of a PNG (PNG Specification, third edition), and whether its rows are all there."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from packshot.photo.structure.outline import (
    MAX_PROFILE_BYTES,
    CodePoints,
    IncompleteFile,
    Outline,
    check_count,
)

MAGIC = b"\x89PNG\r\n\x1a\n"

_MAX_CHUNKS = 100_000
"""Chunks of a file, three times what a photo needs: encoders flush picture data every 8 kB, so that 256
MB are 32 000 chunks."""
_MAX_TEXT_BYTES = 2**20
"""Bytes of a text, packed and unpacked: EXIF and XMP, which alone are read, take some kilobytes; what is
longer is cut, or left out where it is packed. A judgement."""
_CHUNK_BYTES = 65_536
"""Bytes of picture data that are unpacked at a time; nothing but memory depends on it."""
_MAX_UNPACKED_BYTES = 2**20
"""Bytes that come out at a time; nothing but memory depends on it."""
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Samples of a pixel by colour type: PNG Specification, third edition, section 6.1."""
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
_PALETTE = 3
_MAX_COLOURS = 256
"""Of a palette, each with an opacity."""
_COLOUR_CHUNKS = (b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"tRNS")
_EXIF_TEXTS = (b"Raw profile type exif", b"Raw profile type APP1")
_END_CHUNK = bytes(4) + b"IEND\xaeB`\x82"
_XMP_TEXT = b"XML:com.adobe.xmp"


@dataclass(frozen=True)
class PngOutline(Outline):
    """A PNG's structure.

    Attributes:
        interlaced: By Adam7.
        colour_type: 0, 2, 3, 4 or 6.
        gamma: The exponent that light was encoded with; None where nothing tells, or sRGB does.
        chromaticities: x and y of white, red, green and blue; none where nothing tells.
        colour_key: The one grey, or red, green and blue, as stored, that is clear; none for none.
        needed_chunks: Chunks that decoding needs beside the picture data, whole.
        data_ranges: Begin and end of each piece of compressed picture data.

    Example:
        >>> import io
        >>> from PIL import Image
        >>> Image.new("RGBA", (80, 60)).save(file := io.BytesIO(), "PNG")
        >>> outline = read_outline(file.getvalue())
        >>> outline.colour_type, outline.interlaced, len(outline.data_ranges)
        (6, False, 1)
    """

    interlaced: bool = False
    colour_type: int = 0
    gamma: float | None = None
    chromaticities: tuple[float, ...] = ()
    colour_key: tuple[int, ...] = ()
    needed_chunks: tuple[bytes, ...] = field(default=(), repr=False)
    data_ranges: tuple[tuple[int, int], ...] = field(default=(), repr=False)


@dataclass
class _ParserState:
    """The parts that were found so far."""

    needed_chunks: list[bytes] = field(default_factory=list)
    data_ranges: list[tuple[int, int]] = field(default_factory=list)
    frames: int = 1
    has_end: bool = False
    exif: bytes | None = None
    profile: bytes | None = None
    xmp: bytes | None = None
    colours: dict[bytes, bytes] = field(default_factory=dict)


def read_outline(data: bytes) -> PngOutline:
    """Walk through a PNG.

    Raises:
        IncompleteFile: No header or no picture data.
        ExcessiveFile: It has more chunks than a photo.

    Example:
        >>> import io
        >>> from PIL import Image
        >>> Image.new("L", (80, 60)).save(file := io.BytesIO(), "PNG")
        >>> outline = read_outline(file.getvalue())
        >>> outline.width, outline.height, outline.bits, outline.decoder_bytes
        (80, 60, 8, 1.0)
    """
    header = data[16:29]
    if data[12:16] != b"IHDR" or len(header) < 13 or header[9] not in _CHANNELS:
        raise IncompleteFile("it has no header that makes sense")
    state = _ParserState()
    for kind, begin, end in _iter_chunks(data):
        _add_chunk(state, header[9], kind, data, begin, end)
    if not state.data_ranges:
        raise IncompleteFile("it ends before its picture begins")
    if state.frames > 1 and not state.has_end:
        raise IncompleteFile("it ends before its animation does")
    return PngOutline(
        format="PNG",
        width=int.from_bytes(header[:4]),
        height=int.from_bytes(header[4:8]),
        bits=header[8],
        frames=state.frames,
        decoder_bytes=_decoder_bytes(header[9], header[8]),
        exif=state.exif or b"",
        profile=state.profile or b"",
        xmp=state.xmp or b"",
        code_points=_read_code_points(state.colours.get(b"cICP", b"")),
        gamma=_read_gamma(state.colours),
        chromaticities=_read_chromaticities(state.colours.get(b"cHRM", b"")),
        colour_key=_read_colour_key(header[9], header[8], state.colours.get(b"tRNS", b"")),
        interlaced=bool(header[12]),
        colour_type=header[9],
        needed_chunks=tuple(state.needed_chunks),
        data_ranges=tuple(state.data_ranges),
    )


def extract_first_picture(data: bytes, outline: PngOutline, *, with_checksum: bool = False) -> bytes:
    """Write a PNG of the first picture alone, of nothing but what decoding needs.

    Pillow looks at neither the length nor the checksum of picture data, so they stand in one chunk.

    Args:
        data: The file.
        outline: Of it.
        with_checksum: Make that of the picture data, for decoders that do look.

    Example:
        >>> import io
        >>> from PIL import Image
        >>> from PIL.PngImagePlugin import PngInfo
        >>> (info := PngInfo()).add_text("comment", "x" * 1000)
        >>> Image.new("L", (80, 60)).save(file := io.BytesIO(), "PNG", pnginfo=info)
        >>> b"comment" in extract_first_picture(file.getvalue(), read_outline(file.getvalue()))
        False
    """
    view = memoryview(data)
    parts = [view[begin:end] for begin, end in outline.data_ranges]
    checksum = 0
    if with_checksum:
        checksum = zlib.crc32(b"IDAT")
        for part in parts:
            checksum = zlib.crc32(part, checksum)
    head = (MAGIC, *outline.needed_chunks, sum(map(len, parts)).to_bytes(4), b"IDAT")
    return b"".join((*head, *parts, checksum.to_bytes(4), _END_CHUNK))


def check_all_rows(data: bytes, outline: PngOutline) -> None:
    """Refuse a PNG whose compressed data hold fewer rows than its header promises.

    Raises:
        IncompleteFile: Rows are missing.

    Example:
        >>> rows = zlib.compress(bytes(50))
        >>> outline = PngOutline("PNG", width=9, height=6, data_ranges=((0, len(rows)),))
        >>> count_row_bytes(outline)
        60
        >>> check_all_rows(rows, outline)
        Traceback (most recent call last):
            ...
        packshot.photo.structure.outline.IncompleteFile: the image data ends before the image is complete
    """
    missing_bytes, decompressor = count_row_bytes(outline), zlib.decompressobj()
    try:
        for begin, end in outline.data_ranges:
            for start in range(begin, end, _CHUNK_BYTES):
                remaining = data[start : min(start + _CHUNK_BYTES, end)]
                while remaining and missing_bytes > 0:
                    missing_bytes -= len(decompressor.decompress(remaining, _MAX_UNPACKED_BYTES))
                    remaining = decompressor.unconsumed_tail
                if missing_bytes <= 0 or decompressor.eof:
                    break
    except zlib.error as error:
        raise IncompleteFile(f"its image data is damaged: {error}") from None
    if missing_bytes > 0:
        raise IncompleteFile("the image data ends before the image is complete")


def count_row_bytes(outline: PngOutline) -> int:
    """Count the bytes of all rows, each with its filter byte.

    Example:
        >>> count_row_bytes(PngOutline("PNG", width=80, height=60, colour_type=2))  # 60 * (1 + 80 * 3)
        14460
    """
    depth = outline.bits * _CHANNELS[outline.colour_type]
    passes = _PASSES if outline.interlaced else ((0, 1, 0, 1),)
    total = 0
    for left, across, top, down in passes:
        columns, rows = -(-(outline.width - left) // across), -(-(outline.height - top) // down)
        total += rows * (1 + (columns * depth + 7) // 8) if columns > 0 and rows > 0 else 0
    return total


def _iter_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, begin and end of the content of each chunk, to the last; it may be cut short."""
    position, count = len(MAGIC), 0
    while position + 8 <= len(data):
        count += 1
        check_count(count, _MAX_CHUNKS, "chunks")
        length, kind = int.from_bytes(data[position : position + 4]), data[position + 4 : position + 8]
        begin = position + 8
        if not kind.isalpha():
            return
        yield kind, begin, min(begin + length, len(data))
        if kind == b"IEND":
            return
        position = begin + length + 4


def _add_chunk(
    state: _ParserState, colour_type: int, kind: bytes, data: bytes, begin: int, end: int
) -> None:
    """Take one chunk into account."""
    if kind == b"IEND":
        state.has_end = True
    elif kind == b"IDAT":
        state.data_ranges.append((begin, end))
    elif kind in _COLOUR_CHUNKS:
        _add_colours(state, colour_type, kind, data, begin, end)
    elif kind == b"IHDR" or (kind == b"PLTE" and colour_type == _PALETTE):
        if not state.data_ranges:
            state.needed_chunks.append(data[begin - 8 : end + 4])
    elif kind == b"acTL" and not state.data_ranges:
        state.frames = max(1, int.from_bytes(data[begin : begin + 4]))
    elif kind == b"eXIf":
        state.exif = state.exif or data[begin:end]
    elif kind in (b"tEXt", b"zTXt", b"iTXt"):
        _add_text(state, kind, data[begin : min(end, begin + _MAX_TEXT_BYTES)])


def _add_colours(
    state: _ParserState, colour_type: int, kind: bytes, data: bytes, begin: int, end: int
) -> None:
    """Take what decides about colours, unless it is damaged or stands where it may not."""
    content = data[begin : min(end, begin + MAX_PROFILE_BYTES)]
    is_whole = zlib.crc32(content, zlib.crc32(kind)).to_bytes(4) == data[end : end + 4]
    if state.data_ranges or not is_whole or kind in state.colours:
        return
    state.colours[kind] = content
    if kind == b"iCCP":
        state.profile = _decompress(content.partition(b"\0")[2][1:], MAX_PROFILE_BYTES)
    elif kind == b"tRNS" and colour_type == _PALETTE:
        state.needed_chunks.append(make_chunk(kind, content[:_MAX_COLOURS]))


def make_chunk(kind: bytes, content: bytes) -> bytes:
    """Write a chunk: its length, kind, content and checksum (section 5.3).

    Example:
        >>> make_chunk(b"IEND", b"").hex()
        '0000000049454e44ae426082'
    """
    checksum = zlib.crc32(content, zlib.crc32(kind))
    return b"".join((len(content).to_bytes(4), kind, content, checksum.to_bytes(4)))


def _read_code_points(content: bytes) -> CodePoints | None:
    """Read cICP (section 11.3.2.6), which says RGB by a zero."""
    is_valid = len(content) == 4 and content[2] == 0 and content[3] <= 1
    return CodePoints(content[0], content[1], bool(content[3])) if is_valid else None


def _read_gamma(colours: dict[bytes, bytes]) -> float | None:
    """Read gAMA (section 11.3.2.2), which says nothing beside sRGB."""
    content = colours.get(b"gAMA", b"")
    return int.from_bytes(content) / 1e5 if len(content) == 4 and b"sRGB" not in colours else None


def _read_chromaticities(content: bytes) -> tuple[float, ...]:
    """Read cHRM (section 11.3.2.1)."""
    if len(content) != 32:
        return ()
    return tuple(int.from_bytes(content[at : at + 4]) / 1e5 for at in range(0, 32, 4))


def _read_colour_key(colour_type: int, bits: int, content: bytes) -> tuple[int, ...]:
    """Read the colour that is clear (section 11.3.1.1): two bytes a sample, of which its bits count."""
    count = {0: 1, 2: 3}.get(colour_type, 0)
    if not count or len(content) != 2 * count:
        return ()
    mask = (1 << bits) - 1
    return tuple(int.from_bytes(content[at : at + 2]) & mask for at in range(0, 2 * count, 2))


def _add_text(state: _ParserState, kind: bytes, content: bytes) -> None:
    """Take EXIF as ImageMagick writes it, hexadecimal behind three lines; or XMP."""
    key, _, text = content.partition(b"\0")
    if key in _EXIF_TEXTS and state.exif is None:
        state.exif = b""
        lines = (_decompress(text[1:], _MAX_TEXT_BYTES) if kind == b"zTXt" else text).split(b"\n")
        with suppress(ValueError):
            state.exif = bytes.fromhex(b"".join(lines[3:]).decode("ascii", "replace"))
    elif key == _XMP_TEXT and kind == b"iTXt" and state.xmp is None:
        content = text[2:].split(b"\0", 2)[-1]  # Behind two flags: language, translated key, content.
        state.xmp = content if text[:1] == b"\0" else _decompress(content, _MAX_TEXT_BYTES)


def _decompress(data: bytes, max_bytes: int) -> bytes:
    """Decompress; nothing where that fails or gives more than `max_bytes` bytes."""
    decompressor = zlib.decompressobj()
    try:
        content = decompressor.decompress(data, max_bytes)
    except zlib.error:
        return b""
    return b"" if decompressor.unconsumed_tail else content


def _decoder_bytes(colour_type: int, bits: int) -> float:
    """Return the bytes Pillow keeps: one for grey and palettes, two for 16-bit grey, four for others."""
    if colour_type in (0, 3):
        return 2.0 if bits == 16 else 1.0
    return 4.0
