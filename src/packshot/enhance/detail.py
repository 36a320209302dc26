"""Detail that is there but weak is made stronger; noise is not, and edges get no halos."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Pixels
from packshot.enhance.guided import guided_filter
from packshot.enhance.luma import luma_of, with_luma_added, within_neighbours
from packshot.enhance.strips import by_strips
from packshot.errors import InvalidInput
from packshot.measure.reference.pair import block_means
from packshot.photo.pixels import check_pixels, shrunk

MEASURED_SIDE: Final = 512
"""Long side, in pixels, at most, at which detail is measured."""

FINE_RADIUS: Final = 2.0
"""Standard deviation of the blur that fine detail does not survive, pixels at `MEASURED_SIDE`."""

LOCAL_RADIUS: Final = 8.0
"""Radius of the windows of local contrast, pixels at `MEASURED_SIDE`."""

_FLAT: Final = 0.01
_SQUARE, _QUIETEST, _FEWEST_SQUARES = 16, 0.05, 20
_BLACK, _WHITE = 6.0, 249.0
_QUANTILE: Final = 0.97
_NOISE_SHARE: Final = 1.5
_OVERSHOOT, _OVERSHOOT_SHARE = 3.0, 0.1
_MOST_ADDED: Final = 32.0


@dataclass(frozen=True)
class Detail:
    """How much detail a photo shows at 512 pixels, in grey levels.

    Attributes:
        fine: What a blur of 2 pixels takes away: exceeded in 3 % of the photo.
        local: What smoothing of 8 pixels takes away that keeps edges: the same.
        grain: Fine detail of the quietest twentieth of the squares: noise, also what an encoder has
            left of it.
    """

    fine: float
    local: float
    grain: float


def detail_of(pixels: Pixels) -> Detail:
    """Measure detail.

    Args:
        pixels: (H, W, 3) uint8.

    Raises:
        InvalidInput: Pixels of another type or shape.
    """
    check_pixels(pixels, "detail")
    luma = luma_of(shrunk(pixels, MEASURED_SIDE))
    fine = luma - _blurred(luma, FINE_RADIUS)
    local = luma - _smoothed(luma, LOCAL_RADIUS)
    return Detail(_strong(fine), _strong(local), _grain(fine, luma))


def grain_of(pixels: Pixels) -> float:
    """`Detail.grain` alone, of (H, W, 3) uint8 as large as they are seen."""
    luma = luma_of(pixels)
    return _grain(luma - _blurred(luma, FINE_RADIUS), luma)


def _strong(detail: Float32Array) -> float:
    return float(np.quantile(np.abs(detail), _QUANTILE))


def _grain(fine: Float32Array, luma: Float32Array) -> float:
    """Root mean square of the quietest squares that are neither black nor white."""
    factor = min(_SQUARE, *luma.shape)
    means = block_means(luma, factor)
    known = (means > _BLACK) & (means < _WHITE)
    power = block_means(fine * fine, factor)
    levels = power[known] if np.count_nonzero(known) >= _FEWEST_SQUARES else power
    return float(np.sqrt(np.quantile(levels, _QUIETEST)))


def crispen(pixels: Pixels, radius: float, amount: float, noise: float = 0.0) -> Pixels:
    """Strengthen fine detail: what a Gaussian blur would take away (unsharp masking, without halos).

    Each value stays within what its neighbourhood had, but for three grey levels and a tenth of the
    range there.

    Args:
        pixels: (H, W, 3) uint8.
        radius: Standard deviation of the blur in pixels, above 0.
        amount: How much of the detail is added, 0 or more.
        noise: Standard deviation in grey levels; detail up to 1.5 times that is not strengthened.

    Returns:
        (H, W, 3) uint8.

    Raises:
        InvalidInput: Pixels of another type or shape, no radius, or less than nothing to add.
    """
    _check(pixels, radius, amount)
    change = partial(_crisper, radius=radius, amount=amount, noise=noise)
    return by_strips(pixels, change, int(4 * radius) + 2)


def local_contrast(pixels: Pixels, radius: float, amount: float, noise: float = 0.0) -> Pixels:
    """Strengthen what differs from its surroundings but is no edge.

    The surroundings are luma smoothed by a guided filter, which keeps edges; nothing moves by more than
    32 grey levels.

    Args:
        pixels: (H, W, 3) uint8.
        radius: Of the windows in pixels, at least 1.
        amount: How much of the difference is added, 0 or more.
        noise: Standard deviation in grey levels; differences up to 1.5 times that are not strengthened.

    Returns:
        (H, W, 3) uint8.

    Raises:
        InvalidInput: Pixels of another type or shape, a radius below 1, or less than nothing to add.
    """
    _check(pixels, radius, amount, least=1)
    change = partial(_contrasted, radius=radius, amount=amount, noise=noise)
    return by_strips(pixels, change, 3 * int(radius + 1))


def _check(pixels: Pixels, radius: float, amount: float, least: float = 0.0) -> None:
    check_pixels(pixels, "detail")
    if not (radius > 0 and radius >= least and amount >= 0):
        raise InvalidInput(
            f"detail needs a radius above {least:g} and an amount from 0: {radius:g}, {amount:g}"
        )


def _crisper(pixels: Pixels, radius: float, amount: float, noise: float) -> Pixels:
    soft = luma_of(pixels)
    added = np.float32(amount) * _without_noise(soft - _blurred(soft, radius), noise)
    reach = round(radius) + 1
    bounded = within_neighbours(soft + added, soft, reach, _OVERSHOOT, _OVERSHOOT_SHARE)
    return with_luma_added(pixels, bounded - soft)


def _contrasted(pixels: Pixels, radius: float, amount: float, noise: float) -> Pixels:
    soft = luma_of(pixels)
    wanted = np.float32(amount) * _without_noise(soft - _smoothed(soft, radius), noise)
    return with_luma_added(pixels, _MOST_ADDED * np.tanh(wanted / _MOST_ADDED))


def _without_noise(detail: Float32Array, noise: float) -> Float32Array:
    """Detail less what noise may be: soft thresholding."""
    least = np.float32(_NOISE_SHARE * noise)
    return np.asarray(np.sign(detail) * np.maximum(np.abs(detail) - least, 0), np.float32)


def _blurred(luma: Float32Array, radius: float) -> Float32Array:
    return np.asarray(cv2.GaussianBlur(luma, (0, 0), radius), np.float32)


def _smoothed(luma: Float32Array, radius: float) -> Float32Array:
    """Luma without local contrast; edges stay."""
    values = luma / np.float32(255)
    return guided_filter(values, values, max(1, round(radius)), _FLAT) * np.float32(255)
