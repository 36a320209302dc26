"""Collages: several pictures in one, told by the seams between them."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import ByteMask, Float64Array, Pixels
from packshot.measure.background import Background
from packshot.measure.planes import Planes, as_bytes

_STEP: Final = 14
_AROUND: Final = 6
_STRAIGHT: Final = 0.66
_STRAIGHT_PAIR: Final = 0.78
_STEPPING: Final = 0.84
_END: Final = 2
_NARROWEST: Final = 0.18
_WIDEST_GUTTER: Final = 0.07
_VARIED: Final = 12.0
_BESIDE: Final = 12
_PARTS: Final = 5
_CONTINUED: Final = 0.37
_FLAT: Final = 5.0
_NEARLY_FLAT: Final = 10.0
_THINNEST: Final = 3
_SMALLEST_SIDE: Final = 48
_SPECK: Final = 30
_FILLED: Final = 0.98
_INWARD: Final = 2
_VARIED_EDGES: Final = 3
_TILED: Final = 0.78


@dataclass(frozen=True)
class Panel:
    """One picture of a collage, in pixels of the photo.

    Attributes:
        left: First column.
        top: First row.
        right: Column after the last.
        bottom: Row after the last.
    """

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Columns."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Rows."""
        return self.bottom - self.top


def find_panels(planes: Planes, ground: Background | None) -> list[Panel]:
    """Split a picture along straight seams that run through all of it, then each part again.

    A seam is a line at which nearly every pixel differs from the one across it, with nearly every
    line's steepest step in the same column to the pixel: horizons and the edges of things waver or
    are soft. The step is of another amount than its neighbour along the line: where wall and floor meet
    it is the same everywhere. Between two pictures there may be a strip of one colour. Pictures
    on the same white ground without a coloured strip between them show no seam.

    Args:
        planes: The picture.
        ground: Its plain background.

    Returns:
        The parts; one for a picture that is no collage.
    """
    height, width = planes.grey.shape
    whole = Panel(0, 0, width, height)
    if min(planes.small.shape[:2]) < _SMALLEST_SIDE:
        return [whole]
    least = (int(_NARROWEST * width), int(_NARROWEST * height))
    tiles = _tiles(planes, ground) if ground else []
    return tiles or _split(planes.pixels, whole, _Rule(least, planes.factor, ground))


def _tiles(planes: Planes, ground: Background) -> list[Panel]:
    """Pictures that lie side by side on a plain ground and fill a rectangle but for narrow gaps.

    Products do not: few are rectangles to the corners, and of those the edges are of one colour.

    Args:
        planes: The picture.
        ground: Its plain background.

    Returns:
        At least two, from the top; none where something else lies on the ground.
    """
    laid = as_bytes(cv2.bitwise_not(ground.mask))
    _, _, stats, _ = cv2.connectedComponentsWithStats(laid, connectivity=4)
    boxes = [Panel(x, y, x + w, y + h) for x, y, w, h, area in stats[1:].tolist() if area >= _SPECK]
    large = [box for box in boxes if _is_large(box, laid)]
    if len(large) < 2 or not all(_is_picture(planes.small, laid, box) for box in boxes):
        return []
    if not _fill_together(large):
        return []
    factor = planes.factor
    scaled = (tuple(factor * side for side in astuple(box)) for box in large)
    return sorted((Panel(*sides) for sides in scaled), key=lambda panel: (panel.top, panel.left))


def _is_large(box: Panel, laid: ByteMask) -> bool:
    """Whether a box is large enough for a picture of a collage."""
    height, width = laid.shape
    return bool(box.width >= _NARROWEST * width and box.height >= _NARROWEST * height)


def _is_picture(small: Pixels, laid: ByteMask, box: Panel) -> bool:
    """Whether a box is filled to its corners and three of its edges change colour along them."""
    if not _is_large(box, laid):
        return False
    inside = np.s_[box.top : box.bottom, box.left : box.right]
    places = (_INWARD, -1 - _INWARD)
    corners = laid[inside][np.ix_(places, places)]
    if not corners.all() or laid[inside].mean() < _FILLED * 255:
        return False
    values = small[inside]
    edges = (side[place] for side in (values, values.transpose(1, 0, 2)) for place in places)
    return sum(float(edge.std(axis=0).max()) >= _FLAT for edge in edges) >= _VARIED_EDGES


def _fill_together(boxes: list[Panel]) -> bool:
    """Whether boxes leave but narrow gaps in the rectangle around all of them."""
    width = max(box.right for box in boxes) - min(box.left for box in boxes)
    height = max(box.bottom for box in boxes) - min(box.top for box in boxes)
    return bool(sum(box.width * box.height for box in boxes) >= _TILED * width * height)


@dataclass(frozen=True)
class _Rule:
    """What a seam must be.

    Attributes:
        least: The narrowest and the lowest that a part may be.
        every: Of the lines across a seam, one in so many is looked at.
        ground: The picture's plain background. On one, a seam must reach both ends to the pixel, because
            a straight product that nearly fills the picture has edges that run nearly through it; and a
            strip in its colour is the gap between two products.
    """

    least: tuple[int, int]
    every: int
    ground: Background | None


def _split(values: Pixels, panel: Panel, rule: _Rule) -> list[Panel]:
    """The parts of a part."""
    inside = values[panel.top : panel.bottom, panel.left : panel.right]
    across = _seam(inside[:: rule.every].copy(), rule.least[0], rule.ground)
    if across is not None:
        first, second = (panel.left + place for place in across)
        left = Panel(panel.left, panel.top, first, panel.bottom)
        right = Panel(second, panel.top, panel.right, panel.bottom)
        return _split(values, left, rule) + _split(values, right, rule)
    down = _seam(inside[:, :: rule.every].transpose(1, 0, 2).copy(), rule.least[1], rule.ground)
    if down is not None:
        first, second = (panel.top + place for place in down)
        upper = Panel(panel.left, panel.top, panel.right, first)
        lower = Panel(panel.left, second, panel.right, panel.bottom)
        return _split(values, upper, rule) + _split(values, lower, rule)
    return [panel]


def _seam(values: Pixels, least: int, ground: Background | None) -> tuple[int, int] | None:
    """Where a vertical seam ends the left part and where the right part begins; None without one.

    Args:
        values: (h, w, 3).
        least: Columns that either part must have.
        ground: See `_Rule`.
    """
    width = values.shape[1]
    if width <= 2 * (least + _AROUND):
        return None
    steps = _steps(values, ground is not None)
    for place in _lines(steps, least):
        strip = _gutter(values, place, least) or _hairline(values, place)
        if strip is None and _is_varied(values, place) and not _is_continued(values, place):
            return place + 1, place + 1
        if strip is not None and not _is_ground(values[:, slice(*strip)], ground):
            return strip
    thin = _thin_gutter(values, steps, least)
    return None if thin is None or _is_ground(values[:, slice(*thin)], ground) else thin


def _steps(values: Pixels, reaching: bool) -> Float64Array:
    """Share of rows whose steepest step around lies at a column; 0 where too few rows step there.

    Args:
        values: (h, w, 3).
        reaching: Only columns where rows at both ends step; see `_Rule`.

    Returns:
        (w - 2,); place 0 is between columns 0 and 2, for shrinking mixes the two pixels at a seam.
    """
    red, green, blue = cv2.split(cv2.absdiff(values[:, 2:], values[:, :-2]))
    change = cv2.max(cv2.max(red, green), blue)
    beside = as_bytes(cv2.dilate(change, np.ones((1, 3), np.uint8)))
    around = as_bytes(cv2.dilate(change, np.ones((1, 2 * _AROUND + 1), np.uint8)))
    steps = beside > _STEP
    straight = ((beside == around) & steps).mean(axis=0)
    seams = steps.mean(axis=0) >= _STEPPING
    if reaching:
        seams &= steps[:_END].any(axis=0) & steps[-_END:].any(axis=0)
    return np.where(seams, straight, 0.0)


def _lines(straight: Float64Array, least: int) -> list[int]:
    """Columns of straight lines that leave enough on either side, the straightest first."""
    inside = np.arange(max(0, least - 1), len(straight) - least)
    places = inside[straight[inside] >= _STRAIGHT]
    return [int(place) for place in places[np.argsort(-straight[places], kind="stable")]]


def _is_varied(values: Pixels, place: int) -> bool:
    """Whether the step at a line varies along it, and neither side of it is of one colour."""
    before, after = (values[:, column].astype(np.int16) for column in (place, place + 2))
    varied = (after - before).std(axis=0).max()
    spread = min(before.std(axis=0).max(), after.std(axis=0).max())
    return bool(varied >= _VARIED and spread >= _FLAT)


def _is_continued(values: Pixels, place: int) -> bool:
    """Whether it grows light and dark on both sides of a line together: a horizon, a shelf's edge.

    Along the whole line and in most parts of it, for two rows of a collage may both be of a light and a
    dark picture.
    """
    first, last = max(0, place - _BESIDE), place + 2 + _BESIDE
    sides = (values[:, first : place - 1], values[:, place + 4 : last])
    before, after = (side.mean(axis=(1, 2)) for side in sides)
    parts = zip(np.array_split(before, _PARTS), np.array_split(after, _PARTS), strict=True)
    alike = float(np.median([_correlation(*part) for part in parts]))
    return min(alike, _correlation(before, after)) > _CONTINUED


def _correlation(first: Float64Array, second: Float64Array) -> float:
    """Pearson's, 0 where one of the two does not vary."""
    product = float(((first - first.mean()) * (second - second.mean())).mean())
    return product / max(float(first.std() * second.std()), 1e-9)


def _gutter(values: Pixels, place: int, least: int) -> tuple[int, int] | None:
    """The strip of one colour on either side of a line, from its first column to after its last."""
    for step in (1, -1):
        first, last = sorted(
            (place + 1 + step, place + 1 + step + step * _flat_columns(values, place, step))
        )
        if last > first and first >= least and last < values.shape[1] - least:
            return first, last + 1
    return None


def _flat_columns(values: Pixels, place: int, step: int) -> int:
    """How many columns beside a line are of one colour; 0 if they are too many for a gutter."""
    widest = max(3, int(_WIDEST_GUTTER * values.shape[1]))
    first = place + 1 + 2 * step
    colour = values[:, first].mean(axis=0)
    for count in range(widest + 1):
        column = values[:, first + step * count]
        if column.std(axis=0).max() >= _FLAT or np.abs(column.mean(axis=0) - colour).max() >= _FLAT:
            return count
    return 0


def _hairline(values: Pixels, place: int) -> tuple[int, int] | None:
    """The strip at a line, if it is so thin that the line is all of it."""
    strip = (place, place + 3)
    return strip if _stands_out(values, *strip) else None


def _thin_gutter(values: Pixels, straight: Float64Array, least: int) -> tuple[int, int] | None:
    """The clearest strip that is too thin for both its edges to be steepest around."""
    found = [_pair(straight, least, width) for width in range(_THINNEST, _AROUND + _THINNEST)]
    clearest, place, width = max(found)
    strip = (place + 1, place + 1 + width)
    return strip if clearest >= _STRAIGHT_PAIR and _stands_out(values, *strip) else None


def _stands_out(values: Pixels, first: int, after: int) -> bool:
    """Whether a column of a strip is nearly of one colour, and of another than the strip's sides."""
    before, *strip, behind = values[:, first - 2 : after + 2].transpose(1, 0, 2).astype(np.int16)
    sides = (before, behind)
    return any(
        column.std(axis=0).max() < _NEARLY_FLAT
        and all(np.median(np.abs(column - side).max(axis=1)) > _STEP for side in sides)
        for column in strip
    )


def _pair(straight: Float64Array, least: int, width: int) -> tuple[float, int, int]:
    """Of pairs of lines with a strip of this width between them: the larger sum, place, width."""
    first, last = straight[:-width], straight[width:]
    both = np.where((first > 0) & (last > 0), first + last, 0.0)
    inside = both[least - 1 : len(both) - least]
    place = int(inside.argmax())
    return float(inside[place]), least - 1 + place, width


def _is_ground(strip: Pixels, ground: Background | None) -> bool:
    """Whether a strip has the colour of the plain background."""
    if ground is None:
        return False
    return bool(np.abs(strip.mean(axis=(0, 1)) - ground.colour).max() <= ground.tolerance)
