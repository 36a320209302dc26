"""Framing: crop or pad so that the product sits in the middle and fills the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Pixels
from packshot.enhance.affine import AffineTransform
from packshot.errors import InvalidInput
from packshot.measure.background import find_background, unevenness
from packshot.measure.geometry import Box, edge_touch
from packshot.measure.planes import make_planes
from packshot.measure.product import find_product
from packshot.photo.pixels import check_pixels

DEFAULT_FILL_SHARE: Final = 0.85
"""Share of the tighter side that the product spans: the one that all policies that ship allow, from
Amazon's at least 85 % to Ajio's at most 85 %."""

_MAX_UNEVENNESS: Final = 3.0
"""L*, from `measure.background.unevenness`: on a less even background what is added would show."""

_MAX_EDGE_TOUCH: Final = 0.5
"""Per cent of the picture's edge that the product may touch and still count as whole: the rounding of
its mask."""

MIN_LONG_SIDE: Final = 500
"""Long side in pixels that a crop must leave: shops refuse smaller photos, and `measure.limits` warns
of them."""

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Frame:
    """A rectangle of a photo, or reaching beyond it.

    Attributes:
        left: First column; negative where it begins outside.
        top: First row.
        width: In pixels.
        height: In pixels.
        fill_colour: The colour of what lies outside the photo.

    Example:
        >>> frame = Frame(left=-10, top=0, width=120, height=80, fill_colour=(255, 255, 255))
        >>> frame.has_padding(height=80, width=100), frame.transform.width
        (True, 120)
    """

    left: int
    top: int
    width: int
    height: int
    fill_colour: Colour

    @property
    def transform(self) -> AffineTransform:
        """The map from the photo's pixels to the frame's."""
        return AffineTransform.from_crop(self.left, self.top, self.width, self.height)

    def has_padding(self, height: int, width: int) -> bool:
        """Return whether it reaches beyond a photo of that size."""
        exceeds_bottom, exceeds_right = self.top + self.height > height, self.left + self.width > width
        return self.left < 0 or self.top < 0 or exceeds_bottom or exceeds_right


def compute_frame(
    box: Box,
    size: tuple[int, int],
    fill_share: float = DEFAULT_FILL_SHARE,
    aspect_ratio: float | None = None,
    fill_colour: Colour = (255,) * 3,
) -> Frame:
    """Compute the frame in which a box is centred and spans a share of the tighter side.

    Args:
        box: Of the product: left, top, width, height in pixels.
        size: Height and width of the photo.
        fill_share: Share of the side, above 0, at most 1.
        aspect_ratio: Width over height wanted; None keeps the photo's.
        fill_colour: For what lies outside the photo.

    Raises:
        InvalidInput: An empty box, a share outside 0..1, a ratio of 0 or less.

    Example:
        >>> frame = compute_frame((100, 200, 170, 100), size=(600, 600))
        >>> frame.left, frame.top, frame.width, frame.height
        (85, 150, 200, 200)
    """
    left, top, box_width, box_height = box
    target_ratio = size[1] / size[0] if aspect_ratio is None else aspect_ratio
    if min(box_width, box_height) < 1 or not 0 < fill_share <= 1 or target_ratio <= 0:
        raise InvalidInput(
            f"framing: box {box}, fill {fill_share} and ratio {aspect_ratio} make no frame"
        )
    height = max(box_height, box_width / target_ratio) / fill_share
    width, height = max(box_width, round(height * target_ratio)), max(box_height, round(height))
    return Frame(
        left + (box_width - width) // 2, top + (box_height - height) // 2, width, height, fill_colour
    )


def reframe(pixels: Pixels, frame: Frame) -> Pixels:
    """Cut out a frame; pixels inside the photo are copied exactly.

    Args:
        pixels: (H, W, 3) uint8.
        frame: Must share at least a pixel with the photo.

    Returns:
        (frame.height, frame.width, 3) uint8.

    Raises:
        InvalidInput: Pixels of another type or shape, a frame that misses the photo.

    Example:
        >>> import numpy as np
        >>> pixels = np.full((2, 2, 3), 7, np.uint8)
        >>> reframe(pixels, Frame(-1, 0, 3, 1, (255, 255, 255)))[0, :, 0].tolist()
        [255, 7, 7]
    """
    check_pixels(pixels, "framing")
    height, width = pixels.shape[:2]
    left, top = max(frame.left, 0), max(frame.top, 0)
    right, bottom = min(frame.left + frame.width, width), min(frame.top + frame.height, height)
    if left >= right or top >= bottom:
        raise InvalidInput(f"framing: {frame} misses a photo of {width} x {height}")
    result = np.empty((frame.height, frame.width, 3), np.uint8)
    result[:] = frame.fill_colour
    rows = slice(top - frame.top, bottom - frame.top)
    columns = slice(left - frame.left, right - frame.left)
    result[rows, columns] = pixels[top:bottom, left:right]
    return result


def find_product_frame(
    pixels: Pixels,
    fill_share: float = DEFAULT_FILL_SHARE,
    aspect_ratio: float | None = None,
    min_long_side: float = MIN_LONG_SIDE,
) -> Frame | None:
    """Find the frame that centres a photo's product.

    Abstains where the product is not found, where it is cut by the picture's edge (moving it would show
    the cut), where the frame would need more background than an uneven one can give, and where it would
    leave fewer than `min_long_side` pixels on the long side that has them now.

    Args:
        pixels: (H, W, 3) uint8.
        fill_share: Share of the tighter side that the product is to span.
        aspect_ratio: Width over height; None keeps the photo's.
        min_long_side: See above.

    Raises:
        InvalidInput: Pixels of another type or shape, or a fill or ratio that makes no frame.

    Example:
        >>> import numpy as np
        >>> scene = np.full((800, 800, 3), 245, np.uint8)
        >>> scene[60:560, 40:540] = (60, 90, 150)
        >>> frame = find_product_frame(scene)
        >>> frame.left, frame.top, frame.width, frame.height
        (-4, 16, 588, 588)
    """
    planes = make_planes(pixels)
    background = find_background(planes.small)
    product = find_product(planes, background) if background else None
    if background is None or product is None or edge_touch(product.mask)[0] > _MAX_EDGE_TOUCH:
        return None
    red, green, blue, _ = (round(value) for value in cv2.mean(planes.small, mask=background.mask))
    frame = compute_frame(product.box, planes.grey.shape, fill_share, aspect_ratio, (red, green, blue))
    if (
        frame.has_padding(*planes.grey.shape)
        and unevenness(planes.lab, background.mask) > _MAX_UNEVENNESS
    ):
        return None
    is_too_small = max(frame.width, frame.height) < min(min_long_side, max(planes.grey.shape))
    return None if is_too_small else frame
