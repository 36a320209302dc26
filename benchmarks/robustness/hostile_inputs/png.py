"""PNG chunk by chunk: what Pillow does not write, and what no honest program does."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable

from packshot.arrays import AnyArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, RGB, PALETTE = 0, 2, 3
# The first row, the first column, and the steps of the seven passes (PNG specification, 8.2).
_PASSES = (
    (0, 0, 8, 8),
    (0, 4, 8, 8),
    (4, 0, 8, 4),
    (0, 2, 4, 4),
    (2, 0, 4, 2),
    (0, 1, 2, 2),
    (1, 0, 2, 1),
)
_CHUNK_BYTES = 2**20


def make_chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk with its length and its checksum."""
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def make_header(
    width: int, height: int, *, bits: int = 8, colours: int = RGB, interlaced: bool = False
) -> bytes:
    """The signature and the first chunk."""
    fields = struct.pack(">IIBBBBB", width, height, bits, colours, 0, 0, int(interlaced))
    return SIGNATURE + make_chunk(b"IHDR", fields)


def assemble_png(start: bytes, packed: bytes, between: bytes = b"") -> bytes:
    """A file of a header, chunks before the picture, its packed data, and an end."""
    return start + between + make_chunk(b"IDAT", packed) + make_chunk(b"IEND", b"")


def to_rows(pixels: AnyArray) -> bytes:
    """Samples of (H, W) or (H, W, C) as rows, each after the mark of no filter."""
    return b"".join(b"\0" + row.astype(row.dtype.newbyteorder(">")).tobytes() for row in pixels)


def to_interlaced_rows(pixels: AnyArray, passes: int = len(_PASSES)) -> bytes:
    """The same in the order of Adam7, as many of its passes as are asked for."""
    return b"".join(
        to_rows(pixels[top::down, left::across]) for top, left, down, across in _PASSES[:passes]
    )


def compress_zeros(count: int) -> bytes:
    """So many bytes of zero, packed, without ever holding them."""
    packer = zlib.compressobj(9)
    pieces = [packer.compress(bytes(_CHUNK_BYTES)) for _ in range(count // _CHUNK_BYTES)]
    return b"".join([*pieces, packer.compress(bytes(count % _CHUNK_BYTES)), packer.flush()])


def fix_checksums(data: bytes, chunks: Iterable[tuple[int, int]]) -> bytes:
    """A PNG whose checksums are right again.

    Args:
        data: Of a PNG, in which anything may have been changed.
        chunks: Where each chunk begins and ends.
    """
    fixed = bytearray(data)
    for begin, end in chunks:
        if end - begin >= 12:
            fixed[end - 4 : end] = struct.pack(">I", zlib.crc32(fixed[begin + 4 : end - 4]))
    return bytes(fixed)
