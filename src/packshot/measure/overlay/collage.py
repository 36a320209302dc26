"""Collages: several pictures in one, told by the seams between them."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import ByteMask, Float64Array, Pixels
from packshot.measure.background import Background
from packshot.measure.planes import Planes, to_uint8


@dataclass(frozen=True)
class CollageLimits:
    """Limits that make a line a seam, and a rectangle a picture.

    `straight_share` lies between what seams between photos at home show, a median of .95, and what
    98 % of such photos themselves do, .46 at most (decision 18). The others are judgement: no
    calibration of them alone is on record. Together they find 149 of 150 collages, and one in 171 studio
    photos and 79 scenes, by `benchmarks/measurements/overlays.py`. Columns, rows and pixels are native
    unless said otherwise.

    Attributes:
        min_step: Grey levels of the most changed channel; a smaller step between two pixels is none.
        neighbourhood: Columns to either side within which a seam's step must be the steepest.
        straight_share: Share of the lines, 0..1, whose steepest step lies in one column: from here on
            that column may be a seam.
        straight_pair_share: The same for both edges of a gutter too thin for either to be the steepest,
            added up. It is two shares, so it asks less of each.
        step_share: Share of the lines, 0..1, that must step at a seam at all.
        end_rows: Rows at either end of a seam, of which one must step, where the background is plain.
        min_panel_share: Least width and height of a part, as a share of the picture, 0..1.
        max_gutter_share: Widest gutter, as a share of the width, 0..1: wider ones are background.
        min_step_deviation: Standard deviation of the step along a line, grey levels: where it varies
            less the line is an edge of one thing, wall and floor for instance.
        side_columns: Columns on either side that are asked whether the picture goes on across a line.
        part_count: Parts of a line that are asked apart, and whose median counts.
        max_correlation: Pearson's, of the lightness on both sides: above it the picture goes on.
        flat_deviation: Standard deviation, grey levels, below which a line is of one colour; and how far
            the colours of a gutter's columns may lie apart.
        nearly_flat_deviation: The same for a gutter of a pixel or a few, which shrinking mixes with its
            sides.
        min_strip_width: Pixels; thinner gutters are looked for as a single line.
        min_side: Working pixels: a smaller picture is never split.
        speck_area: Working pixels; smaller parts on a plain ground are dirt of JPEG.
        filled_share: Share of its box that a picture laid on a plain ground fills, 0..1; a product's
            outline fills less.
        corner_inset: Working pixels from a box's corners to the pixels that must be filled: the
            outermost are mixed with the ground.
        min_varied_edges: Edges of a picture, of four, along which the colours change; those of a box or
            a screen are of one colour.
        tiled_share: Share of the rectangle around all pictures that they fill, 0..1; less is products in
            a row.

    Example:
        >>> int(LIMITS.min_panel_share * 1000)  # the narrowest part of a picture 1000 pixels wide
        180
    """

    min_step: int = 14
    neighbourhood: int = 6
    straight_share: float = 0.66
    straight_pair_share: float = 0.78
    step_share: float = 0.84
    end_rows: int = 2
    min_panel_share: float = 0.18
    max_gutter_share: float = 0.07
    min_step_deviation: float = 12.0
    side_columns: int = 12
    part_count: int = 5
    max_correlation: float = 0.37
    flat_deviation: float = 5.0
    nearly_flat_deviation: float = 10.0
    min_strip_width: int = 3
    min_side: int = 48
    speck_area: int = 30
    filled_share: float = 0.98
    corner_inset: int = 2
    min_varied_edges: int = 3
    tiled_share: float = 0.78


LIMITS: Final = CollageLimits()


@dataclass(frozen=True)
class Panel:
    """One picture of a collage, in pixels of the photo.

    Attributes:
        left: First column.
        top: First row.
        right: Column after the last.
        bottom: Row after the last.

    Example:
        >>> panel = Panel(left=10, top=0, right=200, bottom=90)
        >>> panel.width, panel.height
        (190, 90)
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

    Example:
        >>> from packshot.measure.planes import make_planes
        >>> from packshot.photo import Photo
        >>> mug, lamp = (Photo.open(f"examples/photos/{name}.jpg") for name in ("mug", "table-lamp"))
        >>> gutter = np.zeros((800, 10, 3), np.uint8)
        >>> collage = make_planes(np.hstack([mug.pixels, gutter, lamp.pixels]))
        >>> len(find_panels(collage, None)), len(find_panels(make_planes(mug.pixels), None))
        (2, 1)
    """
    height, width = planes.grey.shape
    whole = Panel(0, 0, width, height)
    if min(planes.small.shape[:2]) < LIMITS.min_side:
        return [whole]
    min_sizes = (int(LIMITS.min_panel_share * width), int(LIMITS.min_panel_share * height))
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
    boxes = [
        Panel(x, y, x + w, y + h) for x, y, w, h, area in stats[1:].tolist() if area >= LIMITS.speck_area
    ]
    large = [box for box in boxes if _is_large(box, mask)]
    if len(large) < 2 or not all(_is_picture(planes.small, mask, box) for box in boxes):
        return []
    if not _is_tiling(large):
        return []
    factor = planes.factor
    scaled = (tuple(factor * side for side in astuple(box)) for box in large)
    return sorted((Panel(*sides) for sides in scaled), key=lambda panel: (panel.top, panel.left))


def _is_large(box: Panel, mask: ByteMask) -> bool:
    """Return whether a box is large enough for a picture of a collage."""
    height, width = mask.shape
    return bool(
        box.width >= LIMITS.min_panel_share * width and box.height >= LIMITS.min_panel_share * height
    )


def _is_picture(small: Pixels, mask: ByteMask, box: Panel) -> bool:
    """Return whether a box is filled to its corners and three edges change colour along them."""
    if not _is_large(box, mask):
        return False
    inside = np.s_[box.top : box.bottom, box.left : box.right]
    places = (LIMITS.corner_inset, -1 - LIMITS.corner_inset)
    corners = mask[inside][np.ix_(places, places)]
    if not corners.all() or mask[inside].mean() < LIMITS.filled_share * 255:
        return False
    values = small[inside]
    edges = (side[place] for side in (values, values.transpose(1, 0, 2)) for place in places)
    return (
        sum(float(edge.std(axis=0).max()) >= LIMITS.flat_deviation for edge in edges)
        >= LIMITS.min_varied_edges
    )


def _is_tiling(boxes: list[Panel]) -> bool:
    """Return whether boxes leave but narrow gaps in the rectangle around all of them."""
    width = max(box.right for box in boxes) - min(box.left for box in boxes)
    height = max(box.bottom for box in boxes) - min(box.top for box in boxes)
    return bool(sum(box.width * box.height for box in boxes) >= LIMITS.tiled_share * width * height)


@dataclass(frozen=True)
class _SeamRule:
    """The conditions of a seam.

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
    """Split a part at its seams, and its parts again."""
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
    """Find the column after the left part and the first of the right part; None without a vertical seam.

    Args:
        values: (h, w, 3).
        min_columns: Columns that either part must have.
        plain_background: See `_SeamRule`.
    """
    width = values.shape[1]
    if width <= 2 * (min_columns + LIMITS.neighbourhood):
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
    around = to_uint8(cv2.dilate(change, np.ones((1, 2 * LIMITS.neighbourhood + 1), np.uint8)))
    steps = beside > LIMITS.min_step
    straight = ((beside == around) & steps).mean(axis=0)
    seams = steps.mean(axis=0) >= LIMITS.step_share
    if require_ends:
        seams &= steps[: LIMITS.end_rows].any(axis=0) & steps[-LIMITS.end_rows :].any(axis=0)
    return np.where(seams, straight, 0.0)


def _find_lines(straight: Float64Array, min_columns: int) -> list[int]:
    """Columns of straight lines that leave enough on either side, the straightest first."""
    inside = np.arange(max(0, min_columns - 1), len(straight) - min_columns)
    places = inside[straight[inside] >= LIMITS.straight_share]
    return [int(place) for place in places[np.argsort(-straight[places], kind="stable")]]


def _has_varied_step(values: Pixels, place: int) -> bool:
    """Return whether the step at a line varies along it, and neither side of it is of one colour."""
    before, after = (values[:, column].astype(np.int16) for column in (place, place + 2))
    step_deviation = (after - before).std(axis=0).max()
    spread = min(before.std(axis=0).max(), after.std(axis=0).max())
    return bool(step_deviation >= LIMITS.min_step_deviation and spread >= LIMITS.flat_deviation)


def _is_continuous(values: Pixels, place: int) -> bool:
    """Return whether both sides of a line grow light and dark together: a horizon, a shelf's edge.

    Along the whole line and in most parts of it, for two rows of a collage may both be of a light and a
    dark picture.
    """
    first, last = max(0, place - LIMITS.side_columns), place + 2 + LIMITS.side_columns
    sides = (values[:, first : place - 1], values[:, place + 4 : last])
    before, after = (side.mean(axis=(1, 2)) for side in sides)
    parts = zip(
        np.array_split(before, LIMITS.part_count), np.array_split(after, LIMITS.part_count), strict=True
    )
    alike = float(np.median([_correlation(*part) for part in parts]))
    return min(alike, _correlation(before, after)) > LIMITS.max_correlation


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
    """Count the columns of one colour beside a line; 0 if they are too many for a gutter."""
    widest = max(3, int(LIMITS.max_gutter_share * values.shape[1]))
    first = place + 1 + 2 * step
    colour = values[:, first].mean(axis=0)
    for count in range(widest + 1):
        column = values[:, first + step * count]
        if (
            column.std(axis=0).max() >= LIMITS.flat_deviation
            or np.abs(column.mean(axis=0) - colour).max() >= LIMITS.flat_deviation
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
        for width in range(LIMITS.min_strip_width, LIMITS.neighbourhood + LIMITS.min_strip_width)
    ]
    clearest, place, width = max(found)
    strip = (place + 1, place + 1 + width)
    return strip if clearest >= LIMITS.straight_pair_share and _is_distinct(values, *strip) else None


def _is_distinct(values: Pixels, first: int, after: int) -> bool:
    """Return whether a column of a strip is nearly of one colour, and of another than both sides."""
    before, *strip, behind = values[:, first - 2 : after + 2].transpose(1, 0, 2).astype(np.int16)
    sides = (before, behind)
    return any(
        column.std(axis=0).max() < LIMITS.nearly_flat_deviation
        and all(np.median(np.abs(column - side).max(axis=1)) > LIMITS.min_step for side in sides)
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
    """Return whether a strip has the colour of the plain background."""
    if plain_background is None:
        return False
    return bool(
        np.abs(strip.mean(axis=(0, 1)) - plain_background.colour).max() <= plain_background.tolerance
    )
