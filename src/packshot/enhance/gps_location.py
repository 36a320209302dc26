"""Locations of photos: found in a file's metadata and blanked, without touching a pixel.

Blanked in place: no byte of the file moves, so that nothing that points to another part of it breaks
(the second picture of a camera's multi-picture file, a maker's notes, a thumbnail). Only PNG chunks are
written anew.
"""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from packshot.enhance.gps_in_exif import blank_location
from packshot.enhance.heif_items import iter_metadata_items
from packshot.enhance.places_in_text import blank_photoshop_places, blank_xmp_packets, blank_xmp_places
from packshot.errors import InvalidInput

_JPEG_MAGIC, _PNG_MAGIC = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_TIFF_MAGICS: Final = (b"II*\0", b"MM\0*")
_GIF_AND_BMP_MAGICS: Final = (b"GIF8", b"BM")
_EXIF_MARK, _XMP_MARK, _EXTENDED_XMP_MARK, _PHOTOSHOP_MARK = (
    b"Exif\0\0",
    b"http://ns.adobe.com/xap/1.0/\0",
    b"http://ns.adobe.com/xmp/extension/\0",
    b"Photoshop 3.0\0",
)
_METADATA_SEGMENT: Final = re.compile(
    rb"\xff[\xe1\xed](..)("
    + b"|".join(map(re.escape, (_EXIF_MARK, _XMP_MARK, _EXTENDED_XMP_MARK, _PHOTOSHOP_MARK)))
    + rb")",
    re.DOTALL,
)
"""A marker does not occur within coded pixels: this is metadata wherever it is, thumbnails' too."""

_DIGEST_BYTES: Final = 32
"""Of extended XMP's digest: MD5 in hexadecimal (XMP specification, part 3, 1.1.3.1)."""

_FILM_PLACE: Final = re.compile(rb"\xa9xyz(.{4}[+-]\d\d[\d.]*[+-]\d\d\d[^/\0]{0,64}/?)", re.DOTALL)
"""The place in a film that a telephone puts behind a photo."""

_PNG_XMP_KEYWORD: Final = b"XML:com.adobe.xmp\0"
_RAW_PROFILES: Final = tuple(
    b"Raw profile type %s\0" % kind for kind in (b"exif", b"APP1", b"xmp", b"iptc", b"8bim")
)
_MAX_TEXT_BYTES: Final = 1 << 24
"""Bytes, 16 MiB, that a compressed text of a PNG may come to; a longer one is left out, for memory. A
judgement."""

_MAX_METADATA_BLOCKS: Final = 128
"""Blocks of metadata in one file, extended XMP apart: a camera writes a few, and a file with more is
refused, for time. A judgement."""


@dataclass(frozen=True)
class StrippedFile:
    """A file without a place.

    Attributes:
        data: The file; the very same bytes where there was nothing to strip.
        had_location: Whether there was.

    Example:
        >>> StrippedFile(data=b"...", had_location=True).had_location
        True
    """

    data: bytes
    had_location: bool


def strip_location(data: bytes) -> StrippedFile:
    """Blank a photo's location: GPS data of EXIF and XMP, and the fields of IPTC that name a place.

    Also in thumbnails, previews and later pictures of the file. Places in makers' own notes and in
    captions stay.

    Args:
        data: A JPEG, PNG, WebP, TIFF, HEIC, AVIF, GIF or BMP file.

    Raises:
        InvalidInput: Another format, or a file with too much in it to be looked through.

    Example:
        >>> import io
        >>> from PIL import Image
        >>> file, exif = io.BytesIO(), Image.Exif()
        >>> exif.get_ifd(0x8825)[1] = "N"
        >>> Image.new("RGB", (8, 8)).save(file, "JPEG", exif=exif)
        >>> strip_location(file.getvalue()).had_location
        True
    """
    if data.startswith(_JPEG_MAGIC):
        clean = _blank_jpeg(data)
    elif data.startswith(_PNG_MAGIC):
        clean = _blank_png(data)
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        clean = _blank_webp(data)
    elif data.startswith(_TIFF_MAGICS):
        clean = blank_xmp_packets(_blank_segments(blank_location(data)))
    elif data[4:8] == b"ftyp":
        clean = _blank_heif(data)
    elif data.startswith(_GIF_AND_BMP_MAGICS):
        clean = blank_xmp_packets(data)
    else:
        raise InvalidInput("location cannot be stripped from this kind of file")
    return StrippedFile(clean, clean != data)


def _blank_jpeg(data: bytes) -> bytes:
    clean = bytearray(_blank_extended_xmp(_blank_segments(data)))
    for film_match in _FILM_PLACE.finditer(data):
        clean[film_match.start() : film_match.start() + 4] = b"free"
        clean[film_match.start(1) : film_match.end(1)] = bytes(len(film_match.group(1)))
    return bytes(clean)


def _blank_segments(data: bytes) -> bytes:
    """Blank the contents of JPEG segments, wherever they stand in a file, but for extended XMP."""
    clean = bytearray(data)
    blocks = (
        found for found in _METADATA_SEGMENT.finditer(data) if found.group(2) != _EXTENDED_XMP_MARK
    )
    for number, match in enumerate(blocks):
        _check_block_count(number)
        start, end = match.end(), _segment_end(data, match)
        if match.group(2) == _EXIF_MARK:
            clean[start:end] = blank_location(bytes(clean[start:end]))
        elif match.group(2) == _XMP_MARK:
            clean[start:end] = blank_xmp_places(bytes(clean[start:end]))
        elif match.group(2) == _PHOTOSHOP_MARK:
            clean[start:end] = blank_photoshop_places(bytes(clean[start:end]))
    return bytes(clean)


def _check_block_count(block_count: int) -> None:
    if block_count >= _MAX_METADATA_BLOCKS:
        raise InvalidInput("more metadata than can be looked through for a location")


def _segment_end(data: bytes, segment: re.Match[bytes]) -> int:
    return min(segment.start() + 2 + int.from_bytes(segment.group(1), "big"), len(data))


def _blank_extended_xmp(data: bytes) -> bytes:
    """XMP too long for one segment: known by its digest, which the first one names, and put together."""
    pieces: dict[bytes, list[tuple[int, int, int]]] = defaultdict(list)
    for match in _METADATA_SEGMENT.finditer(data):
        start = match.end() + _DIGEST_BYTES + 8
        if match.group(2) == _EXTENDED_XMP_MARK and start < (end := _segment_end(data, match)):
            digest = data[match.end() : match.end() + _DIGEST_BYTES]
            offset = int.from_bytes(data[start - 4 : start], "big")
            pieces[digest].append((offset, start, end))
    clean = data
    for digest, parts in pieces.items():
        clean = _blank_extended_packet(clean, digest, sorted(parts))
    return clean


def _blank_extended_packet(data: bytes, digest: bytes, pieces: list[tuple[int, int, int]]) -> bytes:
    packet = b"".join(data[start:end] for _, start, end in pieces)
    stripped = blank_xmp_places(packet)
    if stripped == packet:
        return data
    clean, position = bytearray(data), 0
    for _, start, end in pieces:
        clean[start:end] = stripped[position : position + end - start]
        position += end - start
    # The standard asks for MD5.
    new_digest = hashlib.md5(stripped, usedforsecurity=False).hexdigest().upper().encode()
    return bytes(clean).replace(digest, new_digest)


def _blank_webp(data: bytes) -> bytes:
    clean, position = bytearray(data), 12
    while position + 8 <= len(data):
        name, size = (
            data[position : position + 4],
            int.from_bytes(data[position + 4 : position + 8], "little"),
        )
        start, end = position + 8, min(position + 8 + size, len(data))
        if name == b"EXIF":
            clean[start:end] = _blank_exif(data[start:end])
        elif name == b"XMP ":
            clean[start:end] = blank_xmp_places(data[start:end])
        position = position + 8 + size + size % 2
    return bytes(clean)


def _blank_exif(block: bytes) -> bytes:
    """EXIF data, with or without the mark that it has in a JPEG file, and its thumbnail's."""
    mark_length = len(_EXIF_MARK) if block.startswith(_EXIF_MARK) else 0
    return block[:mark_length] + _blank_segments(blank_location(block[mark_length:]))


def _blank_heif(data: bytes) -> bytes:
    clean = bytearray(data)
    for number, (kind, extents) in enumerate(iter_metadata_items(data)):
        _check_block_count(number)
        content = b"".join(data[start:end] for start, end in extents)
        stripped, position = (
            _blank_heif_exif(content) if kind == b"Exif" else blank_xmp_packets(content),
            0,
        )
        for start, end in extents:
            size = max(end - start, 0)
            clean[start : start + size] = stripped[position : position + size]
            position += size
    return bytes(clean)


def _blank_heif_exif(content: bytes) -> bytes:
    """Blank an EXIF item: a number of bytes to leave out, these bytes, and the block."""
    start = 4 + int.from_bytes(content[:4], "big")
    return content[:start] + _blank_exif(content[start:]) if start < len(content) else content


def _blank_png(data: bytes) -> bytes:
    """Chunk by chunk; those that are not changed are copied, checksum and all."""
    parts, position = [data[:8]], 8
    while position + 12 <= len(data):
        size = int.from_bytes(data[position : position + 4], "big")
        chunk = data[position : position + 12 + size]
        name, content = chunk[4:8], chunk[8 : 8 + size]
        clean = _blank_chunk(name, content)
        if clean is not None:
            parts.append(chunk if clean == content else _build_chunk(name, clean))
        position += 12 + size
    return b"".join([*parts, data[position:]])


def _build_chunk(name: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
    )


def _blank_chunk(name: bytes, content: bytes) -> bytes | None:
    """Return what a chunk should hold; None to leave it out."""
    if name == b"eXIf":
        return _blank_exif(content)
    if name == b"iTXt" and content.startswith(_PNG_XMP_KEYWORD):
        return _blank_png_xmp(content)
    if name in (b"tEXt", b"zTXt", b"iTXt") and content.startswith(_RAW_PROFILES):
        return None if _has_place_in_raw_profile(name, content) else content
    return content


def _blank_png_xmp(content: bytes) -> bytes | None:
    """Blank an iTXt chunk: keyword, compressed or not, method, language, translated keyword, text."""
    compressed = content[len(_PNG_XMP_KEYWORD) : len(_PNG_XMP_KEYWORD) + 1] == b"\1"
    head_end = content.find(b"\0", content.find(b"\0", len(_PNG_XMP_KEYWORD) + 2) + 1) + 1
    text = _decompress(content[head_end:]) if compressed else content[head_end:]
    if text is None:
        return None
    clean = blank_xmp_places(text)
    if clean == text:
        return content
    return content[:head_end] + (zlib.compress(clean) if compressed else clean)


def _has_place_in_raw_profile(name: bytes, content: bytes) -> bool:
    """Return whether a block that was written as hexadecimal text knows of a place, or is too long."""
    text: bytes | None = content.split(b"\0", 1)[1]
    if name == b"zTXt":
        text = _decompress((text or b"")[1:])
    if text is None:
        return True
    digits = b"".join(text.split()[2:])
    try:
        block = bytes.fromhex(digits.decode("ascii", "ignore"))
    except ValueError:
        return False
    return any(
        blank(block) != block for blank in (_blank_exif, blank_xmp_places, blank_photoshop_places)
    )


def _decompress(compressed: bytes) -> bytes | None:
    """Decompress a text: nothing where it cannot be read, None where it is too long."""
    decompressor = zlib.decompressobj()
    try:
        text = decompressor.decompress(compressed, _MAX_TEXT_BYTES)
    except zlib.error:
        return b""
    return None if decompressor.unconsumed_tail else text
