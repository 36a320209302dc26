"""Geometry: the place and size of the product, the picture's size, the border around it."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from packshot.arrays import Mask, Plane
from packshot.measure.planes import to_uint8
from packshot.report import Facts

_MAX_BORDER_SHARE: Final = 0.25
"""Deepest border as a share of the side, 0..1: what reaches farther is background. By judgement."""

_MIN_CHANGE: Final = 12
"""Grey levels: a pixel farther from the border's tone is no part of it. By judgement, above the ripple
of JPEG on an even tone."""

_CHANGED_SHARE: Final = 0.95
"""Share of the middle of a row, 0..1, that must change at once where a border ends. By judgement."""

_CORNER_SHARE: Final = 0.12
"""Share of a row, 0..1, left out at either end when its middle is asked: borders at the other sides lie
there. By judgement."""

_WHITE_LEVEL: Final = 245
"""Grey level from which on a border is white, and perhaps a packshot's margin. A convention."""

_MAX_WHITE_BORDER: Final = 0.04
"""Width of a white border as a share of the side, 0..1: a wider one is the margin around a product that
is a rectangle. By judgement."""

_WHOLE_SHARE: Final = 0.98
"""Share of the whole row behind a border, 0..1, corners included, that must differ from its tone: a
product's edge does not reach the corners. By judgement."""

_SPECK_SHARE: Final = 0.01
"""Share of the outermost row, 0..1, that may have another tone, for JPEG's sake. By judgement."""

_MIN_CHANGED_SHARE: Final = 0.02
"""Share of a row, 0..1, of another tone, from which on the row is no longer border. By judgement."""

_BAR_LEVELS: Final = (16, 245)
"""Grey levels: bars at two sides alone are black up to the first (that of video's black), white from the
second. Others are the ground beside a straight product that runs out at both other sides. By
judgement."""

_MAX_LEVEL: Final = 255
"""Grey level of white."""

_MIN_SIDE: Final = 16
"""Pixels: a smaller picture has no border."""

Box = tuple[int, int, int, int]
"""Left, top, width, height in pixels."""


def resolution(facts: Facts | None, width: int, height: int) -> tuple[int, int, float]:
    """Return the stored long side and short side in pixels, and megapixels.

    Args:
        facts: Facts of the file; without them the size judged is taken as the stored one.
        width: Of the pixels judged.
        height: Of the pixels judged.

    Example:
        >>> resolution(None, 1200, 900)
        (1200, 900, 1.08)
    """
    wide, high = (facts.width, facts.height) if facts else (width, height)
    return max(wide, high), min(wide, high), wide * high / 1e6


def fill_box_side(box: Box, width: int, height: int) -> float:
    """Return the largest share, in per cent, of the picture's width or height that the box spans.

    Args:
        box: Of the product.
        width: Of the picture.
        height: Of the picture.

    Example:
        >>> fill_box_side((100, 50, 300, 400), width=500, height=500)
        80.0
    """
    return 100 * max(box[2] / width, box[3] / height)


def fill_box_area(box: Box, width: int, height: int) -> float:
    """Return the area of the box in per cent of the picture.

    Args:
        box: Of the product.
        width: Of the picture.
        height: Of the picture.

    Example:
        >>> fill_box_area((100, 50, 300, 400), width=500, height=500)
        48.0
    """
    return 100 * box[2] * box[3] / (width * height)


def fill_mask_area(mask: Mask) -> float:
    """Return the area of the product, holes filled, in per cent of the picture.

    Args:
        mask: True on the product.

    Example:
        >>> fill_mask_area(np.array([[True, False], [False, False]]))
        25.0
    """
    return 100 * float(np.count_nonzero(mask) / mask.size)


def centring(box: Box, width: int, height: int) -> float:
    """Return the distance between the box's centre and the picture's, in per cent of the side.

    The larger one of width and height counts: 0 is centred, 50 lies on the edge.

    Args:
        box: Of the product.
        width: Of the picture.
        height: Of the picture.

    Example:
        >>> centring((100, 50, 300, 400), width=500, height=500), centring((0, 50, 300, 400), 500, 500)
        (0.0, 20.0)
    """
    across = abs(box[0] + box[2] / 2 - width / 2) / width
    down = abs(box[1] + box[3] / 2 - height / 2) / height
    return 100 * max(across, down)


def edge_touch(mask: Mask) -> tuple[float, str]:
    """Measure how much of a side of the picture the product touches.

    Args:
        mask: True on the product.

    Returns:
        Per cent of the most touched side's length, and its name: left, top, right or bottom.

    Example:
        >>> mask = np.zeros((10, 10), bool)
        >>> mask[3:7, 5:] = True
        >>> edge_touch(mask)
        (40.0, 'right')
    """
    sides = {"left": mask[:, 0], "top": mask[0], "right": mask[:, -1], "bottom": mask[-1]}
    shares = {name: 100 * float(np.count_nonzero(line) / line.size) for name, line in sides.items()}
    worst = max(shares, key=lambda name: shares[name])
    return shares[worst], worst


def border_thickness(grey: Plane) -> tuple[int, int, int, int]:
    """Measure the thickness of a frame or of bars around the picture, in native pixels.

    A side has a border where its outermost line is of one tone and, going inwards, nearly the
    whole line changes at once; only opposite sides together count, so that a horizon does not, and
    two sides alone only where they are black or white: a straight product may run out at the others.
    A white border wider than 4 % of the side is the margin of a packshot.

    Args:
        grey: Luma, (H, W) uint8.

    Returns:
        Left, top, right, bottom; zeros without a border or below 16 pixels.

    Example:
        >>> grey = np.random.default_rng(0).integers(60, 200, (90, 120), np.uint8)
        >>> grey[:9] = grey[-9:] = 0  # bars of a film
        >>> border_thickness(grey)
        (0, 9, 0, 9)
    """
    if min(grey.shape) < _MIN_SIDE:
        return 0, 0, 0, 0
    deepest = [int(_MAX_BORDER_SHARE * side) for side in (grey.shape[1], grey.shape[0])]
    left, right = (
        cv2.transpose(part) for part in (grey[:, : deepest[0] + 2], grey[:, -deepest[0] - 2 :])
    )
    lines = [to_uint8(left), grey, to_uint8(right)[::-1], grey[::-1]]
    depths = [0, 0, 0, 0]
    for first in (0, 1):
        near = _border_depth(lines[first], deepest[first])
        far = _border_depth(lines[first + 2], deepest[first]) if near else 0
        depths[first], depths[first + 2] = (near, far) if far else (0, 0)
    whole = [
        depth if depth and _has_sharp_end(lines[i], depth, depths[i - 1], depths[i - 3]) else 0
        for i, depth in enumerate(depths)
    ]
    left, top, right, bottom = whole
    if whole != depths or _is_margin(grey, whole) or _is_beside_product(lines, whole):
        return 0, 0, 0, 0
    return left, top, right, bottom


def _is_beside_product(lines: list[Plane], depths: list[int]) -> bool:
    """Return whether a border at two sides alone is the ground beside a product that runs out."""
    bordered = [side for side, depth in enumerate(depths) if depth]
    tones = [_border_tone(lines[side]) for side in bordered]
    dark, light = _BAR_LEVELS
    return len(bordered) == 2 and any(dark < tone < light for tone in tones)


def _is_margin(grey: Plane, depths: list[int]) -> bool:
    """Return whether a white border is too wide for a frame: it is a rectangular product's margin."""
    widest = max(depths[0], depths[2]) / grey.shape[1], max(depths[1], depths[3]) / grey.shape[0]
    return _border_tone(grey) >= _WHITE_LEVEL and max(widest) > _MAX_WHITE_BORDER


def _border_depth(grey: Plane, deepest: int) -> int:
    """Count rows of one tone at the top, up to where a row's middle changes at once; 0 for none."""
    margin = int(_CORNER_SHARE * grey.shape[1])
    inner = slice(margin, grey.shape[1] - margin)
    tone = _border_tone(grey)
    if np.count_nonzero(_is_different(grey[0, inner], tone)) > _SPECK_SHARE * (inner.stop - inner.start):
        return 0
    different = _is_different(grey[: deepest + 2, inner], tone)
    shares = np.ravel(cv2.reduce(different.view(np.uint8), 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S))
    shares = shares / different.shape[1]
    changed_rows = np.flatnonzero(shares > _MIN_CHANGED_SHARE)
    if len(changed_rows) == 0 or changed_rows[0] >= deepest:
        return 0
    # JPEG and anti-aliasing smear the change over one row.
    is_sharp = shares[changed_rows[0] : changed_rows[0] + 2] >= _CHANGED_SHARE
    return int(changed_rows[0]) if is_sharp.any() else 0


def _has_sharp_end(grey: Plane, depth: int, before: int, after: int) -> bool:
    """Return whether a border ends along its whole length, as a product's edge does not.

    Args:
        grey: Turned so that the border is at the top.
        depth: Its rows.
        before: Columns of the border at the left.
        after: Columns of the border at the right.
    """
    row = grey[min(depth + 1, grey.shape[0] - 1), before + 1 : grey.shape[1] - after - 1]
    return bool(_is_different(row, _border_tone(grey)).mean() >= _WHOLE_SHARE)


def _border_tone(grey: Plane) -> int:
    row = grey[0]
    middle = np.partition(row, ((len(row) - 1) // 2, len(row) // 2))
    return (int(middle[(len(row) - 1) // 2]) + int(middle[len(row) // 2])) // 2


def _is_different(values: Plane, tone: int) -> Mask:
    return (values > min(tone + _MIN_CHANGE, _MAX_LEVEL)) | (values < max(tone - _MIN_CHANGE, 0))
