"""Banding: too few tones, so that shades become steps."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from packshot.arrays import ByteArray, Plane
from packshot.measure.planes import to_uint8

_MIN_STEP: Final = 3
"""Grey levels: smaller steps are not seen, and rounding makes them. By judgement."""

_MAX_STEP: Final = 64
"""Grey levels: larger steps are edges of things. By judgement."""

_MIN_STEP_COUNT: Final = 200
"""Steps: with fewer a share means nothing, and nothing is measured. By judgement."""

_MAX_LINES: Final = 160
"""Rows, and columns, that are looked at: enough to know a share, in bounded time."""

_BAND_DISTANCE: Final = 100
"""Pixels along a line within which the next step must come: shades have several. By judgement."""


def banding(plane: Plane) -> float | None:
    """Measure the share of the visible small steps that stand between perfectly flat runs.

    A step is a difference of 3 to 64 levels between neighbours; it counts as banding where the two
    differences before and after it are exactly zero and another such step lies within 100 pixels
    along the line. Natural shades and anti-aliased edges have no
    such steps; a shade of too few tones has no others.

    Args:
        plane: Luma, (H, W) uint8, native.

    Returns:
        Per cent, 0..100; None with too few steps to tell.

    Example:
        >>> shade = np.tile(np.linspace(60, 200, 400), (200, 1))
        >>> few = (np.rint(shade / 10) * 10).astype(np.uint8)  # a tone in ten is left
        >>> banding(few), banding(shade.astype(np.uint8)) is None
        (100.0, True)
    """
    steps, banded = _count_steps(plane)
    column_steps, column_banded = _count_steps(to_uint8(cv2.transpose(plane)))
    total = steps + column_steps
    return 100 * (banded + column_banded) / total if total >= _MIN_STEP_COUNT else None


def _count_steps(plane: ByteArray) -> tuple[int, int]:
    """Count steps, and steps between flat runs, along a sample of the rows."""
    if plane.shape[1] < 6:
        return 0, 0
    rows = np.ascontiguousarray(plane[:: max(1, plane.shape[0] // _MAX_LINES)])
    size = to_uint8(cv2.absdiff(rows[:, 1:], rows[:, :-1]))
    step = to_uint8(cv2.inRange(size[:, 2:-2], _MIN_STEP, _MAX_STEP))
    before, after = (
        cv2.bitwise_or(size[:, :-4], size[:, 1:-3]),
        cv2.bitwise_or(size[:, 3:-1], size[:, 4:]),
    )
    # Not `compare`: it takes a single pixel beside a number for a number too.
    flat = cv2.inRange(cv2.bitwise_or(before, after), 0, 0)
    flat_steps = np.flatnonzero(to_uint8(cv2.bitwise_and(step, flat)).view(np.bool_))
    # The lines are laid end to end, too far apart for steps of two lines to be neighbours.
    positions = flat_steps + flat_steps // step.shape[1] * _BAND_DISTANCE
    near = np.diff(positions) <= _BAND_DISTANCE
    banded = np.append(near, False) | np.insert(near, 0, False) if len(flat_steps) else near
    return cv2.countNonZero(step), int(np.count_nonzero(banded))
