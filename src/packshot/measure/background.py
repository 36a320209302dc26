"""The plain background, where there is one: found from the border, judged for white and even."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.arrays import ByteMask, Float32Array, Float64Array, Pixels, Plane
from packshot.measure.planes import mean_where, to_uint8

_MIN_SIDE: Final = 8
_BORDER_WIDTH: Final = 2
_NEAR_DISTANCE: Final = 30.0
_PLAIN_SHARE: Final = 0.5
_SLOPING_SHARE: Final = 0.75
_ONE_COLOUR_SHARE: Final = 0.9
_TOLERANCE_RANGE: Final = (6.0, 28.0)
_MAX_SLOPE: Final = 200.0
_SAMPLE_STEP: Final = 3
_WHITE_LEVEL: Final = 245

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


def find_background(small: Pixels) -> Background | None:
    """Find the plain background of a photo.

    At least half of the border must show one colour, or three quarters of it one colour that
    changes linearly across the picture (uneven light). The background is what is connected with
    the border.

    Args:
        small: RGB at working size, (h, w, 3) uint8.

    Returns:
        None where the border is not plain, or the picture is smaller than 8 by 8 pixels.
    """
    if min(small.shape[:2]) < _MIN_SIDE:
        return None
    border = _border_pixels(small).astype(np.float32)
    colour = _common_colour(border)
    slope = np.zeros((2, 3), np.float32)
    tolerance = _fit_tolerance(_deviations(border, colour), _PLAIN_SHARE)
    if tolerance is None:
        positions = _border_positions(*small.shape[:2])
        colour, slope = _fit_sloping_colour(positions, border, colour)
        tolerance = _fit_tolerance(_deviations(border, colour, (positions @ slope).T), _SLOPING_SHARE)
    if tolerance is None or np.abs(slope).sum(axis=0).max() > _MAX_SLOPE:
        return None
    colour_mask = _match_colour(small, colour, slope, tolerance)
    return Background(colour, slope, tolerance, find_border_region(colour_mask), colour_mask)


def _border_pixels(values: NDArray[Value]) -> NDArray[Value]:
    """(C, N) the outermost pixels of (h, w, C): rows above and below, then what lies between."""
    ends = np.concatenate((values[:_BORDER_WIDTH], values[-_BORDER_WIDTH:]))
    middle = values[_BORDER_WIDTH:-_BORDER_WIDTH]
    sides = np.concatenate((middle[:, :_BORDER_WIDTH], middle[:, -_BORDER_WIDTH:]), axis=1)
    channels = values.shape[2]
    joined = np.concatenate((ends.reshape(-1, channels), sides.reshape(-1, channels)))
    return np.ascontiguousarray(joined.T)


def _border_positions(height: int, width: int) -> Float32Array:
    """Places (N, 2), x and y in -0.5..0.5, of the outermost pixels, in the order of `_border_pixels`."""
    numbers = _border_pixels(np.arange(height * width).reshape(height, width, 1))[0]
    rows, columns = np.divmod(numbers, width)
    places = np.stack((columns / (width - 1), rows / (height - 1)), axis=1) - 0.5
    return places.astype(np.float32)


def _common_colour(ring: Float32Array) -> Float32Array:
    """The colour most of the border has: a median, repeated on what lies near it."""
    colour = _median(ring)
    for reach in (2 * _NEAR_DISTANCE, _NEAR_DISTANCE, _NEAR_DISTANCE):
        near = ring[:, _deviations(ring, colour) <= reach]
        if near.shape[1] == 0:
            break
        colour = _median(near)
    return colour


def _median(values: Float32Array) -> Float32Array:
    """Of each row of (C, N), N > 0; sorting whole rows of so few is faster than `np.median`."""
    ordered, count = np.sort(values, axis=1), values.shape[1]
    return (ordered[:, (count - 1) // 2] + ordered[:, count // 2]) / np.float32(2)


def _deviations(
    ring: Float32Array, colour: Float32Array, shades: Float32Array | None = None
) -> Float32Array:
    """(N,) largest difference of any channel of colours (3, N) from a colour and its shades (3, N)."""
    residuals = ring - colour[:, None]
    if shades is not None:
        residuals -= shades
    return np.asarray(np.abs(residuals).max(axis=0), np.float32)


def _fit_tolerance(deviations: Float32Array, share: float) -> float | None:
    """The tolerance that describes the border, or None where it is not plain.

    Args:
        deviations: (N,), of the border's colours from the background's.
        share: Part of the border, 0..1, that must lie within the tolerance.
    """
    near = deviations[deviations <= _NEAR_DISTANCE]
    if len(near) < share * len(deviations):
        return None
    spread = 1.4826 * float(_median(near[None])[0])
    tolerance = float(np.clip(3 + 3.5 * spread, *_TOLERANCE_RANGE))
    inside = np.count_nonzero(deviations <= tolerance)
    least = max(share * len(deviations), _ONE_COLOUR_SHARE * len(near))
    return tolerance if inside >= least else None


def _fit_sloping_colour(
    places: Float32Array, ring: Float32Array, colour: Float32Array
) -> tuple[Float32Array, Float32Array]:
    """Fit colour and slope by least squares, thrice, each time to what lies near the last fit."""
    slope = np.zeros((2, 3), np.float32)
    for reach in (80.0, 40.0, 20.0):
        near = _deviations(ring, colour, (places @ slope).T) <= reach
        if np.count_nonzero(near) < _PLAIN_SHARE * len(places):
            break
        terms = np.column_stack([np.ones(int(near.sum()), np.float32), places[near]])
        solution = np.linalg.lstsq(terms, ring[:, near].T, rcond=None)[0].astype(np.float32)
        colour, slope = solution[0], solution[1:]
    return colour, slope


def _match_colour(
    small: Pixels, colour: Float32Array, slope: Float32Array, tolerance: float
) -> ByteMask:
    """255 wherever no channel differs by more than the tolerance."""
    if slope.any():
        height, width = small.shape[:2]
        x = np.linspace(-0.5, 0.5, width, dtype=np.float32)[None, :, None] * slope[0]
        y = np.linspace(-0.5, 0.5, height, dtype=np.float32)[:, None, None] * slope[1]
        levelled = small.astype(np.float32) - x - y
        return to_uint8(cv2.inRange(levelled, colour - tolerance, colour + tolerance))
    low, high = _colour_limits(colour, tolerance)
    return to_uint8(cv2.inRange(small, low, high))


def _colour_limits(colour: Float32Array, tolerance: float) -> tuple[Float64Array, Float64Array]:
    low = np.clip(np.ceil(colour - tolerance), 0, 255).astype(np.float64)
    return low, np.clip(np.floor(colour + tolerance), 0, 255).astype(np.float64)


def match_colour_native(pixels: Pixels, background: Background) -> ByteMask:
    """255 wherever native pixels have the colour of an even background."""
    return to_uint8(cv2.inRange(pixels, *_colour_limits(background.colour, background.tolerance)))


def find_border_region(mask: ByteMask) -> ByteMask:
    """What of a mask is connected with the picture's border, four neighbours counting."""
    padded = to_uint8(cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(255,)))
    cv2.floodFill(padded, None, (0, 0), (128,), flags=4)
    return to_uint8(cv2.inRange(padded, 128, 128))[1:-1, 1:-1].copy()


def pure_white_share(pixels: Pixels, factor: int, far: ByteMask) -> float:
    """Per cent of the background, native pixels, that are exactly 255, 255, 255.

    Args:
        pixels: RGB, (H, W, 3) uint8, native.
        factor: Native pixels per working pixel.
        far: 255 on the background to be judged, working size, not empty.
    """
    height, width = far.shape
    native = pixels[: height * factor, : width * factor]
    white = to_uint8(cv2.inRange(native, (255, 255, 255), (255, 255, 255)))
    if factor > 1:
        white = to_uint8(cv2.resize(white, (width, height), interpolation=cv2.INTER_AREA))
    return 100 * mean_where(white, far) / 255


def find_far_background(mask: ByteMask, factor: int) -> ByteMask:
    """The background without the ring of about 24 native pixels around the product.

    JPEG spoils a perfect white up to there. Falls back to all of it where nothing is farther.
    """
    reach = 2 * max(1, round(24 / factor)) + 1
    outside = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(255,))
    far = to_uint8(cv2.erode(outside, np.ones((reach, reach), np.uint8), borderValue=(255,)))[
        1:-1, 1:-1
    ].copy()
    return far if cv2.countNonZero(far) else mask


def whiteness(small: Pixels, far: ByteMask) -> float:
    """Mean of each pixel's darkest channel over the background, 0..255; 255 is pure white."""
    return mean_where(_darkest_channel(small), far)


def near_whiteness(small: Pixels, mask: ByteMask, far: ByteMask) -> float | None:
    """Mean of each pixel's darkest channel over the background beside the product, 0..255.

    There JPEG spoils a perfect white and cut-outs leave their fringes: to be judged with a tolerance.

    Args:
        small: RGB at working size.
        mask: 255 on the background.
        far: From `find_far_background`; where it is all of the background, all lies beside the product.

    Returns:
        None where no background lies beside the product.
    """
    near = mask if far is mask else to_uint8(cv2.subtract(mask, far))
    return mean_where(_darkest_channel(small), near) if cv2.countNonZero(near) else None


def far_share(mask: ByteMask, far: ByteMask) -> float:
    """Per cent of the picture that is background away from the product, by `find_far_background`."""
    return 0.0 if far is mask else 100 * cv2.countNonZero(far) / far.size


def frame_white_share(small: Pixels) -> float | None:
    """Per cent of the picture's outermost pixels whose every channel is 245 or more.

    Says that a background is not white also where none was found, since it is not plain.

    Args:
        small: RGB at working size.

    Returns:
        None for pictures below 8 by 8 pixels.
    """
    if min(small.shape[:2]) < _MIN_SIDE:
        return None
    return 100 * float((_border_pixels(small).min(axis=0) >= _WHITE_LEVEL).mean())


def unevenness(lab: Pixels, far: ByteMask) -> float:
    """How uneven the background's lightness is, in L* (0..100).

    The range, 2nd to 98th percentile, of L* after smoothing over a 16th of the picture, so that
    noise does not count.

    Args:
        lab: Working-size Lab, uint8.
        far: 255 on the background to be judged, not empty.
    """
    lightness = np.ascontiguousarray(lab[..., 0])
    side = max(1, min(lightness.shape) // 16) | 1
    weights = cv2.boxFilter(far, cv2.CV_32F, (side, side))
    values = cv2.boxFilter(cv2.bitwise_and(lightness, far), cv2.CV_32F, (side, side))
    sample = np.s_[::_SAMPLE_STEP, ::_SAMPLE_STEP]
    inside = far[sample] > 0
    if not inside.any():
        return 0.0
    smooth = 255 * values[sample][inside] / weights[sample][inside]
    low, high = np.percentile(smooth, (2, 98))
    return float(high - low) / 2.55


def _darkest_channel(small: Pixels) -> Plane:
    red, green, blue = cv2.split(small)
    return to_uint8(cv2.min(cv2.min(red, green), blue))
