"""Enlargement from a thumbnail, found by the period that interpolation leaves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float64Array, Mask, Plane
from packshot.measure.planes import quantile, to_uint8

_MIN_SIDE: Final = 64
"""Pixels: a smaller picture holds too few periods. By judgement."""

_MAX_DIFFERENCE: Final = 24
"""Grey levels of a second difference: what is more is an edge and counts no more. By judgement."""

_MIN_FREQUENCY: Final = 1 / 12
_MAX_FREQUENCY: Final = 0.5
"""Periods per pixel that are looked at: factors of enlargement from 12 down to 2."""

_FREQUENCY_COUNT: Final = 512
"""Frequencies between the two at which the spectrum is read."""

_JPEG_GRID: Final = 8
"""Pixels: side of JPEG's blocks, whose period and harmonics are no sign of an enlargement."""

_GRID_WIDTH: Final = 2.5
"""Half width of a harmonic of JPEG's grid in a profile of N pixels, as a part of 1/N periods per pixel:
the Hann window's main lobe is 2 wide to either side. By judgement."""

_MAX_LINES: Final = 160
"""Lines whose differences are averaged: enough to know a period, in bounded time."""

_TREND_WIDTH: Final = 9
"""Pixels over which a profile is averaged for the trend that is taken off. By judgement."""

_MIN_FFT_LENGTH: Final = 4096
"""Samples of a spectrum at least: short profiles are padded, so that peaks are not missed between
samples."""

_MIN_EVIDENCE: Final = 6.5
"""Peak over the median of the spectrum: from here on a period counts, where edges agree. By
judgement."""

_STRONG_EVIDENCE: Final = 12.0
"""The same, from which on edges need be but half as wide. By judgement."""

_BLUR_RANGE: Final = (0.24, 0.55)
"""Blur of the sharpest edges over the factor: interpolating by a factor blurs edges to about a quarter
of it or more; above, something else blurred them. By judgement."""

_MIN_BLUR: Final = 0.12
"""The lower end where the evidence is strong."""

_HARMONIC_EVIDENCE: Final = 5.0
"""Strength over the median off JPEG's grid: from here on a harmonic of the grid may be an enlargement's.
By judgement."""


_MIN_ALIASED_FACTOR: Final = 2.85
"""Factor p from which on the period may be that of a slight enlargement by p / (p - 1), up to 1.54."""

_ALIAS_DETAIL: Final = (0.52, 1.0)
"""Detail finer than a large factor leaves, over coarser detail: within, the factor was a slight one. Set
on 78 product photos enlarged by 1.1 to 6: smooth enlargements of 3 and more are below the first in 95 of
100, slight ones mostly above; pixels repeated three times and more are above the second. On 73 others
enlarged by 1.25, cubic or linear, 6 of 146 are still taken for a large factor (26 of 156 before)."""

_FINE_BAND: Final = (0.6, 0.9)
_COARSE_BAND: Final = (0.2, 0.45)
"""Frequencies that are compared, times the factor over one pixel. An enlargement's own end at 0.5."""


@dataclass(frozen=True)
class _GridHarmonic:
    """A factor whose period is a harmonic of JPEG's grid.

    Attributes:
        harmonic: Which harmonic, 1 to 3.
        min_ratio: How much stronger than the two others it must be: by a grid alone they are much alike.
        min_blur: Least blur of the edges, per factor.
    """

    harmonic: int
    min_ratio: float
    min_blur: float


_GRID_HARMONICS: Final = (_GridHarmonic(2, 1.05, 0.17), _GridHarmonic(3, 1.5, 0.24))
"""The factors 4 and 8/3. By judgement."""


def enlargement_factor(grey: Plane, estimate: tuple[float, float], edge_width: float) -> float:
    """Return how many times a photo was enlarged, where its period shows and edges are wide enough.

    Enlarging by a factor widens edges to a quarter of it or more, whatever the filter; a period
    without such edges is a fabric's, or JPEG's. The clearer the period, the less the edges must say.

    Args:
        grey: Luma, (H, W) uint8, native.
        estimate: From `estimate_resampling`: the likeliest factor and its evidence.
        edge_width: Standard deviation of the blur of the sharpest edges, native pixels.

    Returns:
        The factor, 2 to 12; one between 1 and 1.54 where fine detail shows that the period is that of a
        slight enlargement, which has the same; or 1 where nothing tells of any.

    Example:
        >>> thumbnail = np.random.default_rng(0).integers(0, 256, (60, 60), np.uint8)
        >>> grey = cv2.resize(thumbnail, (300, 300), interpolation=cv2.INTER_CUBIC)
        >>> estimate = estimate_resampling(grey)
        >>> [round(enlargement_factor(grey, estimate, width)) for width in (1.5, 0.2)]
        [5, 1]
    """
    factor, evidence = estimate
    min_blur = _MIN_BLUR if evidence >= _STRONG_EVIDENCE else _BLUR_RANGE[0]
    if evidence >= _MIN_EVIDENCE and _is_in_blur_range(edge_width / factor, min_blur):
        return factor / (factor - 1) if _is_aliased(grey, factor) else factor
    return _grid_harmonic_factor(grey, edge_width)


def _is_aliased(grey: Plane, factor: float) -> bool:
    """Return whether a period is a slight enlargement's: detail finer than a large one's is there."""
    if factor < _MIN_ALIASED_FACTOR:
        return False
    across = _fine_detail(grey, factor)
    down = _fine_detail(to_uint8(cv2.transpose(grey)), factor)
    return _ALIAS_DETAIL[0] ** 2 < across * down < _ALIAS_DETAIL[1] ** 2


def _fine_detail(grey: Plane, factor: float) -> float:
    """Return the mean spectrum of differences along the rows at fine over that at coarse frequencies."""
    rows = grey[:: max(1, grey.shape[0] // _MAX_LINES)].astype(np.float32)
    differences = (rows[:, 1:] - rows[:, :-1]) * _taper(rows.shape[1] - 1)
    magnitude = np.abs(np.fft.rfft(differences, axis=1)).mean(axis=0)
    places = np.fft.rfftfreq(differences.shape[1]) * factor
    fine, coarse = (
        float(magnitude[(places >= low) & (places <= high)].mean())
        for low, high in (_FINE_BAND, _COARSE_BAND)
    )
    return fine / max(coarse, 1e-9)


def _grid_harmonic_factor(grey: Plane, edge_width: float) -> float:
    """Return the factor whose period lies on a harmonic of JPEG's grid, 4 or 8/3; 1 if there is none."""
    likely = [
        one
        for one in _GRID_HARMONICS
        if _is_in_blur_range(edge_width * one.harmonic / _JPEG_GRID, one.min_blur)
    ]
    if not likely:
        return 1.0
    across = _harmonic_strengths(_second_differences(grey))
    down = _harmonic_strengths(_second_differences(to_uint8(cv2.transpose(grey))))
    strengths = np.sqrt(across * down)
    for one in likely:
        others = np.delete(strengths, one.harmonic - 1)
        if strengths[one.harmonic - 1] >= max(_HARMONIC_EVIDENCE, one.min_ratio * float(others.max())):
            return _JPEG_GRID / one.harmonic
    return 1.0


def _is_in_blur_range(width_per_factor: float, min_blur: float) -> bool:
    """Return whether edges are as wide as an enlargement makes them."""
    return min_blur <= width_per_factor <= _BLUR_RANGE[1]


def _harmonic_strengths(profile: Float64Array) -> Float64Array:
    """Return the magnitude at 1, 2 and 3 eighths of a period per pixel, over the median off the grid."""
    magnitude, fft_length = _magnitudes(profile)
    frequencies = _list_frequencies(fft_length)
    places = np.arange(1, 4) / _JPEG_GRID
    off_grid = magnitude[_is_off_grid(fft_length, len(profile)) & (frequencies >= _MIN_FREQUENCY)]
    middle = quantile(off_grid, 0.5) if len(off_grid) else 0.0
    return np.interp(places, frequencies, magnitude) / max(middle, 1e-9)


def estimate_resampling(grey: Plane) -> tuple[float, float] | None:
    """Find the period that an enlargement left in the second differences.

    An interpolated line's second difference varies with the place between source pixels, so its
    mean over many lines has the enlargement's period (Gallagher, Detection of linear and cubic
    interpolation in JPEG compressed images, CRV 2005). Both axes must agree.

    Args:
        grey: Luma, (H, W) uint8, native.

    Returns:
        The factor of enlargement, 2 to 12, and the strength of the evidence (peak over median of
        the spectrum, geometric mean of both axes); None below 64 pixels.

    Example:
        >>> thumbnail = np.random.default_rng(0).integers(0, 256, (60, 60), np.uint8)
        >>> enlarged = cv2.resize(thumbnail, (300, 300), interpolation=cv2.INTER_CUBIC)
        >>> factor, evidence = estimate_resampling(enlarged)
        >>> round(factor), evidence > 10
        (5, True)
    """
    if min(grey.shape) < _MIN_SIDE:
        return None
    grid = np.linspace(_MIN_FREQUENCY, _MAX_FREQUENCY, _FREQUENCY_COUNT)
    across = _spectrum(_second_differences(grey), grid)
    down = _spectrum(_second_differences(to_uint8(cv2.transpose(grey))), grid)
    joint = np.sqrt(across * down)
    best = int(joint.argmax())
    return 1 / float(grid[best]), float(joint[best])


def _second_differences(grey: Plane) -> Float64Array:
    """Return the mean magnitude, capped, of the second difference at each column."""
    rows = grey[:: max(1, grey.shape[0] // _MAX_LINES)].astype(np.int16)
    first = rows[:, 1:] - rows[:, :-1]
    size = cv2.convertScaleAbs(first[:, 1:] - first[:, :-1])
    sums = cv2.reduce(cv2.min(size, _MAX_DIFFERENCE), 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S)
    return np.asarray(sums, np.float64).ravel() / len(rows)


def _spectrum(profile: Float64Array, grid: Float64Array) -> Float64Array:
    """Return magnitude over its median at given frequencies, zero at multiples of JPEG's grid."""
    magnitude, fft_length = _magnitudes(profile)
    frequencies = _list_frequencies(fft_length)
    off_grid_magnitude = magnitude * _is_off_grid(fft_length, len(profile))
    high = off_grid_magnitude[np.searchsorted(frequencies, _MIN_FREQUENCY) :]
    inside = high[high > 0]
    middle = quantile(inside, 0.5) if len(inside) else 0.0
    return (
        np.interp(grid, frequencies, off_grid_magnitude) / max(middle, 1e-9)
        if middle > 0
        else np.zeros_like(grid)
    )


def _magnitudes(profile: Float64Array) -> tuple[Float64Array, int]:
    """Return the spectrum of a profile without its trend, and of how many samples it is."""
    trend = cv2.blur(profile.reshape(1, -1), (_TREND_WIDTH, 1)).ravel()
    detail = (profile - trend) * _taper(len(profile))
    fft_length = max(_MIN_FFT_LENGTH, len(detail))
    magnitude = np.asarray(np.abs(np.fft.rfft(detail, fft_length)), np.float64)
    return magnitude, fft_length


@lru_cache(maxsize=64)
def _taper(length: int) -> Float64Array:
    """Return the Hann window of a length."""
    return np.asarray(np.hanning(length), np.float64)


@lru_cache(maxsize=8)
def _list_frequencies(fft_length: int) -> Float64Array:
    """Return the frequencies of a spectrum, periods per pixel."""
    return np.asarray(np.fft.rfftfreq(fft_length), np.float64)


@lru_cache(maxsize=64)
def _is_off_grid(fft_length: int, length: int) -> Mask:
    """Mark frequencies that are no multiples of JPEG's, as far as a profile of a length can tell."""
    frequencies = _list_frequencies(fft_length)
    harmonics = np.abs(frequencies * _JPEG_GRID - np.round(frequencies * _JPEG_GRID))
    return harmonics >= _GRID_WIDTH * _JPEG_GRID / length
