"""The chunks of a WebP (RFC 9649)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from packshot.photo.structure.outline import IncompleteFile, Outline, check_count

_MAX_CHUNKS = 10_000
"""Chunks of a file, more than any photo has: a thousand frames with a few each, and some metadata."""
_ALPHA_FLAG, _ANIMATION_FLAG = 0x10, 0x02
_DECODER_BYTES_PER_PIXEL = {b"VP8 ": 6.1, b"VP8L": 7.1}
"""Bytes of the decoder for each pixel by codec, lossy and lossless, rounded up from
`benchmarks/results/decoding_memory.csv`."""
_ALPHA_BYTES = 2.0
"""Bytes for each pixel that alpha takes besides, from the same measurement."""
_CANVAS_BYTES = 4.0
"""Bytes for each pixel of the RGBA canvas that an animation's frame is laid on."""


@dataclass(frozen=True)
class WebpOutline(Outline):
    """A WebP's structure.

    Attributes:
        has_alpha: There may be pixels that are not opaque.
        first_frame: Of an animation, its first frame; the picture alone, where the file ends in what is
            written behind it.

    Example:
        >>> import io
        >>> from PIL import Image
        >>> Image.new("RGBA", (80, 60)).save(file := io.BytesIO(), "WEBP", lossless=True)
        >>> outline = read_outline(file.getvalue(), max_frames=1)
        >>> outline.has_alpha, outline.first_frame, outline.decoder_bytes
        (True, None, 9.1)
    """

    has_alpha: bool = False
    first_frame: AnimationFrame | None = None


@dataclass(frozen=True)
class AnimationFrame:
    """A picture that covers its canvas or a part of it.

    Attributes:
        left: Column of the canvas where it begins.
        top: Row of the canvas.
        width: In pixels.
        height: In pixels.
        has_alpha: There may be pixels that are not opaque.
        chunks: Begin and end of its chunks of picture data.

    Example:
        >>> import io
        >>> from PIL import Image
        >>> frames = [Image.new("RGB", (80, 60), colour) for colour in ("red", "blue")]
        >>> frames[0].save(file := io.BytesIO(), "WEBP", save_all=True, append_images=frames[1:])
        >>> frame = read_outline(file.getvalue(), max_frames=10).first_frame
        >>> frame.left, frame.top, frame.width, frame.height
        (0, 0, 80, 60)
    """

    left: int
    top: int
    width: int
    height: int
    has_alpha: bool
    chunks: tuple[tuple[int, int], ...]


@dataclass
class _ParserState:
    """The parts that were found so far."""

    flags: int = 0
    size: tuple[int, int] = (0, 0)
    codec: bytes = b""
    has_alpha: bool = False
    frames: int = 0
    first_frame: AnimationFrame | None = None
    metadata: dict[bytes, bytes] = field(default_factory=dict)
    picture: list[tuple[int, int]] = field(default_factory=list)


def is_webp(data: bytes) -> bool:
    r"""Return whether the first bytes are a WebP's.

    Example:
        >>> is_webp(b"RIFF\x1a\0\0\0WEBPVP8L"), is_webp(b"RIFF\x1a\0\0\0WAVEfmt ")
        (True, False)
    """
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def read_outline(data: bytes, max_frames: int) -> WebpOutline:
    """Walk through a WebP, no further than one frame past `max_frames`.

    Raises:
        IncompleteFile: It is shorter than it says, or has no picture.
        ExcessiveFile: It has more chunks than a photo.

    Example:
        >>> import io
        >>> from PIL import Image
        >>> Image.new("RGB", (80, 60)).save(file := io.BytesIO(), "WEBP")
        >>> read_outline(file.getvalue(), max_frames=1).width
        80
        >>> read_outline(file.getvalue()[:40], max_frames=1)  # doctest: +ELLIPSIS
        Traceback (most recent call last):
            ...
        packshot.photo.structure.outline.IncompleteFile: it ends after 40 of ... bytes
    """
    end, state = 8 + int.from_bytes(data[4:8], "little"), _ParserState()
    # Some writers count the byte that pads the last chunk, and leave it out.
    is_cut = end > len(data) + 1
    for kind, begin, stop in _iter_chunks(data, min(end, len(data))):
        if stop > len(data):
            is_cut = True
            break
        _add_chunk(state, kind, data, begin, stop)
        if state.frames > max_frames:
            break
    if is_cut and (state.flags & _ANIMATION_FLAG or not state.codec):
        raise IncompleteFile(f"it ends after {len(data):,} of {end:,} bytes")
    is_animated = bool(state.flags & _ANIMATION_FLAG)
    if (is_animated and state.first_frame is None) or not (is_animated or state.codec):
        raise IncompleteFile("it ends before its picture begins")
    decoder_bytes = _DECODER_BYTES_PER_PIXEL.get(state.codec, 7.1) + (
        _ALPHA_BYTES if state.has_alpha else 0
    )
    return WebpOutline(
        format="WEBP",
        width=state.size[0],
        height=state.size[1],
        frames=max(1, state.frames),
        decoder_bytes=decoder_bytes + (_CANVAS_BYTES if is_animated else 0),
        exif=state.metadata.get(b"EXIF", b""),
        profile=state.metadata.get(b"ICCP", b""),
        xmp=state.metadata.get(b"XMP ", b""),
        has_alpha=state.has_alpha,
        first_frame=state.first_frame if is_animated else _make_whole_frame(state) if is_cut else None,
    )


def _make_whole_frame(state: _ParserState) -> AnimationFrame:
    """Make a frame of the only picture, to be taken out of a file that is cut behind it."""
    return AnimationFrame(0, 0, *state.size, state.has_alpha, tuple(state.picture))


def extract_frame(data: bytes, frame: AnimationFrame) -> bytes:
    """Write a WebP of one frame of an animation.

    Example:
        >>> import io
        >>> from PIL import Image
        >>> frames = [Image.new("RGB", (80, 60), colour) for colour in ("red", "blue")]
        >>> frames[0].save(file := io.BytesIO(), "WEBP", save_all=True, append_images=frames[1:])
        >>> first = read_outline(file.getvalue(), max_frames=10).first_frame
        >>> Image.open(io.BytesIO(extract_frame(file.getvalue(), first))).n_frames
        1
    """
    size = (frame.width - 1).to_bytes(3, "little") + (frame.height - 1).to_bytes(3, "little")
    flags = bytes((_ALPHA_FLAG if frame.has_alpha else 0, 0, 0, 0))
    picture = b"".join(data[begin:end] for begin, end in frame.chunks)
    body = b"".join((b"WEBPVP8X\x0a\0\0\0", flags, size, picture))
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def _iter_chunks(data: bytes, end: int, position: int = 12) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, begin and end of each chunk; the last may end behind the data."""
    count = 0
    while position + 8 <= end:
        count += 1
        check_count(count, _MAX_CHUNKS, "chunks")
        length = int.from_bytes(data[position + 4 : position + 8], "little")
        begin = position + 8
        yield data[position : position + 4], begin, begin + length
        position = begin + length + length % 2


def _add_chunk(state: _ParserState, kind: bytes, data: bytes, begin: int, end: int) -> None:
    """Take one chunk into account."""
    head = data[begin : min(end, begin + 10)]
    if kind == b"VP8X" and len(head) == 10:
        state.flags, state.has_alpha = head[0], bool(head[0] & _ALPHA_FLAG)
        state.size = (1 + int.from_bytes(head[4:7], "little"), 1 + int.from_bytes(head[7:10], "little"))
    elif kind == b"ANMF":
        state.frames += 1
        state.first_frame = state.first_frame or _read_frame(data, begin, end)
    elif kind == b"ALPH" and not state.codec:
        state.picture.append((begin - 8, end + (end - begin) % 2))
    elif kind in (b"VP8 ", b"VP8L") and not state.codec:
        state.picture.append((begin - 8, end + (end - begin) % 2))
        state.codec = kind
        if kind == b"VP8L":
            state.has_alpha = state.has_alpha or _has_alpha(head)
        state.size = state.size if state.flags or state.size[0] else _read_size(kind, head)
    elif kind in (b"EXIF", b"ICCP", b"XMP "):
        state.metadata.setdefault(kind, data[begin:end])


def _read_frame(data: bytes, begin: int, end: int) -> AnimationFrame:
    """Read a frame of an animation: where it lies, and its picture."""
    left, top, width, height = (
        int.from_bytes(data[at : at + 3], "little") for at in range(begin, begin + 12, 3)
    )
    chunks, has_alpha = [], False
    for kind, start, stop in _iter_chunks(data, end, begin + 16):
        if stop > len(data):
            raise IncompleteFile("it ends within a chunk")
        if kind in (b"ALPH", b"VP8 ", b"VP8L"):
            chunks.append((start - 8, min(end, stop + (stop - start) % 2)))
            has_alpha = (
                has_alpha or kind == b"ALPH" or (kind == b"VP8L" and _has_alpha(data[start : start + 5]))
            )
    if not chunks:
        raise IncompleteFile("its first frame has no picture")
    return AnimationFrame(2 * left, 2 * top, width + 1, height + 1, has_alpha, tuple(chunks))


def _has_alpha(head: bytes) -> bool:
    """Return whether a lossless picture says that it has pixels that are not opaque."""
    return bool(int.from_bytes(head[1:5], "little") >> 28 & 1)


def _read_size(kind: bytes, head: bytes) -> tuple[int, int]:
    """Read the size of a picture from its own header."""
    if kind == b"VP8L":
        bits = int.from_bytes(head[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little")
    return width & 0x3FFF, height & 0x3FFF
