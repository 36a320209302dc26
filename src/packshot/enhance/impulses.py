"""Impulse noise: single values that are black or white where their neighbours are not."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from packshot.arrays import ByteArray, IndexArray, Mask, Pixels
from packshot.enhance.strips import by_strips
from packshot.measure.planes import as_bytes
from packshot.photo.pixels import check_pixels

_BLACK, _WHITE = 2, 253
_FAR: Final = 40
_MOST_LIKE_IT: Final = 2
_REACH: Final = 3


def impulses_of(pixels: Pixels) -> Mask:
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
    """
    check_pixels(pixels, "impulses")
    calm = cv2.medianBlur(pixels, 3)
    spread = cv2.morphologyEx(calm, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    far = cv2.absdiff(pixels, calm) >= np.maximum(spread, _FAR)
    return np.asarray((_alone(pixels <= _BLACK) | _alone(pixels >= _WHITE)) & far)


def remove_impulses(pixels: Pixels) -> Pixels:
    """Give every value that was hit the median of its neighbours that were not.

    Where all of 3 x 3 pixels were hit, the value stays.

    Args:
        pixels: (H, W, 3) uint8.

    Returns:
        (H, W, 3) uint8; all other values as they were.

    Raises:
        InvalidInput: Pixels of another type or shape.
    """
    check_pixels(pixels, "impulses")
    return by_strips(pixels, _without_impulses, _REACH)


def _without_impulses(pixels: Pixels) -> Pixels:
    hit = impulses_of(pixels)
    result = pixels.copy()
    for channel in range(3):
        plane, struck = pixels[..., channel], hit[..., channel]
        rows, columns = np.nonzero(struck)
        result[rows, columns, channel] = _median_of_others(plane, struck, rows, columns)
    return result


def _alone(like: Mask) -> Mask:
    """Where a mask is True and next to no neighbour is."""
    counts = cv2.boxFilter(as_bytes(like), cv2.CV_16U, (3, 3), normalize=False)
    return np.asarray(like & (counts <= _MOST_LIKE_IT + 1))


def _median_of_others(plane: ByteArray, hit: Mask, rows: IndexArray, columns: IndexArray) -> ByteArray:
    """(N,) medians over the 3 x 3 pixels around each place, less those that were hit."""
    values = np.pad(np.where(hit, np.float32(np.nan), plane), 1, constant_values=np.nan)
    around = [values[rows + y, columns + x] for y in range(3) for x in range(3)]
    medians = np.nanmedian(np.stack(around), axis=0)
    return np.rint(np.where(np.isnan(medians), plane[rows, columns], medians)).astype(np.uint8)
