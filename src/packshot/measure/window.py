"""The native window: the part of a large photo that the measures of fine detail look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from packshot.arrays import Plane
from packshot.measure.geometry import Box
from packshot.measure.planes import Planes
from packshot.measure.product import ProductRegion

_GRID: Final = 8
_MARGIN: Final = 24
_SMALLEST, _LARGEST = 256, 720


@dataclass(frozen=True)
class Window:
    """A part of a photo at native size; it begins on a multiple of eight pixels (JPEG's grid).

    Attributes:
        left: First column.
        top: First row.
        width: In pixels.
        height: In pixels.
    """

    left: int
    top: int
    width: int
    height: int

    def crop(self, plane: Plane) -> Plane:
        """The window's part of a plane of the whole photo, not copied."""
        return plane[self.top : self.top + self.height, self.left : self.left + self.width]

    def clip_box(self, box: Box) -> Box:
        """The part of a box (left, top, width, height) within the window, seen from there."""
        left, top = max(box[0] - self.left, 0), max(box[1] - self.top, 0)
        right = min(box[0] + box[2] - self.left, self.width)
        bottom = min(box[1] + box[3] - self.top, self.height)
        return left, top, max(right - left, 0), max(bottom - top, 0)


def find_window(planes: Planes, product: ProductRegion | None) -> Window:
    """The product and 24 pixels around it, or the middle of the photo; 720 pixels a side at most.

    Args:
        planes: The photo.
        product: The product, if it was found.
    """
    height, width = planes.grey.shape
    box = product.box if product else (0, 0, width, height)
    left, wide = _find_span(box[0], box[2], width)
    top, high = _find_span(box[1], box[3], height)
    return Window(left, top, wide, high)


def _find_span(start: int, length: int, whole: int) -> tuple[int, int]:
    """Start and length along one axis."""
    size = min(max(length + 2 * _MARGIN, _SMALLEST), _LARGEST, whole)
    first = start + length // 2 - size // 2
    first = min(max(first, 0), whole - size) // _GRID * _GRID
    return first, size
