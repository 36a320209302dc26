"""The headers of a BMP, and whether all its rows are in the file."""

from __future__ import annotations

from packshot.photo.structure.outline import ExcessiveFile, IncompleteFile, Outline

MAGIC = b"BM"

_OLD_HEADER_BYTES, _PROFILE_HEADER_BYTES = 12, 124
_EMBEDDED_PROFILE = b"DEBM"
"""Its type of colour space, ``MBED`` as a number of four bytes, the least first."""
_RUN_LENGTH_CODINGS = (1, 2)
_MAX_RUN_BYTES = 2 * 2**20
_MAX_RUN_PIXELS = 4_000_000
"""Bytes and pixels of a picture in run lengths; a larger one is refused. Pillow unpacks them in Python,
a million bytes or two million pixels in a second; what is so stored are icons and old screens."""


def read_outline(data: bytes) -> Outline:
    """Read a BMP's headers.

    Raises:
        IncompleteFile: Rows are missing.
        ExcessiveFile: Run lengths that take too long to unpack.

    Example:
        >>> import io
        >>> from PIL import Image
        >>> Image.new("L", (80, 60)).save(file := io.BytesIO(), "BMP")
        >>> outline = read_outline(file.getvalue())
        >>> outline.width, outline.height, outline.decoder_bytes
        (80, 60, 1.0)
        >>> read_outline(file.getvalue()[:-100])
        Traceback (most recent call last):
            ...
        packshot.photo.structure.outline.IncompleteFile: the image data ends before the image is complete
    """
    if len(data) < 26:
        raise IncompleteFile("it ends within its header")
    begin, header = (int.from_bytes(data[at : at + 4], "little") for at in (10, 14))
    is_old = header == _OLD_HEADER_BYTES
    size, at = (2, 22) if is_old else (4, 26)
    width = int.from_bytes(data[18 : 18 + size], "little", signed=not is_old)
    height = abs(int.from_bytes(data[18 + size : 18 + 2 * size], "little", signed=not is_old))
    bits = int.from_bytes(data[at + 2 : at + 4], "little")
    coding = 0 if is_old else int.from_bytes(data[30:34], "little")
    if width <= 0 or height == 0:
        raise IncompleteFile("its header makes no sense")
    if coding in _RUN_LENGTH_CODINGS:
        if len(data) - begin > _MAX_RUN_BYTES or width * height > _MAX_RUN_PIXELS:
            raise ExcessiveFile("run lengths of so large a picture take too long to unpack")
    elif begin + (width * bits + 31) // 32 * 4 * height > len(data):
        raise IncompleteFile("the image data ends before the image is complete")
    return Outline(
        "BMP",
        width,
        height,
        decoder_bytes=1.0 if bits <= 8 else 4.0,
        profile=_read_profile(data, header),
    )


def _read_profile(data: bytes, header: int) -> bytes:
    """Read the profile that a header of the fifth version says is in the file; empty for none."""
    if header < _PROFILE_HEADER_BYTES or data[70:74] != _EMBEDDED_PROFILE:
        return b""
    begin, size = (int.from_bytes(data[at : at + 4], "little") for at in (126, 130))
    return data[14 + begin : 14 + begin + size]
