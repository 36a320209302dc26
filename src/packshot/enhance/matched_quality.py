"""The quality that makes a file of as many bytes as one that came in, where no header tells of it."""

from __future__ import annotations

import io
from typing import Final

import numpy as np
from PIL import Image

from packshot.arrays import Pixels
from packshot.enhance.encoding import build_options

MIN_QUALITIES: Final = {"JPEG": 92, "WEBP": 90, "AVIF": 80, "HEIF": 60}
"""Quality of each format's writer, 1..100, below which no changed photo is saved, whatever its input's:
at that the repair would be lost again, and new blocks be drawn. That of JPEG is measured
(docs/decisions/0038-what-an-output-keeps.md); the others keep as much of ten photos of the training
split: 41.7 dB at JPEG 92, 41.7 at WebP 90, 42.0 at AVIF 80, 41.9 at HEIC 60; SSIM .992 to .995."""

_TRIED_QUALITIES: Final = {"AVIF": (80, 88, 97), "HEIF": (60, 75, 95)}
"""Qualities at which a sample is encoded; between them its size is taken to grow by equal factors."""

_TILE_SIDE: Final = 128
_TILES: Final = 4
"""Number across and down of the tiles that stand for a larger photo; sides in pixels."""


def match_quality(pixels: Pixels, format_name: str, size_bytes: int) -> int:
    """Find the quality whose file has about as many bytes as one that came in.

    A sample of 16 tiles stands for a photo of more pixels. Photos that were saved once give nearly their
    size again when they are saved at the same quality.

    Args:
        pixels: (H, W, 3) uint8, of the file that came in.
        format_name: AVIF or HEIF.
        size_bytes: Of its picture, without metadata.

    Returns:
        Between the format's `MIN_QUALITIES` and the highest that is tried.

    Example:
        >>> noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3)).astype(np.uint8)
        >>> match_quality(noise, "AVIF", 100), match_quality(noise, "AVIF", 100_000)
        (80, 97)
    """
    sample = _take_sample(pixels)
    wanted = size_bytes * sample.shape[0] * sample.shape[1] / (pixels.shape[0] * pixels.shape[1])
    qualities = _TRIED_QUALITIES[format_name]
    sizes = [_measure_size(sample, format_name, quality) for quality in qualities]
    rising = np.maximum.accumulate(np.log(sizes))
    return round(float(np.interp(np.log(max(wanted, 1.0)), rising, qualities)))


def _take_sample(pixels: Pixels) -> Pixels:
    """Take tiles, evenly spread, as one picture; all of a small photo."""
    height, width = pixels.shape[:2]
    if min(height, width) < 2 * _TILES * _TILE_SIDE:
        return pixels
    tops, lefts = (
        np.linspace(0, side - _TILE_SIDE, _TILES, dtype=int) // 2 * 2 for side in (height, width)
    )
    rows = [
        np.hstack([pixels[top : top + _TILE_SIDE, left : left + _TILE_SIDE] for left in lefts])
        for top in tops
    ]
    return np.vstack(rows)


def _measure_size(pixels: Pixels, format_name: str, quality: int) -> int:
    file = io.BytesIO()
    image = Image.fromarray(np.ascontiguousarray(pixels))
    image.save(file, format_name, **build_options(format_name, quality))
    return len(file.getvalue())
