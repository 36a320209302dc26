"""Detail that is there but weak is made stronger; noise is not, and edges get no halos."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Pixels
from packshot.enhance.guided import guided_filter
from packshot.enhance.luma import add_luma, clamp_to_neighbours, to_luma
from packshot.enhance.strips import apply_by_strips
from packshot.errors import InvalidInput
from packshot.measure.reference.pair import block_means
from packshot.photo.pixels import check_pixels, shrink_to_fit

MEASURED_SIDE: Final = 512
"""Long side, in pixels, at most, at which detail is measured: the size that blur is given at as well."""

FINE_RADIUS: Final = 2.0
"""Standard deviation of the blur that fine detail does not survive, pixels at `MEASURED_SIDE`."""

LOCAL_RADIUS: Final = 8.0
"""Radius of the windows of local contrast, pixels at `MEASURED_SIDE`."""

_GUIDED_SMOOTHNESS: Final = 0.01
"""Variance, of luma 0..1, below which a window is smoothed: a deviation of 25 grey levels; stronger
edges stay. A judgement."""

_SQUARE_SIDE: Final = 16
"""Pixels: side of the squares whose grain is compared; large enough for a mean, small enough to lie on
one surface."""

_QUIETEST_SHARE: Final = 0.05
"""Share of the squares that have nothing but grain: the quietest twentieth
(docs/decisions/0007-enhancement-steps.md)."""

_MIN_SQUARES: Final = 20
"""Squares neither black nor white without which all of them count. A judgement."""

_MAX_BLACK, _MIN_WHITE = 6.0, 249.0
"""Grey levels, means of squares: beyond, noise is cut off on one side, and looks less than it is."""

_STRONG_QUANTILE: Final = 0.97
"""Share of the photo that is weaker than `Detail.fine` and `Detail.local`: packshots are mostly plain,
and what makes them look crisp is the strongest 3 % (docs/decisions/0007-enhancement-steps.md)."""

_NOISE_FACTOR: Final = 1.5
"""Detail up to so many deviations of noise is not strengthened
(docs/decisions/0007-enhancement-steps.md)."""

_OVERSHOOT, _OVERSHOOT_SHARE = 3.0, 0.1
"""Grey levels, and share of the neighbourhood's range, that a value may go beyond its neighbourhood, as
in `deconvolve`: with less nothing becomes crisper, with more edges get halos."""

_MAX_ADDED: Final = 32.0
"""Grey levels that local contrast moves a pixel by, at most (a smooth bound): an eighth of the range. A
judgement."""


@dataclass(frozen=True)
class Detail:
    """The amount of detail that a photo shows at 512 pixels, in grey levels.

    Attributes:
        fine: What a blur of 2 pixels takes away: exceeded in 3 % of the photo.
        local: What smoothing of 8 pixels takes away that keeps edges: the same.
        grain: Fine detail of the quietest twentieth of the squares: noise, also what an encoder has
            left of it.

    Example:
        >>> from packshot import Photo
        >>> names = ("perfume-bottle", "perfume-enlarged-thumbnail")
        >>> photos = [Photo.open(f"examples/photos/{name}.jpg") for name in names]
        >>> sharp, soft = (measure_detail(photo.pixels) for photo in photos)
        >>> sharp.fine > 1.5 * soft.fine, sharp.local > soft.local
        (True, True)
    """

    fine: float
    local: float
    grain: float


def measure_detail(pixels: Pixels) -> Detail:
    """Measure fine detail, local contrast and grain.

    Args:
        pixels: (H, W, 3) uint8.

    Raises:
        InvalidInput: Pixels of another type or shape.

    Example:
        >>> from packshot import Photo
        >>> detail = measure_detail(Photo.open("examples/photos/speaker.jpg").pixels)
        >>> round(detail.fine), round(detail.local), round(detail.grain)
        (28, 11, 0)
    """
    check_pixels(pixels, "detail")
    luma = to_luma(shrink_to_fit(pixels, MEASURED_SIDE))
    fine = luma - _blur(luma, FINE_RADIUS)
    local = luma - _smooth(luma, LOCAL_RADIUS)
    return Detail(_strong_quantile(fine), _strong_quantile(local), _quiet_deviation(fine, luma))


def measure_grain(pixels: Pixels) -> float:
    """Measure `Detail.grain` alone.

    Args:
        pixels: (H, W, 3) uint8, as large as they are seen.

    Returns:
        Grey levels, 0 or more.

    Example:
        >>> import numpy as np
        >>> noise = np.random.default_rng(1).normal(0, 6, (160, 160, 1))
        >>> round(measure_grain(np.repeat(128 + noise, 3, axis=2).astype(np.uint8)))
        5
    """
    luma = to_luma(pixels)
    return _quiet_deviation(luma - _blur(luma, FINE_RADIUS), luma)


def _strong_quantile(detail: Float32Array) -> float:
    return float(np.quantile(np.abs(detail), _STRONG_QUANTILE))


def _quiet_deviation(fine: Float32Array, luma: Float32Array) -> float:
    """Root mean square of the quietest squares that are neither black nor white."""
    factor = min(_SQUARE_SIDE, *luma.shape)
    means = block_means(luma, factor)
    is_usable = (means > _MAX_BLACK) & (means < _MIN_WHITE)
    power = block_means(fine * fine, factor)
    levels = power[is_usable] if np.count_nonzero(is_usable) >= _MIN_SQUARES else power
    return float(np.sqrt(np.quantile(levels, _QUIETEST_SHARE)))


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

    Example:
        >>> import numpy as np
        >>> waves = 128 + 10 * np.sin(np.arange(64))
        >>> pixels = np.tile(waves[None, :, None], (64, 1, 3)).astype(np.uint8)
        >>> [round(image.std()) for image in (pixels, crispen(pixels, radius=2, amount=1))]
        [7, 12]
    """
    _check_arguments(pixels, radius, amount)
    change = partial(_crispen_strip, radius=radius, amount=amount, noise=noise)
    return apply_by_strips(pixels, change, int(4 * radius) + 2)


def enhance_local_contrast(pixels: Pixels, radius: float, amount: float, noise: float = 0.0) -> Pixels:
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

    Example:
        >>> import numpy as np
        >>> waves = 128 + 10 * np.sin(np.arange(128) / 5)
        >>> pixels = np.tile(waves[None, :, None], (64, 1, 3)).astype(np.uint8)
        >>> enhanced = enhance_local_contrast(pixels, radius=8, amount=1)
        >>> [round(image.std()) for image in (pixels, enhanced)]
        [7, 11]
    """
    _check_arguments(pixels, radius, amount, min_radius=1)
    change = partial(_enhance_strip_contrast, radius=radius, amount=amount, noise=noise)
    return apply_by_strips(pixels, change, 3 * int(radius + 1))


def _check_arguments(pixels: Pixels, radius: float, amount: float, min_radius: float = 0.0) -> None:
    check_pixels(pixels, "detail")
    if not (radius > 0 and radius >= min_radius and amount >= 0):
        raise InvalidInput(
            f"detail needs a radius above {min_radius:g} and an amount from 0: {radius:g}, {amount:g}"
        )


def _crispen_strip(pixels: Pixels, radius: float, amount: float, noise: float) -> Pixels:
    soft = to_luma(pixels)
    added = np.float32(amount) * _soft_threshold(soft - _blur(soft, radius), noise)
    margin = round(radius) + 1
    bounded = clamp_to_neighbours(soft + added, soft, margin, _OVERSHOOT, _OVERSHOOT_SHARE)
    return add_luma(pixels, bounded - soft)


def _enhance_strip_contrast(pixels: Pixels, radius: float, amount: float, noise: float) -> Pixels:
    soft = to_luma(pixels)
    added = np.float32(amount) * _soft_threshold(soft - _smooth(soft, radius), noise)
    return add_luma(pixels, _MAX_ADDED * np.tanh(added / _MAX_ADDED))


def _soft_threshold(detail: Float32Array, noise: float) -> Float32Array:
    """Detail less what noise may be: soft thresholding."""
    noise_threshold = np.float32(_NOISE_FACTOR * noise)
    return np.asarray(np.sign(detail) * np.maximum(np.abs(detail) - noise_threshold, 0), np.float32)


def _blur(luma: Float32Array, radius: float) -> Float32Array:
    return np.asarray(cv2.GaussianBlur(luma, (0, 0), radius), np.float32)


def _smooth(luma: Float32Array, radius: float) -> Float32Array:
    """Luma without local contrast; edges stay."""
    values = luma / np.float32(255)
    return guided_filter(values, values, max(1, round(radius)), _GUIDED_SMOOTHNESS) * np.float32(255)
