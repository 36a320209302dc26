"""IPTC data in a file: among Photoshop's resources of a JPEG, in a text of a PNG, in a tag of a TIFF."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Final

_SIGNATURE: Final = b"8BIM"
_IPTC_RESOURCE: Final = 0x0404
"""Number of the resource that holds IPTC data (Adobe Photoshop File Formats, image resource IDs)."""

_SEGMENT_MARK: Final = b"Photoshop 3.0\0"
_MAX_SEGMENT_BYTES: Final = 65_533
"""Bytes of a JPEG segment's content, its length apart (ITU-T T.81, B.1.1.4)."""

PNG_KEYWORD: Final = "Raw profile type iptc"
"""Keyword of a PNG text that holds IPTC data as hexadecimal digits: what readers look for, by custom."""

_DIGITS_A_LINE: Final = 72


def read_iptc_resource(resources: bytes) -> bytes:
    """Read the IPTC data among Photoshop's resources; empty where there are none.

    What else is among them is about the picture as it was: a preview, a resolution, a digest.

    Example:
        >>> read_iptc_resource(build_iptc_resource(b"data"))
        b'data'
    """
    return next((content for kind, content in _iter_resources(resources) if kind == _IPTC_RESOURCE), b"")


def build_iptc_resource(iptc: bytes) -> bytes:
    """Build Photoshop's resource that holds IPTC data.

    Example:
        >>> build_iptc_resource(b"abc").hex()
        '3842494d040400000000000361626300'
    """
    head = _SIGNATURE + _IPTC_RESOURCE.to_bytes(2, "big") + bytes(2)
    return head + len(iptc).to_bytes(4, "big") + iptc + bytes(len(iptc) % 2)


def build_jpeg_segments(iptc: bytes) -> bytes:
    r"""Build the segments of a JPEG that hold IPTC data, as many as they need.

    Example:
        >>> build_jpeg_segments(b"abc")[:18]
        b'\xff\xed\x00 Photoshop 3.0\x00'
        >>> build_jpeg_segments(b"")
        b''
    """
    content = build_iptc_resource(iptc) if iptc else b""
    room = _MAX_SEGMENT_BYTES - len(_SEGMENT_MARK)
    pieces = (content[start : start + room] for start in range(0, len(content), room))
    return b"".join(
        b"\xff\xed" + (2 + len(_SEGMENT_MARK) + len(piece)).to_bytes(2, "big") + _SEGMENT_MARK + piece
        for piece in pieces
    )


def join_jpeg_segments(contents: list[bytes]) -> bytes:
    r"""Join the resources that several segments of a JPEG hold.

    Args:
        contents: Of the segments APP13, in order.

    Example:
        >>> join_jpeg_segments([b"Photoshop 3.0\0one", b"Ducky", b"Photoshop 3.0\0two"])
        b'onetwo'
    """
    return b"".join(
        content[len(_SEGMENT_MARK) :] for content in contents if content.startswith(_SEGMENT_MARK)
    )


def build_png_text(iptc: bytes) -> str:
    """Write IPTC data as the text of a PNG.

    Example:
        >>> read_png_text(build_png_text(b"abc"))
        b'abc'
    """
    digits = build_iptc_resource(iptc).hex()
    starts = range(0, len(digits), _DIGITS_A_LINE)
    lines = "\n".join(digits[start : start + _DIGITS_A_LINE] for start in starts)
    return f"\niptc\n{len(digits) // 2:8d}\n{lines}\n"


def read_png_text(text: str) -> bytes:
    """Read IPTC data from the text of a PNG; empty where there are none.

    Example:
        >>> read_png_text("no such thing")
        b''
    """
    with suppress(ValueError):
        content = bytes.fromhex("".join(text.split()[2:]))
        return content if content[:1] == b"\x1c" else read_iptc_resource(content)
    return b""


def _iter_resources(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Iterate over resources: number and content."""
    position = 0
    while data[position : position + 4] == _SIGNATURE and position + 12 <= len(data):
        name_length = data[position + 6] + 1
        start = position + 6 + name_length + name_length % 2
        size = int.from_bytes(data[start : start + 4], "big")
        yield (
            int.from_bytes(data[position + 4 : position + 6], "big"),
            data[start + 4 : start + 4 + size],
        )
        position = start + 4 + size + size % 2
