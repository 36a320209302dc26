"""What every kind of damage needs: pixel types, the scale of a photo, strengths by level."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from packshot.arrays import Float32Array, FloatArray, Pixels

REFERENCE_SIDE = 512.0


def scale_of(pixels: Pixels) -> float:
    """How much larger than the reference the photo is: its long side over 512, at least 1/4.

    Spatial strengths (radii, block sizes) are given for a long side of 512 pixels, KADID-10k's, and
    grow with it, so that a level looks alike on a photo shown at the same size. Grain, noise and
    compression work on stored pixels, as cameras and encoders do, and do not grow.
    """
    return max(float(max(pixels.shape[:2])) / REFERENCE_SIDE, 0.25)


def to_float(pixels: Pixels) -> Float32Array:
    """uint8 0..255 to float32 0..1."""
    return pixels.astype(np.float32) / np.float32(255)


def to_pixels(values: FloatArray) -> Pixels:
    """Float 0..1 to uint8 0..255, rounded and clipped."""
    return np.asarray(np.clip(np.rint(values * 255), 0, 255), np.uint8)


def sample_sign(generator: np.random.Generator) -> float:
    """-1 or 1: which way a photo is damaged where a kind knows two."""
    return 1.0 if generator.random() < 0.5 else -1.0


def apply_curve(pixels: Pixels, curve: Callable[[Float32Array], FloatArray]) -> Pixels:
    """Apply a tone curve, worked out once for each of the 256 values.

    Args:
        pixels: (H, W, 3) uint8.
        curve: Takes (256, 1) values 0..1; gives as many, or (256, 3) for red, green and blue apart.

    Returns:
        (H, W, 3) uint8.
    """
    ramp = to_float(np.arange(256, dtype=np.uint8))[:, None]
    return np.asarray(cv2.LUT(pixels, to_pixels(curve(ramp))[None]), np.uint8)


def is_integer(value: object) -> bool:
    """Whether a value is a whole number, of Python or numpy; True and 2.0 are not."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)
