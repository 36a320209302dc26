"""The headers of a BMP, and whether all its rows are in the file."""

from __future__ import annotations

from packshot.photo.structure.outline import Excessive, Incomplete, Outline

MAGIC = b"BM"

_OLD_HEADER = 12
_RUNS = (1, 2)
# Pillow unpacks run lengths in Python, a million bytes or two million pixels in a second; what is so
# stored are icons and old screens.
_MOST_RUN_BYTES = 2 * 2**20
_MOST_RUN_PIXELS = 4_000_000


def outline(data: bytes) -> Outline:
    """Read a BMP's headers.

    Raises:
        Incomplete: Rows are missing.
        Excessive: Run lengths that take too long to unpack.
    """
    if len(data) < 26:
        raise Incomplete("it ends within its header")
    begin, header = (int.from_bytes(data[at : at + 4], "little") for at in (10, 14))
    old = header == _OLD_HEADER
    size, at = (2, 22) if old else (4, 26)
    width = int.from_bytes(data[18 : 18 + size], "little", signed=not old)
    height = abs(int.from_bytes(data[18 + size : 18 + 2 * size], "little", signed=not old))
    bits = int.from_bytes(data[at + 2 : at + 4], "little")
    coding = 0 if old else int.from_bytes(data[30:34], "little")
    if width <= 0 or height == 0:
        raise Incomplete("its header makes no sense")
    if coding in _RUNS:
        if len(data) - begin > _MOST_RUN_BYTES or width * height > _MOST_RUN_PIXELS:
            raise Excessive("run lengths of so large a picture take too long to unpack")
    elif begin + (width * bits + 31) // 32 * 4 * height > len(data):
        raise Incomplete("the picture's data end before the picture does")
    return Outline("BMP", width, height, decoder_bytes=1.0 if bits <= 8 else 4.0)
