"""Products cut out of photos on a plain white background, where the mask is exact."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import ByteMask, Pixels
from packshot.measure.background import Background, find_background
from packshot.measure.planes import make_planes, to_uint8
from packshot.measure.product import find_product
from packshot.photo import Photo
from packshot.train.datasets.damaged import Original

_MAX_SIDE: Final = 640
"""Pixels of the long side at which photos are decoded. A judgement."""

_MIN_BACKGROUND_LEVEL: Final = 225
"""Grey level, 0..255, from which on every channel of a background is bright enough for an exact mask. A
judgement, as the next four."""

_MAX_TOLERANCE: Final = 14.0
"""Grey levels of a channel that an exact background may vary by; see `find_background`."""

_AREA_RANGE: Final = (0.02, 0.85)
"""Share of the photo, 0..1, that the product may take: less is a speck, more a close-up."""

_MIN_HOLE_SHARE: Final = 0.004
"""Share of the photo from which on an enclosed part of the background's colour is a hole, not a
highlight."""

_HOLE_TOLERANCE: Final = 6
"""Grey levels that a hole may differ from the background."""


@dataclass(frozen=True, eq=False)
class Cutout:
    """A product without its background.

    Attributes:
        pixels: (h, w, 3) uint8 RGB, drawn tight around the product.
        alpha: (h, w) uint8, 255 on the product.
        cropped_sides: Whether the photo's frame cuts the product off at the left, top, right, bottom.
        name: Of the photo.

    Example:
        >>> pixels, alpha = np.zeros((9, 5, 3), np.uint8), np.full((9, 5), 255, np.uint8)
        >>> cutout = Cutout(pixels, alpha, (False,) * 4, "mug")
        >>> cutout.alpha.shape, any(cutout.cropped_sides)
        ((9, 5), False)
    """

    pixels: Pixels
    alpha: ByteMask
    cropped_sides: tuple[bool, bool, bool, bool]
    name: str


def extract_cutouts(originals: Iterable[Original]) -> list[Cutout]:
    """Cut out every product whose photo allows it; the others are left out.

    Raises:
        UnreadablePhoto: A file is not a photo.

    Example:
        >>> from pathlib import Path
        >>> mug = Original(Path("examples/photos/mug.jpg"), "mug", "kitchen", "train")
        >>> [cutout.name for cutout in extract_cutouts([mug])]
        ['mug']
    """
    candidates = (
        extract_cutout(Photo.open(one.path, max_side=_MAX_SIDE).pixels, one.path.stem)
        for one in originals
    )
    return [one for one in candidates if one is not None]


def extract_cutout(pixels: Pixels, name: str = "") -> Cutout | None:
    """Cut the product out of a photo on a bright, even background.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        name: Of the photo.

    Returns:
        The product at working size; None where the background is not plain and bright enough for an
        exact mask, or the product is nearly nothing or nearly all of the photo.

    Example:
        >>> photo = np.full((200, 200, 3), 255, np.uint8)
        >>> photo[50:150, 80:140] = (180, 40, 40)
        >>> cutout = extract_cutout(photo)
        >>> cutout.alpha.size < 200 * 200 / 4, extract_cutout(np.full((200, 200, 3), 255, np.uint8))
        (True, None)
    """
    planes = make_planes(pixels)
    background = find_background(planes.small)
    if background is None or not _is_exact(background):
        return None
    product = find_product(planes, background)
    if product is None or not _AREA_RANGE[0] <= product.mask.mean() <= _AREA_RANGE[1]:
        return None
    mask = to_uint8(product.mask) * np.uint8(255)
    cropped_sides = tuple(
        bool(line.mean() > 255 * 0.02) for line in (mask[:, 0], mask[0], mask[:, -1], mask[-1])
    )
    solid = cv2.bitwise_and(mask, cv2.bitwise_not(_find_holes(planes.small, background, mask)))
    alpha = _soften_mask(to_uint8(solid))
    left, top, width, height = cv2.boundingRect(alpha)
    inside = np.s_[top : top + height, left : left + width]
    if min(width, height) < 8:
        return None
    return Cutout(
        planes.small[inside].copy(),
        alpha[inside].copy(),
        (cropped_sides[0], cropped_sides[1], cropped_sides[2], cropped_sides[3]),
        name,
    )


def _is_exact(background: Background) -> bool:
    bright = background.colour.min() >= _MIN_BACKGROUND_LEVEL
    return bool(background.is_even and bright and background.tolerance <= _MAX_TOLERANCE)


def _find_holes(small: Pixels, background: Background, mask: ByteMask) -> ByteMask:
    """Find where the background shows through: large enclosed parts of exactly its colour."""
    low, high = background.colour - _HOLE_TOLERANCE, background.colour + _HOLE_TOLERANCE
    similar = cv2.inRange(small, low.astype(np.float64), high.astype(np.float64))
    inner = to_uint8(cv2.bitwise_and(to_uint8(similar), mask))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(inner, connectivity=4)
    large = stats[:, cv2.CC_STAT_AREA] >= _MIN_HOLE_SHARE * mask.size
    large[0] = False
    return to_uint8(np.where(large, 255, 0)[labels]) if count > 1 else np.zeros_like(mask)


def _soften_mask(mask: ByteMask) -> ByteMask:
    """Return the mask without its outermost pixel, which holds some background, and with a soft edge."""
    inner = cv2.erode(mask, np.ones((3, 3), np.uint8), borderValue=(255,))
    return to_uint8(cv2.GaussianBlur(inner, (0, 0), 0.6))
