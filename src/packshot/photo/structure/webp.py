"""The chunks of a WebP (RFC 9649)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from packshot.photo.structure.outline import Incomplete, Outline, require_few

# A thousand frames with a few chunks each, and some metadata.
_MOST_CHUNKS = 10_000
_ALPHA, _ANIMATION = 0x10, 0x02
# For each pixel: an animation's decoder keeps two canvases of four bytes, hands a copy out, and Pillow
# makes one more; a still picture is decoded once, a lossless one by way of four bytes.
_ANIMATED_BYTES = 16.0
_STILL_BYTES = {b"VP8 ": 6.5, b"VP8L": 8.0}
_ALPHA_BYTES = 2.0


@dataclass(frozen=True)
class WebpOutline(Outline):
    """A WebP's structure.

    Attributes:
        animated: In frames, be it one.
        alpha: There may be pixels that are not opaque.
    """

    animated: bool = False
    alpha: bool = False


@dataclass
class _Walk:
    """What was met so far."""

    flags: int = 0
    size: tuple[int, int] = (0, 0)
    coding: bytes = b""
    alpha: bool = False
    frames: int = 0
    meta: dict[bytes, bytes] = field(default_factory=dict)


def is_webp(data: bytes) -> bool:
    """Whether the first bytes are a WebP's."""
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def outline(data: bytes, most_frames: int) -> WebpOutline:
    """Walk through a WebP, no further than one frame past `most_frames`.

    Raises:
        Incomplete: It is shorter than it says, or has no picture.
        Excessive: It has more chunks than a photo.
    """
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data) + 1:  # Some writers count the byte that pads the last chunk, and leave it out.
        raise Incomplete(f"it ends after {len(data):,} of {end:,} bytes")
    walk = _Walk()
    for kind, begin, stop in _chunks(data, min(end, len(data))):
        _meet(walk, kind, data, begin, stop)
        if walk.frames > most_frames:
            break
    animated = bool(walk.flags & _ANIMATION)
    if not walk.coding and not walk.frames:
        raise Incomplete("it ends before its picture begins")
    still = _STILL_BYTES.get(walk.coding, 8.0) + (_ALPHA_BYTES if walk.alpha else 0)
    return WebpOutline(
        kind="WEBP",
        width=walk.size[0],
        height=walk.size[1],
        frames=max(1, walk.frames),
        decoder_bytes=_ANIMATED_BYTES if animated else still,
        exif=walk.meta.get(b"EXIF", b""),
        profile=walk.meta.get(b"ICCP", b""),
        xmp=walk.meta.get(b"XMP ", b""),
        animated=animated,
        alpha=walk.alpha,
    )


def _chunks(data: bytes, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, begin and end of each chunk."""
    place, met = 12, 0
    while place + 8 <= end:
        met += 1
        require_few(met, _MOST_CHUNKS, "chunks")
        length = int.from_bytes(data[place + 4 : place + 8], "little")
        begin = place + 8
        if begin + length > len(data):
            raise Incomplete("it ends within a chunk")
        yield data[place : place + 4], begin, begin + length
        place = begin + length + length % 2


def _meet(walk: _Walk, kind: bytes, data: bytes, begin: int, end: int) -> None:
    """Take one chunk into account."""
    head = data[begin : min(end, begin + 10)]
    if kind == b"VP8X" and len(head) == 10:
        walk.flags, walk.alpha = head[0], bool(head[0] & _ALPHA)
        walk.size = (1 + int.from_bytes(head[4:7], "little"), 1 + int.from_bytes(head[7:10], "little"))
    elif kind == b"ANMF":
        walk.frames += 1
    elif kind in (b"VP8 ", b"VP8L") and not walk.coding:
        walk.coding = kind
        if kind == b"VP8L":
            walk.alpha = walk.alpha or bool(int.from_bytes(head[1:5], "little") >> 28 & 1)
        walk.size = walk.size if walk.flags or walk.size[0] else _size(kind, head)
    elif kind in (b"EXIF", b"ICCP", b"XMP "):
        walk.meta.setdefault(kind, data[begin:end])


def _size(kind: bytes, head: bytes) -> tuple[int, int]:
    """Of a picture, from its own header."""
    if kind == b"VP8L":
        bits = int.from_bytes(head[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little")
    return width & 0x3FFF, height & 0x3FFF
