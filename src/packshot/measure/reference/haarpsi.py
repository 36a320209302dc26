"""HaarPSI: the Haar wavelet-based perceptual similarity index.

Reisenhofer, Bosse, Kutyniok, Wiegand, "A Haar Wavelet-Based Perceptual Similarity Index for Image
Quality Assessment", Signal Processing: Image Communication 61, 2018.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Float64Array, Pixels
from packshot.measure.reference.pair import (
    YIQ,
    apply_colour_matrix,
    check_pair,
    similarity_map,
    to_float32,
    total,
    window_means,
)

MIN_SIDE: Final = 16
"""Smallest side in pixels."""

_CONSTANT: Final = 30.0
_ALPHA: Final = 4.2
"""C and alpha of the paper."""

_EPSILON: Final = float(np.finfo(np.float32).eps)


@dataclass(frozen=True, eq=False)
class HaarFeatures:
    """Features of one photo for HaarPSI: absolute wavelet responses and chromaticities.

    Attributes:
        fine: Responses at scale 1, to horizontal then vertical structure.
        middle: The same at scale 2.
        coarse: The same at scale 3: how much each place counts.
        chroma: Absolute local means of I and Q.

    Example:
        >>> len(haarpsi_features(np.zeros((64, 64, 3), np.uint8)).coarse)  # rows and columns
        2
    """

    fine: tuple[Float32Array, Float32Array]
    middle: tuple[Float32Array, Float32Array]
    coarse: tuple[Float32Array, Float32Array]
    chroma: tuple[Float32Array, Float32Array]


def haarpsi_features(pixels: Pixels) -> HaarFeatures:
    """Compute the features of one photo for HaarPSI, for several comparisons.

    Args:
        pixels: RGB pixels (H, W, 3), uint8.

    Returns:
        Maps at half the size.

    Example:
        >>> haarpsi_features(np.zeros((64, 96, 3), np.uint8)).fine[0].shape
        (32, 48)
    """
    y, i, q = apply_colour_matrix(window_means(pixels, 2, 0), YIQ)
    chroma = _local_mean(i), _local_mean(q)
    return HaarFeatures(_haar_responses(y, 2), _haar_responses(y, 4), _haar_responses(y, 8), chroma)


def compare_haarpsi(reference: HaarFeatures, distorted: HaarFeatures) -> float:
    """Compare two photos of one size by their features; see `haarpsi`.

    Args:
        reference: Features of the pristine photo.
        distorted: Features of the other.

    Example:
        >>> noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
        >>> reference, blurred = haarpsi_features(noise), haarpsi_features(cv2.blur(noise, (3, 3)))
        >>> round(compare_haarpsi(reference, reference), 4), compare_haarpsi(reference, blurred) < 0.7
        (1.0, True)
    """
    across = np.maximum(reference.coarse[0], distorted.coarse[0])
    along = np.maximum(reference.coarse[1], distorted.coarse[1])
    weights = [across, along, (across + along) * np.float32(0.5)]
    maps = [
        _mean_similarity(reference.fine[0], distorted.fine[0], reference.middle[0], distorted.middle[0]),
        _mean_similarity(reference.fine[1], distorted.fine[1], reference.middle[1], distorted.middle[1]),
        _mean_similarity(
            reference.chroma[0], distorted.chroma[0], reference.chroma[1], distorted.chroma[1]
        ),
    ]
    pairs = zip(maps, weights, strict=True)
    # 1 - sigmoid: the complement keeps its digits where the photos are nearly equal.
    weighted_loss = sum(total(_sigmoid_complement(local) * weight) for local, weight in pairs)
    total_weight = sum(total(weight) for weight in weights)
    if total_weight <= _EPSILON:
        return 1.0
    share = weighted_loss / total_weight
    return float((np.log1p(-share) - np.log(share)) / _ALPHA) ** 2


def haarpsi(reference: Pixels, distorted: Pixels) -> float:
    """Return the Haar perceptual similarity index (eq. 10): 1 for equal photos, smaller is worse.

    Symmetric.

    Args:
        reference: RGB pixels (H, W, 3), uint8, both sides at least 16.
        distorted: RGB pixels of the same shape.

    Returns:
        A similarity, 0 to 1.

    Raises:
        InvalidInput: The photos are not comparable, see `check_pair`.

    Example:
        >>> from packshot.distort import distort
        >>> from packshot.photo import Photo
        >>> reference = Photo.open("examples/photos/clay-bowl.jpg").pixels
        >>> mild, severe = (distort(reference, "jpeg", level) for level in (1, 5))
        >>> 1 > haarpsi(reference, mild) > haarpsi(reference, severe) > 0
        True
    """
    check_pair(reference, distorted, MIN_SIDE)
    return compare_haarpsi(haarpsi_features(reference), haarpsi_features(distorted))


def _haar_responses(plane: Float32Array, size: int) -> tuple[Float32Array, Float32Array]:
    """Return |response| of the Haar wavelets of one size, zeros outside: rows, then columns."""
    mean = np.full(size, 1 / size)
    step = np.where(np.arange(size) < size // 2, 1.0, -1.0)
    return _apply_kernel(plane, mean, step), _apply_kernel(plane, step, mean)


def _apply_kernel(plane: Float32Array, row: Float64Array, column: Float64Array) -> Float32Array:
    """Correlate with a separable kernel, zeros outside, and take absolute values."""
    centre = len(row) // 2 - 1
    response = cv2.sepFilter2D(
        plane, cv2.CV_32F, row, column, anchor=(centre, centre), borderType=cv2.BORDER_CONSTANT
    )
    return np.abs(to_float32(response))


def _local_mean(plane: Float32Array) -> Float32Array:
    """Return |mean of 2 x 2 pixels|, zeros outside."""
    half = np.full(2, 0.5)
    return _apply_kernel(plane, half, half)


def _mean_similarity(a: Float32Array, b: Float32Array, c: Float32Array, d: Float32Array) -> Float32Array:
    """Average the similarities of two pairs of maps (eq. 7)."""
    mean = similarity_map(a, b, _CONSTANT)
    mean += similarity_map(c, d, _CONSTANT)
    mean *= np.float32(0.5)
    return mean


def _sigmoid_complement(local: Float32Array) -> Float32Array:
    """Return 1 - sigmoid(alpha * similarity)."""
    exponential = to_float32(cv2.exp(local * np.float32(_ALPHA)))
    exponential += np.float32(1)
    return np.reciprocal(exponential, out=exponential)
