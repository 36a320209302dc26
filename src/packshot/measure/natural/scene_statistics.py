"""Natural-scene statistics, which NIQE and BRISQUE share.

Luminance of an undamaged photo, with its local mean taken off and divided by its local deviation, is
distributed much like a Gaussian whatever the photo shows, and so are products of neighbours; damage
bends these distributions (Ruderman 1994; Mittal, Moorthy, Bovik, "No-Reference Image Quality
Assessment in the Spatial Domain", IEEE TIP 21(12), 2012, whose equations are numbered here).

Flat ground, such as a white background, has no such statistics. Where a normalised value is nothing
but rounding error it is set to zero, and a block that lacks negative or positive products has no fit:
NaN.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

import cv2
import numpy as np

from packshot.arrays import Float64Array, Mask, Pixels
from packshot.measure.reference.pair import luma

_WINDOW_SIDE: Final = 7
_SIGMA: Final = 7 / 6
_STABILISER: Final = 1.0
"""Window of the local mean and deviation, and the constant C of eq. 1 for luminance 0..255."""

_ROUNDING_LIMIT: Final = 1e-9
"""One grey level anywhere in the window, at full or half size, moves a value by more than 1e-8."""

_NEIGHBOURS: Final = ((0, 1), (1, 0), (1, 1), (1, -1))
"""Rows and columns to the neighbour: along a row, a column and both diagonals (eq. 7 to 10)."""

_HALVING: Final = (-0.01171875, -0.03515625, 0.11328125, 0.43359375)
"""Left half of the cubic (a = -0.5) of half the frequency, at -3.5, -2.5, -1.5, -0.5 pixels."""


class NormalisedPlane(NamedTuple):
    """A plane with local mean and deviation taken out.

    Attributes:
        values: (H, W), about -3..3; 0 where all is flat.
        deviation: The local deviation that was divided by, less the constant, (H, W).

    Example:
        >>> plane = np.random.default_rng(0).normal(128, 20, (64, 64))
        >>> abs(normalise(plane, cv2.BORDER_REPLICATE).values.mean()) < 0.05
        np.True_
    """

    values: Float64Array
    deviation: Float64Array


@dataclass(frozen=True, eq=False)
class AsymmetricFit:
    """Asymmetric generalised Gaussians fitted to N blocks (eq. 11 to 15).

    Attributes:
        shape: Exponent of each, 0.2..10; 2 is Gaussian, smaller has longer tails. NaN: no fit.
        left: Root mean square of the negative values.
        right: Root mean square of the positive values.

    Example:
        >>> fit = AsymmetricFit(np.array([2.0]), np.array([1.0]), np.array([1.0]))
        >>> fit.mean.tolist(), fit.width.round(3).tolist()  # a Gaussian: sqrt(2)
        ([0.0], [1.414])
    """

    shape: Float64Array
    left: Float64Array
    right: Float64Array

    @property
    def width(self) -> Float64Array:
        """The factor from `left` and `right` to scale parameters: sqrt(G(1/a) / G(3/a))."""
        return _look_up(self.shape, _build_tables().width)

    @property
    def mean(self) -> Float64Array:
        """Mean of the fitted distribution (eq. 15)."""
        return (self.right - self.left) * self.width * _look_up(self.shape, _build_tables().mean_factor)


def grey_levels(pixels: Pixels) -> Float64Array:
    """Return luma rounded to whole levels, as the authors' conversion to grey does, (H, W).

    Args:
        pixels: RGB pixels (H, W, 3), uint8.

    Example:
        >>> grey_levels(np.array([[[255, 0, 0], [0, 0, 255]]], np.uint8)).tolist()
        [[76.0, 29.0]]
    """
    return np.rint(luma(pixels.astype(np.float32))).astype(np.float64)


def normalise(plane: Float64Array, border: int) -> NormalisedPlane:
    """Take out local mean and deviation (eq. 1 to 3).

    Args:
        plane: Luminance (H, W), 0..255.
        border: What lies outside, an OpenCV border type: the authors of NIQE and BRISQUE differ.

    Returns:
        Normalised luminance and local deviation.

    Example:
        >>> float(normalise(np.full((16, 16), 255.0), cv2.BORDER_REPLICATE).values.max())  # flat ground
        0.0
    """
    weights = cv2.getGaussianKernel(_WINDOW_SIDE, _SIGMA, cv2.CV_64F)
    means, squares = (
        np.asarray(cv2.sepFilter2D(values, cv2.CV_64F, weights, weights, borderType=border))
        for values in (plane, plane * plane)
    )
    deviation = np.sqrt(np.abs(squares - means * means))
    values = (plane - means) / (deviation + _STABILISER)
    values[np.abs(values) < _ROUNDING_LIMIT] = 0
    return NormalisedPlane(values, deviation)


def halve(plane: Float64Array) -> Float64Array:
    """Shrink to half by a cubic that passes no more than half the frequencies.

    The weights and the edges, mirrored, are those of MATLAB's `imresize`, on which the published
    models were made.

    Args:
        plane: Values (H, W).

    Returns:
        Array (ceil(H / 2), ceil(W / 2)).

    Example:
        >>> halve(np.full((5, 8), 10.0)).shape
        (3, 4)
    """
    weights = np.array(_HALVING + _HALVING[::-1])
    smooth = cv2.sepFilter2D(
        plane, cv2.CV_64F, weights, weights, anchor=(3, 3), borderType=cv2.BORDER_REFLECT
    )
    return np.ascontiguousarray(np.asarray(smooth)[::2, ::2])


def neighbour_products(blocks: Float64Array) -> Iterator[Float64Array]:
    """Multiply every value with its neighbour in four directions, each block closed on itself.

    Args:
        blocks: Normalised values (N, H, W).

    Yields:
        Four arrays (N, H, W): along rows, columns and the two diagonals.

    Example:
        >>> rows, *_ = neighbour_products(np.array([[[1.0, 2.0, 3.0]]]))
        >>> rows.tolist()
        [[[3.0, 2.0, 6.0]]]
    """
    for step in _NEIGHBOURS:
        yield blocks * np.roll(blocks, step, axis=(1, 2))


def fit_asymmetric(blocks: Float64Array) -> AsymmetricFit:
    """Fit an asymmetric generalised Gaussian to each block by its moments.

    Args:
        blocks: Values (N, H, W).

    Returns:
        The fits; NaN for blocks without negative or without positive values.

    Example:
        >>> fit = fit_asymmetric(np.random.default_rng(0).normal(0, 3, (1, 200, 200)))
        >>> fit.shape.round(1).tolist(), fit.left.round().tolist()
        ([2.0], [3.0])
    """
    flat = blocks.reshape(len(blocks), -1)
    left, right = _one_sided_rms(flat, flat < 0), _one_sided_rms(flat, flat > 0)
    asymmetry = left / right
    ratio = np.abs(flat).mean(axis=1) ** 2 / _mean_square(flat)
    target = ratio * (asymmetry**3 + 1) * (asymmetry + 1) / (asymmetry**2 + 1) ** 2
    return AsymmetricFit(_find_nearest_shape(_build_tables().ratio, target), left, right)


def fit_symmetric(blocks: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Fit a generalised Gaussian about zero to each block by its moments (eq. 4 to 6).

    Args:
        blocks: Values (N, H, W).

    Returns:
        Shapes (N,), 0.2..10, and variances (N,); NaN for blocks of zeros.

    Example:
        >>> shape, variance = fit_symmetric(np.random.default_rng(0).laplace(0, 1, (1, 200, 200)))
        >>> shape.round(1).tolist(), variance.round().tolist()
        ([1.0], [2.0])
    """
    flat = blocks.reshape(len(blocks), -1)
    variance = _mean_square(flat)
    target = variance / np.abs(flat).mean(axis=1) ** 2
    return _find_nearest_shape(-1 / _build_tables().ratio, -target), variance


class _Tables(NamedTuple):
    """Gamma-function ratios of the shapes 0.200, 0.201 .. 10.000."""

    shape: Float64Array
    ratio: Float64Array
    width: Float64Array
    mean_factor: Float64Array


@lru_cache(maxsize=1)
def _build_tables() -> _Tables:
    shape = np.arange(200, 10001) / 1000
    one, two, three = (np.array([math.lgamma(k / a) for a in shape]) for k in (1, 2, 3))
    return _Tables(shape, np.exp(2 * two - one - three), np.exp((one - three) / 2), np.exp(two - one))


def _mean_square(flat: Float64Array) -> Float64Array:
    """Mean square of each row; NaN for rows of zeros."""
    square = np.square(flat).mean(axis=1)
    return np.where(square > 0, square, np.nan)


def _one_sided_rms(flat: Float64Array, chosen: Mask) -> Float64Array:
    """Root mean square of the chosen values of each row; NaN where none is."""
    count = chosen.sum(axis=1)
    total = np.where(chosen, flat * flat, 0).sum(axis=1)
    mean_square: Float64Array = total / np.where(count > 0, count, np.nan)
    return np.sqrt(mean_square)


def _find_nearest_shape(rising: Float64Array, target: Float64Array) -> Float64Array:
    """Return the shape whose entry in a rising table is nearest; NaN for NaN."""
    after = np.clip(np.searchsorted(rising, target), 1, len(rising) - 1)
    nearer_before = target - rising[after - 1] <= rising[after] - target
    shape = _build_tables().shape[np.where(nearer_before, after - 1, after)]
    return np.where(np.isnan(target), np.nan, shape)


def _look_up(shape: Float64Array, table: Float64Array) -> Float64Array:
    """Return the table's entry for each shape; NaN for NaN."""
    known = np.where(np.isnan(shape), 1.0, shape)
    entries = table[np.rint(known * 1000).astype(np.intp) - 200]
    return np.where(np.isnan(shape), np.nan, entries)
