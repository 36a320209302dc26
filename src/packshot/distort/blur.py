"""Blur: Gaussian, of the lens, of motion."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Pixels
from packshot.distort.parameters import scale_of

_GAUSSIAN_SIGMA: Final = (0.7, 1.2, 2.0, 3.2, 5.0)
_LENS_RADIUS: Final = (1.0, 1.8, 3.0, 5.0, 8.0)
_MOTION_LENGTH: Final = (3.0, 5.5, 9.0, 15.0, 25.0)
"""Pixels of a photo of 512, by level: standard deviation, radius, length; set as `parameters` says."""

_SUBSAMPLES: Final = 4
"""Points of a line kernel per pixel of its length, so that it is smooth."""


def gaussian_blur(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Convolve with a Gaussian of 0.7 to 5 pixels standard deviation.

    Args:
        pixels: (H, W, 3) uint8; not changed.
        level: 1..5.
        generator: Not used; the effect has no chance in it.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> edge = np.zeros((512, 512, 3), np.uint8)
        >>> edge[:, 256:] = 255
        >>> blurred = gaussian_blur(edge, 5, np.random.default_rng(0))
        >>> int(blurred[256, 255, 0]) in range(100, 128)  # neither black nor white any more
        True
    """
    sigma = _GAUSSIAN_SIGMA[level - 1] * scale_of(pixels)
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), np.uint8)


def lens_blur(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Convolve with a disc of 1 to 8 pixels radius: light out of focus.

    Args:
        pixels: (H, W, 3) uint8; not changed.
        level: 1..5.
        generator: Not used; the effect has no chance in it.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> point = np.zeros((512, 512, 3), np.uint8)
        >>> point[256, 256] = 255
        >>> int((lens_blur(point, 3, np.random.default_rng(0))[256, :, 0] > 0).sum())  # a disc
        7
    """
    kernel = make_disc_kernel(_LENS_RADIUS[level - 1] * scale_of(pixels))
    return np.asarray(cv2.filter2D(pixels, -1, kernel, borderType=cv2.BORDER_REFLECT_101), np.uint8)


def motion_blur(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Convolve with a straight line of 3 to 25 pixels in a seeded direction.

    Args:
        pixels: (H, W, 3) uint8; not changed.
        level: 1..5.
        generator: Gives the direction.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> point = np.zeros((512, 512, 3), np.uint8)
        >>> point[256, 256] = 255
        >>> streak = motion_blur(point, 5, np.random.default_rng(0))[..., 0] > 0
        >>> bool(streak.any(axis=0).sum() != streak.any(axis=1).sum())  # longer one way
        True
    """
    angle = generator.uniform(0, np.pi)
    kernel = make_line_kernel(_MOTION_LENGTH[level - 1] * scale_of(pixels), angle)
    return np.asarray(cv2.filter2D(pixels, -1, kernel, borderType=cv2.BORDER_REFLECT_101), np.uint8)


def make_disc_kernel(radius: float) -> Float32Array:
    """Make a disc with soft rim as a kernel that sums to 1.

    Args:
        radius: In pixels, above 0.

    Returns:
        (K, K) float32, K odd.

    Example:
        >>> kernel = make_disc_kernel(2.0)
        >>> kernel.shape, round(float(kernel.sum()), 4)
        ((5, 5), 1.0)
    """
    reach = int(np.ceil(radius))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    inside = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1)
    return np.asarray(inside / inside.sum(), np.float32)


def make_line_kernel(length: float, angle: float) -> Float32Array:
    """Make a straight line through the centre as a kernel that sums to 1.

    Args:
        length: In pixels.
        angle: In radians, counter-clockwise from the x axis.

    Returns:
        (K, K) float32, K odd.

    Example:
        >>> (make_line_kernel(4.0, 0.0) > 0).sum(axis=1).tolist()  # all in one row
        [0, 0, 0, 5, 0, 0, 0]
    """
    reach = int(np.ceil(length / 2))
    kernel = np.zeros((2 * reach + 3, 2 * reach + 3), np.float32)
    for t in np.linspace(-length / 2, length / 2, int(length * _SUBSAMPLES) + 1):
        x, y = t * np.cos(angle) + reach + 1, -t * np.sin(angle) + reach + 1
        left, top = int(x), int(y)
        for dy, wy in ((0, 1 - (y - top)), (1, y - top)):
            for dx, wx in ((0, 1 - (x - left)), (1, x - left)):
                kernel[top + dy, left + dx] += wy * wx
    return np.asarray(kernel / kernel.sum(), np.float32)
