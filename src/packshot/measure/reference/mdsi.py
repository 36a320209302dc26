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
"""Weights of R, G, B in luminance and in the chromaticities H and M."""

_C1: Final = 140.0
_C2: Final = 55.0
_C3: Final = 550.0
_GRADIENT_SHARE: Final = 0.6
"""C1, C2, C3 and alpha of the paper, for values 0..255."""

_HALF_ROOT: Final = np.float32(np.sqrt(0.5))


@dataclass(frozen=True, eq=False)
class MdsiFeatures:
    """Features of one photo for MDSI, maps at about 256 pixels of the short side.

    Attributes:
        horizontal: Derivative of luminance along the rows.
        vertical: Derivative of luminance along the columns.
        length: Length of that gradient.
        h: First chromaticity of the Gaussian colour model.
        m: Second chromaticity.

    Example:
        >>> mdsi_features(np.zeros((600, 900, 3), np.uint8)).h.shape
        (300, 450)
    """

    horizontal: Float32Array
    vertical: Float32Array
    length: Float32Array
    h: Float32Array
    m: Float32Array


def mdsi_features(pixels: Pixels) -> MdsiFeatures:
    """Compute the features of one photo for MDSI, for several comparisons.

    Args:
        pixels: RGB pixels (H, W, 3), uint8.

    Returns:
        Maps at about 256 pixels of the short side.

    Example:
        >>> ramp = np.zeros((32, 32, 3), np.uint8) + np.arange(0, 64, 2, dtype=np.uint8)[None, :, None]
        >>> float(mdsi_features(ramp).horizontal[16, 16].round())  # two steps of two levels
        4.0
    """
    factor = viewing_factor(pixels)
    luminance, h, m = apply_colour_matrix(window_means(pixels, factor, (factor - 1) // 2), _LHM)
    horizontal, vertical = gradient(luminance, PREWITT)
    return MdsiFeatures(horizontal, vertical, magnitude(horizontal, vertical), h, m)


def compare_mdsi(reference: MdsiFeatures, distorted: MdsiFeatures) -> float:
    """Compare two photos of one size by their features; see `mdsi`.

    Args:
        reference: Features of the pristine photo.
        distorted: Features of the other.

    Example:
        >>> noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
        >>> reference, darker = mdsi_features(noise), mdsi_features(noise // 2)
        >>> compare_mdsi(reference, reference) < 0.05 < compare_mdsi(reference, darker)
        True
    """
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

    Example:
        >>> from packshot.distort import distort
        >>> from packshot.photo import Photo
        >>> reference = Photo.open("examples/photos/clay-bowl.jpg").pixels
        >>> mild, severe = (distort(reference, "jpeg", level) for level in (1, 5))
        >>> 0 < mdsi(reference, mild) < mdsi(reference, severe) < 0.7
        True
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
