"""Products cut out of photos on a plain white background, where the mask is exact."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import ByteMask, Pixels
from packshot.measure.background import Background, find_background
from packshot.measure.planes import as_bytes, make_planes
from packshot.measure.product import find_product
from packshot.photo import Photo
from packshot.train.datasets.damaged import Original

_OPENED_SIDE: Final = 640
_DARKEST_BACKGROUND: Final = 225
_WIDEST_TOLERANCE: Final = 14.0
_AREA: Final = (0.02, 0.85)
_HOLE_SHARE: Final = 0.004
_HOLE_REACH: Final = 6


@dataclass(frozen=True, eq=False)
class Cutout:
    """A product without its background.

    Attributes:
        pixels: (h, w, 3) uint8 RGB, drawn tight around the product.
        alpha: (h, w) uint8, 255 on the product.
        cut: Whether the photo's frame cuts the product off at the left, top, right, bottom.
        name: Of the photo.
    """

    pixels: Pixels
    alpha: ByteMask
    cut: tuple[bool, bool, bool, bool]
    name: str


def cutouts(originals: Iterable[Original]) -> list[Cutout]:
    """Cut out every product whose photo allows it; the others are left out.

    Raises:
        UnreadablePhoto: A file is not a photo.
    """
    found = (
        cut_out(Photo.open(one.path, max_side=_OPENED_SIDE).pixels, one.path.stem) for one in originals
    )
    return [one for one in found if one is not None]


def cut_out(pixels: Pixels, name: str = "") -> Cutout | None:
    """Cut the product out of a photo on a bright, even background.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        name: Of the photo.

    Returns:
        The product at working size; None where the background is not plain and bright enough for an
        exact mask, or the product is nearly nothing or nearly all of the photo.
    """
    planes = make_planes(pixels)
    plain = find_background(planes.small)
    if plain is None or not _is_exact(plain):
        return None
    product = find_product(planes, plain)
    if product is None or not _AREA[0] <= product.mask.mean() <= _AREA[1]:
        return None
    mask = as_bytes(product.mask) * np.uint8(255)
    cut = tuple(bool(line.mean() > 255 * 0.02) for line in (mask[:, 0], mask[0], mask[:, -1], mask[-1]))
    solid = cv2.bitwise_and(mask, cv2.bitwise_not(_holes(planes.small, plain, mask)))
    alpha = _softened(as_bytes(solid))
    left, top, width, height = cv2.boundingRect(alpha)
    inside = np.s_[top : top + height, left : left + width]
    if min(width, height) < 8:
        return None
    return Cutout(
        planes.small[inside].copy(), alpha[inside].copy(), (cut[0], cut[1], cut[2], cut[3]), name
    )


def _is_exact(plain: Background) -> bool:
    bright = plain.colour.min() >= _DARKEST_BACKGROUND
    return bool(plain.even and bright and plain.tolerance <= _WIDEST_TOLERANCE)


def _holes(small: Pixels, plain: Background, mask: ByteMask) -> ByteMask:
    """Where the background shows through: large enclosed parts of exactly its colour."""
    low, high = plain.colour - _HOLE_REACH, plain.colour + _HOLE_REACH
    like = cv2.inRange(small, low.astype(np.float64), high.astype(np.float64))
    inner = as_bytes(cv2.bitwise_and(as_bytes(like), mask))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(inner, connectivity=4)
    large = stats[:, cv2.CC_STAT_AREA] >= _HOLE_SHARE * mask.size
    large[0] = False
    return as_bytes(np.where(large, 255, 0)[labels]) if count > 1 else np.zeros_like(mask)


def _softened(mask: ByteMask) -> ByteMask:
    """The mask without its outermost pixel, which holds some background, and with a soft edge."""
    inner = cv2.erode(mask, np.ones((3, 3), np.uint8), borderValue=(255,))
    return as_bytes(cv2.GaussianBlur(inner, (0, 0), 0.6))
