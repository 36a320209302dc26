"""CIEDE2000: how different two colours look.

CIE 142-2001; equation numbers are those of Sharma, Wu, Dalal, "The CIEDE2000 Color-Difference
Formula: Implementation Notes, Supplementary Test Data, and Mathematical Observations", Color
Research and Application 30(1), 2005. About 1 is just seen side by side, 2 to 3 is the tolerance of
good colour printing, 10 is another shade. Weights k_L, k_C, k_H are 1.
"""

from functools import lru_cache
from typing import Final, NamedTuple

import cv2
import numpy as np

from packshot.arrays import Float32Array, FloatArray, Pixels
from packshot.errors import InvalidInput
from packshot.measure.reference.cielab import D65, linear_to_lab, srgb_to_linear
from packshot.measure.reference.pair import check_pair, mean, to_float32
from packshot.photo import check_pixels

MIN_SIDE: Final = 1
"""Smallest side in pixels."""

_BAND_ROWS: Final = 64
"""Rows compared at a time: the many intermediate maps stay in the processor's cache."""

_CHROMA_KNEE: Final = 25.0**7
"""Of a chroma's seventh power (eq. 4 and 17): near it the stretch of dull colours ends."""


class _Polar(NamedTuple):
    """Lightness, and the chroma and hue (radians, 0 .. 2 pi) of corrected a' and b'."""

    lightness: FloatArray
    chroma: FloatArray
    hue: FloatArray


def rgb_to_lab(pixels: Pixels) -> Float32Array:
    """Convert sRGB to CIE L*a*b*, D65, 2 degrees.

    Args:
        pixels: RGB pixels (H, W, 3), uint8, sRGB.

    Returns:
        L* 0..100, a* about -86..98, b* about -108..94, (H, W, 3), float32.

    Raises:
        InvalidInput: Not 8-bit RGB.

    Example:
        >>> rgb_to_lab(np.array([[[255, 0, 0], [0, 0, 255]]], np.uint8)).round().tolist()
        [[[53.0, 80.0, 67.0], [32.0, 79.0, -108.0]]]
    """
    check_pixels(pixels, "photo", MIN_SIDE)
    return linear_to_lab(to_float32(cv2.LUT(pixels, _linear_light_table())), D65)


def ciede2000(first: FloatArray, second: FloatArray) -> FloatArray:
    """Compare two Lab pictures pixel by pixel (eq. 2 to 22). Symmetric.

    Args:
        first: L*, a*, b* as `rgb_to_lab` gives them, (H, W, 3), float32 or float64.
        second: The same, of the same shape.

    Returns:
        Differences (H, W), 0 for equal colours and up, in the precision of the input.

    Raises:
        InvalidInput: Not floating Lab values of one shape (H, W, 3).

    Example:
        >>> first = np.array([[[50.0, 2.6772, -79.7751]]])  # the first pair of Sharma's Table 1
        >>> second = np.array([[[50.0, 0.0, -82.7485]]])
        >>> round(float(ciede2000(first, second)[0, 0]), 4)
        2.0425
    """
    _check_lab(first, "first")
    _check_lab(second, "second")
    if first.shape != second.shape:
        raise InvalidInput(f"first {first.shape} and second {second.shape} differ in size")
    differences = np.empty(first.shape[:2], dtype=np.result_type(first, second))
    for top in range(0, len(first), _BAND_ROWS):
        rows = slice(top, top + _BAND_ROWS)
        differences[rows] = _differences(first[rows], second[rows])
    return differences


def mean_ciede2000(reference: Pixels, distorted: Pixels) -> float:
    """Return the mean CIEDE2000 over all pixels: 0 for equal photos, larger is worse.

    Args:
        reference: RGB pixels (H, W, 3), uint8, sRGB.
        distorted: RGB pixels of the same shape.

    Returns:
        A difference, 0 to about 100 (black against white). Symmetric.

    Raises:
        InvalidInput: The photos are not comparable, see `check_pair`.

    Example:
        >>> grey = np.full((8, 8, 3), 120, np.uint8)
        >>> round(mean_ciede2000(grey, grey + np.uint8(5)), 1)
        2.0
    """
    check_pair(reference, distorted, MIN_SIDE)
    return mean(to_float32(ciede2000(rgb_to_lab(reference), rgb_to_lab(distorted))))


def _check_lab(values: FloatArray, role: str) -> None:
    """Refuse what is not a floating array (H, W, 3) with at least one pixel."""
    if not isinstance(values, np.ndarray) or not np.issubdtype(values.dtype, np.floating):
        kind = getattr(values, "dtype", type(values).__name__)
        raise InvalidInput(f"{role}: expected floating Lab values, got {kind}: see `rgb_to_lab`")
    if values.ndim != 3 or values.shape[2] != 3 or values.size == 0:
        raise InvalidInput(f"{role}: expected Lab values (height, width, 3), got {values.shape}")


@lru_cache(maxsize=1)
def _linear_light_table() -> Float32Array:
    """Return the linear light of the 256 sRGB values."""
    return srgb_to_linear(np.arange(256, dtype=np.float32) / np.float32(255)).ravel()


def _differences(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return CIEDE2000 of two Lab arrays (..., 3) (eq. 22)."""
    one, two = _to_polar_pair(first, second)
    lightness = (two.lightness - one.lightness) / _lightness_weight(one, two)
    mean_chroma = (one.chroma + two.chroma) / 2
    chroma = (two.chroma - one.chroma) / (1 + 0.045 * mean_chroma)
    hue_mean = _mean_hue(one, two)
    hue = _hue_difference(one, two) / (1 + 0.015 * mean_chroma * _hue_weight(hue_mean))
    total = lightness**2 + chroma**2 + hue**2 + _rotation_term(mean_chroma, hue_mean) * chroma * hue
    return np.sqrt(np.maximum(total, 0))


def _to_polar_pair(first: FloatArray, second: FloatArray) -> tuple[_Polar, _Polar]:
    """Stretch a* of dull colours, then express both in chroma and hue (eq. 2 to 7)."""
    lengths = [np.hypot(lab[..., 1], lab[..., 2]) for lab in (first, second)]
    stretch = 1.5 - 0.5 * _chroma_saturation((lengths[0] + lengths[1]) / 2)
    return _to_polar(first, stretch), _to_polar(second, stretch)


def _to_polar(lab: FloatArray, stretch: FloatArray) -> _Polar:
    """Return lightness, C' and h' of one colour; the hue of a grey is 0 (eq. 5 to 7)."""
    a, b = lab[..., 1] * stretch, lab[..., 2]
    hue = np.arctan2(b, a)
    return _Polar(lab[..., 0], np.hypot(a, b), np.where(hue < 0, hue + 2 * np.pi, hue))


def _chroma_saturation(chroma: FloatArray) -> FloatArray:
    """Return sqrt(C^7 / (C^7 + 25^7)), 0 for grey, near 1 from a chroma of 50 on."""
    seventh = chroma**3
    seventh = seventh * seventh * chroma
    return np.sqrt(seventh / (seventh + _CHROMA_KNEE))


def _hue_difference(one: _Polar, two: _Polar) -> FloatArray:
    """Return the chord between two hues, signed, the shorter way round (eq. 10 and 11)."""
    turn = two.hue - one.hue
    turn = np.where(turn > np.pi, turn - 2 * np.pi, np.where(turn < -np.pi, turn + 2 * np.pi, turn))
    return 2 * np.sqrt(one.chroma * two.chroma) * np.sin(turn / 2)


def _mean_hue(one: _Polar, two: _Polar) -> FloatArray:
    """Return the hue between two hues; a grey has none and leaves the other's (eq. 14)."""
    total = one.hue + two.hue
    near = np.abs(one.hue - two.hue) <= np.pi
    far = np.where(total < 2 * np.pi, total + 2 * np.pi, total - 2 * np.pi)
    coloured = (one.chroma > 0) & (two.chroma > 0)
    return np.where(coloured, np.where(near, total, far) / 2, total)


def _lightness_weight(one: _Polar, two: _Polar) -> FloatArray:
    """Return S_L: differences count most at middle lightness (eq. 18)."""
    square: FloatArray = ((one.lightness + two.lightness) / 2 - 50) ** 2
    return 1 + 0.015 * square / np.sqrt(20 + square)


def _hue_weight(hue: FloatArray) -> FloatArray:
    """Return T (eq. 15)."""
    waves: FloatArray = -0.17 * np.cos(hue - np.pi / 6)
    waves += 0.24 * np.cos(2 * hue)
    waves += 0.32 * np.cos(3 * hue + np.pi / 30)
    waves -= 0.20 * np.cos(4 * hue - 63 * np.pi / 180)
    return 1 + waves


def _rotation_term(chroma: FloatArray, hue: FloatArray) -> FloatArray:
    """Return R_T, which ties chroma to hue for blues about 275 degrees (eq. 16, 17 and 21)."""
    off_blue = (np.degrees(hue) - 275) / 25
    turn: FloatArray = np.sin(np.pi / 3 * np.exp(-(off_blue**2)))
    return -2 * _chroma_saturation(chroma) * turn
