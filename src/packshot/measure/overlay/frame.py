"""The frame or the bars around a picture: how wide on each side, and in which colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.measure.geometry import border
from packshot.measure.planes import Pixels, Plane, as_bytes

_WHITE: Final = 245


@dataclass(frozen=True)
class Frame:
    """A frame, or bars on two sides.

    Attributes:
        left: Width in native pixels, 0 for none; likewise the others.
        top: See `left`.
        right: See `left`.
        bottom: See `left`.
        colour: Median RGB, 0..255 each.
        widest: The widest side in per cent of the picture's width or height.
    """

    left: int
    top: int
    right: int
    bottom: int
    colour: tuple[int, int, int]
    widest: float


def find_frame(pixels: Pixels, grey: Plane) -> Frame | None:
    """Find the frame around a picture; see `packshot.measure.geometry.border`.

    Looked for in the distance from the colour of the topmost row and of the leftmost column, so that a
    frame as light as the picture shows too; a white one in the luma, where a margin is told from it.

    Args:
        pixels: RGB, (H, W, 3) uint8.
        grey: Its luma, (H, W) uint8.

    Returns:
        None without a frame.
    """
    edges = (pixels[0], pixels[:, 0])
    planes = [_distance(pixels, np.median(edge, axis=0), grey) for edge in edges]
    left, top, right, bottom = max((border(plane) for plane in planes), key=sum)
    if not any((left, top, right, bottom)):
        return None
    height, width = grey.shape
    widest = 100 * max(left / width, right / width, top / height, bottom / height)
    strips = [pixels[:, :left], pixels[:top], pixels[:, width - right :], pixels[height - bottom :]]
    framed = np.concatenate([strip.reshape(-1, 3) for strip in strips])
    red, green, blue = (int(value) for value in np.median(framed, axis=0))
    return Frame(left, top, right, bottom, (red, green, blue), widest)


def _distance(pixels: Pixels, colour: NDArray[np.float64], grey: Plane) -> Plane:
    """How far each pixel is from a colour in any channel; the luma where that is white."""
    if colour.min() >= _WHITE:
        return grey
    red, green, blue = cv2.split(cv2.absdiff(pixels, (*(float(value) for value in colour), 0.0)))
    return as_bytes(cv2.max(cv2.max(red, green), blue))
