"""Colour: how much of it, and whether grey is grey."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import ByteMask, Plane
from packshot.measure.planes import Channels, histogram, mean_where, percentiles, to_uint8

_NEUTRAL_CHROMA: Final = 22.0
"""CIE Lab units of a* and of b*: pixels farther from grey are coloured, not grey with a cast. By
judgement."""

_NEUTRAL_SHARE: Final = 0.02
"""Share of the picture, 0..1: fewer neutral pixels tell of no cast. By judgement."""

_MIN_LIGHTNESS: Final = 20
_MAX_LIGHTNESS: Final = 97
"""L*, 0..100: darker pixels hold no hue worth measuring, lighter ones may be clipped. By judgement."""

_MIN_SATURATION: Final = 0.97
"""HSV saturation, 0..1, from which on a colour lies at the edge of what a screen shows. By judgement."""

_MIN_VISIBLE_LEVEL: Final = 50
"""Grey level of the largest channel: darker pixels are black to the eye, however saturated. By
judgement."""


def colourfulness(channels: Channels, mask: ByteMask | None) -> float:
    """Compute colourfulness after Hasler and Suesstrunk: 0 grey, 15 slight, 45 average, 109 extreme.

    sqrt(var rg + var yb) + 0.3 sqrt(mean rg^2 + mean yb^2) with rg = R - G, yb = (R + G) / 2 - B
    ("Measuring Colourfulness in Natural Images", SPIE 5007, 2003; docs/methods.md, equation 5.4).

    Args:
        channels: At working size.
        mask: 255 on what to judge, None for all.

    Example:
        >>> from packshot.measure.planes import split_channels
        >>> colours = np.array([[[255, 0, 0], [0, 0, 255], [0, 255, 0], [128, 128, 128]]], np.uint8)
        >>> pictures = split_channels(colours), split_channels(colours[:, 3:])
        >>> [round(colourfulness(channels, None)) for channels in pictures]
        [239, 0]
    """
    red, green, blue = (
        plane.astype(np.int16) for plane in (channels.red, channels.green, channels.blue)
    )
    opponents = 2 * (red - green), red + green - 2 * blue
    mean, spread = np.hstack([cv2.meanStdDev(opponent, mask=mask) for opponent in opponents])
    return (math.hypot(*spread.ravel()) + 0.3 * math.hypot(*mean.ravel())) / 2


def peak_chroma(lab: tuple[Plane, Plane, Plane], mask: ByteMask | None) -> float:
    """Return the CIE chroma that 1 % of the pixels exceed: near 0 for a black-and-white photo.

    Args:
        lab: `Planes.lab_channels`.
        mask: 255 on what to judge, None for all.

    Returns:
        Chroma, in whole numbers, 0..181.

    Example:
        >>> lab = np.full((10, 10, 3), 128, np.uint8)
        >>> lab[0, :, 1:] = (128 + 30, 128 - 40)
        >>> peak_chroma(cv2.split(lab), None)
        50.0
    """
    a, b = (plane.astype(np.float32) - np.float32(128) for plane in lab[1:])
    chroma = to_uint8(cv2.convertScaleAbs(cv2.magnitude(a, b)))
    return percentiles(histogram(chroma, mask), 99)[0]


def saturation_share(channels: Channels, mask: ByteMask | None) -> float:
    """Return the per cent of the pixels that are as saturated as a screen can show, and not dark.

    Args:
        channels: At working size.
        mask: 255 on what to judge, None for all.

    Example:
        >>> from packshot.measure.planes import split_channels
        >>> small = np.array([[[255, 0, 0], [255, 90, 90], [40, 0, 0], [90, 90, 90]]], np.uint8)
        >>> saturation_share(split_channels(small), None)
        25.0
    """
    largest = channels.lightest
    allowed = cv2.addWeighted(largest, 1 - _MIN_SATURATION, largest, 0, 0)
    visible = cv2.inRange(largest, _MIN_VISIBLE_LEVEL, 255)
    saturated = to_uint8(cv2.bitwise_and(cv2.compare(channels.darkest, allowed, cv2.CMP_LE), visible))
    pixel_count = saturated.size if mask is None else cv2.countNonZero(mask)
    inside = saturated if mask is None else to_uint8(cv2.bitwise_and(saturated, mask))
    return 100 * float(cv2.countNonZero(inside)) / max(1, pixel_count)


@dataclass(frozen=True)
class ColourCast:
    """The distance and direction in which neutral grey has moved.

    Attributes:
        magnitude: Distance from grey in CIE Lab's a*, b* plane.
        angle: Hue angle in degrees, 0..360: 0 red, 90 yellow, 180 green, 270 blue.

    Example:
        >>> ColourCast(magnitude=9.0, angle=75.0).angle  # between red and yellow: warm light
        75.0
    """

    magnitude: float
    angle: float


def colour_cast(lab: tuple[Plane, Plane, Plane], mask: ByteMask | None) -> ColourCast | None:
    """Measure the cast on pixels that should be neutral.

    Args:
        lab: `Planes.lab_channels`.
        mask: 255 on a background that should be neutral. Without it, the pixels of the photo that
            are neither dark nor white and lie within 22 of grey.

    Returns:
        None where there are no such pixels (fewer than 2 %).

    Example:
        >>> lab = np.full((10, 10, 3), (200, 128 + 3, 128 + 4), np.uint8)
        >>> cast = colour_cast(cv2.split(lab), None)
        >>> cast.magnitude, round(cast.angle)
        (5.0, 53)
    """
    neutral = _find_nearly_neutral(lab) if mask is None else mask
    if cv2.countNonZero(neutral) < max(1.0, _NEUTRAL_SHARE * neutral.size):
        return None
    a, b = (mean_where(plane, neutral) - 128 for plane in lab[1:])
    return ColourCast(math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360)


def _find_nearly_neutral(lab: tuple[Plane, Plane, Plane]) -> ByteMask:
    lightness, *chroma = lab
    neutral = cv2.inRange(lightness, _MIN_LIGHTNESS * 2.55, _MAX_LIGHTNESS * 2.55)
    for plane in chroma:
        near_grey = cv2.inRange(plane, 128 - _NEUTRAL_CHROMA, 128 + _NEUTRAL_CHROMA)
        neutral = cv2.bitwise_and(neutral, near_grey)
    return to_uint8(neutral)
