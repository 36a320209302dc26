"""Places in texts that a file carries, XMP and IPTC: blanked within the bytes they take."""

from __future__ import annotations

import re
from typing import Final

_PLACE_NAMES: Final = (
    rb"(?:[\w.-]{1,64}:)?[Gg][Pp][Ss][A-Za-z]\w{0,40}"
    rb"|photoshop:(?:City|State|Country)"
    rb"|Iptc4xmpCore:(?:Location|CountryCode)"
    rb"|Iptc4xmpExt:Location(?:Created|Shown)"
)
_ATTRIBUTE: Final = re.compile(rb"(?<![\w:.-])(?:" + _PLACE_NAMES + rb""")\s*=\s*(?:"[^"]*"|'[^']*')""")
_ELEMENT: Final = re.compile(rb"<(" + _PLACE_NAMES + rb")(?=[\s/>])[^<>]*>")
_PACKET: Final = re.compile(rb"<(?:\w{1,16}:)?(?:xmpmeta|RDF)\b")
_PACKET_ENDS: Final = (b"xmpmeta>", b"RDF>")
_MAX_UNCLOSED: Final = 64
"""Elements without an end, after which XMP is no XMP: each is sought to the end of the text, which
takes time. A judgement."""

_MAX_PACKETS: Final = 256
"""Pieces of XMP in one file: one for each page or picture, of which a photo has a few. A judgement."""

_RESOURCE: Final = b"8BIM\x04\x04"
"""Signature and number of Photoshop's resource that holds IPTC data."""

_DATA_SET_MARKER, _APPLICATION_RECORD = 0x1C, 2
"""First byte of a data set, and the record in which photos are described (IPTC-IIM 4, chapter 6)."""

_PLACE_DATA_SETS: Final = frozenset({26, 27, 90, 92, 95, 100, 101})
"""Data sets of IPTC-IIM's record 2: content location, city, part of it, state, country."""


def blank_xmp_places(xmp: bytes) -> bytes:
    """Put spaces for GPS data in XMP, and for the fields of IPTC that name a place.

    Args:
        xmp: The text, as bytes.

    Returns:
        As many bytes.

    Example:
        >>> blank_xmp_places(b'<x exif:GPSLatitude="48,51N" dc:title="mug">').split()
        [b'<x', b'dc:title="mug">']
    """
    clean = bytearray(xmp)
    for match in _ATTRIBUTE.finditer(xmp):
        clean[match.start() : match.end()] = b" " * len(match.group())
    unclosed_count = 0
    for match in _ELEMENT.finditer(xmp):
        end = match.end()
        if not match.group().endswith(b"/>"):
            closing_tag = b"</" + match.group(1) + b">"
            closing_start = xmp.find(closing_tag, end)
            unclosed_count += closing_start < 0
            end = end if closing_start < 0 else closing_start + len(closing_tag)
        clean[match.start() : end] = b" " * (end - match.start())
        if unclosed_count > _MAX_UNCLOSED:
            break
    return bytes(clean)


def blank_xmp_packets(data: bytes) -> bytes:
    """Put spaces for places in every piece of XMP of a file, wherever it stands.

    Args:
        data: The file.

    Returns:
        As many bytes.

    Example:
        >>> file = b'GIF89a <x:xmpmeta><y photoshop:City="Oslo"/></x:xmpmeta>;'
        >>> blank_xmp_packets(file).split()
        [b'GIF89a', b'<x:xmpmeta><y', b'/></x:xmpmeta>;']
    """
    clean, position = bytearray(data), 0
    for _ in range(_MAX_PACKETS):
        match = _PACKET.search(data, position)
        if match is None:
            break
        ends = [data.find(end, match.end()) for end in _PACKET_ENDS]
        position = max(ends)
        if position < 0:
            break
        clean[match.start() : position] = blank_xmp_places(data[match.start() : position])
    return bytes(clean)


def blank_iptc_places(data: bytes) -> bytes:
    """Put spaces for the names of places in data sets of IPTC.

    Args:
        data: From the first data set on; what follows the last one stays.

    Returns:
        As many bytes.

    Example:
        >>> city, title = bytes([0x1C, 2, 90, 0, 4]) + b"Oslo", bytes([0x1C, 2, 5, 0, 3]) + b"mug"
        >>> b"Oslo" in blank_iptc_places(city + title), blank_iptc_places(city + title).endswith(title)
        (False, True)
    """
    clean, position = bytearray(data), 0
    while position + 5 <= len(data) and data[position] == _DATA_SET_MARKER:
        size = int.from_bytes(data[position + 3 : position + 5], "big")
        start, end = position + 5, min(position + 5 + size, len(data))
        if data[position + 1] == _APPLICATION_RECORD and data[position + 2] in _PLACE_DATA_SETS:
            clean[start:end] = b" " * (end - start)
        position = end
    return bytes(clean)


def blank_photoshop_places(data: bytes) -> bytes:
    """Put spaces for the names of places in IPTC data among Photoshop's resources.

    Args:
        data: The resources.

    Returns:
        As many bytes.

    Example:
        >>> city = bytes([0x1C, 2, 90, 0, 4]) + b"Oslo"
        >>> resource = _RESOURCE + bytes([0, 0]) + len(city).to_bytes(4, "big") + city
        >>> b"Oslo" in resource, b"Oslo" in blank_photoshop_places(resource)
        (True, False)
    """
    clean, position = bytearray(data), 0
    while (position := data.find(_RESOURCE, position)) >= 0:
        name_start = position + len(_RESOURCE)
        size_start = name_start + 1 + data[name_start] if name_start < len(data) else len(data)
        size_start += (size_start - name_start) % 2
        start = size_start + 4
        end = min(start + int.from_bytes(data[size_start:start], "big"), len(data))
        clean[start:end] = blank_iptc_places(data[start:end])
        position = max(start, position + 1)
    return bytes(clean)
