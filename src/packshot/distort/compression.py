"""Compression: JPEG, JPEG 2000, WebP."""

from __future__ import annotations

import io
from typing import Final

import cv2
import numpy as np
from PIL import Image

from packshot.arrays import Pixels

_JPEG_QUALITY: Final = (43, 28, 18, 10, 5)
_WEBP_QUALITY: Final = (45, 28, 15, 6, 1)
"""Quality of the encoders, 0..100, by level; set as `parameters` says."""

_JPEG2000_RATIO: Final = (40, 80, 140, 240, 400)
"""Bytes of the pixels over bytes of the file, by level; set as `parameters` says."""

_JPEG2000_MIN_SIDE: Final = 32
"""Pixels: smaller photos are padded, since five halvings of the wavelet need as many."""


def jpeg(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Encode as baseline JPEG at quality 43 to 5.

    Args:
        pixels: (H, W, 3) uint8; not changed.
        level: 1..5.
        generator: Not used; the effect has no chance in it.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> from packshot.photo import Photo
        >>> photo = Photo.open("examples/photos/mug.jpg").pixels[200:456, 200:456]
        >>> mild, severe = (jpeg(photo, level, np.random.default_rng(0)) for level in (1, 5))
        >>> cv2.norm(photo, mild) < cv2.norm(photo, severe)
        True
    """
    return round_trip_jpeg(pixels, _JPEG_QUALITY[level - 1])


def webp(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Encode as lossy WebP at quality 45 to 1.

    Args:
        pixels: (H, W, 3) uint8; not changed.
        level: 1..5.
        generator: Not used; the effect has no chance in it.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> from packshot.photo import Photo
        >>> photo = Photo.open("examples/photos/mug.jpg").pixels[200:456, 200:456]
        >>> mild, severe = (webp(photo, level, np.random.default_rng(0)) for level in (1, 5))
        >>> cv2.norm(photo, mild) < cv2.norm(photo, severe)
        True
    """
    return _round_trip(pixels, ".webp", [cv2.IMWRITE_WEBP_QUALITY, _WEBP_QUALITY[level - 1]])


def jpeg2000(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Encode as JPEG 2000 at a ratio of 40 to 400; photos below 32 pixels are padded for it.

    Args:
        pixels: (H, W, 3) uint8; not changed.
        level: 1..5.
        generator: Not used; the effect has no chance in it.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> from packshot.photo import Photo
        >>> photo = Photo.open("examples/photos/mug.jpg").pixels[200:456, 200:456]
        >>> mild, severe = (jpeg2000(photo, level, np.random.default_rng(0)) for level in (1, 5))
        >>> cv2.norm(photo, mild) < cv2.norm(photo, severe)
        True
    """
    height, width = pixels.shape[:2]
    down, right = max(0, _JPEG2000_MIN_SIDE - height), max(0, _JPEG2000_MIN_SIDE - width)
    padded = cv2.copyMakeBorder(pixels, 0, down, 0, right, cv2.BORDER_REPLICATE)
    file = io.BytesIO()
    Image.fromarray(padded).save(
        file,
        format="JPEG2000",
        quality_mode="rates",
        quality_layers=[_JPEG2000_RATIO[level - 1]],
        irreversible=True,
    )
    return np.asarray(Image.open(file).convert("RGB"), np.uint8)[:height, :width].copy()


def round_trip_jpeg(pixels: Pixels, quality: int) -> Pixels:
    """Return the photo as it comes back from a baseline JPEG file.

    Args:
        pixels: (H, W, 3) uint8.
        quality: 1..100, the encoder's.

    Example:
        >>> round_trip_jpeg(np.full((16, 16, 3), 120, np.uint8), quality=90)[0, 0].tolist()
        [120, 120, 120]
    """
    return _round_trip(pixels, ".jpg", [cv2.IMWRITE_JPEG_QUALITY, quality])


def _round_trip(pixels: Pixels, extension: str, options: list[int]) -> Pixels:
    """Return the photo as it comes back from an encoder; OpenCV wants its channels as BGR."""
    _, data = cv2.imencode(extension, np.ascontiguousarray(pixels[..., ::-1]), options)
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return np.ascontiguousarray(decoded[..., ::-1])
