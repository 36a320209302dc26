"""The product's region: exact on plain backgrounds, elsewhere from a mask made by the caller."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import ByteMask, Float32Array, Int32Array, Mask, Pixels
from packshot.measure.background import (
    Background,
    find_background,
    find_border_region,
    match_colour_native,
)
from packshot.measure.planes import Planes, largest_channel, to_uint8

_MIN_SHARE: Final = 0.002
"""Share of the picture, 0..1: what is smaller is no product but dirt. By judgement."""

_SPECK_SHARE: Final = 0.0003
_SPECK_OF_LARGEST: Final = 0.01
"""Share of the picture, and of the largest part, 0..1, below which a part is a speck. By judgement."""

_MIN_SPECK_AREA: Final = 4.0
"""Working pixels: specks are at least so small, however small the picture."""

_NOISY_PART_COUNT: Final = 150
"""Parts of a mask: more are noise, and the mask is smoothed first. By judgement."""

_MIN_HOLE_SHARE: Final = 0.0005
"""Share of the picture, 0..1: a smaller hole makes no difference. By judgement."""

_MAX_HOLE_DIFFERENCE: Final = 0.5
"""Grey levels, 0..255, by which a hole differs on average from the background's colour."""

_MIN_HOLE_STEP: Final = 12.0
"""Grey levels, 0..255, between a hole and what lies two working pixels beyond its rim."""

_SOFT_RIM_SHARE: Final = 0.1
"""Share of the rim, 0..1, that may rise by less. This and the two above were set on rated photos on
white made brighter by a quarter and by a half: of the area that was a hole before 98 % is told to be
one, of what was blown out only then a third is not, the rest being flat parts of sharp outline."""

_LIKELY_PROBABILITY: Final = 0.5
"""Probability, 0..1, from which on a place is likelier product than not."""


@dataclass(frozen=True, eq=False)
class ProductRegion:
    """The product, or the group of products.

    Attributes:
        box: Left, top, width, height in native pixels.
        mask: True on the product, holes filled, working size (h, w).
        material: True on the product without what shows the background's colour.
        confidence: Chance, 0..1, that it lies about there; 1 where a plain background tells.
        holes: True where the background is seen through it, working size; None where that is not known.

    Example:
        >>> mask = np.zeros((50, 50), bool)
        >>> mask[10:30, 20:40] = True
        >>> region = ProductRegion((20, 10, 20, 20), mask, mask)
        >>> region.confidence, int(region.mask.sum())
        (1.0, 400)
    """

    box: tuple[int, int, int, int]
    mask: Mask
    material: Mask
    confidence: float = 1.0
    holes: Mask | None = None

    @property
    def surface(self) -> Mask:
        """True on the product without its holes, working size."""
        return self.mask if self.holes is None else self.mask & ~self.holes


def find_product(planes: Planes, background: Background) -> ProductRegion | None:
    """Find the product: all that is not background connected with the border.

    Gaps of two working pixels are closed, specks dropped (below 0.03 % of the picture or 1 % of
    the largest part); where noise makes very many, the mask is smoothed first.

    Args:
        planes: The photo.
        background: Its plain background.

    Returns:
        None where less than 0.2 % of the picture is left.

    Example:
        >>> from packshot.measure.planes import make_planes
        >>> photo = np.full((200, 200, 3), 255, np.uint8)
        >>> photo[50:150, 60:140] = (90, 60, 30)
        >>> planes = make_planes(photo)
        >>> find_product(planes, find_background(planes.small)).box
        (60, 50, 80, 100)
    """
    kept = _drop_specks(to_uint8(cv2.bitwise_not(background.mask)))
    if kept is None:
        return None
    box = _find_native_box(planes, background, _bounding_box(kept))
    mask = kept > 0
    material = mask & (background.colour_mask == 0)
    holes = _find_holes(planes.small, background, mask & ~material)
    return ProductRegion(box, mask, material if material.any() else mask, holes=holes)


def _find_holes(small: Pixels, background: Background, enclosed: Mask) -> Mask:
    """Find where the background is seen through the product: all of one tone, with a sharp rim.

    White that was blown out in a picture fades out towards its rim instead.

    Args:
        small: RGB at working size.
        background: Its plain background.
        enclosed: True where the product encloses the background's colour.
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStats(enclosed.view(np.uint8), connectivity=4)
    differences = largest_channel(np.abs(small.astype(np.float32) - background.colour))
    nearby = np.asarray(cv2.dilate(differences, np.ones((3, 3), np.uint8)), np.float32)
    is_hole = np.zeros(len(stats), bool)
    for part in np.flatnonzero(stats[:, cv2.CC_STAT_AREA] >= _MIN_HOLE_SHARE * enclosed.size):
        left, top, width, height = (int(value) for value in stats[part, :4])
        around = np.s_[max(top - 1, 0) : top + height + 1, max(left - 1, 0) : left + width + 1]
        inside = np.asarray(labels[around] == part)
        rim = ~inside & (cv2.dilate(inside.view(np.uint8), np.ones((3, 3), np.uint8)) > 0)
        is_hole[part] = (
            part > 0
            and differences[around][inside].mean() <= _MAX_HOLE_DIFFERENCE
            and np.quantile(nearby[around][rim], _SOFT_RIM_SHARE) >= _MIN_HOLE_STEP
        )
    return np.asarray(is_hole[labels])


def find_plain_product(planes: Planes) -> ProductRegion | None:
    """Find the product of a photo whose background is plain; None everywhere else.

    Args:
        planes: The photo.

    Example:
        >>> from packshot.measure.planes import make_planes
        >>> from packshot.photo import Photo
        >>> photo = Photo.open("examples/photos/bowl-small-off-centre.jpg")
        >>> product = find_plain_product(make_planes(photo.pixels))
        >>> round(float(product.mask.mean()), 2)  # of the picture
        0.06
    """
    plain_background = find_background(planes.small)
    return find_product(planes, plain_background) if plain_background else None


def mask_to_region(
    planes: Planes, probabilities: Float32Array, confidence: float
) -> ProductRegion | None:
    """Make the product's region of a mask found in another way: specks dropped, holes filled.

    Args:
        planes: The photo.
        probabilities: (h', w') how likely each part of the photo is product, 0..1, at any size.
        confidence: Of the whole mask, 0..1.

    Returns:
        None where less than 0.2 % of the picture is likelier product than not.

    Example:
        >>> from packshot.measure.planes import make_planes
        >>> probabilities = np.zeros((10, 10), np.float32)
        >>> probabilities[2:8, 4:6] = 1
        >>> planes = make_planes(np.zeros((100, 100, 3), np.uint8))
        >>> mask_to_region(planes, probabilities, confidence=0.8).box
        (40, 20, 20, 60)
    """
    height, width = planes.small.shape[:2]
    resized = cv2.resize(probabilities, (width, height), interpolation=cv2.INTER_LINEAR)
    kept = _drop_specks(to_uint8(np.where(np.asarray(resized) >= _LIKELY_PROBABILITY, 255, 0)))
    if kept is None:
        return None
    filled = cv2.bitwise_not(find_border_region(to_uint8(cv2.bitwise_not(kept))))
    left, top, wide, high = _scale_box(planes, _bounding_box(to_uint8(filled)), margin=0)
    mask = np.asarray(filled) > 0
    return ProductRegion((left, top, wide, high), mask, mask, confidence)


def _drop_specks(rest: ByteMask) -> ByteMask | None:
    """Return the parts of a mask that are large enough; None where together they are too small."""
    joined, labels, stats = _find_components(rest)
    if len(stats) > _NOISY_PART_COUNT:
        joined, labels, stats = _find_components(to_uint8(cv2.medianBlur(rest, 5)))
    areas = stats[1:, cv2.CC_STAT_AREA]
    if len(areas) == 0:
        return None
    least = max(_MIN_SPECK_AREA, _SPECK_SHARE * rest.size, _SPECK_OF_LARGEST * areas.max())
    is_large = areas >= least
    if areas[is_large].sum() < _MIN_SHARE * rest.size:
        return None
    if is_large.all():
        return joined
    return to_uint8(np.append(False, is_large)).take(labels) * np.uint8(255)


def _find_components(rest: ByteMask) -> tuple[ByteMask, Int32Array, Int32Array]:
    """Close gaps of 2 pixels of a mask; return it, and labels and statistics of its connected parts."""
    closed = cv2.morphologyEx(rest, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    joined = to_uint8(cv2.bitwise_or(closed, rest))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    return joined, np.asarray(labels, np.int32), np.asarray(stats, np.int32)


def _find_native_box(
    planes: Planes, background: Background, small: tuple[int, int, int, int]
) -> tuple[int, int, int, int]:
    """Return the box in native pixels: the working box, drawn tight at native size."""
    left, top, across, down = _scale_box(planes, small, margin=planes.factor if planes.factor > 1 else 0)
    if not background.is_even or planes.factor == 1:
        return left, top, across, down
    inside = planes.pixels[top : top + down, left : left + across]
    x, y, wide, high = _find_tight_box(inside, background, 2 * planes.factor)
    return (left + x, top + y, wide, high) if wide else (left, top, across, down)


def _find_tight_box(inside: Pixels, background: Background, depth: int) -> tuple[int, int, int, int]:
    """Return the box around all that is not background: where each side shows some, no more is asked.

    Args:
        inside: RGB, (H, W, 3) uint8, native.
        background: An even one.
        depth: Pixels at each side that are asked first.
    """
    height, width = inside.shape[:2]
    sides = (inside[:depth], inside[-depth:], inside[:, :depth], inside[:, -depth:])
    above, below, before, behind = (_find_box_of_rest(side, background) for side in sides)
    if not all(box[2] for box in (above, below, before, behind)):
        return _find_box_of_rest(inside, background)
    top, left = above[1], before[0]
    bottom = max(height - depth, 0) + below[1] + below[3]
    right = max(width - depth, 0) + behind[0] + behind[2]
    return left, top, right - left, bottom - top


def _find_box_of_rest(pixels: Pixels, background: Background) -> tuple[int, int, int, int]:
    return _bounding_box(to_uint8(cv2.bitwise_not(match_colour_native(pixels, background))))


def _scale_box(
    planes: Planes, small: tuple[int, int, int, int], margin: int
) -> tuple[int, int, int, int]:
    """Scale a working box to native pixels, `margin` larger on every side inside the picture."""
    height, width = planes.grey.shape
    step = planes.factor
    rows, columns = (side // step for side in (height, width))
    left, top = max(0, small[0] * step - margin), max(0, small[1] * step - margin)
    # The last working pixel stands for the dropped remainder as well.
    right = width if small[0] + small[2] == columns else (small[0] + small[2]) * step + margin
    bottom = height if small[1] + small[3] == rows else (small[1] + small[3]) * step + margin
    return left, top, right - left, bottom - top


def _bounding_box(mask: ByteMask) -> tuple[int, int, int, int]:
    left, top, width, height = cv2.boundingRect(mask)
    return left, top, width, height
