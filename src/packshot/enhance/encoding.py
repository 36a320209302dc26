"""Encoding for a shop: the best quality within a number of bytes, tagged sRGB."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageCms

from packshot.errors import InvalidInput
from packshot.measure.planes import Pixels
from packshot.photo.pixels import check_pixels

BEST, WORST = 95, 20
"""Qualities between which is chosen: above nothing is gained, below damage is plain to see."""

FORMATS: Final = ("JPEG", "WEBP")
_FULL_COLOUR: Final = 90


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
    check_pixels(pixels, "encoding")
    if kind not in FORMATS or limit < 1:
        raise InvalidInput(f"encoding: {kind!r} within {limit} bytes; formats are {', '.join(FORMATS)}")
    image, profile = Image.fromarray(pixels), _srgb_profile()
    best = _encoded(image, BEST, kind, profile, exif)
    if len(best) <= limit:
        return Encoded(best, BEST, True)
    low, high, found = WORST, BEST - 1, None
    while low <= high:
        middle = (low + high) // 2
        data = _encoded(image, middle, kind, profile, exif)
        if len(data) <= limit:
            low, found = middle + 1, Encoded(data, middle, True)
        else:
            high = middle - 1
    return found or Encoded(_encoded(image, WORST, kind, profile, exif), WORST, False)


def _encoded(image: Image.Image, quality: int, kind: str, profile: bytes, exif: bytes) -> bytes:
    file = io.BytesIO()
    if kind == "JPEG":
        subsampling = "4:4:4" if quality >= _FULL_COLOUR else "4:2:0"
        image.save(
            file,
            kind,
            quality=quality,
            subsampling=subsampling,
            optimize=True,
            icc_profile=profile,
            exif=exif,
        )
    else:
        image.save(file, kind, quality=quality, method=4, icc_profile=profile, exif=exif)
    return file.getvalue()


def _srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
