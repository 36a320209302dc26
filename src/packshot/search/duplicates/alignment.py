"""Guesses where one photo might lie in another; each is checked by comparing pixels afterwards."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from packshot.arrays import Float32Array, Float64Array, Int64Array
from packshot.search.duplicates.frames import Box, onto, placement, turns
from packshot.search.duplicates.view import View

_SAMPLE = 24
_ASPECT_TOLERANCE = 0.06
_FRAME_GUESSES = 3
_LEAST_CORRELATION = 0.3
_RATIO = 0.82
_LEAST_INLIERS = 7
_TOLERANCE = 4.0
_LARGEST_SCALE = 8.0
_SEED = 20


@dataclass(frozen=True, eq=False)
class Guess:
    """A map from the second photo's points to the first's, in pixels of their views.

    Attributes:
        mapping: The map.
        inliers: Features that agree with it; 0 where it rests on frames.
    """

    mapping: Float64Array
    inliers: int = 0


def guesses(first: View, second: View) -> Iterator[Guess]:
    """Guesses, the cheap and the likely ones first; features are sought only when they are asked for."""
    yield from frame_guesses(first, second)
    yield from feature_guesses(first, second)


def frame_guesses(first: View, second: View) -> list[Guess]:
    """Frames laid over each other in eight ways, with and without edges of one colour; the best few."""
    rated = [
        (_correlation(rough_target, rough_source, *turn), onto(source, target, *turn))
        for target, rough_target in _rough_boxes(first)
        for source, rough_source in _rough_boxes(second)
        for turn in turns()
        if _fits(source, target, turn[1])
    ]
    rated.sort(key=lambda entry: -entry[0])
    return [Guess(m) for rate, m in rated[:_FRAME_GUESSES] if rate >= _LEAST_CORRELATION]


def feature_guesses(first: View, second: View) -> Iterator[Guess]:
    """The similarity that most features agree with, in the picture and in its mirror image."""
    for mirrored in (False, True):
        guess = _by_features(first, second, mirrored)
        if guess is not None:
            yield guess


def _rough_boxes(view: View) -> list[tuple[Box, Float32Array]]:
    """The frame and, where it is another, the content, with a rough grey picture of each."""
    boxes = [view.frame] if view.content == view.frame else [view.frame, view.content]
    return [(box, _rough(view, box)) for box in boxes]


def _rough(view: View, box: Box) -> Float32Array:
    inside = view.grey[int(box.top) : int(box.bottom), int(box.left) : int(box.right)]
    sample = cv2.resize(inside, (_SAMPLE, _SAMPLE), interpolation=cv2.INTER_AREA)
    return np.asarray(sample - sample.mean(), np.float32)


def _fits(source: Box, target: Box, quarters: int) -> bool:
    """Whether the boxes have one shape."""
    wide, tall = (source.height, source.width) if quarters % 2 else (source.width, source.height)
    return abs(math.log((wide / tall) / (target.width / target.height))) < _ASPECT_TOLERANCE


def _correlation(target: Float32Array, source: Float32Array, mirrored: bool, quarters: int) -> float:
    """Of two rough pictures, the second turned."""
    turned = np.rot90(source[:, ::-1] if mirrored else source, -quarters)
    norm = float(np.linalg.norm(target) * np.linalg.norm(source))
    return float(np.vdot(target, turned)) / norm if norm else 0.0


def _by_features(first: View, second: View, mirrored: bool) -> Guess | None:
    one, two = first.features, second.features
    if min(len(one.points), len(two.points)) < _LEAST_INLIERS:
        return None
    matched, matching = _matches(two.mirrored if mirrored else two.descriptors, one.descriptors)
    if len(matched) < _LEAST_INLIERS:
        return None
    mirror = np.diag([-1.0 if mirrored else 1.0, 1.0, 1.0])
    mirror[0, 2] = second.frame.width if mirrored else 0.0
    sources = two.points[matched] @ np.float32(mirror[:2, :2]) + np.float32(mirror[:2, 2])
    return _similarity(sources, one.points[matching], mirror)


def _matches(sought: Float32Array, known: Float32Array) -> tuple[Int64Array, Int64Array]:
    """Features whose nearest known one is much nearer than the next (Lowe's ratio test).

    Args:
        sought: (Q, C) of length 1.
        known: (N, C) of length 1, two at least.

    Returns:
        (M,) places among those sought, (M,) places of their nearest among those known.
    """
    alike = sought @ known.T
    every = np.arange(len(sought))
    best = alike.argmax(axis=1)
    likest = alike[every, best]
    alike[every, best] = -1
    apart = 1 - np.stack([likest, alike.max(axis=1)])  # half the squared distance of unit vectors
    good = np.flatnonzero(apart[0] < _RATIO**2 * apart[1])
    return good, best[good]


def _similarity(sources: Float32Array, targets: Float32Array, mirror: Float64Array) -> Guess | None:
    cv2.setRNGSeed(_SEED)
    found, agreeing = cv2.estimateAffinePartial2D(
        sources, targets, method=cv2.RANSAC, ransacReprojThreshold=_TOLERANCE, maxIters=2000
    )
    if found is None or int(agreeing.sum()) < _LEAST_INLIERS:
        return None
    mapping = np.vstack([found, [0, 0, 1]]) @ mirror
    if not 1 / _LARGEST_SCALE < placement(mapping).scale < _LARGEST_SCALE:
        return None
    return Guess(mapping, int(agreeing.sum()))
