"""Histograms of the colours of a product, and their intersection."""

from __future__ import annotations

import cv2
import numpy as np

from packshot.arrays import Float32Array, Pixels

_HISTOGRAM_SIDE = 96
"""Pixels of the long side of the picture whose colours are counted: small, for speed."""

_MIN_BACKGROUND_DISTANCE = 8.0
"""CIELAB units from the colour of the frame's edge beyond which a pixel is of the product. A
judgement."""

_MIN_PRODUCT_SHARE = 0.02
"""Share of pixels that must differ from the edge; with less there is nothing to tell from the
background, and all pixels count."""

_BINS = (8, 16, 16)
"""Bins of lightness, green to red, and blue to yellow: hue counts more than light, which differs
between photos of one product."""

_RANGES = ((0.0, 100.0), (-96.0, 96.0), (-96.0, 96.0))
"""Ranges of the bins in CIELAB: nearly all that sRGB reaches; its most saturated blues and magentas,
beyond 96, are left out."""

_SMOOTHING_SIGMA = 0.6
"""Standard deviation, in bins, by which colours are smeared so that near ones count as alike."""


def colour_histogram(pixels: Pixels) -> Float32Array:
    """Compute the CIELAB histogram of all that differs from the median colour of the frame's edge.

    Args:
        pixels: (H, W, 3) RGB.

    Returns:
        (8, 16, 16), of sum 1; of the whole photo where hardly anything differs.

    Example:
        >>> from packshot.photo import Photo
        >>> histogram = colour_histogram(Photo.open("examples/photos/mug.jpg").pixels)
        >>> histogram.shape, round(float(histogram.sum()), 3)
        ((8, 16, 16), 1.0)
    """
    factor = min(1.0, _HISTOGRAM_SIDE / max(pixels.shape[:2]))
    size = [max(1, round(side * factor)) for side in pixels.shape[1::-1]]
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    lab = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2LAB), np.float32)
    edge = np.concatenate([lab[0], lab[-1], lab[:, 0], lab[:, -1]])
    product = np.linalg.norm(lab - np.median(edge, axis=0), axis=2) > _MIN_BACKGROUND_DISTANCE
    if product.mean() < _MIN_PRODUCT_SHARE:
        product[:] = True
    counts, _ = np.histogramdd(lab[product], bins=_BINS, range=_RANGES)
    smoothed = np.stack([cv2.GaussianBlur(layer, (3, 3), _SMOOTHING_SIGMA) for layer in counts])
    return np.asarray(smoothed / max(float(smoothed.sum()), 1e-9), np.float32)


def colour_likeness(first: Float32Array, second: Float32Array) -> float:
    """Compute the intersection of two histograms, 0..1 (Swain, Ballard, "Color indexing", 1991).

    Example:
        >>> import numpy as np
        >>> red, blue = (np.full((8, 8, 3), colour, np.uint8) for colour in ((200, 0, 0), (0, 0, 200)))
        >>> colour_likeness(colour_histogram(red), colour_histogram(blue))
        0.0
    """
    return float(np.minimum(first, second).sum())
