"""Encoding: any format at its best, or the best quality within a number of bytes; tagged sRGB."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from typing import Final

from PIL import Image, ImageCms

from packshot.arrays import ByteArray, Pixels
from packshot.errors import InvalidInput
from packshot.photo import check_pixels

BEST_QUALITY, WORST_QUALITY = 95, 20
"""Qualities, 1..100, between which is chosen: above nothing is gained, below damage is plain to see.
Judgements: 95 is also the most that Pillow advises for JPEG."""

WRITABLE_FORMATS: Final = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "AVIF", "HEIF")
SIZE_LIMITED_FORMATS: Final = ("JPEG", "WEBP")
"""Formats that `encode_within` fits into a number of bytes: those in which quality decides the size."""

_FULL_CHROMA_QUALITY: Final = 90
"""JPEG quality from which chroma is stored at full size: below, the bytes are worth more in luma. A
judgement."""

_PROFILE_DATE: Final = slice(24, 36)
"""Bytes of an ICC profile that say when it was made (ICC.1, 7.2)."""


def can_write(format_name: str) -> bool:
    """Return whether a format of `photo.FORMATS` can be written here; HEIF needs the extra.

    Example:
        >>> can_write("JPEG"), can_write("GIF")
        (True, False)
    """
    if format_name == "HEIF":
        try:
            import pillow_heif
        except ImportError:
            return False
        pillow_heif.register_heif_opener()
    return format_name in WRITABLE_FORMATS


def encode_as(pixels: Pixels, format_name: str, exif: bytes = b"", quality: int = BEST_QUALITY) -> bytes:
    """Encode a photo; the same pixels always give the same bytes.

    Args:
        pixels: (H, W, 3) uint8, sRGB, upright.
        format_name: Of the format, one that `can_write` knows.
        exif: A block to embed, see `output_file.extract_exif`.
        quality: 1..100, of formats with loss.

    Returns:
        The file, with an sRGB profile where the format can hold one.

    Raises:
        InvalidInput: Pixels of another type or shape, or a format that cannot be written.

    Example:
        >>> import numpy as np
        >>> red = np.zeros((8, 8, 3), np.uint8) + np.uint8([200, 0, 0])
        >>> Image.open(io.BytesIO(encode_as(red, "PNG"))).getpixel((0, 0))
        (200, 0, 0)
        >>> encode_as(red, "JPEG") == encode_as(red, "JPEG")
        True
    """
    check_pixels(pixels, "encoding")
    if not can_write(format_name):
        raise InvalidInput(
            f"{format_name} cannot be written here; choose an output that ends in .jpg or .png"
        )
    options = build_options(format_name, quality)
    if format_name != "BMP":
        options["icc_profile"] = srgb_profile()
        options |= {"exif": exif} if exif else {}
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format_name, **options)
    return file.getvalue()


TRANSPARENT_FORMATS: Final = ("PNG", "WEBP")
"""Formats that `encode_transparent` writes: those that every shop and browser shows transparent."""


def encode_transparent(
    pixels: ByteArray, format_name: str, exif: bytes = b"", quality: int = BEST_QUALITY
) -> bytes:
    """Encode a photo that is transparent in parts.

    Args:
        pixels: (H, W, 4) uint8 RGBA, sRGB, upright, straight alpha.
        format_name: One of `TRANSPARENT_FORMATS`.
        exif: A block to embed.
        quality: 1..100, of formats with loss.

    Raises:
        InvalidInput: Another format, or pixels of another shape.

    Example:
        >>> import numpy as np
        >>> clear = np.zeros((8, 8, 4), np.uint8)
        >>> Image.open(io.BytesIO(encode_transparent(clear, "PNG"))).mode
        'RGBA'
    """
    if format_name not in TRANSPARENT_FORMATS or pixels.ndim != 3 or pixels.shape[2] != 4:
        raise InvalidInput(
            f"transparent: {format_name} of {pixels.shape}; formats are {', '.join(TRANSPARENT_FORMATS)}"
        )
    options = build_options(format_name, quality) | {"icc_profile": srgb_profile()}
    options |= {"exif": exif} if exif else {}
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format_name, **options)
    return file.getvalue()


def build_options(format_name: str, quality: int) -> dict[str, object]:
    """Build the options of Pillow's writer.

    Args:
        format_name: One that `can_write` knows.
        quality: 1..100, of formats with loss.

    Example:
        >>> build_options("JPEG", 80)["subsampling"], build_options("PNG", 80)
        ('4:2:0', {})
    """
    if format_name == "JPEG":
        subsampling = "4:4:4" if quality >= _FULL_CHROMA_QUALITY else "4:2:0"
        return {"quality": quality, "subsampling": subsampling, "optimize": True}
    if format_name == "TIFF":
        return {"compression": "tiff_lzw"}
    if format_name == "WEBP":
        return {"quality": quality, "method": 4}
    return {"quality": quality} if format_name in ("AVIF", "HEIF") else {}


@cache
def srgb_profile() -> bytes:
    """Build the profile of sRGB, without the second it was made in: equal photos are equal files.

    Example:
        >>> srgb_profile()[16:20]
        b'RGB '
    """
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[_PROFILE_DATE] = bytes(12)
    return bytes(profile)


@dataclass(frozen=True)
class EncodedPhoto:
    """A photo as a file.

    Attributes:
        data: Its bytes.
        quality: It was encoded at, 20..95.
        fits_limit: Whether it is within the limit; False where even quality 20 is too large.

    Example:
        >>> EncodedPhoto(data=b"...", quality=20, fits_limit=False).fits_limit
        False
    """

    data: bytes
    quality: int
    fits_limit: bool


def encode_within(
    pixels: Pixels, limit_bytes: int, format_name: str = "JPEG", exif: bytes = b""
) -> EncodedPhoto:
    """Encode at the highest quality, 20 to 95, whose file is no larger than a limit.

    Args:
        pixels: (H, W, 3) uint8, sRGB.
        limit_bytes: In bytes.
        format_name: JPEG or WEBP.
        exif: A block to embed, see `output_file.extract_exif` for one without a location.

    Returns:
        The file, with an sRGB profile.

    Raises:
        InvalidInput: Pixels of another type or shape, another format, a limit below 1.

    Example:
        >>> import numpy as np
        >>> noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3)).astype(np.uint8)
        >>> encoded = encode_within(noise, limit_bytes=4000)
        >>> encoded.fits_limit, len(encoded.data) <= 4000, encoded.quality < BEST_QUALITY
        (True, True, True)
    """
    if format_name not in SIZE_LIMITED_FORMATS or limit_bytes < 1:
        raise InvalidInput(
            f"encoding: {format_name!r} within {limit_bytes} bytes;"
            f" formats are {', '.join(SIZE_LIMITED_FORMATS)}"
        )
    best = encode_as(pixels, format_name, exif, BEST_QUALITY)
    if len(best) <= limit_bytes:
        return EncodedPhoto(best, BEST_QUALITY, True)
    low, high, best_fit = WORST_QUALITY, BEST_QUALITY - 1, None
    while low <= high:
        middle = (low + high) // 2
        data = encode_as(pixels, format_name, exif, middle)
        if len(data) <= limit_bytes:
            low, best_fit = middle + 1, EncodedPhoto(data, middle, True)
        else:
            high = middle - 1
    return best_fit or EncodedPhoto(
        encode_as(pixels, format_name, exif, WORST_QUALITY), WORST_QUALITY, False
    )
