"""The frame or the bars around a picture: how wide on each side, and in which colour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from packshot.measure.geometry import border
from packshot.measure.planes import Pixels, Plane


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

    Args:
        pixels: RGB, (H, W, 3) uint8.
        grey: Its luma, (H, W) uint8.

    Returns:
        None without a frame.
    """
    left, top, right, bottom = border(grey)
    if not any((left, top, right, bottom)):
        return None
    height, width = grey.shape
    widest = 100 * max(left / width, right / width, top / height, bottom / height)
    strips = [pixels[:, :left], pixels[:top], pixels[:, width - right :], pixels[height - bottom :]]
    framed = np.concatenate([strip.reshape(-1, 3) for strip in strips])
    red, green, blue = (int(value) for value in np.median(framed, axis=0))
    return Frame(left, top, right, bottom, (red, green, blue), widest)
