"""Sharpness from the strongest edges: how wide they are, and whether one direction is wider.

A step edge blurred by a Gaussian of standard deviation s has a gradient whose peak falls as 1/s.
Blurring it again by s0 makes it 1/sqrt(s^2 + s0^2), so the ratio R of the gradients before and
after gives s = s0 / sqrt(R^2 - 1) (Zhuo and Sim, Defocus map estimation from a single image,
Pattern Recognition 2011, eq. 5 and 6). Only strong edges are asked, so neither a plain background
nor a plain product counts as blurred.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, IndexArray, Int16Array, Mask, Plane
from packshot.measure.planes import histogram, percentiles, quantile, to_uint8

REBLUR_SIGMA: Final = 2.0
"""Standard deviation s0 of the second blur, in pixels: that of two means of 5 x 5 pixels."""

_MIN_SIDE: Final = 16
"""Pixels: a smaller picture has no gradients to ask."""

_MIN_EDGES: Final = 24
"""Pixels of strong edges, with fewer of which nothing is measured. By judgement."""

_MAX_EDGES: Final = 8000
"""Pixels of strong edges that are asked: enough for a quantile, in bounded time."""

_SAMPLE_STEP: Final = 2
"""Pixels from one to the next strength that the threshold is taken from."""

_SOBEL_SCALE: Final = 8.0
"""OpenCV's Sobel response over the slope in grey levels per pixel."""

_STRENGTH_SCALE: Final = 2.0
"""`Gradients.strength` over the slope, so that strengths up to 255 fit a byte."""

_MARGIN: Final = 3
"""Pixels at the border where the second blur lacks neighbours, and no edge is asked."""

_STRONGEST_PERCENTILE: Final = 99.9
_STRONG_DIVISOR: Final = 4
"""Per cent of the pixels below the strongest slope, and that slope over the least that counts as strong.
By judgement."""

_MIN_STRENGTH: Final = 3.0
"""Grey levels per pixel after the second blur: a weaker slope is no edge. Half the noise is added to it.
By judgement."""

_OPERATOR_VARIANCE: Final = 1 / 3 + 1 / 12
"""Pixels squared that measuring adds to an edge's variance: about 1/3 by the derivative over three
pixels, 1/12 by a pixel's own width."""

_MAX_WIDTH: Final = 20.0
_MAX_STREAK: Final = 60.0
"""Pixels of a 512-pixel photo: wider blur and longer streaks than these cannot be told apart."""

_MIN_RATIO: Final = 1.001
"""Ratio of the gradients, below which the width would grow without bound."""

_MIN_SECOND_ENERGY: Final = 0.015
"""Gradient energy across the main direction over that along it, 0..1: with less, edges in a second
direction are missing, and nothing says whether it is blurred. By judgement."""


@dataclass(frozen=True, eq=False)
class Gradients:
    """Slopes of a whole plane before and after the second blur.

    Attributes:
        fine: Eight times the slope across and down, (H, W) int16 each.
        coarse: The same after the second blur.
        strength: Of the coarse gradient, |dx| + |dy|, twice the slope, (H, W) uint8.

    Example:
        >>> grey = np.tile(np.arange(0, 128, 4, dtype=np.uint8), (32, 1))  # four grey levels a pixel
        >>> slopes = gradients(grey)
        >>> int(slopes.fine[0][16, 16]), int(slopes.strength[16, 16])
        (32, 8)
    """

    fine: tuple[Int16Array, Int16Array]
    coarse: tuple[Int16Array, Int16Array]
    strength: Plane


@dataclass(frozen=True, eq=False)
class Edges:
    """The strong edges of a plane, a sample of their pixels.

    Attributes:
        fine: Gradient (dx, dy), (2, N), grey levels per pixel.
        coarse: The same after the second blur.
        is_peak: True where the fine gradient is largest across the edge, (N,).

    Example:
        >>> edges = Edges(np.ones((2, 5), np.float32), np.ones((2, 5), np.float32), np.ones(5, bool))
        >>> edge_width(edges, scale=1.0) is None  # too few to tell
        True
    """

    fine: Float32Array
    coarse: Float32Array
    is_peak: Mask


def gradients(grey: Plane) -> Gradients | None:
    """Differentiate a photo at native size.

    Args:
        grey: Luma, (H, W) uint8.

    Returns:
        None below 16 pixels.

    Example:
        >>> gradients(np.zeros((8, 200), np.uint8)) is None
        True
    """
    if min(grey.shape) < _MIN_SIDE:
        return None
    coarse = _slopes(_blur(grey))
    across, down = (cv2.convertScaleAbs(slope, alpha=_STRENGTH_SCALE / _SOBEL_SCALE) for slope in coarse)
    strength = to_uint8(cv2.add(across, down))
    margin = _MARGIN
    strength[:margin], strength[-margin:] = 0, 0
    strength[:, :margin], strength[:, -margin:] = 0, 0
    return Gradients(_slopes(grey), coarse, strength)


def _blur(grey: Plane) -> Plane:
    """Take the mean of 5 x 5 pixels twice: nearly a Gaussian, and of variance 2 + 2 exactly."""
    once = cv2.blur(grey, (5, 5), borderType=cv2.BORDER_REPLICATE)
    return to_uint8(cv2.blur(once, (5, 5), borderType=cv2.BORDER_REPLICATE))


def _slopes(plane: Plane) -> tuple[Int16Array, Int16Array]:
    across, down = cv2.spatialGradient(plane, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(across, np.int16), np.asarray(down, np.int16)


def find_edges(
    plane_gradients: Gradients | None, noise: float = 0.0, box: tuple[int, int, int, int] | None = None
) -> Edges | None:
    """Sample the strong edges of a photo, or of a part of it.

    Edges are chosen by their gradient after the second blur, which hardly depends on how sharp
    they are: at least a quarter of the strongest, and above the noise.

    Args:
        plane_gradients: From `gradients`.
        noise: Standard deviation of the noise in grey levels.
        box: Left, top, width, height of the part.

    Returns:
        None where there are next to no edges.

    Example:
        >>> grey = np.full((64, 64), 40, np.uint8)
        >>> grey[:, 32:] = 200
        >>> edges = find_edges(gradients(grey))
        >>> edges.fine[0].max() > edges.coarse[0].max(), float(edges.fine[1].max())
        (np.True_, 0.0)
    """
    if plane_gradients is None:
        return None
    across = plane_gradients.strength.shape[1]
    left, top, width, height = box or (0, 0, across, plane_gradients.strength.shape[0])
    if width < 1 or height < 1:
        return None
    part = np.ascontiguousarray(plane_gradients.strength[top : top + height, left : left + width])
    indices = _find_strongest(part, noise)
    if len(indices) < _MIN_EDGES:
        return None
    rows, columns = np.divmod(indices, width)
    indices = (rows + top) * across + (columns + left)
    coarse = _gather_slopes(plane_gradients.coarse, indices)
    is_level = np.abs(coarse[0]) >= np.abs(coarse[1])
    step = np.where(is_level, 1, across)
    fine = _gather_slopes(plane_gradients.fine, np.stack((indices, indices - step, indices + step)))
    return Edges(fine[:, 0], coarse, _find_peaks(fine))


def _gather_slopes(slopes: tuple[Int16Array, Int16Array], places: IndexArray) -> Float32Array:
    """Return the slopes at flat places, (2, ...), grey levels per pixel."""
    values = np.empty((2, *places.shape), np.float32)
    for axis, slope in enumerate(slopes):
        values[axis] = slope.ravel()[places]
    values *= np.float32(1 / _SOBEL_SCALE)
    return values


def _find_strongest(strength: Plane, noise: float) -> IndexArray:
    """Return the flat places of the strong edges, thinned evenly to a bounded number."""
    sample = np.ascontiguousarray(strength[::_SAMPLE_STEP, ::_SAMPLE_STEP])
    (top,) = percentiles(histogram(sample), _STRONGEST_PERCENTILE)
    noise_threshold = _STRENGTH_SCALE * (_MIN_STRENGTH + noise / 2)
    threshold = math.ceil(max(top / _STRONG_DIVISOR, noise_threshold)) - 1
    _, is_strong = cv2.threshold(strength, threshold, 1, cv2.THRESH_BINARY)
    places = np.flatnonzero(to_uint8(is_strong).view(np.bool_))
    return places[:: 1 + len(places) // _MAX_EDGES]


def _find_peaks(fine: Float32Array) -> Mask:
    """Mark where the fine gradient is no smaller than that of both neighbours across the edge.

    Args:
        fine: (2, 3, N) gradients of each place and of its neighbours.
    """
    across, down = fine
    own, before, after = across * across + down * down  # Whole 64ths below 2**24: no square is rounded.
    return np.asarray((own >= before) & (own >= after))


def edge_width(edges: Edges | None, scale: float, share: float = 0.25) -> float | None:
    """Measure the width of the edges: how blurred they are.

    Args:
        edges: From `find_edges`.
        scale: Long side over 512, at least 1: the width is given for a photo of 512 pixels.
        share: Which quantile of the edges counts, 0..1: low values ask the sharpest only, so that
            a shallow depth of field is no blur.

    Returns:
        Standard deviation of the blur in pixels of a 512-pixel photo, 0 (sharp) to 20; None
        without enough edges.

    Example:
        >>> grey = np.full((128, 128), 40, np.uint8)
        >>> grey[:, 64:] = 200
        >>> blurred = cv2.GaussianBlur(grey, (0, 0), 3)
        >>> [round(edge_width(find_edges(gradients(plane)), scale=1.0)) for plane in (grey, blurred)]
        [0, 3]
    """
    if edges is None or np.count_nonzero(edges.is_peak) < _MIN_EDGES:
        return None
    fine = _gradient_lengths(edges.fine[:, edges.is_peak])
    coarse = np.maximum(_gradient_lengths(edges.coarse[:, edges.is_peak]), 1e-3)
    ratio = max(quantile(fine / coarse, 1 - share), _MIN_RATIO)
    variance = REBLUR_SIGMA**2 / (ratio**2 - 1) - _OPERATOR_VARIANCE
    return min(math.sqrt(max(variance, 0.0)) / scale, _MAX_WIDTH)


def _gradient_lengths(slopes: Float32Array) -> Float32Array:
    """Return the lengths of gradients (2, N): eighths of whole numbers, so no square is rounded."""
    across, down = slopes
    return np.asarray(np.sqrt(across * across + down * down), np.float32)


@dataclass(frozen=True)
class MotionBlur:
    """Blur that has a direction.

    Attributes:
        streak: Length of the streak that a point becomes, in pixels of a 512-pixel photo. Edges
            aslant to the motion shorten it: a busy scene shows about half.
        anisotropy: 0 (every direction alike) to 1 (one direction has lost all detail).
        angle: Direction of the motion, degrees 0..180, counter-clockwise from horizontal.

    Example:
        >>> MotionBlur(streak=9.0, anisotropy=0.6, angle=90.0).angle  # moved up or down
        90.0
    """

    streak: float
    anisotropy: float
    angle: float


def motion_blur(edges: Edges | None, scale: float) -> MotionBlur | None:
    """Tell motion blur from defocus: has one direction lost more fine gradient than the other?

    The gradient energies before and after the second blur, as structure tensors A and B, are
    compared by their generalised eigenvalues (A v = r B v), so that a product with edges in one
    direction mainly does not count as moved. For a step edge of width s, r = sqrt(s^2 + s0^2) / s;
    a streak of length L has the variance L^2 / 12.

    Args:
        edges: From `find_edges`.
        scale: Long side over 512, at least 1.

    Returns:
        None without enough edges, or where edges in the second direction are missing.

    Example:
        >>> grey = np.full((128, 128), 40, np.uint8)
        >>> cv2.circle(grey, (64, 64), 40, 200, -1).shape
        (128, 128)
        >>> moved = motion_blur(find_edges(gradients(cv2.blur(grey, (15, 1)))), scale=1.0)
        >>> moved.streak > 5, round(moved.angle) % 180
        (True, 0)
    """
    if edges is None:
        return None
    before = (edges.fine @ edges.fine.T).astype(np.float64)
    after = (edges.coarse @ edges.coarse.T).astype(np.float64)
    spread = np.linalg.eigvalsh(after)
    if spread[0] < _MIN_SECOND_ENERGY * spread[1]:
        return None
    inverse = np.linalg.inv(np.linalg.cholesky(after))
    ratios, vectors = np.linalg.eigh(inverse @ before @ inverse.T)
    if ratios[1] <= 0:  # the fine gradient vanishes wherever the coarse one is strong
        return None
    direction = inverse.T @ vectors[:, 0]
    wide, narrow = (REBLUR_SIGMA**2 / (max(ratio, _MIN_RATIO) ** 2 - 1) for ratio in ratios)
    streak = math.sqrt(max(12 * (wide - narrow), 0.0)) / scale
    angle = math.degrees(math.atan2(-direction[1], direction[0])) % 180
    return MotionBlur(min(streak, _MAX_STREAK), float(1 - max(ratios[0], 0.0) / ratios[1]), angle)
