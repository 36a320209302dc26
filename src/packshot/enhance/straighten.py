"""Straightening: small tilts, where lines along both axes agree on one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import ByteArray, Float64Array, Mask, Pixels
from packshot.enhance.placement import Placement
from packshot.measure.background import find_background, unevenness
from packshot.measure.planes import make_planes
from packshot.photo.pixels import check_pixels, square_means

_WORKING_SIDE: Final = 1000
_SHORTEST: Final = 0.12
_STEEPEST: Final = 9.0
_SMALLEST, _LARGEST = 0.7, 7.0
_NEAR: Final = 0.8
_AGREEING_SHARE: Final = 0.6
_LENGTH_WANTED: Final = 0.6
_EVEN: Final = 3.0
_SPARE: Final = 4  # what cubic interpolation mixes with the outside


@dataclass(frozen=True)
class Tilt:
    """How far a photo is turned.

    Attributes:
        degrees: Clockwise tilt of what should be level; turning back counter-clockwise mends it.
        fill: Colour of a plain, even background for the corners; None cuts them off instead.
    """

    degrees: float
    fill: tuple[int, int, int] | None


def tilt_of(pixels: Pixels) -> Tilt | None:
    """Estimate a tilt from straight lines (Grompone von Gioi et al., LSD, IPOL 2012).

    Lines longer than an eighth of the picture and within 9 degrees of an axis count by their length.
    Those along the horizontal and those along the vertical must each agree among themselves, and both
    with one another: a perspective view or a slanted product fails that.

    Args:
        pixels: (H, W, 3) uint8.

    Returns:
        0.7 to 7 degrees either way; None where there is none, or no certainty.

    Raises:
        InvalidInput: Pixels of another type or shape.
    """
    planes = make_planes(pixels)
    grey = square_means(planes.grey, -(-max(planes.grey.shape) // _WORKING_SIDE))
    lengths, angles, upright = _lines(grey)
    level = _common_angle(lengths[~upright], angles[~upright])
    plumb = _common_angle(lengths[upright], angles[upright])
    if level is None or plumb is None or abs(level - plumb) > _NEAR:
        return None
    degrees = (level + plumb) / 2
    if not _SMALLEST <= abs(degrees) <= _LARGEST:
        return None
    return Tilt(degrees, _corner_colour(planes.small, planes.lab))


def straighten(pixels: Pixels, tilt: Tilt) -> Pixels:
    """Turn a photo back.

    Args:
        pixels: (H, W, 3) uint8.
        tilt: From `tilt_of`.

    Returns:
        The same size where the corners are filled; the largest upright rectangle of the same ratio
        where not.
    """
    check_pixels(pixels, "straighten")
    height, width = pixels.shape[:2]
    return turned(width, height, tilt).warped(pixels, tilt.fill or (255, 255, 255), cv2.INTER_CUBIC)


def turned(width: int, height: int, tilt: Tilt) -> Placement:
    """Where the pixels of a photo of that size go when it is straightened."""
    share = 1.0 if tilt.fill is not None else _inscribed(width, height, math.radians(abs(tilt.degrees)))
    spare = 0 if tilt.fill is not None else _SPARE
    across, down = (max(1, int(side * share) - spare) for side in (width, height))
    # OpenCV turns counter-clockwise by positive angles, as seen.
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), tilt.degrees, 1.0)
    matrix[:, 2] -= (width - across) / 2, (height - down) / 2
    return Placement(np.asarray(matrix, np.float64), across, down)


def _inscribed(width: int, height: int, angle: float) -> float:
    """The scale of the largest rectangle of a photo's ratio that fits into it when turned."""
    ratio = max(width / height, height / width)
    return 1 / (math.cos(angle) + ratio * math.sin(angle))


def _lines(grey: ByteArray) -> tuple[Float64Array, Float64Array, Mask]:
    """Length, deviation from the axis in degrees clockwise, and whether upright, of each long line."""
    found = cv2.createLineSegmentDetector().detect(grey)[0]
    ends = np.zeros((0, 4)) if found is None else np.asarray(found, np.float64).reshape(-1, 4)
    dx, dy = ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1]
    lengths = np.hypot(dx, dy) / max(grey.shape)
    angles = np.degrees(np.arctan2(dy, dx))
    deviation = (angles + 45) % 90 - 45
    upright = np.abs(dy) > np.abs(dx)
    kept = (lengths >= _SHORTEST) & (np.abs(deviation) <= _STEEPEST)
    return lengths[kept], deviation[kept], upright[kept]


def _common_angle(lengths: Float64Array, angles: Float64Array) -> float | None:
    """The deviation that most of the lines' length shares; None without a clear one."""
    if lengths.sum() < _LENGTH_WANTED:
        return None
    near = np.abs(angles[:, None] - angles[None]) <= _NEAR
    support = near @ lengths
    best = int(support.argmax())
    if support[best] < _AGREEING_SHARE * lengths.sum():
        return None
    members = near[best]
    return float(np.average(angles[members], weights=lengths[members]))


def _corner_colour(small: Pixels, lab: Pixels) -> tuple[int, int, int] | None:
    plain = find_background(small)
    if plain is None or unevenness(lab, plain.mask) > _EVEN:
        return None
    red, green, blue, _ = (round(value) for value in cv2.mean(small, mask=plain.mask))
    return red, green, blue
