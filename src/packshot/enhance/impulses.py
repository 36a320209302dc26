"""Impulse noise: single values that are black or white where their neighbours are not."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from packshot.arrays import ByteArray, IndexArray, Mask, Pixels
from packshot.enhance.strips import apply_by_strips
from packshot.measure.planes import to_uint8
from packshot.photo.pixels import check_pixels

_MAX_BLACK, _MIN_WHITE = 2, 253
"""Values up to the first are black, from the second on white: room for an encoder's rounding."""

_MIN_DIFFERENCE: Final = 40
"""Grey levels from the median of 3 x 3 at least: fine texture of low contrast stays. A judgement."""

_MAX_SIMILAR_NEIGHBOURS: Final = 2
"""Of eight neighbours: with more that are black or white alike, it is a line, a letter or a light. A
judgement: where many values were hit, some neighbours were too."""

_MARGIN_ROWS: Final = 3
"""Rows that a result depends on: of the median, of the range of medians, and of the median of
neighbours."""


def find_impulses(pixels: Pixels) -> Mask:
    """Find values that were hit.

    Such a value is black or white, farther from the median of its neighbourhood (3 x 3) than medians
    around it are from each other, at least 40 grey levels, and at most two of its eight neighbours are
    like it: texture, letters, lines and lights are no impulses.

    Args:
        pixels: (H, W, 3) uint8.

    Returns:
        (H, W, 3), each channel for itself.

    Raises:
        InvalidInput: Pixels of another type or shape.

    Example:
        >>> import numpy as np
        >>> pixels = np.full((9, 9, 3), 120, np.uint8)
        >>> pixels[2, 2, 0], pixels[5:8, 5:8] = 255, 0
        >>> np.argwhere(find_impulses(pixels)).tolist()  # the dot, not the square
        [[2, 2, 0]]
    """
    check_pixels(pixels, "impulses")
    lone = _find_lone_values(pixels, 0, _MAX_BLACK) | _find_lone_values(pixels, _MIN_WHITE, 255)
    return _leave_near_values(pixels, lone)


def find_impulses_of_both_kinds(pixels: Pixels, min_share: float) -> Mask | None:
    """Find values that were hit, if there may be enough black ones and enough white ones.

    As `find_impulses`, but most photos have too few lone values of one kind, and are soon done with.

    Args:
        pixels: (H, W, 3) uint8.
        min_share: Of all values, 0..1, that must be lone black ones, and lone white ones.

    Returns:
        (H, W, 3); None where there are fewer.

    Raises:
        InvalidInput: Pixels of another type or shape.

    Example:
        >>> import numpy as np
        >>> pixels = np.full((9, 9, 3), 120, np.uint8)
        >>> pixels[2, 2] = 255
        >>> find_impulses_of_both_kinds(pixels, 0.01) is None  # no black ones
        True
        >>> pixels[6, 6] = 0
        >>> int(find_impulses_of_both_kinds(pixels, 0.01).sum())
        6
    """
    check_pixels(pixels, "impulses")
    lone_values = []
    for bounds in ((0, _MAX_BLACK), (_MIN_WHITE, 255)):
        lone_values.append(_find_lone_values(pixels, *bounds))
        if np.count_nonzero(lone_values[-1]) < min_share * pixels.size:
            return None
    return _leave_near_values(pixels, lone_values[0] | lone_values[1])


def _leave_near_values(pixels: Pixels, lone: Mask) -> Mask:
    """Return a mask without the values that are near the median of their neighbourhood."""
    medians = cv2.medianBlur(pixels, 3)
    median_range = cv2.morphologyEx(medians, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    is_far = cv2.absdiff(pixels, medians) >= np.maximum(median_range, _MIN_DIFFERENCE)
    return np.asarray(lone & is_far)


def remove_impulses(pixels: Pixels) -> Pixels:
    """Give every value that was hit the median of its neighbours that were not.

    Where all of 3 x 3 pixels were hit, the value stays.

    Args:
        pixels: (H, W, 3) uint8.

    Returns:
        (H, W, 3) uint8; all other values as they were.

    Raises:
        InvalidInput: Pixels of another type or shape.

    Example:
        >>> import numpy as np
        >>> pixels = np.full((9, 9, 3), 120, np.uint8)
        >>> pixels[4, 4, 0] = 255
        >>> remove_impulses(pixels)[4, 4].tolist()
        [120, 120, 120]
    """
    check_pixels(pixels, "impulses")
    return apply_by_strips(pixels, _replace_impulses, _MARGIN_ROWS)


def _replace_impulses(pixels: Pixels) -> Pixels:
    impulses = find_impulses(pixels)
    result = pixels.copy()
    for channel in range(3):
        plane, plane_impulses = pixels[..., channel], impulses[..., channel]
        rows, columns = np.nonzero(plane_impulses)
        result[rows, columns, channel] = _compute_neighbour_medians(plane, plane_impulses, rows, columns)
    return result


def _find_lone_values(pixels: Pixels, lowest: int, highest: int) -> Mask:
    """Find values of a range that have at most two neighbours in it."""
    inside = ((pixels >= lowest) & (pixels <= highest)).view(np.uint8)
    counts = to_uint8(cv2.boxFilter(inside, cv2.CV_8U, (3, 3), normalize=False))
    return np.asarray(inside.view(bool) & (counts <= _MAX_SIMILAR_NEIGHBOURS + 1))


def _compute_neighbour_medians(
    plane: ByteArray, impulses: Mask, rows: IndexArray, columns: IndexArray
) -> ByteArray:
    """(N,) medians over the 3 x 3 pixels around each place, less those that were hit."""
    values = np.pad(np.where(impulses, np.float32(np.nan), plane), 1, constant_values=np.nan)
    around = [values[rows + y, columns + x] for y in range(3) for x in range(3)]
    medians = np.nanmedian(np.stack(around), axis=0)
    return np.rint(np.where(np.isnan(medians), plane[rows, columns], medians)).astype(np.uint8)
