"""White balance: the colour of the light, found where it shows, and taken back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Pixels
from packshot.enhance.light import light_of_values, relight
from packshot.enhance.white_reference import WhiteReference, white_reference
from packshot.measure.planes import make_planes

_LUMINANCE: Final = np.array([0.2126, 0.7152, 0.0722], np.float32)
_SURE_CHROMA, _UNSURE_CHROMA = 20.0, 36.0
_LEAST_CHROMA: Final = 1.5
_MINKOWSKI: Final = 6.0
_CLIPPED, _DARK = 0.95, 0.01
_AGREEMENT: Final = 4.0
_SMALLEST_ANGLE, _LARGEST_ANGLE = 6.0, 16.0
_DAMPING: Final = 0.6
_FEWEST: Final = 500


@dataclass(frozen=True, eq=False)
class Illuminant:
    """The colour of the light.

    Attributes:
        light: (3,) linear red, green and blue of what should be grey, of luminance 1.
        trust: 0..1, how much of it to take back.
        source: "background" or "scene".
    """

    light: Float32Array
    trust: float
    source: str

    @property
    def gains(self) -> Float32Array:
        """(3,) factors for linear light; of what should be grey, the brightest channel stays."""
        damped = (1 / np.maximum(self.light, 1e-3)) ** self.trust
        return np.asarray(damped * self.light.max() / (self.light * damped).max(), np.float32)


def illuminant_of(pixels: Pixels) -> Illuminant | None:
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
    white = white_reference(pixels)
    return _of_scene(make_planes(pixels).small) if white is None else _of_background(white)


def white_balance(pixels: Pixels, illuminant: Illuminant) -> Pixels:
    """Take a cast back by von Kries's rule: a factor for each channel of linear light.

    Args:
        pixels: (H, W, 3) uint8.
        illuminant: From `illuminant_of`.

    Returns:
        (H, W, 3) uint8.
    """
    return relight(pixels, lambda light: light * illuminant.gains)


def _of_background(white: WhiteReference) -> Illuminant | None:
    if white.chroma < _LEAST_CHROMA:
        return None
    trust = float(np.interp(white.chroma, (_SURE_CHROMA, _UNSURE_CHROMA), (1, 0)))
    return Illuminant(_unit(white.light), trust, "background")


def _of_scene(small: Pixels) -> Illuminant | None:
    light = light_of_values()[small]
    usable = (light.max(axis=2) < _CLIPPED) & (light.max(axis=2) > _DARK)
    if np.count_nonzero(usable) < _FEWEST:
        return None
    shades = _minkowski(light[usable])
    edges = _minkowski(_slopes(light)[usable])
    grey = np.ones(3, np.float32)
    middle = _unit(_unit(shades) + _unit(edges))
    if angle(shades, edges) > _AGREEMENT:
        return None
    if not _SMALLEST_ANGLE <= angle(middle, grey) <= _LARGEST_ANGLE:
        return None
    return Illuminant(middle, _DAMPING, "scene")


def _minkowski(values: Float32Array) -> Float32Array:
    """(3,) mean of order 6 over (N, 3)."""
    return np.asarray(np.mean(values.astype(np.float64) ** _MINKOWSKI, axis=0) ** (1 / _MINKOWSKI))


def _slopes(light: Float32Array) -> Float32Array:
    """(H, W, 3) length of the gradient."""
    across = cv2.Sobel(light, cv2.CV_32F, 1, 0, scale=1 / 8)
    down = cv2.Sobel(light, cv2.CV_32F, 0, 1, scale=1 / 8)
    return np.asarray(np.sqrt(across * across + down * down), np.float32)


def angle(first: Float32Array, second: Float32Array) -> float:
    """Degrees between two colours of light, whatever their brightness."""
    cosine = float(first @ second / max(float(np.linalg.norm(first) * np.linalg.norm(second)), 1e-12))
    return float(np.degrees(np.arccos(min(max(cosine, -1.0), 1.0))))


def _unit(light: Float32Array) -> Float32Array:
    """The same colour with luminance 1."""
    return np.asarray(light / max(float(_LUMINANCE @ light), 1e-6), np.float32)
