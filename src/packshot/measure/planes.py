"""The picture in the forms that several measures share, each computed once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final, TypeVar

import cv2
import numpy as np

from packshot.arrays import ByteArray, ByteMask, Float32Array, Float64Array, IndexArray, Pixels, Plane
from packshot.measured_once import measured_once
from packshot.photo.pixels import average_blocks, check_pixels

WORKING_SIDE: Final = 320
"""Long side, in pixels, at most, for measures that need no native detail. By judgement: tones and
outlines show at that size, and most measures take no time there."""

Channelled = TypeVar("Channelled", ByteArray, Float32Array)
"""Values of three channels, or of one."""


@dataclass(frozen=True, eq=False)
class Channels:
    """Red, green and blue of a picture apart: several times as fast to compare as side by side.

    Attributes:
        red: (H, W) uint8.
        green: (H, W) uint8.
        blue: (H, W) uint8.

    Example:
        >>> channels = split_channels(np.full((4, 4, 3), (250, 240, 90), np.uint8))
        >>> int(channels.darkest[0, 0]), int(channels.lightest[0, 0])
        (90, 250)
    """

    red: Plane
    green: Plane
    blue: Plane

    @cached_property
    def darkest(self) -> Plane:
        """The smallest channel of each pixel."""
        return to_uint8(cv2.min(cv2.min(self.red, self.green), self.blue))

    @cached_property
    def lightest(self) -> Plane:
        """The largest channel of each pixel."""
        return to_uint8(cv2.max(cv2.max(self.red, self.green), self.blue))


def split_channels(pixels: Pixels) -> Channels:
    """Take the channels of a picture apart.

    Args:
        pixels: RGB, (H, W, 3) uint8.

    Example:
        >>> split_channels(np.zeros((4, 6, 3), np.uint8)).green.shape
        (4, 6)
    """
    red, green, blue = cv2.split(pixels)
    return Channels(to_uint8(red), to_uint8(green), to_uint8(blue))


@dataclass(frozen=True, eq=False)
class Planes:
    """One photo's shared planes.

    Attributes:
        pixels: RGB, (H, W, 3) uint8, native.
        grey: Rec. 601 luma, (H, W) uint8, native.
        factor: Whole number of native pixels per working pixel, at least 1.
        small: RGB at working size, (H // factor, W // factor, 3) uint8, area averages.
        lab: CIE Lab at working size, uint8: L* x 2.55, a* + 128, b* + 128.

    Example:
        >>> planes = make_planes(np.zeros((600, 900, 3), np.uint8))
        >>> planes.factor, planes.small.shape, round(planes.scale, 2)
        (3, (200, 300, 3), 1.76)
    """

    pixels: Pixels
    grey: Plane
    factor: int
    small: Pixels
    lab: Pixels

    @cached_property
    def channels(self) -> Channels:
        """Of `pixels`."""
        return split_channels(self.pixels)

    @cached_property
    def small_channels(self) -> Channels:
        """Of `small`."""
        return split_channels(self.small)

    @cached_property
    def lab_channels(self) -> tuple[Plane, Plane, Plane]:
        """L*, a* and b* of `lab`, apart."""
        lightness, a, b = cv2.split(self.lab)
        return to_uint8(lightness), to_uint8(a), to_uint8(b)

    @property
    def scale(self) -> float:
        """The long side over 512 pixels; 1 for smaller photos."""
        return float(max(512, *self.grey.shape)) / 512


@measured_once
def make_planes(pixels: Pixels) -> Planes:
    """Compute the shared planes.

    Args:
        pixels: RGB, (H, W, 3) uint8; not changed.

    Returns:
        The planes of the photo.

    Raises:
        InvalidInput: Another type or shape.

    Example:
        >>> planes = make_planes(np.full((40, 60, 3), (255, 255, 255), np.uint8))
        >>> planes.grey[0, 0], planes.lab[0, 0].tolist()
        (np.uint8(255), [255, 128, 128])
    """
    check_pixels(pixels, "measure")
    pixels = np.ascontiguousarray(pixels)
    grey = to_uint8(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))
    factor = min(-(-max(grey.shape) // WORKING_SIDE), *grey.shape)
    small = average_blocks(pixels, factor)
    lab = to_uint8(cv2.cvtColor(small, cv2.COLOR_RGB2LAB))
    return Planes(pixels, grey, factor, small, lab)


def to_uint8(values: object) -> ByteArray:
    """Return OpenCV's answer as what it is, an array of uint8, without a copy.

    Args:
        values: An array of uint8, whose type OpenCV's stubs leave open.

    Example:
        >>> to_uint8(cv2.bitwise_not(np.array([[0, 55]], np.uint8))).tolist()
        [[255, 200]]
    """
    return np.asarray(values, dtype=np.uint8)


def largest_channel(values: Channelled) -> Channelled:
    """Return the largest channel of each pixel, many times as fast as `max` along the last axis.

    Args:
        values: (H, W, 3) uint8 or float32.

    Returns:
        (H, W) of the same type.

    Example:
        >>> largest_channel(np.array([[[3, 9, 4], [7, 2, 1]]], np.uint8)).tolist()
        [[9, 7]]
    """
    first, second, third = cv2.split(values)
    return np.asarray(cv2.max(cv2.max(first, second), third), values.dtype)


def mean_where(plane: Plane, mask: ByteMask) -> float:
    """Return the mean of a plane where a mask of 0 and 255 is set, 0 where it is set nowhere.

    Several times as fast as `cv2.mean` with a mask, which looks at one pixel at a time.

    Args:
        plane: (H, W) uint8.
        mask: 255 on what counts, (H, W) uint8.

    Example:
        >>> plane = np.array([[10, 20], [30, 40]], np.uint8)
        >>> mean_where(plane, np.array([[255, 0], [255, 0]], np.uint8))
        20.0
    """
    count = cv2.countNonZero(mask)
    return cv2.sumElems(cv2.bitwise_and(plane, mask))[0] * (1 / count) if count else 0.0


def enlarge_mask(mask: ByteMask, shape: tuple[int, ...]) -> ByteMask:
    """Repeat the pixels of a mask until it has another size: `cv2.resize` to the nearest, but faster.

    Args:
        mask: (h, w) uint8.
        shape: (H, W), not smaller.

    Example:
        >>> enlarge_mask(np.array([[255, 0]], np.uint8), (2, 3)).tolist()
        [[255, 255, 0], [255, 255, 0]]
    """
    height, width = shape[:2]
    across = to_uint8(cv2.resize(mask, (width, len(mask)), interpolation=cv2.INTER_NEAREST))
    return across if len(mask) == height else across[_list_sources(len(mask), height)]


@lru_cache(maxsize=64)
def _list_sources(length: int, longer: int) -> IndexArray:
    """Return which of `length` rows each of more rows repeats."""
    rows = np.arange(length, dtype=np.float32)[:, None]
    sources = cv2.resize(rows, (1, longer), interpolation=cv2.INTER_NEAREST)
    return np.asarray(sources, np.intp).ravel()


def histogram(plane: Plane, mask: ByteMask | None = None) -> Float64Array:
    """Count the 256 values of a plane, where the mask is set.

    Args:
        plane: (H, W) uint8.
        mask: 255 on what counts; None for all.

    Returns:
        (256,) counts.

    Example:
        >>> np.flatnonzero(histogram(np.array([[7, 9], [9, 9]], np.uint8))).tolist()
        [7, 9]
    """
    counts = cv2.calcHist([plane], [0], mask, [256], [0, 256])
    return np.asarray(counts, dtype=np.float64).ravel()


def percentiles(counts: Float64Array, *shares: float) -> tuple[float, ...]:
    """Return the values below which given shares (0..100) of a histogram's pixels lie.

    Args:
        counts: (256,), not all zero.
        *shares: Per cent.

    Returns:
        One value 0..255 for each share.

    Example:
        >>> counts = histogram(np.arange(0, 200, 2, dtype=np.uint8).reshape(1, -1))
        >>> percentiles(counts, 10, 50)
        (18.0, 98.0)
    """
    cumulated = np.cumsum(counts)
    targets = np.asarray(shares) / 100 * cumulated[-1]
    indices = np.searchsorted(cumulated, np.maximum(targets, 1e-9))
    return tuple(float(value) for value in np.minimum(indices, 255))


def quantile(values: Float32Array | Float64Array, share: float) -> float:
    """Return a quantile as `np.quantile` does, between two neighbours, several times as fast.

    Args:
        values: (N,), not empty and without NaN, float32 or float64, in any order.
        share: 0..1.

    Example:
        >>> quantile(np.array([4.0, 1.0, 3.0, 2.0]), 0.5)
        2.5
    """
    place = (len(values) - 1) * share
    below = int(place)
    above = min(below + 1, len(values) - 1)
    ordered = np.partition(values, (below, above))
    low, high, part = ordered[below], ordered[above], place - below
    step = high - low
    return float(low + step * part if part < 0.5 else high - step * (1 - part))
