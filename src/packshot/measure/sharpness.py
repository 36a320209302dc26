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

from packshot.arrays import Float32Array, IndexArray, Int16Array, Int32Array, Mask, Plane
from packshot.measure.planes import histogram, percentiles, to_uint8

REBLUR_SIGMA: Final = 2.0
"""Standard deviation s0 of the second blur, in pixels."""

_MIN_SIDE: Final = 16
_MIN_EDGES: Final = 24
_MAX_EDGES: Final = 8000
_SAMPLE_STEP: Final = 2
_SOBEL_SCALE: Final = 8.0
_STRENGTH_SCALE: Final = 2.0
_MARGIN: Final = 3
_MIN_STRENGTH: Final = 3.0
_OPERATOR_VARIANCE: Final = 1 / 3 + 1 / 12
_MAX_WIDTH: Final = 20.0


@dataclass(frozen=True, eq=False)
class Gradients:
    """Slopes of a whole plane before and after the second blur.

    Attributes:
        fine: Eight times the slope across and down, (H, W) int16 each.
        coarse: The same after the second blur.
        strength: Of the coarse gradient, |dx| + |dy|, twice the slope, (H, W) uint8.
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
    """Two means of 5 x 5 pixels: nearly a Gaussian, and of variance 2 + 2 exactly."""
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
    coarse, fine = (
        _gather_slopes(plane_gradients.coarse, indices),
        _gather_slopes(plane_gradients.fine, indices),
    )
    return Edges(fine, coarse, _find_peaks(plane_gradients.fine, indices, coarse))


def _gather_slopes(slopes: tuple[Int16Array, Int16Array], places: IndexArray) -> Float32Array:
    """Slopes at flat places, (2, N), grey levels per pixel."""
    values = np.stack([slope.ravel().take(places) for slope in slopes])
    return values.astype(np.float32) / np.float32(_SOBEL_SCALE)


def _find_strongest(strength: Plane, noise: float) -> IndexArray:
    """Flat places of the strong edges, thinned evenly to a bounded number."""
    sample = np.ascontiguousarray(strength[::_SAMPLE_STEP, ::_SAMPLE_STEP])
    (top,) = percentiles(histogram(sample), 99.9)
    noise_threshold = _STRENGTH_SCALE * (_MIN_STRENGTH + noise / 2)
    threshold = math.ceil(max(top / 4, noise_threshold)) - 1
    _, is_strong = cv2.threshold(strength, threshold, 1, cv2.THRESH_BINARY)
    places = np.flatnonzero(to_uint8(is_strong).view(np.bool_))
    return places[:: 1 + len(places) // _MAX_EDGES]


def _find_peaks(fine: tuple[Int16Array, Int16Array], places: IndexArray, coarse: Float32Array) -> Mask:
    """Where the fine gradient is no smaller than that of both neighbours across the edge."""
    level = np.abs(coarse[0]) >= np.abs(coarse[1])
    step = np.where(level, 1, fine[0].shape[1])

    def square_length(where: IndexArray) -> Int32Array:
        across, down = (slope.ravel().take(where).astype(np.int32) for slope in fine)
        return across * across + down * down

    own = square_length(places)
    return np.asarray((own >= square_length(places - step)) & (own >= square_length(places + step)))


def edge_width(edges: Edges | None, scale: float, share: float = 0.25) -> float | None:
    """How blurred the edges are.

    Args:
        edges: From `find_edges`.
        scale: Long side over 512, at least 1: the width is given for a photo of 512 pixels.
        share: Which quantile of the edges counts, 0..1: low values ask the sharpest only, so that
            a shallow depth of field is no blur.

    Returns:
        Standard deviation of the blur in pixels of a 512-pixel photo, 0 (sharp) to 20; None
        without enough edges.
    """
    if edges is None or np.count_nonzero(edges.is_peak) < _MIN_EDGES:
        return None
    fine = _gradient_lengths(edges.fine[:, edges.is_peak])
    coarse = np.maximum(_gradient_lengths(edges.coarse[:, edges.is_peak]), 1e-3)
    ratio = max(float(np.quantile(fine / coarse, 1 - share)), 1.001)
    variance = REBLUR_SIGMA**2 / (ratio**2 - 1) - _OPERATOR_VARIANCE
    return min(math.sqrt(max(variance, 0.0)) / scale, _MAX_WIDTH)


def _gradient_lengths(slopes: Float32Array) -> Float32Array:
    """Of gradients (2, N): they are eighths of whole numbers, so that no square is rounded."""
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
    """
    if edges is None:
        return None
    before = (edges.fine @ edges.fine.T).astype(np.float64)
    after = (edges.coarse @ edges.coarse.T).astype(np.float64)
    spread = np.linalg.eigvalsh(after)
    if spread[0] < 0.015 * spread[1]:
        return None
    inverse = np.linalg.inv(np.linalg.cholesky(after))
    ratios, vectors = np.linalg.eigh(inverse @ before @ inverse.T)
    if ratios[1] <= 0:  # the fine gradient vanishes wherever the coarse one is strong
        return None
    direction = inverse.T @ vectors[:, 0]
    wide, narrow = (REBLUR_SIGMA**2 / (max(ratio, 1.001) ** 2 - 1) for ratio in ratios)
    streak = math.sqrt(max(12 * (wide - narrow), 0.0)) / scale
    angle = math.degrees(math.atan2(-direction[1], direction[0])) % 180
    return MotionBlur(min(streak, 60.0), float(1 - max(ratios[0], 0.0) / ratios[1]), angle)
