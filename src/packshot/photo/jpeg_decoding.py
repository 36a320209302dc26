"""Decoding of a JPEG, and whether its data reach the end of its picture: both from one pass."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from packshot.photo.structure import Incomplete
from packshot.photo.structure.jpeg import JpegOutline

_REDUCTIONS = (8, 4, 2)
_CHUNK = 2**20
# Bytes that a decoder leaves because it needs more for a next unit: ten blocks of 64 coefficients.
_LONGEST_UNIT = 16_384
_END = b"\xff\xd9"
# The decoder reads up to eight bytes ahead. These are bits that are set, as 0xFF and a stuffed zero: no
# code of the standard is sixteen of them, so that, taken for data, each pair makes a block at most.
_AHEAD = b"\xff\x00" * 12
_ONE_MORE = b"\x00"


def decode_jpeg(outline: JpegOutline, data: bytes, longest: int | None) -> JpegImageFile:
    """Decode a JPEG, reduced on the way to a half, quarter or eighth where that is large enough.

    Decoders fill what is missing with grey, or leave it coarse, and tell nobody. So the end marker is
    kept back: a decoder that has come to the end of the picture by then steps over what follows, in
    search of a marker; one that has not waits for more data. That a file lacks the marker behind
    complete data is no fault.

    Args:
        outline: Of the file.
        data: The file.
        longest: Of the long side, at least; None for the stored size.

    Raises:
        Incomplete: Data are missing.
        OSError: They are damaged.
    """
    image = JpegImageFile(io.BytesIO(outline.head))
    reduction = _reduction(image.size, longest)
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


def _reduction(size: tuple[int, int], longest: int | None) -> int:
    wanted = max(size) if longest is None else longest
    return next((by for by in _REDUCTIONS if max(size) // by >= wanted), 1)


def _feed(decoder: Any, outline: JpegOutline, data: bytes) -> None:
    """Give the decoder all data, see that it came to the end, and then tell it that this is the end."""
    left = b""
    for part in _parts(outline, data):
        left, done = _given(decoder, left, part)
        if done:
            return
        if len(left) > _LONGEST_UNIT:
            raise Incomplete("its picture data are damaged: fill in the place of a picture")
    if outline.arithmetic:  # Coded so, it reads ahead for as long as it pleases; few files are.
        _, done = _given(decoder, left, _END)
    else:
        left, done = _given(decoder, left, _AHEAD)
        if not (done or left or outline.one_pass):
            left, _ = _given(decoder, left, _ONE_MORE)
            if not left:
                _, done = _given(decoder, left, _END)
    if not done:
        raise Incomplete("the picture's data end before the picture does")


def _parts(outline: JpegOutline, data: bytes) -> Iterator[bytes]:
    yield outline.head
    for start in range(outline.data, outline.end, _CHUNK):
        yield data[start : min(start + _CHUNK, outline.end)]


def _given(decoder: Any, left: bytes, more: bytes) -> tuple[bytes, bool]:
    """Give data to a decoder; returns what it has not taken yet, and whether it is done."""
    together = left + more
    taken, error = decoder.decode(together)
    if taken >= 0:
        return together[taken:], False
    if error:
        raise OSError("its picture data are damaged")
    return b"", True
