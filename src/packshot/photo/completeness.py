"""Whether the picture data of a JPEG reach the end of its picture."""

from __future__ import annotations

import io

from PIL import Image

# What libjpeg makes of missing data: 128, or 127 where a CMYK file is stored inverted.
_MISSING = frozenset((127, 128))
_END_MARKER = b"\xff\xd9"
# Begins with a zero, so that a lone 0xFF before it stays picture data; holds no marker.
_ADDED = bytes(range(255))
_REDUCTION = 8


def require_all_data(data: bytes, last_pixel: bytes) -> None:
    """Refuse a JPEG whose data end before its picture does, though it has an end marker.

    Decoders fill what is missing with mid-grey and tell nobody. Only where the last pixel is such a
    grey, the photo is decoded twice more, small: bytes added before the end marker are skipped behind
    complete data, and change the picture in the place of missing data. So a photo that is grey itself
    is no false alarm. Not found: data that end in a later scan of a progressive JPEG, which makes the
    rest coarser, not grey.

    Args:
        data: The bytes of a JPEG that could be decoded.
        last_pixel: Samples at the bottom right, before orientation and colour management.

    Raises:
        OSError: Data are missing.
    """
    end = data.rfind(_END_MARKER)
    if end < 0 or not _MISSING.issuperset(last_pixel):
        return
    if _small(data) != _small(data[:end] + _ADDED + data[end:]):
        raise OSError("the picture's data end before the picture does")


def _small(data: bytes) -> bytes:
    """Samples of a JPEG decoded at an eighth of its size."""
    with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
        image.draft(None, (max(1, image.width // _REDUCTION), max(1, image.height // _REDUCTION)))
        return image.tobytes()
