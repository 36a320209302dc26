"""Colour: how much of it, and whether grey is grey."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import ByteMask, Pixels
from packshot.measure.planes import histogram, percentiles, to_uint8

_OPPONENT: Final = np.array([[1, -1, 0], [0.5, 0.5, -1]], np.float32)
_NEUTRAL_CHROMA: Final = 22.0
_NEUTRAL_SHARE: Final = 0.02
_MIN_LIGHTNESS, _MAX_LIGHTNESS = 20, 97
_MIN_SATURATION: Final = 0.97
_MIN_VISIBLE_LEVEL: Final = 50


def colourfulness(small: Pixels, mask: ByteMask | None) -> float:
    """Hasler and Suesstrunk (SPIE 5007, 2003): 0 grey, 15 slight, 45 average, 109 extreme.

    sqrt(var rg + var yb) + 0.3 sqrt(mean rg^2 + mean yb^2) with rg = R - G, yb = (R + G) / 2 - B.

    Args:
        small: RGB, working size.
        mask: 255 on what to judge, None for all.
    """
    red, green, blue = (channel.astype(np.int16) for channel in cv2.split(small))
    opponent = np.stack((2 * (red - green), red + green - 2 * blue), axis=-1)
    mean, spread = cv2.meanStdDev(opponent, mask=mask)
    return float(np.hypot(*spread.ravel()) + 0.3 * np.hypot(*mean.ravel())) / 2


def peak_chroma(lab: Pixels, mask: ByteMask | None) -> float:
    """CIE chroma that 1 % of the pixels exceed: near 0 for a black-and-white photo."""
    a, b = (lab[..., channel].astype(np.float32) - np.float32(128) for channel in (1, 2))
    chroma = to_uint8(cv2.convertScaleAbs(cv2.magnitude(a, b)))
    return percentiles(histogram(chroma, mask), 99)[0]


def saturation_share(small: Pixels, mask: ByteMask | None) -> float:
    """Per cent of the pixels that are as saturated as a screen can show, and not dark."""
    red, green, blue = cv2.split(small)
    largest = cv2.max(cv2.max(red, green), blue)
    smallest = to_uint8(cv2.min(cv2.min(red, green), blue))
    allowed = cv2.addWeighted(largest, 1 - _MIN_SATURATION, largest, 0, 0)
    visible = cv2.inRange(largest, _MIN_VISIBLE_LEVEL, 255)
    saturated = to_uint8(cv2.bitwise_and(cv2.compare(smallest, allowed, cv2.CMP_LE), visible))
    pixel_count = saturated.size if mask is None else cv2.countNonZero(mask)
    inside = saturated if mask is None else to_uint8(cv2.bitwise_and(saturated, mask))
    return 100 * float(cv2.countNonZero(inside)) / max(1, pixel_count)


@dataclass(frozen=True)
class ColourCast:
    """What neutral grey has become.

    Attributes:
        magnitude: Distance from grey in CIE Lab's a*, b* plane.
        angle: Hue angle in degrees, 0..360: 0 red, 90 yellow, 180 green, 270 blue.
    """

    magnitude: float
    angle: float


def colour_cast(lab: Pixels, mask: ByteMask | None) -> ColourCast | None:
    """Measure the cast on pixels that should be neutral.

    Args:
        lab: Working-size Lab, uint8.
        mask: 255 on a background that should be neutral. Without it, the pixels of the photo that
            are neither dark nor white and lie within 22 of grey.

    Returns:
        None where there are no such pixels (fewer than 2 %).
    """
    neutral = _find_nearly_neutral(lab) if mask is None else mask
    if cv2.countNonZero(neutral) < max(1.0, _NEUTRAL_SHARE * neutral.size):
        return None
    _, a, b, _ = cv2.mean(lab, mask=neutral)
    a, b = a - 128, b - 128
    return ColourCast(math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360)


def _find_nearly_neutral(lab: Pixels) -> ByteMask:
    low = (_MIN_LIGHTNESS * 2.55, 128 - _NEUTRAL_CHROMA, 128 - _NEUTRAL_CHROMA)
    high = (_MAX_LIGHTNESS * 2.55, 128 + _NEUTRAL_CHROMA, 128 + _NEUTRAL_CHROMA)
    return to_uint8(cv2.inRange(lab, low, high))
