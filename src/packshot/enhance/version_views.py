"""What a judge of versions is shown of a photo before and after a change.

Both whole, small, and some parts at their own size: where the change was largest, where there is most
detail, and where it is quietest. The choice of parts does not depend on which of the two came first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import ByteArray, Float32Array, IndexArray, Pixels
from packshot.encode.views import to_whole_view
from packshot.errors import InvalidInput
from packshot.measure.planes import histogram, largest_channel, to_uint8
from packshot.photo import check_pixels

WHOLE_SIDE: Final = 128
"""Pixels a side of a whole photo as the judge sees it."""

PART_SIDE: Final = 96
"""Pixels a side of a part: twelve blocks of JPEG, and room for a blur of 20 pixels. A judgement."""

PARTS_OF_A_SORT: Final = 2
PART_SORTS: Final = ("changed", "detailed", "quiet")
PART_COUNT: Final = PARTS_OF_A_SORT * len(PART_SORTS)

_MIN_LUMA, _MAX_LUMA = 16.0, 242.0
"""Mean grey level outside which a quiet part is black or white ground, where noise cannot be seen."""

_VISIBLE_CHANGE: Final = 2.0
"""Grey levels from which a pixel counts as changed."""


@dataclass(frozen=True, eq=False)
class VersionViews:
    """Views of two versions of one photo.

    Attributes:
        whole: (2, 128, 128, 3) uint8 RGB, before and after.
        parts: (2, 6, 96, 96, 3) uint8 RGB: two of each of `PART_SORTS`, in that order.
        change: (4,) how far the versions differ: root of the mean square, mean and 99th percentile of
            the difference, in grey levels by 255, and the share of pixels changed, 0..1.

    Example:
        >>> grey = np.full((200, 300, 3), 120, np.uint8)
        >>> views = make_version_views(grey, grey + 3)
        >>> views.whole.shape, views.parts.shape, (255 * views.change[:3]).round(3).tolist()
        ((2, 128, 128, 3), (2, 6, 96, 96, 3), [3.0, 3.0, 3.0])
    """

    whole: ByteArray
    parts: ByteArray
    change: Float32Array


def make_version_views(before: Pixels, after: Pixels) -> VersionViews:
    """Make the views of a photo before and after a change.

    Args:
        before: (H, W, 3) uint8 RGB. Sides shorter than a part are extended by mirroring.
        after: Of the same shape.

    Raises:
        InvalidInput: Pixels of another type, or of different shapes.

    Example:
        >>> photo = np.random.default_rng(0).integers(0, 256, (96, 96, 3), np.uint8)
        >>> views = make_version_views(photo, photo)
        >>> bool((views.parts[0, 0] == photo).all()), views.change.tolist()
        (True, [0.0, 0.0, 0.0, 0.0])
    """
    for pixels in (before, after):
        check_pixels(pixels, "version")
    if before.shape != after.shape:
        raise InvalidInput(f"versions of one photo have one shape, not {before.shape} and {after.shape}")
    difference = to_uint8(largest_channel(to_uint8(cv2.absdiff(before, after))))
    versions = [_extend(pixels) for pixels in (before, after)]
    corners = _choose_parts(_extend(difference), versions)
    parts = [[pixels[y : y + PART_SIDE, x : x + PART_SIDE] for y, x in corners] for pixels in versions]
    whole = [to_whole_view(pixels, WHOLE_SIDE) for pixels in (before, after)]
    return VersionViews(
        np.stack(whole), np.stack([np.stack(one) for one in parts]), _measure(difference)
    )


def _measure(difference: ByteArray) -> Float32Array:
    counts = histogram(difference) / difference.size
    levels = np.arange(256)
    root, mean = float(counts @ levels**2) ** 0.5, float(counts @ levels)
    high = int(np.searchsorted(np.cumsum(counts), 0.99))
    share = float(counts[levels >= _VISIBLE_CHANGE].sum())
    return np.array([root / 255, mean / 255, high / 255, share], np.float32)


def _extend(pixels: ByteArray) -> ByteArray:
    """Mirror what is shorter than a part."""
    below, right = (max(0, PART_SIDE - side) for side in pixels.shape[:2])
    if not below and not right:
        return pixels
    return np.asarray(cv2.copyMakeBorder(pixels, 0, below, 0, right, cv2.BORDER_REFLECT), np.uint8)


def _choose_parts(difference: ByteArray, versions: list[Pixels]) -> list[tuple[int, int]]:
    """Choose corners of parts on an even grid; where there are fewer, some are shown again."""
    height, width = difference.shape
    rows, columns = (_space_evenly(side) for side in (height, width))
    lumas = [cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY) for pixels in versions]
    changed = _average_parts(difference, rows, columns)
    detail, light = (
        np.mean([_average_parts(measure(luma), rows, columns) for luma in lumas], axis=0)
        for measure in (_find_edges, np.asarray)
    )
    is_ground = (light < _MIN_LUMA) | (light > _MAX_LUMA)
    orders = (-changed, -detail, detail + np.where(is_ground, detail.max() + 1, 0))
    corners = [(int(y), int(x)) for y in rows for x in columns]
    chosen = [_take_first(np.argsort(order, kind="stable")) for order in orders]
    return [corners[place] for places in chosen for place in places]


def _space_evenly(side: int) -> IndexArray:
    """Starts of parts along a side, as many as fit."""
    count = side // PART_SIDE
    return np.linspace(0, side - PART_SIDE, count).astype(np.intp)


def _take_first(order: IndexArray) -> IndexArray:
    return np.resize(order[:PARTS_OF_A_SORT], PARTS_OF_A_SORT)


def _find_edges(luma: ByteArray) -> ByteArray:
    return np.asarray(cv2.absdiff(luma, cv2.blur(luma, (5, 5))), np.uint8)


def _average_parts(plane: ByteArray, rows: IndexArray, columns: IndexArray) -> Float32Array:
    """(N,) mean of a plane over each part, row by row."""
    sums = cv2.integral(plane)
    ends, rights = rows + PART_SIDE, columns + PART_SIDE
    inside = (
        sums[ends][:, rights] - sums[rows][:, rights] - sums[ends][:, columns] + sums[rows][:, columns]
    )
    return np.asarray(inside / PART_SIDE**2, np.float32).ravel()
