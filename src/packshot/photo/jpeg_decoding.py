"""Decoding of a JPEG, and whether its data reach the end of its picture: both from one pass."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from packshot.photo.structure import IncompleteFile
from packshot.photo.structure.jpeg import JpegOutline

_REDUCTIONS = (8, 4, 2)
"""Whole factors by which libjpeg can reduce while it decodes, the largest first."""
_CHUNK_BYTES = 2**20
"""Bytes that the decoder is given at a time; nothing but memory depends on it."""
_MAX_UNIT_BYTES = 16_384
"""Bytes that a decoder may leave because it needs more for a next unit, which is ten blocks of 64
coefficients at most (ITU-T T.81, B.2.3); one that leaves more is being fed fill."""
_END_MARKER = b"\xff\xd9"
# The decoder reads up to eight bytes ahead. These are bits that are set, as 0xFF and a stuffed zero: no
# code of the standard is sixteen of them, so that, taken for data, each pair makes a block at most.
_PADDING = b"\xff\x00" * 12
_EXTRA_BYTE = b"\x00"


def decode_jpeg(outline: JpegOutline, data: bytes, target_side: int | None) -> JpegImageFile:
    """Decode a JPEG, reduced on the way to a half, quarter or eighth where that is large enough.

    Decoders fill what is missing with grey, or leave it coarse, and tell nobody. So the end marker is
    kept back: a decoder that has come to the end of the picture by then steps over what follows, in
    search of a marker; one that has not waits for more data. That a file lacks the marker behind
    complete data is no fault.

    Args:
        outline: Of the file.
        data: The file.
        target_side: Of the long side, at least; None for the stored size.

    Raises:
        IncompleteFile: Data are missing.
        OSError: They are damaged.

    Example:
        >>> from packshot.photo.structure.jpeg import read_outline
        >>> data = open("examples/photos/mug.jpg", "rb").read()
        >>> decode_jpeg(read_outline(data), data, None).size
        (800, 800)
        >>> decode_jpeg(read_outline(data), data, 300).size
        (400, 400)
    """
    image = JpegImageFile(io.BytesIO(outline.head))
    reduction = _choose_reduction(image.size, target_side)
    if reduction > 1:
        image.draft(None, (max(1, image.width // reduction), max(1, image.height // reduction)))
    name, extents, _, arguments = image.tile[0]
    image.im = Image.new(image.mode, image.size).im
    decoder = Image._getdecoder(image.mode, name, arguments, image.decoderconfig)
    try:
        decoder.setimage(image.im, extents)
        _feed(decoder, outline, data)
    finally:
        decoder.cleanup()
    image.tile = []
    return image


def _choose_reduction(size: tuple[int, int], target_side: int | None) -> int:
    min_side = max(size) if target_side is None else target_side
    return next((factor for factor in _REDUCTIONS if max(size) // factor >= min_side), 1)


def _feed(decoder: Any, outline: JpegOutline, data: bytes) -> None:
    """Give the decoder all data, see that it came to the end, and then tell it that this is the end."""
    pending = b""
    for part in _iter_parts(outline, data):
        pending, is_done = _decode_part(decoder, pending, part)
        if is_done:
            return
        if len(pending) > _MAX_UNIT_BYTES:
            raise IncompleteFile("its image data is damaged: fill in the place of a picture")
    if outline.arithmetic:  # Coded so, it reads ahead for as long as it pleases; few files are.
        _, is_done = _decode_part(decoder, pending, _END_MARKER)
    else:
        pending, is_done = _decode_part(decoder, pending, _PADDING)
        if not (is_done or pending or outline.one_pass):
            pending, _ = _decode_part(decoder, pending, _EXTRA_BYTE)
            if not pending:
                _, is_done = _decode_part(decoder, pending, _END_MARKER)
    if not is_done:
        raise IncompleteFile("the image data ends before the image is complete")


def _iter_parts(outline: JpegOutline, data: bytes) -> Iterator[bytes]:
    yield outline.head
    for start in range(outline.data, outline.end, _CHUNK_BYTES):
        yield data[start : min(start + _CHUNK_BYTES, outline.end)]


def _decode_part(decoder: Any, pending: bytes, part: bytes) -> tuple[bytes, bool]:
    """Give data to a decoder; returns what it has not taken yet, and whether it is done."""
    buffer = pending + part
    consumed, error = decoder.decode(buffer)
    if consumed >= 0:
        return buffer[consumed:], False
    if error:
        raise OSError("its image data is damaged")
    return b"", True
