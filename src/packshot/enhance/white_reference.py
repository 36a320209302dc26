"""The background that was meant to be white: what light and colour are judged by where there is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Mask, Pixels
from packshot.enhance.light import encoded, light_of_values
from packshot.measure.background import far_background, find_background, unevenness
from packshot.measure.planes import make_planes

_DARKEST: Final = 52.0
_STRONGEST_CAST: Final = 36.0
_MOST_UNEVEN: Final = 5.0
_LIGHTER: Final = 1.15
_LIGHTER_SHARE: Final = 0.005


@dataclass(frozen=True, eq=False)
class WhiteReference:
    """A plain background that white paper may have been.

    Attributes:
        light: (3,) mean linear light of red, green and blue, 0..1.
        lightness: Its L*, 0..100.
        chroma: Its CIE chroma.
    """

    light: Float32Array
    lightness: float
    chroma: float


def white_reference(pixels: Pixels) -> WhiteReference | None:
    """Find a background that can serve as white.

    It is plain, even to 5 L*, at least 52 L* light, within a chroma of 36 of grey, and at most half
    a per cent of the picture is lighter. Of 509 light plain backgrounds of undamaged product
    photos, 88 % are white to 97 L*; most others are walls and floors, uneven.

    Args:
        pixels: (H, W, 3) uint8.

    Returns:
        None where there is none.

    Raises:
        InvalidInput: Pixels of another type or shape.
    """
    planes = make_planes(pixels)
    plain = find_background(planes.small)
    if plain is None:
        return None
    far = far_background(plain.mask, planes.factor)
    lightness, a, b, _ = cv2.mean(planes.lab, mask=far)
    found = WhiteReference(
        _mean_light(planes.small, far > 0), lightness / 2.55, float(np.hypot(a - 128, b - 128))
    )
    meant = found.lightness >= _DARKEST and found.chroma <= _STRONGEST_CAST
    if not meant or unevenness(planes.lab, far) > _MOST_UNEVEN:
        return None
    return None if _something_lighter(planes.small, found.light) else found


def _something_lighter(small: Pixels, light: Float32Array) -> bool:
    """Whether half a per cent of a picture is lighter than its background, which then is no white.

    Args:
        small: (h, w, 3) uint8, working size.
        light: (3,) linear light of the background.

    Returns:
        True where every channel passes the background's by 15 % in so many pixels.
    """
    bound = encoded(np.minimum(light * _LIGHTER, 1)) * 255
    return float((small > bound).all(axis=2).mean()) > _LIGHTER_SHARE


def _mean_light(small: Pixels, inside: Mask) -> Float32Array:
    return np.asarray(light_of_values()[small[inside]].mean(axis=0, dtype=np.float64), np.float32)
