"""Where a photo was taken: find it in a file's metadata and blank it, without touching a pixel.

Blanked in place: no byte of the file moves, so that nothing that points to another part of it breaks
(the second picture of a camera's multi-picture file, a maker's notes, a thumbnail). Only PNG chunks are
written anew.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from packshot.enhance.exif_location import blank_location
from packshot.errors import InvalidInput

_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_EXIF, _XMP, _MORE_XMP = (
    b"Exif\0\0",
    b"http://ns.adobe.com/xap/1.0/\0",
    b"http://ns.adobe.com/xmp/extension/\0",
)
_PNG_XMP: Final = b"XML:com.adobe.xmp\0"
_RAW_PROFILES: Final = (
    b"Raw profile type exif\0",
    b"Raw profile type APP1\0",
    b"Raw profile type xmp\0",
)
_NO_LENGTH: Final = frozenset({0x01, *range(0xD0, 0xD8)})
_SCAN, _END, _APP1 = 0xDA, 0xD9, 0xE1
# As an attribute, or as an element with what it holds.
_PLACES: Final = re.compile(
    rb"""\b[\w-]+:GPS[A-Z]\w*\s*=\s*("[^"]*"|'[^']*')"""
    rb"""|<([\w-]+:GPS[A-Z]\w*)\b[^>]*?(/>|>.*?</\2\s*>)""",
    re.DOTALL,
)


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
    """Blank the GPS data of a JPEG, PNG or WebP file: in EXIF, also of later pictures, and in XMP.

    Text that names a place (IPTC city, captions) and what makers hide in notes of their own stays.

    Args:
        data: The file.

    Raises:
        InvalidInput: Another format.
    """
    if data.startswith(_JPEG):
        clean = _jpeg(data)
    elif data.startswith(_PNG):
        clean = _png(data)
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        clean = _webp(data)
    else:
        raise InvalidInput("location can be stripped from JPEG, PNG and WebP files only")
    return Stripped(clean, clean != data)


def _jpeg(data: bytes) -> bytes:
    clean = bytearray(data)
    for start, end in _application_segments(data):
        if data.startswith(_EXIF, start):
            place = slice(start + len(_EXIF), end)
            clean[place] = blank_location(bytes(clean[place]))
        elif data.startswith((_XMP, _MORE_XMP), start):
            clean[start:end] = _without_places(data[start:end])
    return bytes(clean)


def _application_segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Begin and end of what each APP1 segment holds, in every picture of the file."""
    at = 2
    while 0 <= at < len(data) - 3:
        if data[at] != 0xFF:
            at = _next_marker(data, at)
            continue
        marker = data[at + 1]
        if marker == _END:
            following = data.find(_JPEG, at + 2)
            at = following + 2 if following >= 0 else -1
        elif marker in _NO_LENGTH or marker in (0xFF, 0x00):
            at += 1 if marker == 0xFF else 2
        else:
            end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
            if marker == _APP1:
                yield at + 4, min(end, len(data))
            at = _next_marker(data, end) if marker == _SCAN else end


def _next_marker(data: bytes, at: int) -> int:
    """Where the coded pixels end: an FF that neither stuffs nor restarts; -1 for nowhere."""
    while (at := data.find(b"\xff", at)) >= 0 and at + 1 < len(data):
        if data[at + 1] != 0 and data[at + 1] not in _NO_LENGTH:
            return at
        at += 2
    return -1


def _without_places(xmp: bytes) -> bytes:
    """XMP with spaces for whatever is called GPS-something."""
    return _PLACES.sub(lambda found: b" " * len(found.group()), xmp)


def _webp(data: bytes) -> bytes:
    clean, at = bytearray(data), 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        start, end = at + 8, min(at + 8 + size, len(data))
        if name == b"EXIF":
            start += len(_EXIF) if data.startswith(_EXIF, start) else 0
            clean[start:end] = blank_location(data[start:end])
        elif name == b"XMP ":
            clean[start:end] = _without_places(data[start:end])
        at = at + 8 + size + size % 2
    return bytes(clean)


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
        return blank_location(held)
    if name == b"iTXt" and held.startswith(_PNG_XMP):
        return _png_xmp(held)
    if name in (b"tEXt", b"zTXt", b"iTXt") and held.startswith(_RAW_PROFILES):
        return None if _raw_profile_has_place(name, held) else held
    return held


def _png_xmp(held: bytes) -> bytes:
    """An iTXt chunk: keyword, compressed or not, method, language, translated keyword, text."""
    compressed = held[len(_PNG_XMP)] == 1
    head_end = held.find(b"\0", held.find(b"\0", len(_PNG_XMP) + 2) + 1) + 1
    text = zlib.decompress(held[head_end:]) if compressed else held[head_end:]
    clean = _without_places(text)
    if clean == text:
        return held
    return held[:head_end] + (zlib.compress(clean) if compressed else clean)


def _raw_profile_has_place(name: bytes, held: bytes) -> bool:
    """Whether a block that another program wrote as hexadecimal text knows of a place."""
    text = held.split(b"\0", 1)[1]
    if name == b"zTXt":
        text = zlib.decompress(text[1:])
    digits = b"".join(text.split()[2:])
    block = bytes.fromhex(digits.decode("ascii", "ignore"))
    block = block.removeprefix(_EXIF)
    return blank_location(block) != block or _without_places(block) != block
