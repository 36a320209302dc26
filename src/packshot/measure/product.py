"""Where the product is, the exact way, on plain backgrounds; elsewhere it abstains."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.report import Region

_SMALLEST_SIDE = 16
_BORDER_SHARE = 0.02
_TOLERANCE = 8
_PLAIN_SHARE = 0.7
_SMALLEST_PRODUCT = 0.002
_LARGEST_PRODUCT = 0.985


@dataclass(frozen=True, eq=False)
class ProductRegion:
    """A product on a plain background.

    Attributes:
        mask: (h, w) True on the product.
        background: (h, w) True on the background that the border is connected to.
        region: Bounding box in fractions of the photo.
        colour: Median background colour, RGB 0..255.
    """

    mask: NDArray[np.bool_]
    background: NDArray[np.bool_]
    region: Region
    colour: tuple[float, float, float]


def find_product(pixels: NDArray[np.uint8]) -> ProductRegion | None:
    """Everything that differs from a plain background connected to the border.

    Args:
        pixels: (h, w, 3) uint8 RGB, a few hundred pixels a side.

    Returns:
        The region, or None where the border is not plain, or nothing or everything stands out.
    """
    height, width = pixels.shape[:2]
    if min(height, width) < _SMALLEST_SIDE:
        return None
    border = border_pixels(pixels)
    colour = np.median(border, axis=0)
    plain = (np.abs(border - colour).max(axis=1) <= 2 * _TOLERANCE).mean()
    if plain < _PLAIN_SHARE:
        return None
    background = _connected_background(pixels, colour)
    mask = _without_specks(~background)
    share = mask.mean()
    if not _SMALLEST_PRODUCT <= share <= _LARGEST_PRODUCT:
        return None
    r, g, b = (float(v) for v in colour)
    return ProductRegion(mask, background, bounding_region(mask), (r, g, b))


def border_pixels(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(N, 3) the pixels of a frame 2 % of the short side wide, at least one pixel."""
    depth = max(1, round(_BORDER_SHARE * min(pixels.shape[:2])))
    parts = (pixels[:depth], pixels[-depth:], pixels[:, :depth], pixels[:, -depth:])
    return np.concatenate([part.reshape(-1, 3) for part in parts]).astype(np.float32)


def bounding_region(mask: NDArray[np.bool_]) -> Region:
    """Bounding box of a mask with at least one True, in fractions."""
    height, width = mask.shape
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return Region(
        x=float(columns[0] / width),
        y=float(rows[0] / height),
        width=float((columns[-1] - columns[0] + 1) / width),
        height=float((rows[-1] - rows[0] + 1) / height),
    )


def _connected_background(
    pixels: NDArray[np.uint8], colour: NDArray[np.floating]
) -> NDArray[np.bool_]:
    """Pixels near the background colour, or on a soft slope from it, reachable from the border."""
    near = np.abs(pixels.astype(np.int16) - np.rint(colour).astype(np.int16)).max(axis=2)
    candidate = (near <= _TOLERANCE).astype(np.uint8)
    _, labels = cv2.connectedComponents(candidate, connectivity=4)
    edge = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    touching = np.zeros(labels.max() + 1, bool)
    touching[edge] = True
    touching[0] = False
    return np.asarray(touching[labels], bool)


def _without_specks(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The mask opened by 3 pixels, without components far smaller than the largest."""
    opened = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(opened, connectivity=8)
    areas = statistics[:, cv2.CC_STAT_AREA].astype(np.float64)
    areas[0] = 0
    kept = areas >= max(0.01 * areas.max(initial=0), 1)
    return np.asarray(kept[labels], bool)
