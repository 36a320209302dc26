"""The plain background, where there is one: found from the border, judged for white and even."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.arrays import ByteMask, Float32Array, Pixels
from packshot.measure.planes import (
    Channels,
    make_planes,
    mean_where,
    quantile,
    split_channels,
    to_uint8,
)
from packshot.measured_once import measured_once
from packshot.photo.pixels import average_blocks


@dataclass(frozen=True)
class BackgroundLimits:
    """Limits within which the border of a picture is a plain background.

    Set by judgement while the measure was written: no calibration of them alone is on record. Distances
    are in grey levels of the most different channel, 0..255, pixels are working pixels.

    Attributes:
        min_side: Pixels; a smaller picture has no background.
        border_width: Pixels of the border that is looked at.
        near_distance: Colours farther than this from the commonest are no shades of it.
        plain_share: Share of the border, 0..1, that must lie within the tolerance of one colour; less
            and the border is not plain.
        sloping_share: The same where the colour changes across the picture, which has more freedom to
            fit.
        one_colour_share: Share of the near colours, 0..1, that must lie within the tolerance: less is a
            texture or two colours.
        tolerance_range: Smallest and largest tolerance: the ripple of JPEG, and what is still plain.
        tolerance_base: Tolerance of a border without any spread, before it is held to the range.
        tolerance_deviations: Standard deviations of the border's spread that are added to it.
        max_slope: How much the colour may change over the width and the height together.
        fit_distances: Distances from the last fit that count in each fit of a sloping colour.
        sample_step: Pixels from one to the next place whose smoothed lightness is asked.
        corner_side: Working pixels a side of the squares in the upper corners that are asked for a wall.
        wall_level: Grey level that every channel of a wall reaches, at least.
        wall_chroma: Largest difference between the channels of a wall's colour.
        wall_share: Share of the border, 0..1, that a wall takes up at least. These four were set so that
            of 1 611 product photos those are met where clothes fill the border, and no others.
        white_level: Grey level from which on, in every channel, an outermost pixel counts as white.
        ring_width: Native pixels around the product that are left out: JPEG's blocks of colour are 16
            pixels wide where it halves their resolution, so most of its ripple ends within them.

    Example:
        >>> LIMITS.tolerance_range
        (6.0, 28.0)
    """

    min_side: int = 8
    border_width: int = 2
    near_distance: float = 30.0
    plain_share: float = 0.5
    sloping_share: float = 0.75
    one_colour_share: float = 0.9
    tolerance_range: tuple[float, float] = (6.0, 28.0)
    tolerance_base: float = 3
    tolerance_deviations: float = 3.5
    max_slope: float = 200.0
    fit_distances: tuple[float, ...] = (80.0, 40.0, 20.0)
    sample_step: int = 3
    corner_side: int = 6
    wall_level: int = 200
    wall_chroma: float = 12.0
    wall_share: float = 0.08
    white_level: int = 245
    ring_width: int = 24


LIMITS: Final = BackgroundLimits()

_DEVIATIONS_PER_MEDIAN: Final = 1.4826
"""Standard deviation of a normal distribution over the median of its absolute values."""

Value = TypeVar("Value", bound=np.generic)


@dataclass(frozen=True, eq=False)
class Background:
    """A plain background.

    Attributes:
        colour: Its RGB value at the picture's centre, 0..255 each.
        slope: How much the RGB value changes over the width and over the height, (2, 3); zeros
            for an even background.
        tolerance: Largest difference of any channel that still counts as background.
        mask: 255 on the background that is connected with the border, working size.
        colour_mask: 255 wherever the colour is the background's, working size: also in holes.

    Example:
        >>> photo = np.full((40, 60, 3), (250, 248, 240), np.uint8)
        >>> background = find_background(photo)
        >>> background.colour.tolist(), background.is_even, background.tolerance
        ([250.0, 248.0, 240.0], True, 6.0)
    """

    colour: Float32Array
    slope: Float32Array
    tolerance: float
    mask: ByteMask
    colour_mask: ByteMask

    @property
    def is_even(self) -> bool:
        """True where one colour describes it."""
        return not self.slope.any()


def find_background(small: Pixels, channels: Channels | None = None) -> Background | None:
    """Find the plain background of a photo.

    At least half of the border must show one colour, or three quarters of it one colour that
    changes linearly across the picture (uneven light). The background is what is connected with
    the border. Where both upper corners show a light wall of another colour, the wall is the
    background and the border's commonest colour is the product's, as in a close-up of clothes that
    run out at the sides.

    Args:
        small: RGB at working size, (h, w, 3) uint8.
        channels: The same, where they were taken apart already.

    Returns:
        None where the border is not plain, or the picture is smaller than 8 by 8 pixels.

    Example:
        >>> photo = np.full((40, 60, 3), 250, np.uint8)
        >>> photo[10:30, 20:40] = (200, 30, 30)
        >>> background = find_background(photo)
        >>> round(float((background.mask > 0).mean()), 3)  # share of the picture
        0.833
    """
    if min(small.shape[:2]) < LIMITS.min_side:
        return None
    border = _border_pixels(small).astype(np.float32)
    fit = _fit_border(border, small)
    if fit is None:
        return None
    colour, slope, tolerance = fit
    if not slope.any():
        wall = _find_wall(small, border, colour)
        colour, tolerance = (colour, tolerance) if wall is None else (wall, LIMITS.tolerance_range[0])
    colour_mask = (
        _match_sloping_colour(small, colour, slope, tolerance)
        if slope.any()
        else _match_channels(channels or split_channels(small), colour, tolerance)
    )
    return Background(colour, slope, tolerance, find_border_region(colour_mask), colour_mask)


@measured_once
def find_plain_background(pixels: Pixels) -> Background | None:
    """Find the plain background of a photo of any size; see `find_background`.

    Args:
        pixels: RGB, (H, W, 3) uint8.

    Raises:
        InvalidInput: Pixels of another type or shape.

    Example:
        >>> find_plain_background(np.full((400, 600, 3), 250, np.uint8)).colour.tolist()
        [250.0, 250.0, 250.0]
    """
    planes = make_planes(pixels)
    return find_background(planes.small, planes.small_channels)


def _fit_border(border: Float32Array, small: Pixels) -> tuple[Float32Array, Float32Array, float] | None:
    """Fit the colour of most of the border, its slope and tolerance; None where it is not plain."""
    colour = _common_colour(border)
    slope = np.zeros((2, 3), np.float32)
    tolerance = _fit_tolerance(_deviations(border, colour), LIMITS.plain_share)
    if tolerance is None:
        positions = _border_positions(*small.shape[:2])
        colour, slope = _fit_sloping_colour(positions, border, colour)
        tolerance = _fit_tolerance(
            _deviations(border, colour, (positions @ slope).T), LIMITS.sloping_share
        )
    if tolerance is None or np.abs(slope).sum(axis=0).max() > LIMITS.max_slope:
        return None
    return colour, slope, tolerance


def _find_wall(small: Pixels, border: Float32Array, colour: Float32Array) -> Float32Array | None:
    """Return the colour of a light wall in both upper corners that is not the border's commonest.

    Args:
        small: RGB at working size.
        border: From `_border_pixels`.
        colour: The commonest of the border.
    """
    side = LIMITS.corner_side
    corners = np.concatenate((small[:side, :side], small[:side, -side:])).reshape(-1, 3)
    wall = np.median(corners, axis=0).astype(np.float32)
    tolerance = LIMITS.tolerance_range[0]
    is_wall = (
        np.abs(corners - wall).max() <= tolerance
        and wall.min() >= LIMITS.wall_level
        and np.ptp(wall) <= LIMITS.wall_chroma
        and np.abs(wall - colour).max() > LIMITS.near_distance
    )
    share = np.count_nonzero(_deviations(border, wall) <= tolerance) / border.shape[1]
    return wall if is_wall and share >= LIMITS.wall_share else None


def _border_pixels(values: NDArray[Value]) -> NDArray[Value]:
    """Return (C, N) the outermost pixels of (h, w, C): rows above and below, then what lies between."""
    ends = np.concatenate((values[: LIMITS.border_width], values[-LIMITS.border_width :]))
    middle = values[LIMITS.border_width : -LIMITS.border_width]
    sides = np.concatenate((middle[:, : LIMITS.border_width], middle[:, -LIMITS.border_width :]), axis=1)
    channels = values.shape[2]
    joined = np.concatenate((ends.reshape(-1, channels), sides.reshape(-1, channels)))
    return np.ascontiguousarray(joined.T)


def _border_positions(height: int, width: int) -> Float32Array:
    """Return places (N, 2), x and y in -0.5..0.5, of the pixels that `_border_pixels` gives."""
    numbers = _border_pixels(np.arange(height * width).reshape(height, width, 1))[0]
    rows, columns = np.divmod(numbers, width)
    places = np.stack((columns / (width - 1), rows / (height - 1)), axis=1) - 0.5
    return places.astype(np.float32)


def _common_colour(ring: Float32Array) -> Float32Array:
    """Return the colour most of the border has: a median, repeated on what lies near it."""
    colour = _median(ring)
    for reach in (2 * LIMITS.near_distance, LIMITS.near_distance, LIMITS.near_distance):
        is_near = _deviations(ring, colour) <= reach
        near = ring if is_near.all() else ring[:, is_near]
        if near.shape[1] == 0:
            break
        colour = _median(near)
    return colour


def _median(values: Float32Array) -> Float32Array:
    """Return the median of each row of (C, N); faster than `np.median` for so few."""
    low, high = (values.shape[1] - 1) // 2, values.shape[1] // 2
    ordered = np.partition(values, (low, high), axis=1)
    return (ordered[:, low] + ordered[:, high]) / np.float32(2)


def _deviations(
    ring: Float32Array, colour: Float32Array, shades: Float32Array | None = None
) -> Float32Array:
    """Return (N,) the largest difference of any channel of (3, N) from a colour and its shades."""
    residuals = ring - colour[:, None]
    if shades is not None:
        residuals -= shades
    return np.asarray(np.abs(residuals).max(axis=0), np.float32)


def _fit_tolerance(deviations: Float32Array, share: float) -> float | None:
    """Return the tolerance that describes the border, or None where it is not plain.

    Args:
        deviations: (N,), of the border's colours from the background's.
        share: Part of the border, 0..1, that must lie within the tolerance.
    """
    near = deviations[deviations <= LIMITS.near_distance]
    if len(near) < share * len(deviations):
        return None
    spread = _DEVIATIONS_PER_MEDIAN * float(_median(near[None])[0])
    tolerance = float(
        np.clip(LIMITS.tolerance_base + LIMITS.tolerance_deviations * spread, *LIMITS.tolerance_range)
    )
    inside = np.count_nonzero(deviations <= tolerance)
    least = max(share * len(deviations), LIMITS.one_colour_share * len(near))
    return tolerance if inside >= least else None


def _fit_sloping_colour(
    places: Float32Array, ring: Float32Array, colour: Float32Array
) -> tuple[Float32Array, Float32Array]:
    """Fit colour and slope by least squares, thrice, each time to what lies near the last fit."""
    slope = np.zeros((2, 3), np.float32)
    for reach in LIMITS.fit_distances:
        near = _deviations(ring, colour, (places @ slope).T) <= reach
        if np.count_nonzero(near) < LIMITS.plain_share * len(places):
            break
        terms = np.column_stack([np.ones(int(near.sum()), np.float32), places[near]])
        solution = np.linalg.lstsq(terms, ring[:, near].T, rcond=None)[0].astype(np.float32)
        colour, slope = solution[0], solution[1:]
    return colour, slope


def _match_sloping_colour(
    small: Pixels, colour: Float32Array, slope: Float32Array, tolerance: float
) -> ByteMask:
    """Mark with 255 where no channel differs by more than the tolerance from the colour there."""
    height, width = small.shape[:2]
    x = np.linspace(-0.5, 0.5, width, dtype=np.float32)[None, :, None] * slope[0]
    y = np.linspace(-0.5, 0.5, height, dtype=np.float32)[:, None, None] * slope[1]
    levelled = small.astype(np.float32) - x - y
    return to_uint8(cv2.inRange(levelled, colour - tolerance, colour + tolerance))


def _match_channels(channels: Channels, colour: Float32Array, tolerance: float) -> ByteMask:
    """Mark with 255 where no channel differs by more than the tolerance from one colour."""
    planes = (channels.red, channels.green, channels.blue)
    red, green, blue = (
        cv2.inRange(plane, low, high)
        for plane, low, high in zip(planes, *_colour_limits(colour, tolerance), strict=True)
    )
    return to_uint8(cv2.bitwise_and(cv2.bitwise_and(red, green), blue))


def _colour_limits(colour: Float32Array, tolerance: float) -> tuple[list[float], list[float]]:
    low = np.clip(np.ceil(colour - tolerance), 0, 255).tolist()
    return low, np.clip(np.floor(colour + tolerance), 0, 255).tolist()


def match_colour_native(pixels: Pixels, background: Background) -> ByteMask:
    """Mark native pixels that have the colour of an even background.

    Args:
        pixels: RGB, (H, W, 3) uint8, native.
        background: An even one, see `Background.is_even`.

    Returns:
        255 where they have it, (H, W) uint8.

    Example:
        >>> photo = np.full((20, 20, 3), 250, np.uint8)
        >>> photo[5:15, 5:15] = 40
        >>> int((match_colour_native(photo, find_background(photo)) == 0).sum())
        100
    """
    return _match_channels(split_channels(pixels), background.colour, background.tolerance)


def find_border_region(mask: ByteMask) -> ByteMask:
    """Return the part of a mask that is connected with the picture's border, by four neighbours.

    Args:
        mask: 255 inside, (H, W) uint8.

    Example:
        >>> mask = np.array([[0, 255, 0, 0], [0, 0, 255, 0], [0, 0, 0, 0]], np.uint8)
        >>> find_border_region(mask).tolist()
        [[0, 255, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    """
    padded = to_uint8(cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(255,)))
    cv2.floodFill(padded, None, (0, 0), (128,), flags=4)
    return to_uint8(cv2.inRange(padded, 128, 128))[1:-1, 1:-1].copy()


def pure_white_share(channels: Channels, factor: int, far: ByteMask) -> float:
    """Return the per cent of the background, native pixels, that are exactly 255, 255, 255.

    Args:
        channels: Native.
        factor: Native pixels per working pixel.
        far: 255 on the background to be judged, working size, not empty.

    Example:
        >>> photo = np.full((10, 10, 3), 255, np.uint8)
        >>> photo[:, 0] = 254
        >>> pure_white_share(split_channels(photo), 1, np.full((10, 10), 255, np.uint8))
        90.0
    """
    height, width = far.shape
    white = to_uint8(cv2.inRange(channels.darkest[: height * factor, : width * factor], 255, 255))
    return 100 * mean_where(average_blocks(white, factor), far) / 255


def find_far_background(mask: ByteMask, factor: int) -> ByteMask:
    """Return the background without the ring of about 24 native pixels around the product.

    JPEG spoils a perfect white up to there.

    Args:
        mask: 255 on the background, working size.
        factor: Native pixels per working pixel.

    Returns:
        255 on the background that is farther; all of it, `mask` itself, where nothing is.

    Example:
        >>> mask = np.full((100, 100), 255, np.uint8)
        >>> mask[40:60, 40:60] = 0
        >>> int((find_far_background(mask, factor=2) == 0).sum()) == (20 + 2 * 12) ** 2
        True
    """
    reach = 2 * max(1, round(LIMITS.ring_width / factor)) + 1
    outside = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(255,))
    far = to_uint8(cv2.erode(outside, np.ones((reach, reach), np.uint8), borderValue=(255,)))[
        1:-1, 1:-1
    ].copy()
    return far if cv2.countNonZero(far) else mask


def whiteness(channels: Channels, far: ByteMask) -> float:
    """Return the mean of each pixel's darkest channel over the background, 0..255; 255 is pure white.

    Args:
        channels: At working size.
        far: 255 on the background to be judged.

    Example:
        >>> channels = split_channels(np.full((4, 4, 3), (255, 250, 240), np.uint8))
        >>> whiteness(channels, np.full((4, 4), 255, np.uint8))
        240.0
    """
    return mean_where(channels.darkest, far)


def near_whiteness(channels: Channels, mask: ByteMask, far: ByteMask) -> float | None:
    """Return the mean of each pixel's darkest channel over the background beside the product.

    There JPEG spoils a perfect white and cut-outs leave their fringes: to be judged with a tolerance.

    Args:
        channels: At working size.
        mask: 255 on the background.
        far: From `find_far_background`; where it is all of the background, all lies beside the product.

    Returns:
        0..255; None where no background lies beside the product.

    Example:
        >>> small = np.full((4, 4, 3), 255, np.uint8)
        >>> small[:2] = 240
        >>> mask = np.full((4, 4), 255, np.uint8)
        >>> far = mask.copy()
        >>> far[:2] = 0
        >>> near_whiteness(split_channels(small), mask, far)
        240.0
    """
    near = mask if far is mask else to_uint8(cv2.subtract(mask, far))
    return mean_where(channels.darkest, near) if cv2.countNonZero(near) else None


def far_share(mask: ByteMask, far: ByteMask) -> float:
    """Return the per cent of the picture that is background away from the product.

    Args:
        mask: 255 on the background.
        far: From `find_far_background`; 0 per cent where it is `mask` itself.

    Example:
        >>> mask = np.full((4, 4), 255, np.uint8)
        >>> far = mask.copy()
        >>> far[:1] = 0
        >>> far_share(mask, far), far_share(mask, mask)
        (75.0, 0.0)
    """
    return 0.0 if far is mask else 100 * cv2.countNonZero(far) / far.size


def frame_white_share(small: Pixels) -> float | None:
    """Return the per cent of the picture's outermost pixels whose every channel is 245 or more.

    Says that a background is not white also where none was found, since it is not plain.

    Args:
        small: RGB at working size.

    Returns:
        None for pictures below 8 by 8 pixels.

    Example:
        >>> small = np.full((20, 20, 3), 255, np.uint8)
        >>> small[:10] = 100
        >>> frame_white_share(small)
        50.0
    """
    if min(small.shape[:2]) < LIMITS.min_side:
        return None
    return 100 * float((_border_pixels(small).min(axis=0) >= LIMITS.white_level).mean())


def unevenness(lab: Pixels, far: ByteMask) -> float:
    """Measure how uneven the background's lightness is, in L* (0..100).

    The range, 2nd to 98th percentile, of L* after smoothing over a 16th of the picture, so that
    noise does not count.

    Args:
        lab: Working-size Lab, uint8.
        far: 255 on the background to be judged, not empty.

    Example:
        >>> lab = np.full((32, 64, 3), 128, np.uint8)
        >>> lab[..., 0] = np.linspace(153, 255, 64)  # L* 60 to 100
        >>> round(unevenness(lab, np.full((32, 64), 255, np.uint8)))
        39
    """
    lightness = np.ascontiguousarray(lab[..., 0])
    side = max(1, min(lightness.shape) // 16) | 1
    weights = cv2.boxFilter(far, cv2.CV_32F, (side, side))
    values = cv2.boxFilter(cv2.bitwise_and(lightness, far), cv2.CV_32F, (side, side))
    sample = np.s_[:: LIMITS.sample_step, :: LIMITS.sample_step]
    inside = far[sample] > 0
    if not inside.any():
        return 0.0
    smooth = 255 * values[sample][inside] / weights[sample][inside]
    return (quantile(smooth, 0.98) - quantile(smooth, 0.02)) / 2.55
