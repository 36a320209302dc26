"""MDSI: the mean deviation similarity index.

Nafchi, Shahkolaei, Hedjam, Cheriet, "Mean Deviation Similarity Index: Efficient and Reliable
Full-Reference Image Quality Evaluator", IEEE Access 4 (2016). Equation numbers are that paper's.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from packshot.arrays import Float32Array, Pixels
from packshot.measure.reference.pair import (
    OPPONENT,
    PREWITT,
    apply_colour_matrix,
    check_pair,
    gradient,
    magnitude,
    mean,
    similarity_map,
    to_float32,
    viewing_factor,
    window_means,
)

MIN_SIDE: Final = 16
"""Smallest side in pixels."""

_LHM: Final = ((0.2989, 0.587, 0.114), *OPPONENT)
_C1: Final = 140.0
_C2: Final = 55.0
_C3: Final = 550.0
_GRADIENT_SHARE: Final = 0.6
_HALF_ROOT: Final = np.float32(np.sqrt(0.5))


@dataclass(frozen=True, eq=False)
class MdsiFeatures:
    """What MDSI needs of one photo: gradient of luminance, its length, two chromaticities."""

    horizontal: Float32Array
    vertical: Float32Array
    length: Float32Array
    h: Float32Array
    m: Float32Array


def mdsi_features(pixels: Pixels) -> MdsiFeatures:
    """Compute what MDSI needs of one photo, for several comparisons.

    Args:
        pixels: RGB pixels (H, W, 3), uint8.

    Returns:
        Maps at about 256 pixels of the short side.
    """
    factor = viewing_factor(pixels)
    luminance, h, m = apply_colour_matrix(window_means(pixels, factor, (factor - 1) // 2), _LHM)
    horizontal, vertical = gradient(luminance, PREWITT)
    return MdsiFeatures(horizontal, vertical, magnitude(horizontal, vertical), h, m)


def compare_mdsi(reference: MdsiFeatures, distorted: MdsiFeatures) -> float:
    """Compare two photos of one size by their features; see `mdsi`."""
    combined = _gradient_similarity(reference, distorted)
    combined *= np.float32(_GRADIENT_SHARE)
    combined += np.float32(1 - _GRADIENT_SHARE) * _chroma_similarity(reference, distorted)
    return float(_mean_deviation(combined) ** 0.25)


def mdsi(reference: Pixels, distorted: Pixels) -> float:
    """Return the mean deviation similarity index: 0 for equal photos, larger is worse.

    Pooling by addition (eq. 9), Minkowski exponent 1, quarter powers (eq. 12). Symmetric up to the
    sign of one term: the paper's gradient similarity (eq. 5) treats the reference apart.

    Args:
        reference: RGB pixels (H, W, 3), uint8, both sides at least 16.
        distorted: RGB pixels of the same shape.

    Returns:
        A distance, about 0 to 0.7.

    Raises:
        InvalidInput: The photos are not comparable, see `check_pair`.
    """
    check_pair(reference, distorted, MIN_SIDE)
    return compare_mdsi(mdsi_features(reference), mdsi_features(distorted))


def _gradient_similarity(one: MdsiFeatures, two: MdsiFeatures) -> Float32Array:
    """Compare gradients with each other and with those of the mean photo (eq. 5)."""
    half = np.float32(0.5)
    fused = magnitude((one.horizontal + two.horizontal) * half, (one.vertical + two.vertical) * half)
    total = similarity_map(one.length, two.length, _C1)
    total += similarity_map(one.length, fused, _C2)
    total -= similarity_map(two.length, fused, _C2)
    return total


def _chroma_similarity(one: MdsiFeatures, two: MdsiFeatures) -> Float32Array:
    """Compare both chromaticity channels at once (eq. 7)."""
    constant = np.float32(_C3)
    product = one.h * two.h + one.m * two.m
    energy = (one.h * one.h + one.m * one.m) + (two.h * two.h + two.m * two.m)
    return to_float32((product + product + constant) / (energy + constant))


def _mean_deviation(combined: Float32Array) -> float:
    """Return mean |s^(1/4) - mean s^(1/4)| over complex fourth roots (eq. 12)."""
    root = np.sqrt(np.sqrt(np.abs(combined)))
    rotated = root * _HALF_ROOT
    negative = combined < 0
    real = to_float32(np.where(negative, rotated, root))
    imaginary = to_float32(np.where(negative, rotated, np.float32(0)))
    real -= np.float32(mean(real))
    imaginary -= np.float32(mean(imaginary))
    return mean(magnitude(real, imaginary))
