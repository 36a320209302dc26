"""UIQM: colour, sharpness and contrast of one photo, weighed as underwater photos are judged.

Panetta, Gao, Agaian, "Human-Visual-System-Inspired Underwater Image Quality Measures", IEEE Journal
of Oceanic Engineering 41(3), 2016. It has no peak: noise and over-sharpening raise it. It is here for
comparison with what enhancement papers report, not as a judge of product photos.

Published figures disagree because implementations do. This is the variant most papers report: blocks
of 10 x 10 pixels; values 0..255; in the contrast measure plain sums and differences over all three
channels in place of the paper's PLIP operations; blocks that hold a zero add nothing to sharpness.
Blue weighs .114, as in the paper; the widespread code has .144, a slip of the pen.
"""

import math
from typing import Final, NamedTuple

import cv2
import numpy as np

from packshot.arrays import Float32Array, Float64Array, Pixels
from packshot.measure.reference.pair import LUMA, magnitude, to_float32
from packshot.photo import check_pixels

BLOCK_SIDE: Final = 10
"""Side of a block in pixels: as most papers that report the measure have it."""

MIN_SIDE: Final = BLOCK_SIDE
"""Smallest side in pixels: one block."""

_TRIM_SHARE: Final = 0.1
"""Share of pixels left out at either end before a chroma is averaged."""

_COLOURFULNESS: Final = (-0.0268, 0.1586)
"""Weights of the distance from grey and of the spread in UICM (eq. 5)."""

_WEIGHTS: Final = (0.0282, 0.2953, 3.5753)
"""Weights of colourfulness, sharpness and contrast in UIQM (eq. 16)."""


class Uiqm(NamedTuple):
    """The measure and its three parts; each grows with quality.

    Attributes:
        colourfulness: UICM, about -10..15.
        sharpness: UISM, 0..about 15.
        contrast: UIConM, 0..0.37.
        total: UIQM, their weighted sum, about 0..5.

    Example:
        >>> parts = uiqm_parts(np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8))
        >>> parts.total > parts.contrast > 0
        True
    """

    colourfulness: float
    sharpness: float
    contrast: float
    total: float


def uiqm(pixels: Pixels) -> float:
    """Return UIQM (eq. 16): larger is better; see `uiqm_parts`.

    Args:
        pixels: RGB pixels (H, W, 3), uint8, both sides at least 10.

    Raises:
        InvalidInput: Not 8-bit RGB, or a side below 10.

    Example:
        >>> from packshot.photo import Photo
        >>> sharp = Photo.open("examples/photos/speaker.jpg").pixels[200:500, 200:500]
        >>> uiqm(sharp) > uiqm(cv2.GaussianBlur(sharp, (0, 0), 3))
        True
    """
    return uiqm_parts(pixels).total


def uiqm_parts(pixels: Pixels) -> Uiqm:
    """Return UIQM and its three parts.

    Args:
        pixels: RGB pixels (H, W, 3), uint8, both sides at least 10.

    Returns:
        The parts and their sum weighted by .0282, .2953 and 3.5753.

    Raises:
        InvalidInput: Not 8-bit RGB, or a side below 10.

    Example:
        >>> round(uiqm_parts(np.full((40, 40, 3), 128, np.uint8)).total, 3)  # one grey
        0.0
    """
    check_pixels(pixels, "photo", MIN_SIDE)
    rgb = pixels.astype(np.float32)
    parts = colourfulness(rgb), sharpness(rgb), contrast(rgb)
    return Uiqm(*parts, sum(w * part for w, part in zip(_WEIGHTS, parts, strict=True)))


def colourfulness(rgb: Float32Array) -> float:
    """Return UICM (eq. 1 to 5): spread of the opponent colours, less their distance from grey.

    Args:
        rgb: Values (H, W, 3), 0..255.

    Example:
        >>> rgb = np.zeros((10, 10, 3), np.float32)
        >>> rgb[:5] = (255, 0, 0)
        >>> colourfulness(rgb) > 0
        True
    """
    red, green, blue = (rgb[..., channel].astype(np.float64).ravel() for channel in range(3))
    opponents = (red - green, (red + green) / 2 - blue)
    means = [_trimmed_mean(values) for values in opponents]
    variances = [
        float(np.square(values - middle).mean()) for values, middle in zip(opponents, means, strict=True)
    ]
    cast, spread = _COLOURFULNESS
    return cast * math.hypot(*means) + spread * math.sqrt(sum(variances))


def sharpness(rgb: Float32Array) -> float:
    """Return UISM (eq. 6 and 7): range of edge strength within blocks, by channel.

    Args:
        rgb: Values (H, W, 3), 0..255, both sides at least 10.

    Example:
        >>> rgb = np.random.default_rng(0).integers(1, 256, (40, 40, 3)).astype(np.float32)
        >>> sharpness(rgb) > sharpness(cv2.blur(rgb, (5, 5)))
        True
    """
    channels = (np.ascontiguousarray(rgb[..., channel]) for channel in range(3))
    return sum(w * _edge_range(plane) for w, plane in zip(LUMA, channels, strict=True))


def contrast(rgb: Float32Array) -> float:
    """Return UIConM (eq. 8): entropy of the Michelson contrast of blocks.

    Args:
        rgb: Values (H, W, 3), 0..255, both sides at least 10.

    Example:
        >>> rgb = np.random.default_rng(0).integers(1, 256, (40, 40, 3)).astype(np.float32)
        >>> 0 < contrast(rgb) < 0.37
        True
    """
    low, high = _block_extremes(rgb.min(axis=2))[0], _block_extremes(rgb.max(axis=2))[1]
    michelson = (high - low) / np.maximum(high + low, 1)
    some = michelson[michelson > 0]
    return -float((some * np.log(some)).sum()) / michelson.size


def _trimmed_mean(values: Float64Array) -> float:
    """Mean without a tenth of the values at either end (eq. 1)."""
    left, right = int(np.ceil(_TRIM_SHARE * values.size)), int(_TRIM_SHARE * values.size)
    ends = np.partition(values, (left, values.size - right - 1))
    return float(ends[left : values.size - right].mean())


def _edge_range(plane: Float32Array) -> float:
    """Return the enhancement measure (EME) of the plane times its Sobel magnitude."""
    across, down = (
        to_float32(cv2.Sobel(plane, cv2.CV_32F, *order, borderType=cv2.BORDER_REFLECT))
        for order in ((1, 0), (0, 1))
    )
    low, high = _block_extremes(magnitude(across, down) * plane)
    edged = low > 0
    return 2 * float(np.log(high[edged] / low[edged]).sum()) / low.size


def _block_extremes(plane: Float32Array) -> tuple[Float64Array, Float64Array]:
    """Return smallest and largest value of each whole block."""
    rows, columns = (side // BLOCK_SIDE for side in plane.shape)
    cut = plane[: rows * BLOCK_SIDE, : columns * BLOCK_SIDE].reshape(
        rows, BLOCK_SIDE, columns, BLOCK_SIDE
    )
    low, high = cut.min(axis=(1, 3)), cut.max(axis=(1, 3))
    return low.astype(np.float64), high.astype(np.float64)
