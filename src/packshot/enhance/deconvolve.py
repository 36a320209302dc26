"""Deconvolution: blur of a known shape is undone, not merely steepened as `sharpen` does.

Richardson and Lucy's iteration, damped by total variation (Dey et al., Richardson-Lucy algorithm with
total variation regularization for 3D confocal microscope deconvolution, Microscopy Research and
Technique 2006, eq. 14 and 15). It works on code values, not on light: of both mistakes (optics blur
light; editors, scaling and cameras after their tone curve blur codes) taking light for codes costs less.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Pixels
from packshot.distort.blur import make_disc_kernel, make_line_kernel
from packshot.enhance.luma import add_luma, clamp_to_neighbours, to_luma
from packshot.errors import InvalidInput
from packshot.photo.pixels import check_pixels

MAX_BLUR_SIGMA: Final = 48.0
"""Largest standard deviation of a blur, in pixels, that is undone; wider ones count as this. It bounds
the kernel, and of a photo blurred wider there is nothing to bring back. A judgement."""

_DAMPING: Final = 0.002
"""Weight of total variation: flat ground is steadied, edges are hardly held back. A judgement."""

_GRADIENT_EPSILON: Final = 1e-3
"""Slope, of luma 0..1 per pixel, below which ground counts as flat: it keeps the unit gradient finite
there."""

_LUMA_FLOOR: Final = 0.01
"""Luma 0..1 added before and taken off after: the iteration divides by what it predicts, black
included."""

_MIN_DIVISOR: Final = 0.5
"""Smallest value of 1 less the damping term: no round may more than double a pixel for that reason. A
judgement."""

_MAX_ITERATIONS, _MIN_ITERATIONS = 40, 4
"""Rounds of the iteration: more bring back finer detail and more noise. A judgement between gain and
time."""

_PIXEL_ITERATIONS: Final = 24e6
"""Rounds times pixels, about, that one plane may take: it bounds the time for large pictures."""

_WORKING_SIGMA: Final = 2.0
"""Pixels: a wider blur is undone at a size where it is this wide
(docs/decisions/0007-enhancement-steps.md)."""

_OVERSHOOT, _OVERSHOOT_SHARE = 3.0, 0.1
"""Grey levels, and share of the neighbourhood's range, that a value may go beyond its neighbourhood:
fine detail that the blur took needs some room, a halo more
(docs/decisions/0007-enhancement-steps.md)."""

Psf = Callable[[float], Float32Array]
"""The kernel of a blur, for a photo made smaller by a factor."""


def deblur(pixels: Pixels, blur: float, strength: float = 1.0) -> Pixels:
    """Undo defocus: light that went astray over a disc.

    Args:
        pixels: (H, W, 3) uint8, free of noise.
        blur: Standard deviation in pixels, above 0: half the radius of the disc.
        strength: 0..1, share of the change that is applied.

    Returns:
        (H, W, 3) uint8.

    Raises:
        InvalidInput: Pixels of another type or shape, or no blur.

    Example:
        >>> import cv2
        >>> import numpy as np
        >>> edge = np.repeat(np.uint8([[[60], [200]]]), 32, axis=1).repeat(64, axis=0).repeat(3, axis=2)
        >>> soft = cv2.filter2D(edge, -1, make_disc_kernel(4.0))
        >>> mended = deblur(soft, blur=2.0)
        >>> [round(float(np.abs(image - 1.0 * edge).mean())) for image in (soft, mended)]
        [4, 2]
    """
    sigma = _limit_sigma(pixels, blur)
    return _deconvolve(pixels, lambda factor: make_disc_kernel(2 * sigma / factor), sigma, strength)


def deblur_motion(pixels: Pixels, length: float, angle: float, strength: float = 1.0) -> Pixels:
    """Undo even motion along a line.

    Args:
        pixels: (H, W, 3) uint8, free of noise.
        length: Of the streak that a point became, in pixels, above 0.
        angle: Direction of the motion, degrees, counter-clockwise from horizontal.
        strength: 0..1, share of the change that is applied.

    Returns:
        (H, W, 3) uint8.

    Raises:
        InvalidInput: Pixels of another type or shape, or no motion.

    Example:
        >>> import cv2
        >>> import numpy as np
        >>> edge = np.repeat(np.uint8([[[60], [200]]]), 32, axis=1).repeat(64, axis=0).repeat(3, axis=2)
        >>> moved = cv2.filter2D(edge, -1, make_line_kernel(9.0, 0.0))
        >>> mended = deblur_motion(moved, length=9.0, angle=0.0)
        >>> [round(float(np.abs(image - 1.0 * edge).mean())) for image in (moved, mended)]
        [5, 3]
    """
    sigma = _limit_sigma(pixels, length / math.sqrt(12))
    streak, direction = sigma * math.sqrt(12), math.radians(angle)
    return _deconvolve(
        pixels, lambda factor: make_line_kernel(streak / factor, direction), sigma, strength
    )


def richardson_lucy(
    plane: Float32Array, kernel: Float32Array, iterations: int, damping: float = _DAMPING
) -> Float32Array:
    """Estimate what a plane was before it was convolved with a kernel.

    Each round multiplies the estimate by how much more there is than it explains, seen backwards through
    the kernel, over 1 less `damping` times the curvature of its level lines.

    Args:
        plane: (H, W) float32, 0 or more; continued beyond its border by its rim.
        kernel: (K, K) float32, K odd, 0 or more, sums to 1.
        iterations: How many; more bring back finer detail.
        damping: Weight of total variation; 0 for the plain iteration.

    Returns:
        (H, W) float32.

    Raises:
        InvalidInput: A kernel of even size or one that does not sum to 1.

    Example:
        >>> import cv2
        >>> import numpy as np
        >>> point = np.float32(np.outer(np.arange(9) == 4, np.arange(9) == 4))
        >>> kernel = np.full((1, 3), 1 / 3, np.float32)
        >>> spread = cv2.filter2D(point, -1, kernel)
        >>> richardson_lucy(spread, kernel, iterations=20, damping=0)[4, 3:6].round(1).tolist()
        [0.0, 1.0, 0.0]
    """
    if kernel.ndim != 2 or not all(side % 2 for side in kernel.shape) or abs(kernel.sum() - 1) > 1e-3:
        raise InvalidInput("a kernel has an odd number of rows and columns and sums to 1")
    reach = max(kernel.shape)
    padded = cv2.copyMakeBorder(plane, *(reach,) * 4, cv2.BORDER_REPLICATE)
    observed = np.maximum(np.asarray(padded, np.float32), np.float32(1e-6))
    flipped_kernel = np.ascontiguousarray(kernel[::-1, ::-1])
    estimate = observed.copy()
    for _ in range(iterations):
        predicted = np.maximum(_convolve(estimate, flipped_kernel), np.float32(1e-6))
        correction = _convolve(np.asarray(observed / predicted, np.float32), kernel)
        if damping > 0:
            correction /= np.maximum(1 - np.float32(damping) * _curvature(estimate), _MIN_DIVISOR)
        estimate *= correction
    return np.ascontiguousarray(estimate[reach:-reach, reach:-reach])


def _convolve(plane: Float32Array, flipped_kernel: Float32Array) -> Float32Array:
    """Convolution with the kernel that `flipped_kernel` is, turned by 180 degrees: OpenCV correlates."""
    return np.asarray(
        cv2.filter2D(plane, -1, flipped_kernel, borderType=cv2.BORDER_REPLICATE), np.float32
    )


def _curvature(plane: Float32Array) -> Float32Array:
    """Divergence of the unit gradient: forward differences, then backward ones."""
    across, down = np.zeros_like(plane), np.zeros_like(plane)
    np.subtract(plane[:, 1:], plane[:, :-1], across[:, :-1])
    np.subtract(plane[1:], plane[:-1], down[:-1])
    length = np.sqrt(across * across + down * down + np.float32(_GRADIENT_EPSILON**2))
    across /= length
    down /= length
    curvature = across + down
    curvature[:, 1:] -= across[:, :-1]
    curvature[1:] -= down[:-1]
    return curvature


def _limit_sigma(pixels: Pixels, sigma: float) -> float:
    check_pixels(pixels, "deblur")
    if not sigma > 0:
        raise InvalidInput(f"a blur to undo is above 0 pixels wide, this is {sigma:g}")
    return min(sigma, MAX_BLUR_SIGMA)


def _deconvolve(pixels: Pixels, psf: Psf, sigma: float, strength: float) -> Pixels:
    """Add to all channels what deconvolution gives luma, so that colours stay.

    A wide blur left nothing fine, so it is undone on a smaller picture: in time and memory for 1.
    """
    soft = to_luma(pixels)
    height, width = soft.shape
    factor = max(1, int(sigma / _WORKING_SIGMA))
    size = (max(1, width // factor), max(1, height // factor))
    small = np.asarray(cv2.resize(soft, size, interpolation=cv2.INTER_AREA), np.float32)
    gain = np.float32(strength) * (_restore_luma(small, psf(factor), sigma / factor) - small)
    full = cv2.resize(gain, (width, height), interpolation=cv2.INTER_CUBIC)
    return add_luma(pixels, np.asarray(full, np.float32))


def _restore_luma(soft: Float32Array, kernel: Float32Array, sigma: float) -> Float32Array:
    """Luma 0..255 restored, within what each neighbourhood had but for little: no halos."""
    observed = soft / np.float32(255) + np.float32(_LUMA_FLOOR)
    estimate = 255 * (
        richardson_lucy(observed, kernel, _choose_iterations(soft.size)) - np.float32(_LUMA_FLOOR)
    )
    return clamp_to_neighbours(estimate, soft, round(sigma + 2), _OVERSHOOT, _OVERSHOOT_SHARE)


def _choose_iterations(pixel_count: int) -> int:
    """Fewer for a large picture that is hardly blurred."""
    return round(min(max(_PIXEL_ITERATIONS / pixel_count, _MIN_ITERATIONS), _MAX_ITERATIONS))
