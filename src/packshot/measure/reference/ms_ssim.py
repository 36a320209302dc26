"""MS-SSIM: structural similarity at five sizes.

Wang, Simoncelli, Bovik, "Multi-scale Structural Similarity for Image Quality Assessment", Asilomar
Conference on Signals, Systems and Computers, 2003.
"""

import math
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Pixels
from packshot.measure.reference.pair import check_pair, luma, window_means
from packshot.measure.reference.ssim import MIN_SIDE as _WINDOW
from packshot.measure.reference.ssim import mean_similarities

WEIGHTS: Final = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Exponent of each size, full size first (section 3.2); they add up to 1 but for rounding."""

MIN_SIDE: Final = (_WINDOW - 1) * 2 ** (len(WEIGHTS) - 1) + 1
"""Smallest side in pixels: one window fits after four halvings."""


def ms_ssim(reference: Pixels, distorted: Pixels) -> float:
    """Return multi-scale structural similarity (eq. 7): 1 for equal photos, smaller is worse.

    Contrast and structure count at every size, luminance at the smallest only. A size at which the
    photos are on average the negative of each other counts as zero, where the paper's power has no
    real value. Luma in 0..255, windows as for `ssim`; between sizes 2 x 2 pixels are averaged, an
    odd last row or column repeated. Symmetric.

    Args:
        reference: RGB pixels (H, W, 3), uint8, both sides at least 161.
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
        >>> 1 > ms_ssim(reference, mild) > ms_ssim(reference, severe) > 0
        True
    """
    check_pair(reference, distorted, MIN_SIDE)
    x, y = (luma(photo.astype(np.float32)) for photo in (reference, distorted))
    factors = []
    for _ in WEIGHTS[:-1]:
        factors.append(mean_similarities(x, y).structure)
        x, y = _halve(x), _halve(y)
    factors.append(mean_similarities(x, y).ssim)
    return math.prod(
        math.pow(max(factor, 0.0), weight) for factor, weight in zip(factors, WEIGHTS, strict=True)
    )


def _halve(plane: Float32Array) -> Float32Array:
    """Average 2 x 2 pixels: (ceil(H / 2), ceil(W / 2))."""
    return window_means(plane, 2, 0, cv2.BORDER_REPLICATE)
