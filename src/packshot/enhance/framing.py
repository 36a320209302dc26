"""Framing: crop or pad so that the product sits in the middle and fills the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Pixels
from packshot.enhance.placement import Placement
from packshot.errors import InvalidInput
from packshot.measure.background import find_background, unevenness
from packshot.measure.geometry import Box, edge_touch
from packshot.measure.planes import make_planes
from packshot.measure.product import find_product
from packshot.photo.pixels import check_pixels

FILL: Final = 0.85
"""Share of the tighter side that the product spans: what most marketplaces ask for."""

_EVEN: Final = 3.0
_TOUCHES: Final = 0.5
SMALLEST_SIDE: Final = 500
"""Long side in pixels that a crop must leave: shops refuse smaller photos."""


Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Frame:
    """A rectangle of a photo, or reaching beyond it.

    Attributes:
        left: First column; negative where it begins outside.
        top: First row.
        width: In pixels.
        height: In pixels.
        fill: The colour of what lies outside the photo.
    """

    left: int
    top: int
    width: int
    height: int
    fill: Colour

    @property
    def placement(self) -> Placement:
        """Where the photo's pixels go."""
        return Placement.shifted(self.left, self.top, self.width, self.height)

    def pads(self, height: int, width: int) -> bool:
        """Whether it reaches beyond a photo of that size."""
        below, beside = self.top + self.height > height, self.left + self.width > width
        return self.left < 0 or self.top < 0 or below or beside


def frame_around(
    box: Box,
    size: tuple[int, int],
    fill: float = FILL,
    ratio: float | None = None,
    colour: Colour = (255,) * 3,
) -> Frame:
    """The frame in which a box is centred and spans a share of the tighter side.

    Args:
        box: Of the product: left, top, width, height in pixels.
        size: Height and width of the photo.
        fill: Share of the side, above 0, at most 1.
        ratio: Width over height wanted; None keeps the photo's.
        colour: For what lies outside the photo.

    Raises:
        InvalidInput: An empty box, a share outside 0..1, a ratio of 0 or less.
    """
    left, top, across, down = box
    wanted = size[1] / size[0] if ratio is None else ratio
    if min(across, down) < 1 or not 0 < fill <= 1 or wanted <= 0:
        raise InvalidInput(f"framing: box {box}, fill {fill} and ratio {ratio} make no frame")
    height = max(down, across / wanted) / fill
    width, height = max(across, round(height * wanted)), max(down, round(height))
    return Frame(left + (across - width) // 2, top + (down - height) // 2, width, height, colour)


def reframe(pixels: Pixels, frame: Frame) -> Pixels:
    """Cut out a frame; pixels inside the photo are copied exactly.

    Args:
        pixels: (H, W, 3) uint8.
        frame: Must share at least a pixel with the photo.

    Returns:
        (frame.height, frame.width, 3) uint8.

    Raises:
        InvalidInput: Pixels of another type or shape, a frame that misses the photo.
    """
    check_pixels(pixels, "framing")
    height, width = pixels.shape[:2]
    left, top = max(frame.left, 0), max(frame.top, 0)
    right, bottom = min(frame.left + frame.width, width), min(frame.top + frame.height, height)
    if left >= right or top >= bottom:
        raise InvalidInput(f"framing: {frame} misses a photo of {width} x {height}")
    result = np.empty((frame.height, frame.width, 3), np.uint8)
    result[:] = frame.fill
    rows = slice(top - frame.top, bottom - frame.top)
    columns = slice(left - frame.left, right - frame.left)
    result[rows, columns] = pixels[top:bottom, left:right]
    return result


def product_frame(
    pixels: Pixels, fill: float = FILL, ratio: float | None = None, smallest: float = SMALLEST_SIDE
) -> Frame | None:
    """The frame that a photo's product asks for.

    Abstains where the product is not found, where it is cut by the picture's edge (moving it would show
    the cut), where the frame would need more background than an uneven one can give, and where it would
    leave fewer than `smallest` pixels on the long side that has them now.

    Args:
        pixels: (H, W, 3) uint8.
        fill: Share of the tighter side that the product is to span.
        ratio: Width over height; None keeps the photo's.
        smallest: See above.

    Raises:
        InvalidInput: Pixels of another type or shape, or a fill or ratio that makes no frame.
    """
    planes = make_planes(pixels)
    plain = find_background(planes.small)
    product = find_product(planes, plain) if plain else None
    if plain is None or product is None or edge_touch(product.mask)[0] > _TOUCHES:
        return None
    red, green, blue, _ = (round(value) for value in cv2.mean(planes.small, mask=plain.mask))
    frame = frame_around(product.box, planes.grey.shape, fill, ratio, (red, green, blue))
    if frame.pads(*planes.grey.shape) and unevenness(planes.lab, plain.mask) > _EVEN:
        return None
    too_small = max(frame.width, frame.height) < min(smallest, max(planes.grey.shape))
    return None if too_small else frame
