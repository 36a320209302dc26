"""Second shots: photos of one scene taken twice, whose parts moved against each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import ByteArray, Float32Array, Float64Array, Mask


@dataclass(frozen=True)
class SecondShotLimits:
    """Limits between a copy, whose parts stay where one affine map puts them, and a second shot.

    Pixels are those of the common frame, 1024 on the long side at most. Set on copies of originals of
    split train and on the one pair of second shots in it (decision 46).

    Attributes:
        max_points: Corners that are followed, at most.
        quality: Of a corner, in shares of the best one's, at least.
        distance: Pixels between corners, at least.
        margin: Pixels from the rim of the overlap: a window must lie inside.
        window: Pixels a side of the window that is followed.
        max_return: Pixels by which a corner that was followed there and back may miss its place.
        max_step: Pixels beyond which a corner was lost.
        min_points: Corners with which anything can be said.
        fit_rounds: Fits of the affine map, each to the four fifths of corners that fit best.
        neighbours: Corners over which the rest is averaged: what compression does differs from one to
            the next, how parts moved does not.
        min_common: What is left after that, over what was before, at least: compression moves each
            corner its own way and has .55 at most, second shots have .76 and more.
        max_moved: Pixels, the median over all corners, from which on the parts moved. Copies have .03,
            strongly reduced ones up to .12, the second shot .19.

    Example:
        >>> 0.12 < LIMITS.max_moved < 0.19
        True
    """

    max_points: int = 400
    quality: float = 0.01
    distance: float = 16.0
    margin: int = 21
    window: int = 21
    max_return: float = 0.3
    max_step: float = 5.0
    min_points: int = 40
    fit_rounds: int = 3
    neighbours: int = 9
    min_common: float = 0.65
    max_moved: float = 0.15


LIMITS: Final = SecondShotLimits()

_BEST_SHARE: Final = 0.8


def is_second_shot(first: Float32Array, second: Float32Array, mask: Mask) -> bool:
    """Return whether parts of two photos laid on each other moved against each other.

    Corners are followed from one photo into the other (Lucas and Kanade; Bouguet's pyramid), one affine
    map is taken out, and what is left is averaged over neighbours. Photos with few corners are taken for
    copies.

    Args:
        first: (H, W) grey levels, 0..255.
        second: (H, W) of the other photo, in the same frame and tones.
        mask: (H, W) where both are.

    Example:
        >>> page = np.random.default_rng(0).uniform(0, 255, (300, 300)).astype(np.float32)
        >>> page = cv2.GaussianBlur(page, (0, 0), 3) * 4 - 384
        >>> waves = np.float32(3) * np.sin(np.arange(300, dtype=np.float32) / 60)
        >>> columns, rows = np.meshgrid(*2 * [np.arange(300, dtype=np.float32)])
        >>> moved = cv2.remap(page, columns + waves[:, None], rows, cv2.INTER_CUBIC)
        >>> everywhere = np.ones(page.shape, bool)
        >>> is_second_shot(page, page, everywhere), is_second_shot(page, moved, everywhere)
        (False, True)
    """
    points, steps = _follow_corners(_to_bytes(first), _to_bytes(second), mask)
    if len(points) < LIMITS.min_points:
        return False
    rest = _remove_affine(points / max(first.shape), steps)
    distances = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    nearest = np.argsort(distances, axis=1, kind="stable")[:, : LIMITS.neighbours]
    moved = np.hypot(*rest[nearest].mean(axis=1).T)
    single = float(np.median(np.hypot(*rest.T)))
    return bool(np.median(moved) >= max(LIMITS.max_moved, LIMITS.min_common * single))


def _follow_corners(
    first: ByteArray, second: ByteArray, mask: Mask
) -> tuple[Float64Array, Float64Array]:
    """Return (K, 2) corners of the first photo and the steps from there to the same in the second."""
    inner = cv2.erode(
        mask.view(np.uint8), np.ones((LIMITS.margin, LIMITS.margin), np.uint8), borderValue=0
    )
    corners = cv2.goodFeaturesToTrack(
        first, LIMITS.max_points, LIMITS.quality, LIMITS.distance, mask=inner
    )
    if corners is None:
        return np.zeros((0, 2)), np.zeros((0, 2))
    window = (LIMITS.window, LIMITS.window)
    there, was_found, _ = cv2.calcOpticalFlowPyrLK(
        first, second, corners, None, winSize=window, maxLevel=1
    )
    back, was_found_again, _ = cv2.calcOpticalFlowPyrLK(
        second, first, there, None, winSize=window, maxLevel=1
    )
    steps, misses = (there - corners)[:, 0], (back - corners)[:, 0]
    is_certain = (
        (was_found[:, 0] > 0)
        & (was_found_again[:, 0] > 0)
        & (np.hypot(*misses.T) < LIMITS.max_return)
        & (np.hypot(*steps.T) < LIMITS.max_step)
    )
    return np.asarray(corners[is_certain, 0], np.float64), np.asarray(steps[is_certain], np.float64)


def _remove_affine(points: Float64Array, steps: Float64Array) -> Float64Array:
    """Return what an affine map of points leaves of (K, 2) steps."""
    terms = np.column_stack([points, np.ones(len(points))])
    is_chosen, rest = np.ones(len(points), bool), steps
    for _ in range(LIMITS.fit_rounds):
        fitted = np.linalg.lstsq(terms[is_chosen], steps[is_chosen], rcond=None)[0]
        rest = steps - terms @ fitted
        sizes = np.hypot(*rest.T)
        is_chosen = sizes <= np.quantile(sizes, _BEST_SHARE)
    return rest


def _to_bytes(grey: Float32Array) -> ByteArray:
    return np.asarray(np.rint(np.clip(grey, 0, 255)), np.uint8)
