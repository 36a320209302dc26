"""Banding: too few tones, so that shades become steps."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from packshot.arrays import ByteArray, Plane
from packshot.measure.planes import as_bytes

_SMALLEST: Final = 3
_LARGEST: Final = 64
_FEWEST: Final = 200
_LINES: Final = 160
_BAND: Final = 100


def banding(plane: Plane) -> float | None:
    """Share of the picture's visible small steps that stand between perfectly flat runs.

    A step is a difference of 3 to 64 levels between neighbours; it counts as banding where the two
    differences before and after it are exactly zero and another such step lies within 100 pixels
    along the line. Natural shades and anti-aliased edges have no
    such steps; a shade of too few tones has no others.

    Args:
        plane: Luma, (H, W) uint8, native.

    Returns:
        Per cent, 0..100; None with too few steps to tell.
    """
    steps, banded = _count(plane)
    more, more_banded = _count(as_bytes(cv2.transpose(plane)))
    total = steps + more
    return 100 * (banded + more_banded) / total if total >= _FEWEST else None


def _count(plane: ByteArray) -> tuple[int, int]:
    """Steps, and steps between flat runs, along a sample of the rows."""
    if plane.shape[1] < 6:
        return 0, 0
    rows = np.ascontiguousarray(plane[:: max(1, plane.shape[0] // _LINES)])
    size = as_bytes(cv2.absdiff(rows[:, 1:], rows[:, :-1]))
    step = as_bytes(cv2.inRange(size[:, 2:-2], _SMALLEST, _LARGEST))
    before, after = (
        cv2.bitwise_or(size[:, :-4], size[:, 1:-3]),
        cv2.bitwise_or(size[:, 3:-1], size[:, 4:]),
    )
    # Not `compare`: it takes a single pixel beside a number for a number too.
    flat = cv2.inRange(cv2.bitwise_or(before, after), 0, 0)
    found = np.flatnonzero(as_bytes(cv2.bitwise_and(step, flat)).view(np.bool_))
    # The lines are laid end to end, too far apart for steps of two lines to be neighbours.
    apart = found + found // step.shape[1] * _BAND
    near = np.diff(apart) <= _BAND
    banded = np.append(near, False) | np.insert(near, 0, False) if len(found) else near
    return cv2.countNonZero(step), int(np.count_nonzero(banded))
