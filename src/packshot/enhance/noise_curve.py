"""Noise by brightness: how strong it is at each level, and tones under which it is equally strong.

Light arrives in single photons, and a camera's tone curve stretches the shadows: noise is seldom equal
in light and dark. What passes black or white is cut off besides, which makes a noisy white grey in the
mean. Both are undone here, for `denoise` (Foi, Trimeche, Katkovnik, Egiazarian, Practical
Poissonian-Gaussian noise modeling and fitting for single-image raw data, IEEE TIP 17(10), 2008; Foi,
Clipped noisy images, Signal Processing 89(12), 2009).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

import cv2
import numpy as np

from packshot.arrays import ByteArray, Float32Array, FloatArray, Pixels
from packshot.measure.noise import measure_blocks, sample_rows
from packshot.measure.planes import to_uint8
from packshot.measured_once import measured_once

_BAND_WIDTH: Final = 16
"""Grey levels of a band in which noise is measured for itself. A judgement."""

_MIN_BLOCKS: Final = 12
"""Blocks of a band below which it tells nothing: as for all levels together (`measure.noise`)."""

_FLATTEST_SHARE: Final = 0.25
"""Share of a band's blocks, the flattest, whose median counts: as for all levels together."""

_MAX_COUNT: Final = 200
"""Blocks from which a band counts no more: a white ground is not to outweigh the product."""

_MIN_BANDS: Final = 3
"""Bands that a line is fitted to; of fewer, the mean of their noise holds for all levels."""

_SMOOTHING: Final = 24.0
"""Grey levels over which what the bands show beside the line is smoothed. A judgement."""

_MAX_EXTRAPOLATION: Final = 1.5
"""Factor by which the line may pass the strongest band, or stay below the weakest, in variance. A
judgement."""

_MIN_DEVIATION: Final = 0.5
"""Grey levels of noise, at least: rounding makes 0.3."""

_MIN_DISTANCE: Final = -0.5
"""Deviations of the noise by which a level may lie beyond black or white and still be told: of what lies
further, all but a third is cut off and too little is left to measure. A judgement."""

_LEVELS: Final = 256
_TOP: Final = 255.0
_INVERSE_STEPS: Final = 16
"""Entries of the inverse table for each stabilised level."""


@dataclass(frozen=True, eq=False)
class NoiseCurve:
    """The noise of a photo by level.

    Attributes:
        deviation: (256,) standard deviation in grey levels that values of this level had before they
            were cut off at black and white.

    Example:
        >>> import numpy as np
        >>> curve = NoiseCurve(np.full(256, 20, np.float32))
        >>> mean, deviation = curve.clip()
        >>> round(float(mean[255])), round(float(deviation[255])), round(float(mean[128]))
        (247, 12, 128)
    """

    deviation: Float32Array

    def clip(self) -> tuple[FloatArray, FloatArray]:
        """Compute (256,) mean and deviation, in grey levels, of each level once it is cut off."""
        levels, deviation = np.arange(_LEVELS, dtype=np.float64), self.deviation.astype(np.float64)
        low, high = -levels / deviation, (_TOP - levels) / deviation
        inside = _normal_share(high) - _normal_share(low)
        above = 1 - _normal_share(high)
        mean = levels * inside + deviation * (_normal(low) - _normal(high)) + _TOP * above
        square = (
            (levels**2 + deviation**2) * inside
            + deviation * (levels * _normal(low) - (levels + _TOP) * _normal(high))
            + _TOP**2 * above
        )
        return mean, np.sqrt(np.maximum(square - mean**2, 1e-6))

    def whole_levels(self) -> ByteArray:
        """Find (256,) uint8: of each mean over noise that was cut off, the level it had before."""
        values = np.arange(_LEVELS, dtype=np.float64)
        return np.rint(np.interp(values, _rising(self.clip()[0]), values)).astype(np.uint8)


@dataclass(frozen=True, eq=False)
class Stabiliser:
    """Tones under which noise is equally strong everywhere, and back.

    Attributes:
        forward: (256,) float32, 0..255 and rising.
        inverse: (4081,) uint8, values by sixteenths of stabilised levels; what black and white have cut
            off in the mean is given back.

    Example:
        >>> import numpy as np
        >>> stabiliser = make_stabiliser(NoiseCurve(np.full(256, 1, np.float32)))
        >>> ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
        >>> bool(np.abs(stabiliser.restore(stabiliser.apply(ramp)).astype(int) - ramp).max() <= 1)
        True
    """

    forward: Float32Array
    inverse: ByteArray

    def apply(self, pixels: Pixels) -> Float32Array:
        """Convert values 0..255, of any shape, to stabilised levels."""
        return np.asarray(self.forward[pixels], np.float32)

    def restore(self, values: Float32Array) -> Pixels:
        """Convert stabilised levels, which stand for means now, back to values."""
        places = np.clip(np.rint(values * np.float32(_INVERSE_STEPS)), 0, len(self.inverse) - 1)
        return np.asarray(self.inverse[places.astype(np.int32)], np.uint8)


@measured_once
def measure_noise_curve(pixels: Pixels) -> NoiseCurve | None:
    """Measure how strong noise is at each level, all channels together.

    The flattest quarter of the blocks of each band of 16 levels tells; of what is partly cut off, the
    whole deviation is worked out. A line through the bands, in variance, carries the curve to levels
    that no band shows.

    Args:
        pixels: (H, W, 3) uint8.

    Returns:
        None where no band has blocks enough.

    Example:
        >>> import numpy as np
        >>> ramp = np.repeat(np.linspace(20, 235, 512)[None, :, None], 256, axis=0).repeat(3, axis=2)
        >>> random = np.random.default_rng(0)
        >>> shot = np.clip(np.rint(random.poisson(ramp / 4) * 4), 0, 255).astype(np.uint8)
        >>> curve = measure_noise_curve(shot)
        >>> [round(float(curve.deviation[level] / np.sqrt(4 * level)), 1) for level in (60, 200)]
        [1.0, 1.0]
    """
    bands = np.array(list(_iter_bands(pixels)))
    if not len(bands):
        return None
    levels, variances, counts = bands.T
    grid = np.arange(_LEVELS, dtype=np.float64)
    if len(bands) < _MIN_BANDS:
        fitted = np.full(_LEVELS, np.average(variances, weights=counts))
    else:
        fitted = _follow_bands(grid, levels, variances, _fit_line(levels, variances, counts))
    return NoiseCurve(np.maximum(np.sqrt(fitted), _MIN_DEVIATION).astype(np.float32))


def make_stabiliser(curve: NoiseCurve) -> Stabiliser:
    """Make the tones under which a photo's noise is equally strong everywhere.

    Example:
        >>> import numpy as np
        >>> shot_noise = NoiseCurve(np.sqrt(np.arange(256, dtype=np.float32) + 1))
        >>> forward = make_stabiliser(shot_noise).forward
        >>> bool(forward[40] - forward[20] > forward[220] - forward[200])
        True
    """
    mean, deviation = curve.clip()
    mean = _rising(mean)
    values = np.arange(_LEVELS, dtype=np.float64)
    slope = 1 / np.maximum(np.interp(values, mean, deviation), _MIN_DEVIATION)
    forward = np.concatenate([[0], np.cumsum((slope[1:] + slope[:-1]) / 2)])
    forward *= _TOP / forward[-1]
    fine = np.linspace(0, _TOP, round(_TOP) * _INVERSE_STEPS + 1)
    true_levels = np.interp(np.interp(fine, forward, values), mean, values)
    return Stabiliser(forward.astype(np.float32), np.rint(true_levels).astype(np.uint8))


def _rising(values: FloatArray) -> FloatArray:
    """Bring (256,) values into rising order, no two alike, so that they can be inverted."""
    return np.asarray(np.maximum.accumulate(values) + np.arange(_LEVELS) * 1e-6)


def _iter_bands(pixels: Pixels) -> Iterator[tuple[float, float, float]]:
    """Level, variance and number of blocks of each band that tells, all without what was cut off."""
    planes = cv2.split(sample_rows(np.ascontiguousarray(pixels)))
    found = [blocks for plane in planes if (blocks := measure_blocks(to_uint8(plane))) is not None]
    if not found:
        return
    level, texture, energy = (
        np.concatenate([getattr(blocks, name).ravel() for blocks in found])
        for name in ("level", "texture", "energy")
    )
    for lowest in range(0, _LEVELS, _BAND_WIDTH):
        inside = (level >= lowest) & (level < lowest + _BAND_WIDTH)
        count = int(np.count_nonzero(inside))
        if count >= _MIN_BLOCKS:
            band = _measure_band(level[inside], texture[inside], energy[inside])
            if band is not None:
                yield (*band, float(min(count, _MAX_COUNT)))


def _measure_band(
    level: Float32Array, texture: Float32Array, energy: Float32Array
) -> tuple[float, float] | None:
    """Level and variance of a band's flattest blocks; None where too much is cut off."""
    count = max(_MIN_BLOCKS, round(_FLATTEST_SHARE * len(level)))
    flattest = np.argsort(texture, kind="stable")[:count]
    mean, deviation = float(level[flattest].mean()), math.sqrt(float(np.median(energy[flattest])))
    return _undo_clipping(mean, deviation)


def _undo_clipping(mean: float, deviation: float) -> tuple[float, float] | None:
    """Level and variance before values were cut off at the nearer end; None if it cannot be told."""
    if deviation < 1e-3:
        return None
    distances, means, deviations = _clipping_table()
    is_light = mean > _TOP / 2
    room = (_TOP - mean if is_light else mean) / deviation
    ratios = means / deviations
    if room < ratios[0]:
        return None
    if room > ratios[-1]:
        return mean, deviation**2
    distance = float(np.interp(room, ratios, distances))
    whole = deviation / float(np.interp(distance, distances, deviations))
    level = _TOP - distance * whole if is_light else distance * whole
    return min(max(level, 0.0), _TOP), whole**2


@cache
def _clipping_table() -> tuple[FloatArray, FloatArray, FloatArray]:
    """Distances of a level from the end, mean distance and deviation once cut off, noise being 1."""
    distances = np.linspace(_MIN_DISTANCE, 4, 91)
    share, density = _normal_share(distances), _normal(distances)
    means = distances * share + density
    squares = (distances**2 + 1) * share + distances * density
    return distances, means, np.sqrt(squares - means**2)


def _fit_line(levels: FloatArray, variances: FloatArray, counts: FloatArray) -> FloatArray:
    """(256,) variance by level: a line, each band weighted by its blocks and by how sure it is."""
    weights = np.sqrt(counts) / variances
    slope, start = np.polyfit(levels, variances, 1, w=weights)
    bounds = variances.min() / _MAX_EXTRAPOLATION, variances.max() * _MAX_EXTRAPOLATION
    return np.asarray(np.clip(slope * np.arange(_LEVELS) + start, *bounds))


def _follow_bands(
    grid: FloatArray, levels: FloatArray, variances: FloatArray, line: FloatArray
) -> FloatArray:
    """(256,) variance by level: the line, bent to the bands where there are some."""
    order = np.argsort(levels, kind="stable")
    beside = np.log(variances / np.interp(levels, grid, line))
    bent = np.interp(grid, levels[order], beside[order])
    kernel = np.exp(-0.5 * ((grid[:, None] - grid) / _SMOOTHING) ** 2)
    return np.asarray(line * np.exp(kernel @ bent / kernel.sum(axis=1)))


def _normal(values: FloatArray) -> FloatArray:
    return np.asarray(np.exp(-0.5 * values**2) / math.sqrt(2 * math.pi))


def _normal_share(values: FloatArray) -> FloatArray:
    """Share of the normal distribution below."""
    return np.array([0.5 * math.erfc(-value / math.sqrt(2)) for value in values])
