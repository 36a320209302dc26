"""Where the product sits in the picture, and how large the picture is."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from packshot.arrays import Mask, Plane
from packshot.measure.planes import to_uint8
from packshot.report import Facts

_MAX_BORDER_SHARE: Final = 0.25
_MIN_CHANGE: Final = 12
_CHANGED_SHARE: Final = 0.95
_CORNER_SHARE: Final = 0.12
_WHITE_LEVEL: Final = 245
_MAX_WHITE_BORDER: Final = 0.04
_WHOLE_SHARE: Final = 0.98
_MIN_SIDE: Final = 16

Box = tuple[int, int, int, int]


def resolution(facts: Facts | None, width: int, height: int) -> tuple[int, int, float]:
    """Stored long side and short side in pixels, and megapixels.

    Args:
        facts: Facts of the file; without them the size judged is taken as the stored one.
        width: Of the pixels judged.
        height: Of the pixels judged.
    """
    wide, high = (facts.width, facts.height) if facts else (width, height)
    return max(wide, high), min(wide, high), wide * high / 1e6


def fill_box_side(box: Box, width: int, height: int) -> float:
    """Largest share, in per cent, of the picture's width or height that the box spans."""
    return 100 * max(box[2] / width, box[3] / height)


def fill_box_area(box: Box, width: int, height: int) -> float:
    """Area of the box in per cent of the picture."""
    return 100 * box[2] * box[3] / (width * height)


def fill_mask_area(mask: Mask) -> float:
    """Area of the product, holes filled, in per cent of the picture."""
    return 100 * float(mask.mean())


def centring(box: Box, width: int, height: int) -> float:
    """Distance between the box's centre and the picture's, in per cent of the side.

    The larger one of width and height counts: 0 is centred, 50 lies on the edge.
    """
    across = abs(box[0] + box[2] / 2 - width / 2) / width
    down = abs(box[1] + box[3] / 2 - height / 2) / height
    return 100 * max(across, down)


def edge_touch(mask: Mask) -> tuple[float, str]:
    """How much of a side of the picture the product touches.

    Args:
        mask: True on the product.

    Returns:
        Per cent of the most touched side's length, and its name: left, top, right or bottom.
    """
    sides = {"left": mask[:, 0], "top": mask[0], "right": mask[:, -1], "bottom": mask[-1]}
    shares = {name: 100 * float(line.mean()) for name, line in sides.items()}
    worst = max(shares, key=lambda name: shares[name])
    return shares[worst], worst


def border_thickness(grey: Plane) -> tuple[int, int, int, int]:
    """Thickness of a frame or of bars around the picture, in native pixels.

    A side has a border where its outermost line is of one tone and, going inwards, nearly the
    whole line changes at once; only opposite sides together count, so that a horizon does not. A
    white border wider than 4 % of the side is the margin of a packshot.

    Args:
        grey: Luma, (H, W) uint8.

    Returns:
        Left, top, right, bottom; zeros without a border or below 16 pixels.
    """
    if min(grey.shape) < _MIN_SIDE:
        return 0, 0, 0, 0
    transposed = to_uint8(cv2.transpose(grey))
    lines = [transposed, grey, transposed[::-1], grey[::-1]]
    depths = [0, 0, 0, 0]
    for first in (0, 1):
        near = _border_depth(lines[first])
        far = _border_depth(lines[first + 2]) if near else 0
        depths[first], depths[first + 2] = (near, far) if far else (0, 0)
    whole = [
        depth if depth and _has_sharp_end(lines[i], depth, depths[i - 1], depths[i - 3]) else 0
        for i, depth in enumerate(depths)
    ]
    left, top, right, bottom = whole
    if whole != depths or _is_margin(grey, whole):
        return 0, 0, 0, 0
    return left, top, right, bottom


def _is_margin(grey: Plane, depths: list[int]) -> bool:
    """Whether a white border is too wide for a frame: the margin around a rectangular product."""
    widest = max(depths[0], depths[2]) / grey.shape[1], max(depths[1], depths[3]) / grey.shape[0]
    return _border_tone(grey) >= _WHITE_LEVEL and max(widest) > _MAX_WHITE_BORDER


def _border_depth(grey: Plane) -> int:
    """Rows of one tone at the top, up to where the middle of a row changes at once; 0 for none."""
    margin = int(_CORNER_SHARE * grey.shape[1])
    inner = slice(margin, grey.shape[1] - margin)
    tone = _border_tone(grey)
    if np.count_nonzero(_is_different(grey[0, inner], tone)) > 0.01 * (inner.stop - inner.start):
        return 0
    deepest = int(_MAX_BORDER_SHARE * grey.shape[0])
    shares = _is_different(grey[: deepest + 2, inner], tone).mean(axis=1)
    changed_rows = np.flatnonzero(shares > 0.02)
    if len(changed_rows) == 0 or changed_rows[0] >= deepest:
        return 0
    # JPEG and anti-aliasing smear the change over one row.
    is_sharp = shares[changed_rows[0] : changed_rows[0] + 2] >= _CHANGED_SHARE
    return int(changed_rows[0]) if is_sharp.any() else 0


def _has_sharp_end(grey: Plane, depth: int, before: int, after: int) -> bool:
    """Whether a border ends along its whole length, corners included, as a product's edge does not.

    Args:
        grey: Turned so that the border is at the top.
        depth: Its rows.
        before: Columns of the border at the left.
        after: Columns of the border at the right.
    """
    row = grey[min(depth + 1, grey.shape[0] - 1), before + 1 : grey.shape[1] - after - 1]
    return bool(_is_different(row, _border_tone(grey)).mean() >= _WHOLE_SHARE)


def _border_tone(grey: Plane) -> int:
    return int(np.median(grey[0]))


def _is_different(values: Plane, tone: int) -> Mask:
    return np.asarray(np.abs(values.astype(np.int16) - tone) > _MIN_CHANGE)
