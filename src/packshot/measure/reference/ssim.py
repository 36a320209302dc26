"""SSIM: structural similarity.

Wang, Bovik, Sheikh, Simoncelli, "Image Quality Assessment: From Error Visibility to Structural
Similarity", IEEE TIP 13(4), 2004.
"""

from typing import Final, NamedTuple

import cv2
import numpy as np

from packshot.arrays import Float32Array, Pixels
from packshot.measure.reference.pair import check_pair, luma, mean, similarity_map, to_float32

_WINDOW_SIDE: Final = 11
_SIGMA: Final = 1.5
"""Pixels: side and standard deviation of the window (section III.C)."""

_C1: Final = (0.01 * 255) ** 2
_C2: Final = np.float32((0.03 * 255) ** 2)
"""(K L)^2 of luminance and of contrast, with K1 = 0.01, K2 = 0.03 and L = 255."""

_OFFSET: Final = np.float32(128)
"""Grey levels taken off before squaring: the middle of the range."""

MIN_SIDE: Final = _WINDOW_SIDE
"""Smallest side in pixels: one window."""


class MeanSimilarities(NamedTuple):
    """SSIM of two planes, and its part without luminance.

    Attributes:
        ssim: Mean of luminance, contrast and structure together (eq. 13).
        structure: Mean of contrast and structure alone.

    Example:
        >>> plane = np.tile(np.arange(32, dtype=np.float32), (32, 1))
        >>> parts = mean_similarities(plane, plane + 40)
        >>> round(parts.structure, 3), parts.ssim < 0.8  # only luminance differs
        (1.0, True)
    """

    ssim: float
    structure: float


def ssim(reference: Pixels, distorted: Pixels) -> float:
    """Return mean structural similarity (eq. 13 and 17): 1 for equal photos, smaller is worse.

    By the paper's definition: luma in 0..255, Gaussian windows of 11 x 11 with standard deviation
    1.5, only those that lie inside the photo, K1 = 0.01, K2 = 0.03, and no shrinking beforehand.
    Symmetric.

    Args:
        reference: RGB pixels (H, W, 3), uint8, both sides at least 11.
        distorted: RGB pixels of the same shape.

    Returns:
        A similarity, -1 to 1.

    Raises:
        InvalidInput: The photos are not comparable, see `check_pair`.

    Example:
        >>> from packshot.distort import distort
        >>> from packshot.photo import Photo
        >>> reference = Photo.open("examples/photos/clay-bowl.jpg").pixels
        >>> mild, severe = (distort(reference, "jpeg", level) for level in (1, 5))
        >>> 1 > ssim(reference, mild) > ssim(reference, severe) > 0
        True
    """
    check_pair(reference, distorted, MIN_SIDE)
    return mean_similarities(luma(reference.astype(np.float32)), luma(distorted.astype(np.float32))).ssim


def mean_similarities(reference: Float32Array, distorted: Float32Array) -> MeanSimilarities:
    """Compare two planes under Gaussian windows.

    Args:
        reference: Luma (H, W), 0..255, both sides at least 11.
        distorted: The same, of the same shape.

    Returns:
        Means over the windows that lie inside.

    Example:
        >>> plane = np.random.default_rng(0).random((32, 32), np.float32) * 255
        >>> equal, negative = (mean_similarities(plane, other) for other in (plane, 255 - plane))
        >>> round(equal.ssim, 4), negative.ssim < 0
        (1.0, True)
    """
    # A common offset changes no variance, and small numbers keep their digits when squared.
    x, y = reference - _OFFSET, distorted - _OFFSET
    mean_x, mean_y = _window_mean(x), _window_mean(y)
    covariance = _window_mean(x * y) - mean_x * mean_y
    variances = _window_mean(x * x + y * y) - (mean_x * mean_x + mean_y * mean_y)
    structure = to_float32((covariance + covariance + _C2) / (variances + _C2))
    whole = structure * similarity_map(mean_x + _OFFSET, mean_y + _OFFSET, _C1)
    return MeanSimilarities(mean(whole), mean(structure))


def _window_mean(plane: Float32Array) -> Float32Array:
    """Average under a Gaussian window, where it fits: (H - 10, W - 10)."""
    weights = cv2.getGaussianKernel(_WINDOW_SIDE, _SIGMA, cv2.CV_64F)
    margin = _WINDOW_SIDE // 2
    smooth = to_float32(cv2.sepFilter2D(plane, cv2.CV_32F, weights, weights))
    return smooth[margin:-margin, margin:-margin]
