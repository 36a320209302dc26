"""Collages: several pictures in one, told by the seams between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.measure.background import Background
from packshot.measure.planes import Pixels, as_bytes

_STEP: Final = 14
_SEAM_SHARE: Final = 0.84
_LONGEST_GAP: Final = 0.04
_ABOVE_OTHERS: Final = 0.3
_AROUND: Final = 12
_END: Final = 2
_NARROWEST: Final = 0.18
_WIDEST_GUTTER: Final = 0.07
_VARIED: Final = 12.0
_FLAT: Final = 5.0
_SMALLEST_SIDE: Final = 48

_KERNEL: Final = np.full(2 * _AROUND + 1, 1 / (2 * _AROUND + 1))

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Panel:
    """One picture of a collage, in working pixels.

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


def find_panels(small: Pixels, ground: Background | None) -> list[Panel]:
    """Split a picture along straight seams that run through all of it, then each part again.

    A seam is a line at which nearly every pixel differs from the one across it, and differs by another
    amount than its neighbour along the line: where wall and floor meet the step is the same
    everywhere. Between two pictures there may be a strip of one colour. Pictures on the same white
    ground without a coloured strip between them show no seam.

    Args:
        small: RGB at working size, (h, w, 3) uint8.
        ground: Its plain background.

    Returns:
        The parts; one for a picture that is no collage.
    """
    height, width = small.shape[:2]
    whole = Panel(0, 0, width, height)
    if min(height, width) < _SMALLEST_SIDE:
        return [whole]
    least = (int(_NARROWEST * width), int(_NARROWEST * height))
    return _split(small, whole, _Rule(least, ground))


@dataclass(frozen=True)
class _Rule:
    """What a seam must be.

    Attributes:
        least: The narrowest and the lowest that a part may be.
        ground: The picture's plain background. On one, a seam must reach both ends to the pixel, because
            a straight product that nearly fills the picture has edges that run nearly through it; and a
            strip in its colour is the gap between two products.
    """

    least: tuple[int, int]
    ground: Background | None


def _split(values: Pixels, panel: Panel, rule: _Rule) -> list[Panel]:
    """The parts of a part."""
    inside = values[panel.top : panel.bottom, panel.left : panel.right]
    across = _seam(inside, rule.least[0], rule.ground)
    if across is not None:
        first, second = (panel.left + place for place in across)
        left = Panel(panel.left, panel.top, first, panel.bottom)
        right = Panel(second, panel.top, panel.right, panel.bottom)
        return _split(values, left, rule) + _split(values, right, rule)
    down = _seam(inside.transpose(1, 0, 2), rule.least[1], rule.ground)
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
    if width < 2 * least + 3:
        return None
    # Over two pixels, because shrinking mixes the two at a seam.
    change = cv2.split(cv2.absdiff(values[:, 2:].copy(), values[:, :-2].copy()))
    steps = as_bytes(cv2.max(cv2.max(change[0], change[1]), change[2])) > _STEP
    lines = _whole_lines(steps, ground is not None)
    for place in lines:
        if not least <= place + 1 <= width - least:
            continue
        found = _gutter(values, lines, place, least)
        if found is not None and not _is_ground(values[:, found[0] : found[1]], ground):
            return found
        if _is_varied(values, place):
            return place + 1, place + 1
    return None


def _whole_lines(steps: Flags, reaching: bool) -> list[int]:
    """Columns along which nearly every row steps, unlike those around it; the clearest first.

    Args:
        steps: (h, w) True where a row steps.
        reaching: Only those that reach both ends; see `_Rule`.
    """
    ends = steps[:_END].any(axis=0) & steps[-_END:].any(axis=0)
    shares = steps.mean(axis=0)
    around = np.convolve(np.pad(shares, _AROUND, mode="edge"), _KERNEL, mode="valid")
    seams = (shares >= _SEAM_SHARE) & (shares - around >= _ABOVE_OTHERS)
    clear = np.flatnonzero(seams & ends if reaching else seams)
    whole = [int(place) for place in clear if _longest_gap(steps[:, place]) <= _LONGEST_GAP]
    return sorted(whole, key=lambda place: -shares[place])


def _longest_gap(line: Flags) -> float:
    """The longest run without a step, as a part of the line."""
    ends = np.concatenate([[-1], np.flatnonzero(line), [len(line)]])
    return float((np.diff(ends) - 1).max() / len(line))


def _is_varied(values: Pixels, place: int) -> bool:
    """Whether the step at a line varies along it, and neither side of it is of one colour."""
    before, after = (values[:, column].astype(np.int16) for column in (place, place + 2))
    varied = (after - before).std(axis=0).max()
    spread = min(before.std(axis=0).max(), after.std(axis=0).max())
    return bool(varied >= _VARIED and spread >= _FLAT)


def _gutter(values: Pixels, lines: list[int], place: int, least: int) -> tuple[int, int] | None:
    """The strip of one colour that begins or ends at a line, if both its edges are whole lines."""
    width = values.shape[1]
    widest = max(3, int(_WIDEST_GUTTER * width))
    for other in lines:
        first, last = sorted((place + 2, other))
        if not 1 <= last - first <= widest or first < least or last > width - least:
            continue
        if values[:, first : last + 1].std(axis=(0, 1)).max() < _FLAT:
            return first, last + 1
    return None


def _is_ground(strip: Pixels, ground: Background | None) -> bool:
    """Whether a strip has the colour of the plain background."""
    if ground is None:
        return False
    return bool(np.abs(strip.mean(axis=(0, 1)) - ground.colour).max() <= ground.tolerance)
