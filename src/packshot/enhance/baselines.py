"""The classical methods that METHODS.md's Table 6 compares with, as plain functions."""

from __future__ import annotations

import cv2
import numpy as np

from packshot.arrays import AnyArray, Pixels
from packshot.enhance.denoise import noise_of, to_bytes
from packshot.enhance.guided import guided_filter
from packshot.measure.planes import as_bytes
from packshot.photo.pixels import check_pixels

_PATCH, _SEARCH = 5, 15


def histogram_equalisation(pixels: Pixels) -> Pixels:
    """Spread luma evenly over 0..255; chroma stays (HE).

    Args:
        pixels: (H, W, 3) uint8.
    """
    check_pixels(pixels, "baseline")
    luma, red, blue = cv2.split(cv2.cvtColor(pixels, cv2.COLOR_RGB2YCrCb))
    return _joined([cv2.equalizeHist(luma), red, blue], cv2.COLOR_YCrCb2RGB)


def clahe(pixels: Pixels, clip: float = 2.0, tiles: int = 8) -> Pixels:
    """Equalise Lab's lightness in tiles, with bounded contrast (Zuiderveld, Graphics Gems IV, 1994).

    Args:
        pixels: (H, W, 3) uint8.
        clip: Largest slope, in multiples of a plain spread.
        tiles: Across and down.
    """
    check_pixels(pixels, "baseline")
    lightness, a, b = cv2.split(cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB))
    spread = cv2.createCLAHE(clip, (tiles, tiles)).apply(lightness)
    return _joined([spread, a, b], cv2.COLOR_LAB2RGB)


def non_local_means(pixels: Pixels, strength: float | None = None) -> Pixels:
    """Average patches that look alike (Buades, Coll, Morel, CVPR 2005), in Lab (NLM).

    Args:
        pixels: (H, W, 3) uint8.
        strength: Of the filter, in grey levels; by default the measured noise of luma.
    """
    check_pixels(pixels, "baseline")
    wanted = noise_of(pixels).luma if strength is None else strength
    if wanted <= 0:
        return pixels.copy()
    return as_bytes(cv2.fastNlMeansDenoisingColored(pixels, None, wanted, wanted, _PATCH, _SEARCH))


def guided_smoothing(pixels: Pixels, radius: int = 2, smoothness: float = 0.02**2) -> Pixels:
    """Smooth a photo guided by itself, each channel apart (GF).

    Args:
        pixels: (H, W, 3) uint8.
        radius: Of the windows, at least 1.
        smoothness: The variance, of values 0..1, below which a window counts as flat; above 0.
    """
    check_pixels(pixels, "baseline")
    values = pixels.astype(np.float32) / np.float32(255)
    return to_bytes(guided_filter(values, values, radius, smoothness) * np.float32(255))


def _joined(planes: list[AnyArray], code: int) -> Pixels:
    return as_bytes(cv2.cvtColor(cv2.merge(planes), code))
