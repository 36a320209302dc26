"""Straightening: small tilts, told by lines, and on plain backgrounds by the outline as well."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import ByteArray, Float64Array, Mask, Pixels
from packshot.enhance.affine import AffineTransform
from packshot.measure.background import find_background, unevenness
from packshot.measure.planes import make_planes, to_uint8
from packshot.measure.product import find_plain_product
from packshot.photo.pixels import average_blocks, check_pixels

_WORKING_SIDE: Final = 1000
"""Pixels, longer side, at which lines are sought: texture is averaged away, and time bounded."""

_MIN_LINE_LENGTH: Final = 0.12
"""Share of the longer side: a shorter line is a letter or a texture. A judgement."""

_MAX_DEVIATION: Final = 9.0
"""Degrees off an axis beyond which a line is meant to be slanted; more than `_MAX_TILT`, so that a tilt
near that still has all its lines."""

_MIN_TILT, _MAX_TILT = 0.7, 7.0
"""Degrees: a smaller tilt is not seen, a larger one is on purpose. A judgement."""

_ANGLE_TOLERANCE: Final = 0.8
"""Degrees within which lines agree, and the two axes with each other: perspective makes them differ. A
judgement."""

_MIN_AGREEING_SHARE: Final = 0.6
"""Share of the lines' length, along an axis, that must agree. A judgement."""

_MIN_TOTAL_LENGTH: Final = 0.6
"""Length of the lines along an axis, as a share of the longer side, without which they tell nothing. A
judgement."""

_MAX_UNEVENNESS: Final = 3.0
"""L*, from `measure.background.unevenness`: on a less even background filled corners would show."""

_UPRIGHT_TOLERANCE: Final = 1.2
"""Degrees within which upright lines agree where they tell alone: a camera that looks down makes them
lean towards each other."""

_UPRIGHT_SHARE: Final = 0.9
"""Share of the upright lines' length that must agree where they tell alone. With it and the tolerance,
of 70 products on white, turned by 0, 3 and -4.5 degrees, 27 were told each time, 2 of 210 wrongly; with
a share of .6 4 in 33 were wrong."""

_MIN_SYMMETRY: Final = 0.95
"""Intersection over union of a product's outline with its mirror image, from which it was meant to stand
upright on its axis. Of the same 70 it told 16, none wrongly; from .93 on 3 in 22 were wrong."""

_MIN_SYMMETRY_GAIN: Final = 0.03
"""How much more symmetric an outline must be about its tilted axis than about an upright one."""

_MIN_TILT_ALONE: Final = 1.5
"""Degrees below which neither of them tells a tilt alone: cans and jars taper."""

_AGREEMENT: Final = 1.2
"""Degrees by which upright lines and the outline may differ where both tell."""

_SYMMETRY_STEP, _SYMMETRY_SIDE = 0.5, 160
"""Degrees from one axis that is tried to the next, and pixels of the longer side of the outline."""

_CUT_MARGIN: Final = 4
"""Pixels cut off in width and in height: two on each side, which cubic interpolation mixes with the
outside."""


@dataclass(frozen=True)
class Tilt:
    """The tilt of a photo.

    Attributes:
        degrees: Clockwise tilt of what should be level; turning back counter-clockwise mends it.
        fill_colour: Colour of a plain, even background for the corners; None cuts them off instead.

    Example:
        >>> Tilt(2.5, fill_colour=(250, 250, 250)).degrees
        2.5
    """

    degrees: float
    fill_colour: tuple[int, int, int] | None


def estimate_tilt(pixels: Pixels) -> Tilt | None:
    """Estimate a tilt from straight lines (Grompone von Gioi et al., LSD, IPOL 2012).

    Lines longer than an eighth of the picture and within 9 degrees of an axis count by their length.
    Those along the horizontal and those along the vertical must each agree among themselves, and both
    with one another: a perspective view or a slanted product fails that. On a plain background nearly
    all upright lines may tell alone, since furniture is seen at an angle but stands upright; or an
    outline that is symmetric about a tilted axis, as of a bottle.

    Args:
        pixels: (H, W, 3) uint8.

    Returns:
        0.7 to 7 degrees either way; None where there is none, or no certainty.

    Raises:
        InvalidInput: Pixels of another type or shape.

    Example:
        >>> import numpy as np
        >>> scene = np.full((400, 400, 3), 235, np.uint8)
        >>> scene[100:300, 80:320] = (60, 90, 150)
        >>> turned = straighten(scene, Tilt(-3.0, (235, 235, 235)))  # clockwise
        >>> round(estimate_tilt(turned).degrees)
        3
    """
    degrees = measure_tilt(pixels)
    if degrees is None or not _MIN_TILT <= abs(degrees) <= _MAX_TILT:
        return None
    planes = make_planes(pixels)
    return Tilt(degrees, _find_corner_colour(planes.small, planes.lab))


def measure_tilt(pixels: Pixels) -> float | None:
    """Measure a tilt, also where there is none; see `estimate_tilt`.

    Args:
        pixels: (H, W, 3) uint8.

    Returns:
        Degrees clockwise, about 0 for an upright photo; None where lines do not tell.

    Example:
        >>> import numpy as np
        >>> scene = np.full((400, 400, 3), 235, np.uint8)
        >>> measure_tilt(scene) is None
        True
        >>> scene[100:300, 80:320] = (60, 90, 150)
        >>> abs(measure_tilt(scene)) < 0.1
        True
    """
    planes = make_planes(pixels)
    grey = average_blocks(planes.grey, -(-max(planes.grey.shape) // _WORKING_SIDE))
    lengths, angles, is_upright = _detect_lines(grey)
    upright = lengths[is_upright], angles[is_upright]
    both = _find_common_tilt(*upright, lengths[~is_upright], angles[~is_upright])
    product = find_plain_product(planes)
    if both is not None or product is None:
        return both
    standing = _find_common_angle(*upright, _UPRIGHT_TOLERANCE, _UPRIGHT_SHARE)
    leaning = _find_axis_of_symmetry(product.mask)
    told = [degrees for degrees in (standing, leaning) if degrees is not None]
    if not told or max(told) - min(told) > _AGREEMENT:
        return None
    is_alone = len(told) == 1 and _MIN_TILT <= abs(told[0]) < _MIN_TILT_ALONE
    return None if is_alone else told[0]


def straighten(pixels: Pixels, tilt: Tilt) -> Pixels:
    """Turn a photo back.

    Args:
        pixels: (H, W, 3) uint8 or uint16.
        tilt: From `estimate_tilt`.

    Returns:
        (H, W, 3) of the same type where the corners are filled; the largest upright rectangle of the
        same ratio where not.

    Raises:
        InvalidInput: Pixels of another type or shape.

    Example:
        >>> import numpy as np
        >>> scene = np.full((100, 200, 3), 235, np.uint8)
        >>> straighten(scene, Tilt(3.0, (235, 235, 235))).shape, straighten(scene, Tilt(3.0, None)).shape
        ((100, 200, 3), (86, 177, 3))
    """
    check_pixels(pixels, "straighten", allows_16_bits=True)
    height, width = pixels.shape[:2]
    return compute_rotation_transform(width, height, tilt).warp(
        pixels, tilt.fill_colour or (255, 255, 255), cv2.INTER_CUBIC
    )


def compute_rotation_transform(width: int, height: int, tilt: Tilt) -> AffineTransform:
    """Compute where the pixels of a photo of that size go when it is straightened.

    Args:
        width: Of the photo, in pixels.
        height: Of the photo.
        tilt: From `estimate_tilt`.

    Example:
        >>> transform = compute_rotation_transform(200, 100, Tilt(3.0, None))
        >>> transform.width, transform.height
        (177, 86)
    """
    share = (
        1.0
        if tilt.fill_colour is not None
        else _crop_scale(width, height, math.radians(abs(tilt.degrees)))
    )
    margin = 0 if tilt.fill_colour is not None else _CUT_MARGIN
    across, down = (max(1, int(side * share) - margin) for side in (width, height))
    # OpenCV turns counter-clockwise by positive angles, as seen.
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), tilt.degrees, 1.0)
    matrix[:, 2] -= (width - across) / 2, (height - down) / 2
    return AffineTransform(np.asarray(matrix, np.float64), across, down)


def _crop_scale(width: int, height: int, angle: float) -> float:
    """Compute the scale of the largest rectangle of a photo's ratio that fits into it when turned."""
    ratio = max(width / height, height / width)
    return 1 / (math.cos(angle) + ratio * math.sin(angle))


def _detect_lines(grey: ByteArray) -> tuple[Float64Array, Float64Array, Mask]:
    """Length, deviation from the axis in degrees clockwise, and whether upright, of each long line."""
    segments = cv2.createLineSegmentDetector().detect(grey)[0]
    endpoints = np.zeros((0, 4)) if segments is None else np.asarray(segments, np.float64).reshape(-1, 4)
    dx, dy = endpoints[:, 2] - endpoints[:, 0], endpoints[:, 3] - endpoints[:, 1]
    lengths = np.hypot(dx, dy) / max(grey.shape)
    angles = np.degrees(np.arctan2(dy, dx))
    deviation = (angles + 45) % 90 - 45
    is_upright = np.abs(dy) > np.abs(dx)
    is_usable = (lengths >= _MIN_LINE_LENGTH) & (np.abs(deviation) <= _MAX_DEVIATION)
    return lengths[is_usable], deviation[is_usable], is_upright[is_usable]


def _find_common_tilt(
    upright_lengths: Float64Array,
    upright_angles: Float64Array,
    level_lengths: Float64Array,
    level_angles: Float64Array,
) -> float | None:
    """Find the tilt that lines along both axes agree on."""
    upright = _find_common_angle(upright_lengths, upright_angles)
    level = _find_common_angle(level_lengths, level_angles)
    if upright is None or level is None or abs(upright - level) > _ANGLE_TOLERANCE:
        return None
    return (upright + level) / 2


def _find_axis_of_symmetry(mask: Mask) -> float | None:
    """Find the tilt of an outline's axis, degrees clockwise; None where it has none.

    Args:
        mask: (h, w) True on the product.
    """
    factor = max(1, round(max(mask.shape) / _SYMMETRY_SIDE))
    small = cv2.resize(to_uint8(mask) * np.uint8(255), None, fx=1 / factor, fy=1 / factor)
    tilts = np.arange(-_MAX_DEVIATION, _MAX_DEVIATION + _SYMMETRY_STEP / 2, _SYMMETRY_STEP)
    scores = np.array([_measure_symmetry(to_uint8(small), float(tilt)) for tilt in tilts])
    best, upright = int(scores.argmax()), scores[len(scores) // 2]
    is_tilted = abs(tilts[best]) >= _MIN_TILT
    if scores[best] < _MIN_SYMMETRY or (is_tilted and scores[best] - upright < _MIN_SYMMETRY_GAIN):
        return None
    return float(tilts[best]) if is_tilted else 0.0


def _measure_symmetry(mask: ByteArray, tilt: float) -> float:
    """Measure how much a mask, turned back by a tilt, covers its mirror image; 0..1."""
    rows, columns = np.nonzero(mask)
    x, y = float(columns.mean()), float(rows.mean())
    radius = int(np.hypot(columns - x, rows - y).max()) + 2
    matrix = cv2.getRotationMatrix2D((x, y), tilt, 1.0)
    matrix[:, 2] += radius - x, radius - y
    turned = cv2.warpAffine(mask, matrix, (2 * radius + 1,) * 2) > 127
    mirrored = turned[:, ::-1]
    union = np.count_nonzero(turned | mirrored)
    return float(np.count_nonzero(turned & mirrored) / union) if union else 0.0


def _find_common_angle(
    lengths: Float64Array,
    angles: Float64Array,
    tolerance: float = _ANGLE_TOLERANCE,
    agreeing_share: float = _MIN_AGREEING_SHARE,
) -> float | None:
    """Find the deviation that most of the lines' length shares; None without a clear one."""
    if lengths.sum() < _MIN_TOTAL_LENGTH:
        return None
    is_near = np.abs(angles[:, None] - angles[None]) <= tolerance
    support = is_near @ lengths
    best = int(support.argmax())
    if support[best] < agreeing_share * lengths.sum():
        return None
    members = is_near[best]
    return float(np.average(angles[members], weights=lengths[members]))


def _find_corner_colour(small: Pixels, lab: Pixels) -> tuple[int, int, int] | None:
    background = find_background(small)
    if background is None or unevenness(lab, background.mask) > _MAX_UNEVENNESS:
        return None
    red, green, blue, _ = (round(value) for value in cv2.mean(small, mask=background.mask))
    return red, green, blue
