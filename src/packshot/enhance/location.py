"""Where a photo was taken: find it in a file's metadata and blank it, without touching a pixel.

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

from packshot.enhance.exif_location import blank_location
from packshot.enhance.heif_items import metadata_items
from packshot.enhance.named_places import (
    without_photoshop_places,
    without_xmp_packets_places,
    without_xmp_places,
)
from packshot.errors import InvalidInput

_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_TIFF: Final = (b"II*\0", b"MM\0*")
_PLAIN: Final = (b"GIF8", b"BM")
_EXIF, _XMP, _MORE_XMP, _PHOTOSHOP = (
    b"Exif\0\0",
    b"http://ns.adobe.com/xap/1.0/\0",
    b"http://ns.adobe.com/xmp/extension/\0",
    b"Photoshop 3.0\0",
)
_SEGMENT: Final = re.compile(
    rb"\xff[\xe1\xed](..)(" + b"|".join(map(re.escape, (_EXIF, _XMP, _MORE_XMP, _PHOTOSHOP))) + rb")",
    re.DOTALL,
)
"""A marker does not occur within coded pixels: this is metadata wherever it is, thumbnails' too."""

_DIGEST: Final = 32
_FILM: Final = re.compile(rb"\xa9xyz(.{4}[+-]\d\d[\d.]*[+-]\d\d\d[^/\0]{0,64}/?)", re.DOTALL)
"""The place in a film that a telephone puts behind a photo."""

_PNG_XMP: Final = b"XML:com.adobe.xmp\0"
_RAW_PROFILES: Final = tuple(
    b"Raw profile type %s\0" % kind for kind in (b"exif", b"APP1", b"xmp", b"iptc", b"8bim")
)
_MOST_TEXT: Final = 1 << 24
"""Bytes that a compressed text of a PNG may come to; a longer one is left out."""

_MOST_PIECES: Final = 128
"""Blocks of metadata in one file, extended XMP apart: a camera writes a few."""


@dataclass(frozen=True)
class Stripped:
    """A file without a place.

    Attributes:
        data: The file; the very same bytes where there was nothing to strip.
        had_location: Whether there was.
    """

    data: bytes
    had_location: bool


def strip_location(data: bytes) -> Stripped:
    """Blank where a photo was taken: GPS data of EXIF and XMP, and the fields of IPTC that name a place.

    Also in thumbnails, previews and later pictures of the file. What makers hide in notes of their own,
    and what captions tell, stays.

    Args:
        data: A JPEG, PNG, WebP, TIFF, HEIC, AVIF, GIF or BMP file.

    Raises:
        InvalidInput: Another format, or a file with too much in it to be looked through.
    """
    if data.startswith(_JPEG):
        clean = _jpeg(data)
    elif data.startswith(_PNG):
        clean = _png(data)
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        clean = _webp(data)
    elif data.startswith(_TIFF):
        clean = without_xmp_packets_places(_segments(blank_location(data)))
    elif data[4:8] == b"ftyp":
        clean = _heif(data)
    elif data.startswith(_PLAIN):
        clean = without_xmp_packets_places(data)
    else:
        raise InvalidInput("location cannot be stripped from this kind of file")
    return Stripped(clean, clean != data)


def _jpeg(data: bytes) -> bytes:
    clean = bytearray(_extended_xmp(_segments(data)))
    for film in _FILM.finditer(data):
        clean[film.start() : film.start() + 4] = b"free"
        clean[film.start(1) : film.end(1)] = bytes(len(film.group(1)))
    return bytes(clean)


def _segments(data: bytes) -> bytes:
    """What JPEG segments hold, wherever they stand in a file; extended XMP is another matter."""
    clean = bytearray(data)
    blocks = (found for found in _SEGMENT.finditer(data) if found.group(2) != _MORE_XMP)
    for number, found in enumerate(blocks):
        _require_few(number)
        start, end = found.end(), _end(data, found)
        if found.group(2) == _EXIF:
            clean[start:end] = blank_location(bytes(clean[start:end]))
        elif found.group(2) == _XMP:
            clean[start:end] = without_xmp_places(bytes(clean[start:end]))
        elif found.group(2) == _PHOTOSHOP:
            clean[start:end] = without_photoshop_places(bytes(clean[start:end]))
    return bytes(clean)


def _require_few(pieces: int) -> None:
    if pieces >= _MOST_PIECES:
        raise InvalidInput("more metadata than can be looked through for a location")


def _end(data: bytes, segment: re.Match[bytes]) -> int:
    return min(segment.start() + 2 + int.from_bytes(segment.group(1), "big"), len(data))


def _extended_xmp(data: bytes) -> bytes:
    """XMP too long for one segment: known by its digest, which the first one names, and put together."""
    pieces: dict[bytes, list[tuple[int, int, int]]] = defaultdict(list)
    for found in _SEGMENT.finditer(data):
        start = found.end() + _DIGEST + 8
        if found.group(2) == _MORE_XMP and start < (end := _end(data, found)):
            digest = data[found.end() : found.end() + _DIGEST]
            place = int.from_bytes(data[start - 4 : start], "big")
            pieces[digest].append((place, start, end))
    clean = data
    for digest, some in pieces.items():
        clean = _one_extended(clean, digest, sorted(some))
    return clean


def _one_extended(data: bytes, digest: bytes, pieces: list[tuple[int, int, int]]) -> bytes:
    whole = b"".join(data[start:end] for _, start, end in pieces)
    stripped = without_xmp_places(whole)
    if stripped == whole:
        return data
    clean, at = bytearray(data), 0
    for _, start, end in pieces:
        clean[start:end] = stripped[at : at + end - start]
        at += end - start
    # The standard asks for MD5.
    new = hashlib.md5(stripped, usedforsecurity=False).hexdigest().upper().encode()
    return bytes(clean).replace(digest, new)


def _webp(data: bytes) -> bytes:
    clean, at = bytearray(data), 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        start, end = at + 8, min(at + 8 + size, len(data))
        if name == b"EXIF":
            clean[start:end] = _exif(data[start:end])
        elif name == b"XMP ":
            clean[start:end] = without_xmp_places(data[start:end])
        at = at + 8 + size + size % 2
    return bytes(clean)


def _exif(block: bytes) -> bytes:
    """EXIF data, with or without the mark that it has in a JPEG file, and its thumbnail's."""
    mark = len(_EXIF) if block.startswith(_EXIF) else 0
    return block[:mark] + _segments(blank_location(block[mark:]))


def _heif(data: bytes) -> bytes:
    clean = bytearray(data)
    for number, (kind, extents) in enumerate(metadata_items(data)):
        _require_few(number)
        held = b"".join(data[start:end] for start, end in extents)
        stripped, at = _heif_exif(held) if kind == b"Exif" else without_xmp_packets_places(held), 0
        for start, end in extents:
            size = max(end - start, 0)
            clean[start : start + size] = stripped[at : at + size]
            at += size
    return bytes(clean)


def _heif_exif(held: bytes) -> bytes:
    """An EXIF item: how many bytes to leave out, then these, then the block."""
    start = 4 + int.from_bytes(held[:4], "big")
    return held[:start] + _exif(held[start:]) if start < len(held) else held


def _png(data: bytes) -> bytes:
    """Chunk by chunk; those that are not changed are copied, checksum and all."""
    parts, at = [data[:8]], 8
    while at + 12 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        whole = data[at : at + 12 + size]
        name, held = whole[4:8], whole[8 : 8 + size]
        clean = _png_chunk(name, held)
        if clean is not None:
            parts.append(whole if clean == held else _as_chunk(name, clean))
        at += 12 + size
    return b"".join([*parts, data[at:]])


def _as_chunk(name: bytes, held: bytes) -> bytes:
    return struct.pack(">I", len(held)) + name + held + struct.pack(">I", zlib.crc32(name + held))


def _png_chunk(name: bytes, held: bytes) -> bytes | None:
    """What a chunk should hold; None to leave it out."""
    if name == b"eXIf":
        return _exif(held)
    if name == b"iTXt" and held.startswith(_PNG_XMP):
        return _png_xmp(held)
    if name in (b"tEXt", b"zTXt", b"iTXt") and held.startswith(_RAW_PROFILES):
        return None if _raw_profile_has_place(name, held) else held
    return held


def _png_xmp(held: bytes) -> bytes | None:
    """An iTXt chunk: keyword, compressed or not, method, language, translated keyword, text."""
    compressed = held[len(_PNG_XMP) : len(_PNG_XMP) + 1] == b"\1"
    head_end = held.find(b"\0", held.find(b"\0", len(_PNG_XMP) + 2) + 1) + 1
    text = _inflated(held[head_end:]) if compressed else held[head_end:]
    if text is None:
        return None
    clean = without_xmp_places(text)
    if clean == text:
        return held
    return held[:head_end] + (zlib.compress(clean) if compressed else clean)


def _raw_profile_has_place(name: bytes, held: bytes) -> bool:
    """Whether a block that was written as hexadecimal text knows of a place, or is too long."""
    text: bytes | None = held.split(b"\0", 1)[1]
    if name == b"zTXt":
        text = _inflated((text or b"")[1:])
    if text is None:
        return True
    digits = b"".join(text.split()[2:])
    try:
        block = bytes.fromhex(digits.decode("ascii", "ignore"))
    except ValueError:
        return False
    return any(clean(block) != block for clean in (_exif, without_xmp_places, without_photoshop_places))


def _inflated(packed: bytes) -> bytes | None:
    """What was compressed; nothing where that cannot be read, None where it is too long."""
    reader = zlib.decompressobj()
    try:
        text = reader.decompress(packed, _MOST_TEXT)
    except zlib.error:
        return b""
    return None if reader.unconsumed_tail else text
