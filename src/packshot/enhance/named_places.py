"""Places in texts that a file carries, XMP and IPTC: blanked within the bytes they take."""

from __future__ import annotations

import re
from typing import Final

_NAMES: Final = (
    rb"(?:[\w.-]{1,64}:)?[Gg][Pp][Ss][A-Za-z]\w{0,40}"
    rb"|photoshop:(?:City|State|Country)"
    rb"|Iptc4xmpCore:(?:Location|CountryCode)"
    rb"|Iptc4xmpExt:Location(?:Created|Shown)"
)
_ATTRIBUTE: Final = re.compile(rb"(?<![\w:.-])(?:" + _NAMES + rb""")\s*=\s*(?:"[^"]*"|'[^']*')""")
_ELEMENT: Final = re.compile(rb"<(" + _NAMES + rb")(?=[\s/>])[^<>]*>")
_PACKET: Final = re.compile(rb"<(?:\w{1,16}:)?(?:xmpmeta|RDF)\b")
_PACKET_ENDS: Final = (b"xmpmeta>", b"RDF>")
_MOST_UNCLOSED: Final = 64
"""Elements without an end, after which XMP is no XMP: each is sought to the end of the text."""

_MOST_PACKETS: Final = 256
"""Pieces of XMP in one file: one for each page or picture, of which a photo has a few."""

_RESOURCE: Final = b"8BIM\x04\x04"
_SET, _APPLICATION = 0x1C, 2
_PLACES: Final = frozenset({26, 27, 90, 92, 95, 100, 101})
"""Data sets of IPTC: content location, city, part of it, state, country."""


def without_xmp_places(xmp: bytes) -> bytes:
    """XMP with spaces for GPS data and for the fields of IPTC that name a place."""
    clean = bytearray(xmp)
    for found in _ATTRIBUTE.finditer(xmp):
        clean[found.start() : found.end()] = b" " * len(found.group())
    unclosed = 0
    for found in _ELEMENT.finditer(xmp):
        end = found.end()
        if not found.group().endswith(b"/>"):
            close = b"</" + found.group(1) + b">"
            at = xmp.find(close, end)
            unclosed += at < 0
            end = end if at < 0 else at + len(close)
        clean[found.start() : end] = b" " * (end - found.start())
        if unclosed > _MOST_UNCLOSED:
            break
    return bytes(clean)


def without_xmp_packets_places(data: bytes) -> bytes:
    """A file in which every piece of XMP, wherever it stands, is without places."""
    clean, at = bytearray(data), 0
    for _ in range(_MOST_PACKETS):
        found = _PACKET.search(data, at)
        if found is None:
            break
        ends = [data.find(end, found.end()) for end in _PACKET_ENDS]
        at = max(ends)
        if at < 0:
            break
        clean[found.start() : at] = without_xmp_places(data[found.start() : at])
    return bytes(clean)


def without_iptc_places(data: bytes) -> bytes:
    """Data sets of IPTC with spaces for the names of places."""
    clean, at = bytearray(data), 0
    while at + 5 <= len(data) and data[at] == _SET:
        size = int.from_bytes(data[at + 3 : at + 5], "big")
        start, end = at + 5, min(at + 5 + size, len(data))
        if data[at + 1] == _APPLICATION and data[at + 2] in _PLACES:
            clean[start:end] = b" " * (end - start)
        at = end
    return bytes(clean)


def without_photoshop_places(data: bytes) -> bytes:
    """Photoshop's resources with spaces for the names of places in IPTC data."""
    clean, at = bytearray(data), 0
    while (at := data.find(_RESOURCE, at)) >= 0:
        name = at + len(_RESOURCE)
        size = name + 1 + data[name] if name < len(data) else len(data)
        size += (size - name) % 2
        start = size + 4
        end = min(start + int.from_bytes(data[size:start], "big"), len(data))
        clean[start:end] = without_iptc_places(data[start:end])
        at = max(start, at + 1)
    return bytes(clean)
