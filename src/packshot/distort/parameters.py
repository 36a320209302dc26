"""Shared parts of all kinds of damage: pixel types, the scale of a photo, tone curves.

The strengths of all kinds, by level, were set by judgement: 1 barely visible, 5 severe, at a long side
of 512 pixels. Two things hold them: every kind's effect grows with the level (`tests/distort`), and the
mean quality of all kinds falls about evenly over the levels
(`benchmarks/results/reference_ensemble.csv`, the full-reference ensemble: 86, 68, 50, 35, 26). Models
and labels were made with them: changing one changes what every model was taught.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, FloatArray, Pixels

REFERENCE_SIDE: Final = 512.0
"""Pixels of the long side for which spatial strengths are given: that of KADID-10k's pictures (512 x
384)."""

_MIN_SCALE: Final = 0.25
"""Smallest scale: on tiny photos strengths shrink no further, or nothing would be done. By judgement."""


def scale_of(pixels: Pixels) -> float:
    """Return how much larger than the reference the photo is: its long side over 512, at least 1/4.

    Spatial strengths (radii, block sizes) are given for a long side of 512 pixels, KADID-10k's, and
    grow with it, so that a level looks alike on a photo shown at the same size. Grain, noise and
    compression work on stored pixels, as cameras and encoders do, and do not grow.

    Args:
        pixels: (H, W, 3) uint8.

    Example:
        >>> scale_of(np.zeros((768, 1024, 3), np.uint8)), scale_of(np.zeros((10, 10, 3), np.uint8))
        (2.0, 0.25)
    """
    return max(float(max(pixels.shape[:2])) / REFERENCE_SIDE, _MIN_SCALE)


def to_float(pixels: Pixels) -> Float32Array:
    """Convert uint8 0..255 to float32 0..1.

    Args:
        pixels: Of any shape.

    Example:
        >>> to_float(np.array([0, 51, 255], np.uint8)).round(1).max()
        np.float32(1.0)
    """
    return pixels.astype(np.float32) / np.float32(255)


def to_pixels(values: FloatArray) -> Pixels:
    """Convert floats 0..1 to uint8 0..255, rounded and clipped.

    Args:
        values: Of any shape.

    Example:
        >>> to_pixels(np.array([-0.2, 0.2, 1.7])).tolist()
        [0, 51, 255]
    """
    return np.asarray(np.clip(np.rint(values * 255), 0, 255), np.uint8)


def sample_sign(generator: np.random.Generator) -> float:
    """Draw -1 or 1: which way a photo is damaged where a kind knows two.

    Args:
        generator: Moved on by one number.

    Example:
        >>> generator = np.random.default_rng(0)
        >>> sorted({sample_sign(generator) for _ in range(20)})
        [-1.0, 1.0]
    """
    return 1.0 if generator.random() < 0.5 else -1.0


def apply_curve(pixels: Pixels, curve: Callable[[Float32Array], FloatArray]) -> Pixels:
    """Apply a tone curve, worked out once for each of the 256 values.

    Args:
        pixels: (H, W, 3) uint8.
        curve: Takes (256, 1) values 0..1; gives as many, or (256, 3) for red, green and blue apart.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> apply_curve(np.array([[[0, 100, 255]]], np.uint8), lambda values: 1 - values).tolist()
        [[[255, 155, 0]]]
    """
    ramp = to_float(np.arange(256, dtype=np.uint8))[:, None]
    return np.asarray(cv2.LUT(pixels, to_pixels(curve(ramp))[None]), np.uint8)


def is_integer(value: object) -> bool:
    """Return whether a value is a whole number, of Python or numpy; True and 2.0 are not.

    Args:
        value: Anything.

    Example:
        >>> [is_integer(value) for value in (3, np.int16(3), 3.0, True)]
        [True, True, False, False]
    """
    return isinstance(value, int | np.integer) and not isinstance(value, bool)
