"""The native window: the part of a large photo that the measures of fine detail look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from packshot.arrays import Plane
from packshot.measure.geometry import Box
from packshot.measure.planes import Planes
from packshot.measure.product import ProductRegion

_GRID: Final = 8
"""Pixels: side of JPEG's blocks, whose phase a window keeps."""

_MARGIN: Final = 24
"""Pixels of background around the product, where ringing shows. By judgement: three blocks of JPEG."""

_MIN_SIDE: Final = 256
_MAX_SIDE: Final = 720
"""Pixels: sides of a window. Smaller ones hold too little to measure, larger ones take time and tell no
more. By judgement."""


@dataclass(frozen=True)
class Window:
    """A part of a photo at native size; it begins on a multiple of eight pixels (JPEG's grid).

    Attributes:
        left: First column.
        top: First row.
        width: In pixels.
        height: In pixels.

    Example:
        >>> Window(left=40, top=80, width=256, height=256).clip_box((0, 100, 100, 400))
        (0, 20, 60, 236)
    """

    left: int
    top: int
    width: int
    height: int

    def crop(self, plane: Plane) -> Plane:
        """Return the window's part of a plane of the whole photo, not copied."""
        return plane[self.top : self.top + self.height, self.left : self.left + self.width]

    def clip_box(self, box: Box) -> Box:
        """Return the part of a box (left, top, width, height) within the window, seen from there."""
        left, top = max(box[0] - self.left, 0), max(box[1] - self.top, 0)
        right = min(box[0] + box[2] - self.left, self.width)
        bottom = min(box[1] + box[3] - self.top, self.height)
        return left, top, max(right - left, 0), max(bottom - top, 0)


def find_window(planes: Planes, product: ProductRegion | None) -> Window:
    """Choose the product and 24 pixels around it, or the middle of the photo, up to 720 pixels a side.

    Args:
        planes: The photo.
        product: The product, if it was found.

    Example:
        >>> import numpy as np
        >>> from packshot.measure.planes import make_planes
        >>> find_window(make_planes(np.zeros((600, 1000, 3), np.uint8)), None)
        Window(left=136, top=0, width=720, height=600)
    """
    height, width = planes.grey.shape
    box = product.box if product else (0, 0, width, height)
    left, wide = _find_span(box[0], box[2], width)
    top, high = _find_span(box[1], box[3], height)
    return Window(left, top, wide, high)


def _find_span(start: int, length: int, whole: int) -> tuple[int, int]:
    """Return start and length along one axis."""
    size = min(max(length + 2 * _MARGIN, _MIN_SIDE), _MAX_SIDE, whole)
    first = start + length // 2 - size // 2
    first = min(max(first, 0), whole - size) // _GRID * _GRID
    return first, size
