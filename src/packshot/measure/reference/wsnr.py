"""WSNR: the signal-to-noise ratio as the eye weighs it.

Damera-Venkata, Kite, Geisler, Evans, Bovik, "Image Quality Assessment Based on a Degradation Model",
IEEE TIP 9(4), 2000: signal and error are both weighted by the eye's contrast sensitivity. That is
Mannos and Sakrison's (IEEE Trans. Information Theory 20(4), 1974) with Mitsa and Varkur's two changes
(ICASSP 1993): flat below its peak, so that no frequency is forgiven for being low, and lower along
the diagonals.

Frequencies are counted in cycles per degree of what the viewer sees, so a viewing distance must be
assumed: 60 pixels to the degree by default, one pixel per minute of arc, the finest that normal
sight resolves. That is a laptop's 110 pixels per inch from 80 cm. The MeTriX MuX toolbox assumes 120.
"""

import math
from typing import Final

import numpy as np

from packshot.arrays import Float32Array, FloatArray, Pixels
from packshot.errors import InvalidInput
from packshot.measure.reference.pair import check_pair, luma

MIN_SIDE: Final = 1
"""Smallest side in pixels."""

PIXELS_PER_DEGREE: Final = 60.0
"""Pixels that span a degree of sight: one for each minute of arc. A convention, see the module."""

_DIAGONAL_REACH: Final = 0.7
"""Highest frequency seen along the diagonals over that along the axes, 0..1 (Mitsa and Varkur)."""

_PEAK_FREQUENCY: Final = 7.8909
_PEAK_SENSITIVITY: Final = 0.9809
"""Cycles per degree where the curve is highest, and its height there."""

_SENSITIVITY: Final = (2.6, 0.0192, 0.114, 1.1)
"""Mannos and Sakrison's curve a (b + c f) exp(-(c f)^d) of the frequency f in cycles per degree."""


def wsnr(reference: Pixels, distorted: Pixels, *, pixels_per_degree: float = PIXELS_PER_DEGREE) -> float:
    """Return the weighted signal-to-noise ratio of luma, in dB: larger is better.

    Args:
        reference: RGB pixels (H, W, 3), uint8.
        distorted: RGB pixels of the same shape.
        pixels_per_degree: How many pixels span one degree of sight.

    Returns:
        Decibels; `math.inf` for photos of equal luma, `-math.inf` for a black reference.

    Raises:
        InvalidInput: The photos are not comparable, see `check_pair`, or the viewing distance is
            not a positive number.

    Example:
        >>> reference = np.random.default_rng(0).integers(60, 200, (64, 64, 3), np.uint8)
        >>> lines, shade = reference.copy(), reference.copy()
        >>> lines[:, ::2] += 20  # fine lines, which the eye hardly sees
        >>> shade[:, :32] += 20  # a shade
        >>> wsnr(reference, lines) > wsnr(reference, shade)
        True
    """
    check_pair(reference, distorted, MIN_SIDE)
    if not 0 < pixels_per_degree < math.inf:
        raise InvalidInput(f"pixels_per_degree: expected a positive number, got {pixels_per_degree}")
    signal, distorted_signal = (luma(photo.astype(np.float32)) for photo in (reference, distorted))
    weights = _power_weights(signal.shape, pixels_per_degree)
    noise_power = _spectral_power(signal - distorted_signal, weights)
    if noise_power == 0:
        return math.inf
    signal_power = _spectral_power(signal, weights)
    return 10 * math.log10(signal_power / noise_power) if signal_power else -math.inf


def contrast_sensitivity(across: FloatArray, down: FloatArray) -> FloatArray:
    """Return how well the eye sees gratings, as a share of about its best.

    Args:
        across: Horizontal frequency in cycles per degree.
        down: Vertical frequency, of a shape that goes with it.

    Returns:
        Sensitivity, 0..0.9809, of their common shape.

    Example:
        >>> contrast_sensitivity(np.array([2.0, 8.0, 30.0]), np.zeros(3)).round(2).tolist()
        [0.98, 0.98, 0.19]
    """
    angle = np.arctan2(down, across)
    reach = (1 - _DIAGONAL_REACH) / 2 * np.cos(4 * angle) + (1 + _DIAGONAL_REACH) / 2
    frequency = np.hypot(across, down) / reach
    gain, offset, rate, exponent = _SENSITIVITY
    scaled = rate * frequency
    curve = gain * (offset + scaled) * np.exp(-(scaled**exponent))
    return np.where(frequency < _PEAK_FREQUENCY, _PEAK_SENSITIVITY, curve)


def _power_weights(shape: tuple[int, ...], pixels_per_degree: float) -> FloatArray:
    """Return squared sensitivity on the half plane of a real transform, (H, W // 2 + 1).

    Frequencies whose mirror image the half plane leaves out count twice.
    """
    height, width = shape
    down = np.fft.fftfreq(height)[:, None] * pixels_per_degree
    across = np.fft.rfftfreq(width)[None, :] * pixels_per_degree
    multiplicity = np.full(across.shape, 2.0)
    multiplicity[:, 0] = 1
    if width % 2 == 0:
        multiplicity[:, -1] = 1
    weights: FloatArray = contrast_sensitivity(across, down) ** 2 * multiplicity
    return weights


def _spectral_power(plane: Float32Array, weights: FloatArray) -> float:
    """Return the sum of squared magnitudes of the plane's spectrum, weighted."""
    spectrum = np.fft.rfft2(plane.astype(np.float64))
    return float(((spectrum.real**2 + spectrum.imag**2) * weights).sum())
