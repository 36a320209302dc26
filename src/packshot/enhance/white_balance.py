"""White balance: the colour of the light, found where it shows, and taken back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Pixels
from packshot.enhance.light import apply_light_curve, linear_light_table
from packshot.enhance.white_reference import WhiteReference, find_white_reference
from packshot.measure.planes import make_planes

_LUMINANCE: Final = np.array([0.2126, 0.7152, 0.0722], np.float32)
_FULL_TRUST_CHROMA, _NO_TRUST_CHROMA = 20.0, 36.0
_MIN_CHROMA: Final = 1.5
_MINKOWSKI_ORDER: Final = 6.0
_CLIPPED, _DARK = 0.95, 0.01
_MAX_DISAGREEMENT: Final = 4.0
_MIN_ANGLE, _MAX_ANGLE = 6.0, 16.0
_DAMPING: Final = 0.6
_MIN_PIXELS: Final = 500


@dataclass(frozen=True, eq=False)
class Illuminant:
    """The colour of the light.

    Attributes:
        light: (3,) linear red, green and blue of what should be grey, of luminance 1.
        correction_share: 0..1, how much of it to take back.
        source: "background" or "scene".
    """

    light: Float32Array
    correction_share: float
    source: str

    @property
    def gains(self) -> Float32Array:
        """(3,) factors for linear light; of what should be grey, the brightest channel stays."""
        damped = (1 / np.maximum(self.light, 1e-3)) ** self.correction_share
        return np.asarray(damped * self.light.max() / (self.light * damped).max(), np.float32)


def estimate_illuminant(pixels: Pixels) -> Illuminant | None:
    """Estimate the colour of the light.

    On a plain background that can serve as white, its colour; beyond a chroma of 20, where it may
    well be a coloured backdrop, trusted less, and beyond 36 not at all. Elsewhere shades of grey
    (Finlayson and Trezzi, CIC 2004) and grey edges (van de Weijer, Gevers, Gijsenij, IEEE TIP
    16(9), 2007) must agree within 4 degrees and lie 6 to 16 degrees off grey; then 60 % is taken
    back. A picture coloured on purpose lies beyond.

    Args:
        pixels: (H, W, 3) uint8.

    Returns:
        None where the light is neutral already, or cannot be told.

    Raises:
        InvalidInput: Pixels of another type or shape.
    """
    white = find_white_reference(pixels)
    return (
        _estimate_from_scene(make_planes(pixels).small)
        if white is None
        else _estimate_from_background(white)
    )


def correct_white_balance(pixels: Pixels, illuminant: Illuminant) -> Pixels:
    """Take a cast back by von Kries's rule: a factor for each channel of linear light.

    Args:
        pixels: (H, W, 3) uint8.
        illuminant: From `estimate_illuminant`.

    Returns:
        (H, W, 3) uint8.
    """
    return apply_light_curve(pixels, lambda light: light * illuminant.gains)


def _estimate_from_background(white: WhiteReference) -> Illuminant | None:
    if white.chroma < _MIN_CHROMA:
        return None
    correction_share = float(np.interp(white.chroma, (_FULL_TRUST_CHROMA, _NO_TRUST_CHROMA), (1, 0)))
    return Illuminant(_normalise_luminance(white.light), correction_share, "background")


def _estimate_from_scene(small: Pixels) -> Illuminant | None:
    light = linear_light_table()[small]
    usable = (light.max(axis=2) < _CLIPPED) & (light.max(axis=2) > _DARK)
    if np.count_nonzero(usable) < _MIN_PIXELS:
        return None
    shades = _minkowski_mean(light[usable])
    edges = _minkowski_mean(_gradient_lengths(light)[usable])
    grey = np.ones(3, np.float32)
    middle = _normalise_luminance(_normalise_luminance(shades) + _normalise_luminance(edges))
    if colour_angle(shades, edges) > _MAX_DISAGREEMENT:
        return None
    if not _MIN_ANGLE <= colour_angle(middle, grey) <= _MAX_ANGLE:
        return None
    return Illuminant(middle, _DAMPING, "scene")


def _minkowski_mean(values: Float32Array) -> Float32Array:
    """(3,) mean of order 6 over (N, 3)."""
    return np.asarray(
        np.mean(values.astype(np.float64) ** _MINKOWSKI_ORDER, axis=0) ** (1 / _MINKOWSKI_ORDER)
    )


def _gradient_lengths(light: Float32Array) -> Float32Array:
    """(H, W, 3) length of the gradient."""
    across = cv2.Sobel(light, cv2.CV_32F, 1, 0, scale=1 / 8)
    down = cv2.Sobel(light, cv2.CV_32F, 0, 1, scale=1 / 8)
    return np.asarray(np.sqrt(across * across + down * down), np.float32)


def colour_angle(first: Float32Array, second: Float32Array) -> float:
    """Degrees between two colours of light, whatever their brightness."""
    cosine = float(first @ second / max(float(np.linalg.norm(first) * np.linalg.norm(second)), 1e-12))
    return float(np.degrees(np.arccos(min(max(cosine, -1.0), 1.0))))


def _normalise_luminance(light: Float32Array) -> Float32Array:
    """The same colour with luminance 1."""
    return np.asarray(light / max(float(_LUMINANCE @ light), 1e-6), np.float32)
