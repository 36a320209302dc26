"""GMSD: gradient magnitude similarity deviation.

Xue, Zhang, Mou, Bovik, "Gradient Magnitude Similarity Deviation: A Highly Efficient Perceptual
Image Quality Index", IEEE TIP 23(2), 2014.
"""

from typing import Final

import numpy as np

from packshot.arrays import Float32Array, Pixels
from packshot.measure.reference.pair import (
    PREWITT,
    check_pair,
    gradient_magnitude,
    luma,
    similarity_map,
    window_means,
)

MIN_SIDE: Final = 4
"""Smallest side in pixels."""

_CONSTANT: Final = 170.0
"""The stabilising constant of the paper, for luminance 0..255."""


def gmsd(reference: Pixels, distorted: Pixels) -> float:
    """Return gradient magnitude similarity deviation (eq. 6): 0 for equal photos, larger is worse.

    By the paper: luma in 0..255, averaged over 2 x 2 pixels, Prewitt gradients with zeros outside,
    constant 170, standard deviation of the similarity over the photo. Symmetric.

    Args:
        reference: RGB pixels (H, W, 3), uint8, both sides at least 4.
        distorted: RGB pixels of the same shape.

    Returns:
        A deviation, 0 to 0.5, in practice below 0.35.

    Raises:
        InvalidInput: The photos are not comparable, see `check_pair`.

    Example:
        >>> from packshot.distort import distort
        >>> from packshot.photo import Photo
        >>> reference = Photo.open("examples/photos/clay-bowl.jpg").pixels
        >>> mild, severe = (distort(reference, "jpeg", level) for level in (1, 5))
        >>> 0 < gmsd(reference, mild) < gmsd(reference, severe) < 0.35
        True
    """
    check_pair(reference, distorted, MIN_SIDE)
    similarities = similarity_map(
        _half_size_gradient(reference), _half_size_gradient(distorted), _CONSTANT
    )
    return float(similarities.std(dtype=np.float64))


def _half_size_gradient(pixels: Pixels) -> Float32Array:
    """Return the gradient magnitude of luma at half size."""
    return gradient_magnitude(luma(window_means(pixels, 2, 0)), PREWITT)
