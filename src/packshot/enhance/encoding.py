"""Encoding: any format at its best, or the best quality within a number of bytes; tagged sRGB."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from typing import Final

from PIL import Image, ImageCms

from packshot.arrays import Pixels
from packshot.errors import InvalidInput
from packshot.photo import check_pixels

BEST, WORST = 95, 20
"""Qualities between which is chosen: above nothing is gained, below damage is plain to see."""

FORMATS_WRITTEN: Final = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "AVIF", "HEIF")
LIMITED: Final = ("JPEG", "WEBP")
"""Formats that `encode_within` fits into a number of bytes."""

_FULL_COLOUR: Final = 90
_PROFILE_DATE: Final = slice(24, 36)


def can_write(name: str) -> bool:
    """Whether a format of `photo.FORMATS` can be written here; HEIF needs the extra."""
    if name == "HEIF":
        try:
            import pillow_heif
        except ImportError:
            return False
        pillow_heif.register_heif_opener()
    return name in FORMATS_WRITTEN


def encode_as(pixels: Pixels, name: str, exif: bytes = b"", quality: int = BEST) -> bytes:
    """A file of a format; the same pixels always give the same bytes.

    Args:
        pixels: (H, W, 3) uint8, sRGB, upright.
        name: Of the format, one that `can_write` knows.
        exif: A block to embed, see `output.kept_exif`.
        quality: 1..100, of formats with loss.

    Returns:
        The file, with an sRGB profile where the format can hold one.

    Raises:
        InvalidInput: Pixels of another type or shape, or a format that cannot be written.
    """
    check_pixels(pixels, "encoding")
    if not can_write(name):
        raise InvalidInput(f"{name} cannot be written here; choose an output that ends in .jpg or .png")
    options = _options(name, quality)
    if name != "BMP":
        options["icc_profile"] = _srgb_profile()
        options |= {"exif": exif} if exif else {}
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, name, **options)
    return file.getvalue()


def _options(name: str, quality: int) -> dict[str, object]:
    if name == "JPEG":
        subsampling = "4:4:4" if quality >= _FULL_COLOUR else "4:2:0"
        return {"quality": quality, "subsampling": subsampling, "optimize": True}
    if name == "TIFF":
        return {"compression": "tiff_lzw"}
    if name == "WEBP":
        return {"quality": quality, "method": 4}
    return {"quality": quality} if name in ("AVIF", "HEIF") else {}


@cache
def _srgb_profile() -> bytes:
    """The profile without the second it was made in, so that equal photos are equal files."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[_PROFILE_DATE] = bytes(12)
    return bytes(profile)


@dataclass(frozen=True)
class Encoded:
    """A photo as a file.

    Attributes:
        data: Its bytes.
        quality: It was encoded at, 20..95.
        fits: Whether it is within the limit; False where even quality 20 is too large.
    """

    data: bytes
    quality: int
    fits: bool


def encode_within(pixels: Pixels, limit: int, kind: str = "JPEG", exif: bytes = b"") -> Encoded:
    """Encode at the highest quality, 20 to 95, whose file is no larger than a limit.

    Args:
        pixels: (H, W, 3) uint8, sRGB.
        limit: In bytes.
        kind: JPEG or WEBP.
        exif: A block to embed, see `location.strip_location` for one without a place.

    Returns:
        The file, with an sRGB profile.

    Raises:
        InvalidInput: Pixels of another type or shape, another format, a limit below 1.
    """
    if kind not in LIMITED or limit < 1:
        raise InvalidInput(f"encoding: {kind!r} within {limit} bytes; formats are {', '.join(LIMITED)}")
    best = encode_as(pixels, kind, exif, BEST)
    if len(best) <= limit:
        return Encoded(best, BEST, True)
    low, high, found = WORST, BEST - 1, None
    while low <= high:
        middle = (low + high) // 2
        data = encode_as(pixels, kind, exif, middle)
        if len(data) <= limit:
            low, found = middle + 1, Encoded(data, middle, True)
        else:
            high = middle - 1
    return found or Encoded(encode_as(pixels, kind, exif, WORST), WORST, False)
