"""The chunks of a WebP (RFC 9649)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from packshot.photo.structure.outline import Incomplete, Outline, require_few

# A thousand frames with a few chunks each, and some metadata.
_MOST_CHUNKS = 10_000
_ALPHA, _ANIMATION = 0x10, 0x02
# Of the decoder for each pixel, measured by `benchmarks/decoding_memory.py`; an animation's frame is
# laid on a canvas besides.
_DECODER_BYTES = {b"VP8 ": 6.1, b"VP8L": 7.1}
_ALPHA_BYTES = 2.0
_CANVAS_BYTES = 4.0


@dataclass(frozen=True)
class WebpOutline(Outline):
    """A WebP's structure.

    Attributes:
        alpha: There may be pixels that are not opaque.
        first: Of an animation, its first frame.
    """

    alpha: bool = False
    first: Frame | None = None


@dataclass(frozen=True)
class Frame:
    """A picture that covers its canvas or a part of it.

    Attributes:
        left: Column of the canvas where it begins.
        top: Row of the canvas.
        width: In pixels.
        height: In pixels.
        alpha: There may be pixels that are not opaque.
        chunks: Begin and end of its chunks of picture data.
    """

    left: int
    top: int
    width: int
    height: int
    alpha: bool
    chunks: tuple[tuple[int, int], ...]


@dataclass
class _Walk:
    """What was met so far."""

    flags: int = 0
    size: tuple[int, int] = (0, 0)
    coding: bytes = b""
    alpha: bool = False
    frames: int = 0
    first: Frame | None = None
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
    if (animated and walk.first is None) or not (animated or walk.coding):
        raise Incomplete("it ends before its picture begins")
    needed = _DECODER_BYTES.get(walk.coding, 7.1) + (_ALPHA_BYTES if walk.alpha else 0)
    return WebpOutline(
        kind="WEBP",
        width=walk.size[0],
        height=walk.size[1],
        frames=max(1, walk.frames),
        decoder_bytes=needed + (_CANVAS_BYTES if animated else 0),
        exif=walk.meta.get(b"EXIF", b""),
        profile=walk.meta.get(b"ICCP", b""),
        xmp=walk.meta.get(b"XMP ", b""),
        alpha=walk.alpha,
        first=walk.first if animated else None,
    )


def frame_alone(data: bytes, frame: Frame) -> bytes:
    """A WebP of one frame of an animation."""
    size = (frame.width - 1).to_bytes(3, "little") + (frame.height - 1).to_bytes(3, "little")
    flags = bytes((_ALPHA if frame.alpha else 0, 0, 0, 0))
    picture = b"".join(data[begin:end] for begin, end in frame.chunks)
    body = b"".join((b"WEBPVP8X\x0a\0\0\0", flags, size, picture))
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def _chunks(data: bytes, end: int, place: int = 12) -> Iterator[tuple[bytes, int, int]]:
    """Kind, begin and end of each chunk."""
    met = 0
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
        walk.first = walk.first or _frame(data, begin, end)
    elif kind in (b"VP8 ", b"VP8L") and not walk.coding:
        walk.coding = kind
        if kind == b"VP8L":
            walk.alpha = walk.alpha or _clear(head)
        walk.size = walk.size if walk.flags or walk.size[0] else _size(kind, head)
    elif kind in (b"EXIF", b"ICCP", b"XMP "):
        walk.meta.setdefault(kind, data[begin:end])


def _frame(data: bytes, begin: int, end: int) -> Frame:
    """A frame of an animation: where it lies, and its picture."""
    left, top, width, height = (
        int.from_bytes(data[at : at + 3], "little") for at in range(begin, begin + 12, 3)
    )
    pieces, alpha = [], False
    for kind, start, stop in _chunks(data, end, begin + 16):
        if kind in (b"ALPH", b"VP8 ", b"VP8L"):
            pieces.append((start - 8, min(end, stop + (stop - start) % 2)))
            alpha = alpha or kind == b"ALPH" or (kind == b"VP8L" and _clear(data[start : start + 5]))
    if not pieces:
        raise Incomplete("its first frame has no picture")
    return Frame(2 * left, 2 * top, width + 1, height + 1, alpha, tuple(pieces))


def _clear(head: bytes) -> bool:
    """Whether a lossless picture says that it has pixels that are not opaque."""
    return bool(int.from_bytes(head[1:5], "little") >> 28 & 1)


def _size(kind: bytes, head: bytes) -> tuple[int, int]:
    """Of a picture, from its own header."""
    if kind == b"VP8L":
        bits = int.from_bytes(head[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little")
    return width & 0x3FFF, height & 0x3FFF
