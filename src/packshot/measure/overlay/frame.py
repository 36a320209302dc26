"""The frame or the bars around a picture: how wide on each side, and in which colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float64Array, Pixels, Plane
from packshot.measure.geometry import border_thickness
from packshot.measure.planes import to_uint8

_WHITE_LEVEL: Final = 245
_MIN_SIDE: Final = 32
_MAX_DEPTH_SHARE: Final = 0.25
_MIN_WIDTH: Final = 2
_MAX_WIDTH_DIFFERENCE: Final = 3
_COLOUR_TOLERANCE: Final = 26
_SAME_SHARE: Final = 0.93
_MIN_END_SHARE: Final = 0.6


@dataclass(frozen=True)
class Frame:
    """A frame, or bars on two sides.

    Attributes:
        left: Width in native pixels, 0 for none; likewise the others.
        top: See `left`.
        right: See `left`.
        bottom: See `left`.
        colour: Median RGB, 0..255 each.
        widest_percent: The widest side in per cent of the picture's width or height.
    """

    left: int
    top: int
    right: int
    bottom: int
    colour: tuple[int, int, int]
    widest_percent: float


def find_frame(pixels: Pixels, grey: Plane) -> Frame | None:
    """Find the frame around a picture.

    First by `packshot.measure.geometry.border_thickness`, which finds bars too, in the luma and in the
    distance from the colour of the topmost row and of the leftmost column, so that a frame as light as
    the picture shows. Then, but not in white, a frame as wide on opposite sides, though part of the
    picture inside has its colour.

    Args:
        pixels: RGB, (H, W, 3) uint8.
        grey: Its luma, (H, W) uint8.

    Returns:
        None without a frame.
    """
    edges = (pixels[0], pixels[:, 0])
    planes = [_colour_distance(pixels, np.median(edge, axis=0), grey) for edge in edges]
    left, top, right, bottom = max((border_thickness(plane) for plane in (grey, *planes)), key=sum)
    if not any((left, top, right, bottom)):
        left, top, right, bottom = _find_even_frame(pixels, grey)
    if not any((left, top, right, bottom)):
        return None
    height, width = grey.shape
    widest_percent = 100 * max(left / width, right / width, top / height, bottom / height)
    strips = [pixels[:, :left], pixels[:top], pixels[:, width - right :], pixels[height - bottom :]]
    frame_pixels = np.concatenate([strip.reshape(-1, 3) for strip in strips])
    red, green, blue = (int(value) for value in np.median(frame_pixels, axis=0))
    return Frame(left, top, right, bottom, (red, green, blue), widest_percent)


def _colour_distance(pixels: Pixels, colour: Float64Array, grey: Plane) -> Plane:
    """How far each pixel is from a colour in any channel; the luma where that is white."""
    if colour.min() >= _WHITE_LEVEL:
        return grey
    red, green, blue = cv2.split(cv2.absdiff(pixels, (*(float(value) for value in colour), 0.0)))
    return to_uint8(cv2.max(cv2.max(red, green), blue))


def _find_even_frame(pixels: Pixels, grey: Plane) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of a frame of one colour; zeros without one."""
    ring = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    distance = _colour_distance(pixels, np.median(ring, axis=0), grey)
    if distance is grey or min(grey.shape) < _MIN_SIDE:
        return 0, 0, 0, 0
    transposed = to_uint8(cv2.transpose(distance))
    sides = [transposed, distance, transposed[::-1], distance[::-1]]
    left, top, right, bottom = depths = [_count_constant_rows(side) for side in sides]
    is_even = abs(left - right) <= _MAX_WIDTH_DIFFERENCE and abs(top - bottom) <= _MAX_WIDTH_DIFFERENCE
    if min(depths) < _MIN_WIDTH or not is_even:
        return 0, 0, 0, 0
    ends = [_end_share(side, depth) for side, depth in zip(sides, depths, strict=True)]
    return (left, top, right, bottom) if min(ends) >= _MIN_END_SHARE else (0, 0, 0, 0)


def _count_constant_rows(distance: Plane) -> int:
    """Rows at the top of which nearly every pixel has the frame's colour; 0 where they do not end."""
    deepest = int(_MAX_DEPTH_SHARE * distance.shape[0])
    same = (distance[: deepest + 1] <= _COLOUR_TOLERANCE).mean(axis=1) >= _SAME_SHARE
    others = np.flatnonzero(~same)
    return int(others[0]) if len(others) else 0


def _end_share(distance: Plane, depth: int) -> float:
    """Share of the row just inside the frame that has another colour."""
    inner = slice(depth, distance.shape[1] - depth)
    row = distance[min(depth + 2, distance.shape[0] - 1), inner]
    return float((row > _COLOUR_TOLERANCE).mean()) if row.size else 0.0
