"""Classical methods to compare with, as plain functions.

They are those of table 6 of R. Zhang, "Optimizing and Assessing the Quality of E-Commerce Product Images
Using Deep Learning Techniques" (docs/methods.md, section 2.4), measured anew in
`benchmarks/enhancement/classical_steps.py`.
"""

from __future__ import annotations

import cv2
import numpy as np

from packshot.arrays import AnyArray, Pixels
from packshot.enhance.denoise import measure_noise, round_to_uint8
from packshot.enhance.guided import guided_filter
from packshot.measure.planes import to_uint8
from packshot.photo.pixels import check_pixels

_PATCH_SIDE, _SEARCH_SIDE = 5, 15
"""Pixels: sides of the patches compared and of the square they are sought in; OpenCV's defaults are 7
and 21, which take longer."""


def equalise_histogram(pixels: Pixels) -> Pixels:
    """Spread luma evenly over 0..255; chroma stays (HE).

    Args:
        pixels: (H, W, 3) uint8.

    Returns:
        (H, W, 3) uint8.

    Raises:
        InvalidInput: Pixels of another type or shape.

    Example:
        >>> import numpy as np
        >>> greys = np.repeat(np.uint8([[[100], [110], [120]]]), 3, axis=2)
        >>> equalise_histogram(greys)[0, :, 0].tolist()
        [0, 128, 255]
    """
    check_pixels(pixels, "baseline")
    luma, red, blue = cv2.split(cv2.cvtColor(pixels, cv2.COLOR_RGB2YCrCb))
    return _merge_planes([cv2.equalizeHist(luma), red, blue], cv2.COLOR_YCrCb2RGB)


def clahe(pixels: Pixels, clip: float = 2.0, tiles: int = 8) -> Pixels:
    """Equalise Lab's lightness in tiles, with bounded contrast (Zuiderveld, Graphics Gems IV, 1994).

    Args:
        pixels: (H, W, 3) uint8.
        clip: Largest slope, in multiples of a plain spread.
        tiles: Across and down.

    Returns:
        (H, W, 3) uint8.

    Raises:
        InvalidInput: Pixels of another type or shape.

    Example:
        >>> import numpy as np
        >>> ramp = np.linspace(100, 140, 64).astype(np.uint8)[None, :, None]
        >>> pixels = np.broadcast_to(ramp, (64, 64, 3)).copy()
        >>> bool(clahe(pixels, tiles=1).std() > 1.3 * pixels.std())
        True
    """
    check_pixels(pixels, "baseline")
    lightness, a, b = cv2.split(cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB))
    equalised = cv2.createCLAHE(clip, (tiles, tiles)).apply(lightness)
    return _merge_planes([equalised, a, b], cv2.COLOR_LAB2RGB)


def non_local_means(pixels: Pixels, strength: float | None = None) -> Pixels:
    """Average patches that look alike (Buades, Coll, Morel, CVPR 2005), in Lab (NLM).

    Args:
        pixels: (H, W, 3) uint8.
        strength: Of the filter, in grey levels; by default the measured noise of luma.

    Returns:
        (H, W, 3) uint8.

    Raises:
        InvalidInput: Pixels of another type or shape.

    Example:
        >>> import numpy as np
        >>> noise = np.random.default_rng(1).normal(0, 6, (64, 64, 3))
        >>> noisy = (128 + noise).astype(np.uint8)
        >>> bool(non_local_means(noisy, strength=8).std() < noisy.std() / 2)
        True
    """
    check_pixels(pixels, "baseline")
    filter_strength = measure_noise(pixels).luma if strength is None else strength
    if filter_strength <= 0:
        return pixels.copy()
    return to_uint8(
        cv2.fastNlMeansDenoisingColored(
            pixels, None, filter_strength, filter_strength, _PATCH_SIDE, _SEARCH_SIDE
        )
    )


def smooth_with_guided_filter(pixels: Pixels, radius: int = 2, smoothness: float = 0.02**2) -> Pixels:
    """Smooth a photo guided by itself, each channel apart (GF).

    Args:
        pixels: (H, W, 3) uint8.
        radius: Of the windows, at least 1.
        smoothness: The variance, of values 0..1, below which a window counts as flat; above 0.

    Returns:
        (H, W, 3) uint8.

    Raises:
        InvalidInput: Pixels of another type or shape, a radius below 1, a smoothness of 0 or less.

    Example:
        >>> import numpy as np
        >>> noise = np.random.default_rng(1).normal(0, 3, (64, 64, 3))
        >>> noisy = (128 + noise).astype(np.uint8)
        >>> bool(smooth_with_guided_filter(noisy).std() < noisy.std() / 1.5)
        True
    """
    check_pixels(pixels, "baseline")
    values = pixels.astype(np.float32) / np.float32(255)
    return round_to_uint8(guided_filter(values, values, radius, smoothness) * np.float32(255))


def _merge_planes(planes: list[AnyArray], code: int) -> Pixels:
    return to_uint8(cv2.cvtColor(cv2.merge(planes), code))
