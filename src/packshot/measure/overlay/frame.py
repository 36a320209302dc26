"""The frame or the bars around a picture: how wide on each side, and in which colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float64Array, Pixels, Plane
from packshot.measure.geometry import border_thickness
from packshot.measure.planes import to_uint8


@dataclass(frozen=True)
class FrameLimits:
    """Limits that make the edge of a picture a frame, beside the limits of `packshot.measure.geometry`.

    Set by judgement while the detector was written: no calibration of them alone is on record. Together
    they find 150 of 150 drawn frames, and none in 171 studio photos and 79 scenes, by
    `benchmarks/measurements/overlays.py`.

    Attributes:
        white_level: Grey level; an edge from here on in every channel is white: its distance in
            colour is not asked, for it is a packshot's margin.
        min_side: Pixels; in a smaller picture no frame in the picture's own colour is looked for.
        max_depth_share: Deepest frame, as a share of the side, 0..1: what reaches farther is background.
        min_width: Pixels; thinner edges are the ripple of JPEG or of scaling.
        max_width_difference: Pixels by which opposite sides may differ.
        colour_tolerance: Grey levels of the most distant channel; up to here a pixel has the frame's
            colour.
        same_share: Share of a row, 0..1, that must have the frame's colour; the rest is for JPEG.
        min_end_share: Share of the row behind the frame, 0..1, that must have another colour; less is a
            background of that colour with a product on it.

    Example:
        >>> int(LIMITS.max_depth_share * 800)  # rows that a frame of a picture 800 high has at most
        200
    """

    white_level: int = 245
    min_side: int = 32
    max_depth_share: float = 0.25
    min_width: int = 2
    max_width_difference: int = 3
    colour_tolerance: int = 26
    same_share: float = 0.93
    min_end_share: float = 0.6


LIMITS: Final = FrameLimits()


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

    Example:
        >>> Frame(left=8, top=8, right=8, bottom=8, colour=(200, 0, 0), widest_percent=4.0).colour
        (200, 0, 0)
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

    Example:
        >>> import numpy as np
        >>> photo = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
        >>> photo[:6] = photo[-6:] = photo[:, :6] = photo[:, -6:] = (200, 0, 0)
        >>> frame = find_frame(photo, cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY))
        >>> (frame.left, frame.top, frame.right, frame.bottom), frame.colour
        ((6, 6, 6, 6), (200, 0, 0))
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
    """Compute the distance of each pixel from a colour in any channel; the luma where that is white."""
    if colour.min() >= LIMITS.white_level:
        return grey
    red, green, blue = cv2.split(cv2.absdiff(pixels, (*(float(value) for value in colour), 0.0)))
    return to_uint8(cv2.max(cv2.max(red, green), blue))


def _find_even_frame(pixels: Pixels, grey: Plane) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of a frame of one colour; zeros without one."""
    ring = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    distance = _colour_distance(pixels, np.median(ring, axis=0), grey)
    if distance is grey or min(grey.shape) < LIMITS.min_side:
        return 0, 0, 0, 0
    transposed = to_uint8(cv2.transpose(distance))
    sides = [transposed, distance, transposed[::-1], distance[::-1]]
    left, top, right, bottom = depths = [_count_constant_rows(side) for side in sides]
    is_even = (
        abs(left - right) <= LIMITS.max_width_difference
        and abs(top - bottom) <= LIMITS.max_width_difference
    )
    if min(depths) < LIMITS.min_width or not is_even:
        return 0, 0, 0, 0
    ends = [_end_share(side, depth) for side, depth in zip(sides, depths, strict=True)]
    return (left, top, right, bottom) if min(ends) >= LIMITS.min_end_share else (0, 0, 0, 0)


def _count_constant_rows(distance: Plane) -> int:
    """Count the rows at the top that have the frame's colour nearly all over; 0 if they do not end."""
    deepest = int(LIMITS.max_depth_share * distance.shape[0])
    same = (distance[: deepest + 1] <= LIMITS.colour_tolerance).mean(axis=1) >= LIMITS.same_share
    others = np.flatnonzero(~same)
    return int(others[0]) if len(others) else 0


def _end_share(distance: Plane, depth: int) -> float:
    """Share of the row just inside the frame that has another colour."""
    inner = slice(depth, distance.shape[1] - depth)
    row = distance[min(depth + 2, distance.shape[0] - 1), inner]
    return float((row > LIMITS.colour_tolerance).mean()) if row.size else 0.0
