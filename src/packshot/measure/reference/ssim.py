"""SSIM: structural similarity.

Wang, Bovik, Sheikh, Simoncelli, "Image Quality Assessment: From Error Visibility to Structural
Similarity", IEEE TIP 13(4), 2004.
"""

from typing import Final

import cv2
import numpy as np

from packshot.measure.reference.pair import (
    Pixels,
    Plane,
    as_plane,
    check_pair,
    luma,
    mean,
    similarity,
)

_SIDE: Final = 11
_SIGMA: Final = 1.5
_C1: Final = (0.01 * 255) ** 2
_C2: Final = np.float32((0.03 * 255) ** 2)

_OFFSET: Final = np.float32(128)

MINIMUM: Final = _SIDE
"""Smallest side in pixels: one window."""


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
    """
    check_pair(reference, distorted, MINIMUM)
    # A common offset changes no variance, and small numbers keep their digits when squared.
    x = luma(reference.astype(np.float32)) - _OFFSET
    y = luma(distorted.astype(np.float32)) - _OFFSET
    mean_x, mean_y = _windowed(x), _windowed(y)
    covariance = _windowed(x * y) - mean_x * mean_y
    variances = _windowed(x * x + y * y) - (mean_x * mean_x + mean_y * mean_y)
    structure = (covariance + covariance + _C2) / (variances + _C2)
    return mean(as_plane(structure * similarity(mean_x + _OFFSET, mean_y + _OFFSET, _C1)))


def _windowed(plane: Plane) -> Plane:
    """Average under a Gaussian window, where it fits: (H - 10, W - 10)."""
    weights = cv2.getGaussianKernel(_SIDE, _SIGMA, cv2.CV_64F)
    margin = _SIDE // 2
    smooth = as_plane(cv2.sepFilter2D(plane, cv2.CV_32F, weights, weights))
    return smooth[margin:-margin, margin:-margin]
