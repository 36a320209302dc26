"""Collages: several pictures in one, told by the seams between them."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import ByteMask, Float64Array, Pixels
from packshot.measure.background import Background
from packshot.measure.planes import Planes, to_uint8

_MIN_STEP: Final = 14
_NEIGHBOURHOOD: Final = 6
_STRAIGHT_SHARE: Final = 0.66
_STRAIGHT_PAIR_SHARE: Final = 0.78
_STEP_SHARE: Final = 0.84
_END_ROWS: Final = 2
_MIN_PANEL_SHARE: Final = 0.18
_MAX_GUTTER_SHARE: Final = 0.07
_MIN_STEP_DEVIATION: Final = 12.0
_SIDE_COLUMNS: Final = 12
_PART_COUNT: Final = 5
_MAX_CORRELATION: Final = 0.37
_FLAT_DEVIATION: Final = 5.0
_NEARLY_FLAT_DEVIATION: Final = 10.0
_MIN_STRIP_WIDTH: Final = 3
_MIN_SIDE: Final = 48
_SPECK_AREA: Final = 30
_FILLED_SHARE: Final = 0.98
_CORNER_INSET: Final = 2
_MIN_VARIED_EDGES: Final = 3
_TILED_SHARE: Final = 0.78


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


def find_panels(planes: Planes, plain_background: Background | None) -> list[Panel]:
    """Split a picture along straight seams that run through all of it, then each part again.

    A seam is a line at which nearly every pixel differs from the one across it, with nearly every
    line's steepest step in the same column to the pixel: horizons and the edges of things waver or
    are soft. The step is of another amount than its neighbour along the line: where wall and floor meet
    it is the same everywhere. Between two pictures there may be a strip of one colour. Pictures
    on the same white ground without a coloured strip between them show no seam.

    Args:
        planes: The picture.
        plain_background: Its plain background.

    Returns:
        The parts; one for a picture that is no collage.
    """
    height, width = planes.grey.shape
    whole = Panel(0, 0, width, height)
    if min(planes.small.shape[:2]) < _MIN_SIDE:
        return [whole]
    min_sizes = (int(_MIN_PANEL_SHARE * width), int(_MIN_PANEL_SHARE * height))
    tiles = _find_tiles(planes, plain_background) if plain_background else []
    return tiles or _split(planes.pixels, whole, _SeamRule(min_sizes, planes.factor, plain_background))


def _find_tiles(planes: Planes, plain_background: Background) -> list[Panel]:
    """Pictures that lie side by side on a plain ground and fill a rectangle but for narrow gaps.

    Products do not: few are rectangles to the corners, and of those the edges are of one colour.

    Args:
        planes: The picture.
        plain_background: Its plain background.

    Returns:
        At least two, from the top; none where something else lies on the ground.
    """
    mask = to_uint8(cv2.bitwise_not(plain_background.mask))
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    boxes = [Panel(x, y, x + w, y + h) for x, y, w, h, area in stats[1:].tolist() if area >= _SPECK_AREA]
    large = [box for box in boxes if _is_large(box, mask)]
    if len(large) < 2 or not all(_is_picture(planes.small, mask, box) for box in boxes):
        return []
    if not _is_tiling(large):
        return []
    factor = planes.factor
    scaled = (tuple(factor * side for side in astuple(box)) for box in large)
    return sorted((Panel(*sides) for sides in scaled), key=lambda panel: (panel.top, panel.left))


def _is_large(box: Panel, mask: ByteMask) -> bool:
    """Whether a box is large enough for a picture of a collage."""
    height, width = mask.shape
    return bool(box.width >= _MIN_PANEL_SHARE * width and box.height >= _MIN_PANEL_SHARE * height)


def _is_picture(small: Pixels, mask: ByteMask, box: Panel) -> bool:
    """Whether a box is filled to its corners and three of its edges change colour along them."""
    if not _is_large(box, mask):
        return False
    inside = np.s_[box.top : box.bottom, box.left : box.right]
    places = (_CORNER_INSET, -1 - _CORNER_INSET)
    corners = mask[inside][np.ix_(places, places)]
    if not corners.all() or mask[inside].mean() < _FILLED_SHARE * 255:
        return False
    values = small[inside]
    edges = (side[place] for side in (values, values.transpose(1, 0, 2)) for place in places)
    return sum(float(edge.std(axis=0).max()) >= _FLAT_DEVIATION for edge in edges) >= _MIN_VARIED_EDGES


def _is_tiling(boxes: list[Panel]) -> bool:
    """Whether boxes leave but narrow gaps in the rectangle around all of them."""
    width = max(box.right for box in boxes) - min(box.left for box in boxes)
    height = max(box.bottom for box in boxes) - min(box.top for box in boxes)
    return bool(sum(box.width * box.height for box in boxes) >= _TILED_SHARE * width * height)


@dataclass(frozen=True)
class _SeamRule:
    """What a seam must be.

    Attributes:
        min_sizes: The narrowest and the lowest that a part may be.
        step: Of the lines across a seam, one in so many is looked at.
        plain_background: The picture's plain background. On one, a seam must reach both ends to the
            pixel, because a straight product that nearly fills the picture has edges that run nearly
            through it; and a strip in its colour is the gap between two products.
    """

    min_sizes: tuple[int, int]
    step: int
    plain_background: Background | None


def _split(values: Pixels, panel: Panel, rule: _SeamRule) -> list[Panel]:
    """The parts of a part."""
    inside = values[panel.top : panel.bottom, panel.left : panel.right]
    across = _find_seam(inside[:: rule.step].copy(), rule.min_sizes[0], rule.plain_background)
    if across is not None:
        first, second = (panel.left + place for place in across)
        left = Panel(panel.left, panel.top, first, panel.bottom)
        right = Panel(second, panel.top, panel.right, panel.bottom)
        return _split(values, left, rule) + _split(values, right, rule)
    down = _find_seam(
        inside[:, :: rule.step].transpose(1, 0, 2).copy(), rule.min_sizes[1], rule.plain_background
    )
    if down is not None:
        first, second = (panel.top + place for place in down)
        upper = Panel(panel.left, panel.top, panel.right, first)
        lower = Panel(panel.left, second, panel.right, panel.bottom)
        return _split(values, upper, rule) + _split(values, lower, rule)
    return [panel]


def _find_seam(
    values: Pixels, min_columns: int, plain_background: Background | None
) -> tuple[int, int] | None:
    """Where a vertical seam ends the left part and where the right part begins; None without one.

    Args:
        values: (h, w, 3).
        min_columns: Columns that either part must have.
        plain_background: See `_SeamRule`.
    """
    width = values.shape[1]
    if width <= 2 * (min_columns + _NEIGHBOURHOOD):
        return None
    steps = _straight_step_shares(values, plain_background is not None)
    for place in _find_lines(steps, min_columns):
        strip = _find_gutter(values, place, min_columns) or _find_hairline(values, place)
        if strip is None and _has_varied_step(values, place) and not _is_continuous(values, place):
            return place + 1, place + 1
        if strip is not None and not _is_background(values[:, slice(*strip)], plain_background):
            return strip
    thin = _find_thin_gutter(values, steps, min_columns)
    return None if thin is None or _is_background(values[:, slice(*thin)], plain_background) else thin


def _straight_step_shares(values: Pixels, require_ends: bool) -> Float64Array:
    """Share of rows whose steepest step around lies at a column; 0 where too few rows step there.

    Args:
        values: (h, w, 3).
        require_ends: Only columns where rows at both ends step; see `_SeamRule`.

    Returns:
        (w - 2,); place 0 is between columns 0 and 2, for shrinking mixes the two pixels at a seam.
    """
    red, green, blue = cv2.split(cv2.absdiff(values[:, 2:], values[:, :-2]))
    change = cv2.max(cv2.max(red, green), blue)
    beside = to_uint8(cv2.dilate(change, np.ones((1, 3), np.uint8)))
    around = to_uint8(cv2.dilate(change, np.ones((1, 2 * _NEIGHBOURHOOD + 1), np.uint8)))
    steps = beside > _MIN_STEP
    straight = ((beside == around) & steps).mean(axis=0)
    seams = steps.mean(axis=0) >= _STEP_SHARE
    if require_ends:
        seams &= steps[:_END_ROWS].any(axis=0) & steps[-_END_ROWS:].any(axis=0)
    return np.where(seams, straight, 0.0)


def _find_lines(straight: Float64Array, min_columns: int) -> list[int]:
    """Columns of straight lines that leave enough on either side, the straightest first."""
    inside = np.arange(max(0, min_columns - 1), len(straight) - min_columns)
    places = inside[straight[inside] >= _STRAIGHT_SHARE]
    return [int(place) for place in places[np.argsort(-straight[places], kind="stable")]]


def _has_varied_step(values: Pixels, place: int) -> bool:
    """Whether the step at a line varies along it, and neither side of it is of one colour."""
    before, after = (values[:, column].astype(np.int16) for column in (place, place + 2))
    step_deviation = (after - before).std(axis=0).max()
    spread = min(before.std(axis=0).max(), after.std(axis=0).max())
    return bool(step_deviation >= _MIN_STEP_DEVIATION and spread >= _FLAT_DEVIATION)


def _is_continuous(values: Pixels, place: int) -> bool:
    """Whether it grows light and dark on both sides of a line together: a horizon, a shelf's edge.

    Along the whole line and in most parts of it, for two rows of a collage may both be of a light and a
    dark picture.
    """
    first, last = max(0, place - _SIDE_COLUMNS), place + 2 + _SIDE_COLUMNS
    sides = (values[:, first : place - 1], values[:, place + 4 : last])
    before, after = (side.mean(axis=(1, 2)) for side in sides)
    parts = zip(np.array_split(before, _PART_COUNT), np.array_split(after, _PART_COUNT), strict=True)
    alike = float(np.median([_correlation(*part) for part in parts]))
    return min(alike, _correlation(before, after)) > _MAX_CORRELATION


def _correlation(first: Float64Array, second: Float64Array) -> float:
    """Pearson's, 0 where one of the two does not vary."""
    product = float(((first - first.mean()) * (second - second.mean())).mean())
    return product / max(float(first.std() * second.std()), 1e-9)


def _find_gutter(values: Pixels, place: int, min_columns: int) -> tuple[int, int] | None:
    """The strip of one colour on either side of a line, from its first column to after its last."""
    for step in (1, -1):
        first, last = sorted(
            (place + 1 + step, place + 1 + step + step * _count_flat_columns(values, place, step))
        )
        if last > first and first >= min_columns and last < values.shape[1] - min_columns:
            return first, last + 1
    return None


def _count_flat_columns(values: Pixels, place: int, step: int) -> int:
    """How many columns beside a line are of one colour; 0 if they are too many for a gutter."""
    widest = max(3, int(_MAX_GUTTER_SHARE * values.shape[1]))
    first = place + 1 + 2 * step
    colour = values[:, first].mean(axis=0)
    for count in range(widest + 1):
        column = values[:, first + step * count]
        if (
            column.std(axis=0).max() >= _FLAT_DEVIATION
            or np.abs(column.mean(axis=0) - colour).max() >= _FLAT_DEVIATION
        ):
            return count
    return 0


def _find_hairline(values: Pixels, place: int) -> tuple[int, int] | None:
    """The strip at a line, if it is so thin that the line is all of it."""
    strip = (place, place + 3)
    return strip if _is_distinct(values, *strip) else None


def _find_thin_gutter(
    values: Pixels, straight: Float64Array, min_columns: int
) -> tuple[int, int] | None:
    """The clearest strip that is too thin for both its edges to be steepest around."""
    found = [
        _find_best_pair(straight, min_columns, width)
        for width in range(_MIN_STRIP_WIDTH, _NEIGHBOURHOOD + _MIN_STRIP_WIDTH)
    ]
    clearest, place, width = max(found)
    strip = (place + 1, place + 1 + width)
    return strip if clearest >= _STRAIGHT_PAIR_SHARE and _is_distinct(values, *strip) else None


def _is_distinct(values: Pixels, first: int, after: int) -> bool:
    """Whether a column of a strip is nearly of one colour, and of another than the strip's sides."""
    before, *strip, behind = values[:, first - 2 : after + 2].transpose(1, 0, 2).astype(np.int16)
    sides = (before, behind)
    return any(
        column.std(axis=0).max() < _NEARLY_FLAT_DEVIATION
        and all(np.median(np.abs(column - side).max(axis=1)) > _MIN_STEP for side in sides)
        for column in strip
    )


def _find_best_pair(straight: Float64Array, min_columns: int, width: int) -> tuple[float, int, int]:
    """Of pairs of lines with a strip of this width between them: the larger sum, place, width."""
    first, last = straight[:-width], straight[width:]
    both = np.where((first > 0) & (last > 0), first + last, 0.0)
    inside = both[min_columns - 1 : len(both) - min_columns]
    place = int(inside.argmax())
    return float(inside[place]), min_columns - 1 + place, width


def _is_background(strip: Pixels, plain_background: Background | None) -> bool:
    """Whether a strip has the colour of the plain background."""
    if plain_background is None:
        return False
    return bool(
        np.abs(strip.mean(axis=(0, 1)) - plain_background.colour).max() <= plain_background.tolerance
    )
