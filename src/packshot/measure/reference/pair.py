"""Two photos of one scene: the check every measure starts with, and maps that several share."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from packshot.arrays import Float32Array, Pixels
from packshot.errors import InvalidInput
from packshot.photo import check_pixels

LUMA: Final = (0.299, 0.587, 0.114)
"""Weights of R, G, B in Rec. 601 luma."""

YIQ: Final = (LUMA, (0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112))
"""The NTSC colour space, which FSIM and HaarPSI are defined in."""

OPPONENT: Final = ((0.30, 0.04, -0.35), (0.34, -0.6, 0.17))
"""Weights of R, G, B in the two chromaticities of the Gaussian colour model, for MDSI and VSI."""

PREWITT: Final = (1 / 3, 1 / 3, 1 / 3)
"""Smoothing weights across a derivative."""

SCHARR: Final = (3 / 16, 10 / 16, 3 / 16)
"""Smoothing weights across a derivative, nearer to equal in all directions."""

_TINY: Final = np.float32(1e-30)
"""Put in place of zero before a logarithm."""

_VIEWING_SIDE: Final = 256
"""Pixels of the short side at a usual viewing distance (Wang's SSIM page)."""


def check_pair(reference: Pixels, distorted: Pixels, minimum: int) -> None:
    """Refuse two photos that cannot be compared pixel by pixel.

    Args:
        reference: RGB pixels (H, W, 3), uint8.
        distorted: RGB pixels of the same shape.
        minimum: Smallest width and height that the measure is defined for.

    Raises:
        InvalidInput: One is not 8-bit RGB, one is too small, or their sizes differ.

    Example:
        >>> photo = np.zeros((20, 20, 3), np.uint8)
        >>> check_pair(photo, photo[:10], 16)
        Traceback (most recent call last):
        packshot.errors.InvalidInput: distorted: 20 x 10 is too small, this needs 16 x 16
    """
    check_pixels(reference, "reference", minimum)
    check_pixels(distorted, "distorted", minimum)
    if reference.shape != distorted.shape:
        raise InvalidInput(
            f"reference {reference.shape} and distorted {distorted.shape} differ in size: "
            "resize one to the other first"
        )


def viewing_factor(pixels: Pixels) -> int:
    """Return the whole factor that brings the short side near 256 pixels, at least 1.

    Args:
        pixels: Photo (H, W, 3).

    Source:
        Wang's SSIM page, followed by FSIM, VSI and MDSI: judge at a usual viewing distance.

    Example:
        >>> viewing_factor(np.zeros((800, 1024, 3), np.uint8)), viewing_factor(np.zeros((90, 90, 3)))
        (3, 1)
    """
    short_side: int = min(pixels.shape[:2])
    return max(1, round(short_side / _VIEWING_SIDE))


def block_means(values: Pixels | Float32Array, factor: int) -> Float32Array:
    """Average disjoint blocks of `factor` by `factor` pixels; the remainder is dropped.

    Args:
        values: Array (H, W) or (H, W, 3), uint8 or float32.
        factor: Side of a block, at least 1.

    Returns:
        Array (H // factor, W // factor) with the same channels.

    Example:
        >>> block_means(np.array([[1, 3, 9], [5, 7, 9]], np.uint8), 2).tolist()
        [[4.0]]
    """
    height, width = (side // factor for side in values.shape[:2])
    whole = values[: height * factor, : width * factor].astype(np.float32, copy=False)
    if factor == 1:
        return whole
    return to_float32(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA))


def window_means(
    values: Pixels | Float32Array, factor: int, before: int, border: int = cv2.BORDER_CONSTANT
) -> Float32Array:
    """Average a window of `factor` by `factor` pixels about every `factor`-th pixel.

    Authors differ in how their windows lie: this gives each its own.

    Args:
        values: Array (H, W) or (H, W, 3), uint8 or float32.
        factor: Side and step of the window.
        before: How many of its rows and columns lie before the pixel.
        border: What lies outside, an OpenCV border type; zeros by default.

    Returns:
        Array (ceil(H / factor), ceil(W / factor)) with the same channels.

    Example:
        >>> window_means(np.full((3, 3), 8, np.uint8), 2, 0).tolist()
        [[8.0, 4.0], [4.0, 2.0]]
    """
    after = factor - 1 - before
    padded = cv2.copyMakeBorder(values, before, after, before, after, border, value=(0, 0, 0))
    return block_means(to_float32(padded), factor)


def apply_colour_matrix(
    rgb: Float32Array, matrix: Sequence[Sequence[float]]
) -> tuple[Float32Array, ...]:
    """Apply a colour matrix.

    Args:
        rgb: Array (H, W, 3).
        matrix: One row of three weights per plane wanted.

    Returns:
        One array (H, W) per row.

    Example:
        >>> y, i, q = apply_colour_matrix(np.full((1, 1, 3), 100, np.float32), YIQ)
        >>> float(y[0, 0].round(2)), float(abs(i[0, 0]).round(2))
        (100.0, 0.0)
    """
    mixed = cv2.transform(rgb, np.asarray(matrix, dtype=np.float32))
    return tuple(to_float32(plane) for plane in cv2.split(mixed))


def luma(rgb: Float32Array) -> Float32Array:
    """Return Rec. 601 luma, (H, W), not rounded.

    Args:
        rgb: Values (H, W, 3).

    Example:
        >>> luma(np.array([[[100, 0, 0], [0, 100, 0]]], np.float32)).round().tolist()
        [[30.0, 59.0]]
    """
    mixed = cv2.transform(rgb, np.asarray([LUMA], dtype=np.float32))
    return to_float32(mixed).reshape(rgb.shape[:2])


def to_float32(values: npt.ArrayLike) -> Float32Array:
    """Return OpenCV's answer as what it is, an array of float32, without a copy.

    Args:
        values: An array of float32, whose type OpenCV's stubs leave open.

    Example:
        >>> to_float32(cv2.pow(np.array([[3.0]], np.float32), 2)).tolist()
        [[9.0]]
    """
    return np.asarray(values, dtype=np.float32)


def gradient(plane: Float32Array, across: Sequence[float]) -> tuple[Float32Array, Float32Array]:
    """Differentiate a plane with a 3x3 kernel, taking what lies outside as zero.

    Args:
        plane: Array (H, W).
        across: The three smoothing weights across the direction of the derivative, `PREWITT` or
            `SCHARR`.

    Returns:
        Horizontal and vertical derivative, (H, W) each.

    Example:
        >>> ramp = np.tile(np.arange(5, dtype=np.float32), (5, 1))
        >>> across, down = gradient(ramp, PREWITT)
        >>> float(across[2, 2].round(3)), float(down[2, 2].round(3))
        (2.0, 0.0)
    """
    difference = np.array([-1.0, 0.0, 1.0])
    smooth = np.asarray(across, dtype=np.float64)
    border = cv2.BORDER_CONSTANT
    horizontal = cv2.sepFilter2D(plane, cv2.CV_32F, difference, smooth, borderType=border)
    vertical = cv2.sepFilter2D(plane, cv2.CV_32F, smooth, difference, borderType=border)
    return to_float32(horizontal), to_float32(vertical)


def gradient_magnitude(plane: Float32Array, across: Sequence[float]) -> Float32Array:
    """Return the length of the gradient, (H, W).

    Args:
        plane: Array (H, W).
        across: As for `gradient`.

    Example:
        >>> ramp = np.tile(np.arange(0, 15, 3, dtype=np.float32), (5, 1))
        >>> float(gradient_magnitude(ramp, SCHARR)[2, 2])
        6.0
    """
    return magnitude(*gradient(plane, across))


def magnitude(a: Float32Array, b: Float32Array) -> Float32Array:
    """Return sqrt(a^2 + b^2), element by element.

    Args:
        a: Array (H, W).
        b: The same shape.

    Example:
        >>> magnitude(np.array([[3.0]], np.float32), np.array([[4.0]], np.float32)).tolist()
        [[5.0]]
    """
    return to_float32(cv2.magnitude(a, b))


def similarity_map(a: Float32Array, b: Float32Array, constant: float) -> Float32Array:
    """Return (2ab + c) / (a^2 + b^2 + c), element by element: 1 where a equals b.

    Args:
        a: Array (H, W), float32.
        b: The same shape.
        constant: c, above 0: differences well below its root count little.

    Example:
        >>> one, other = np.array([[3.0, 1.0]], np.float32), np.array([[3.0, 3.0]], np.float32)
        >>> similarity_map(one, other, 6.0).tolist()
        [[1.0, 0.75]]
    """
    steady = np.float32(constant)
    product = a * b
    product += product
    product += steady
    energy = a * a
    energy += b * b
    energy += steady
    product /= energy
    return product


def log_magnitude(plane: Float32Array) -> Float32Array:
    """Return ln|x|, element by element, finite (about -69) at zero.

    Args:
        plane: Array (H, W), float32.

    Example:
        >>> log_magnitude(np.array([[0.0, -1.0]], np.float32)).round().tolist()
        [[-69.0, 0.0]]
    """
    return to_float32(cv2.log(np.maximum(np.abs(plane), _TINY)))


def power(log_values: Float32Array, exponent: float) -> Float32Array:
    """Return x^exponent, element by element, given ln x.

    Args:
        log_values: Array (H, W), float32, of `log_magnitude`.
        exponent: Any number.

    Example:
        >>> power(log_magnitude(np.array([[4.0, 9.0]], np.float32)), 0.5).round(3).tolist()
        [[2.0, 3.0]]
    """
    return to_float32(cv2.exp(log_values * np.float32(exponent)))


def mean(plane: Float32Array) -> float:
    """Return the mean, summed in float64.

    Args:
        plane: Array of any shape, not empty.

    Example:
        >>> mean(np.array([[1, 2]], np.float32))
        1.5
    """
    return float(plane.mean(dtype=np.float64))


def total(plane: Float32Array) -> float:
    """Return the sum, summed in float64.

    Args:
        plane: Array of any shape.

    Example:
        >>> total(np.array([[1, 2]], np.float32))
        3.0
    """
    return float(plane.sum(dtype=np.float64))
