"""Alignments of one photo on another, guessed; each is checked by comparing pixels afterwards."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from packshot.arrays import Float32Array, Float64Array, Int64Array
from packshot.search.duplicates.frames import Box, decompose_map, list_orientations, map_box_onto
from packshot.search.duplicates.view import PhotoView

_SAMPLE_SIDE = 24
"""Pixels a side of the rough grey pictures by which frames are compared."""

_ASPECT_TOLERANCE = 0.06
"""Natural logarithm of the ratio of aspects (6 %) within which two boxes have one shape: a frame is cut
to whole pixels, and its content found to some."""

_FRAME_GUESSES = 3
"""Guesses by frames that are checked pixel by pixel, at most; a judgement."""

_MIN_CORRELATION = 0.3
"""Correlation, -1..1, of the rough pictures below which a guess by frames is not worth checking. Low:
pixels decide."""

_MAX_DISTANCE_RATIO = 0.82
"""Distance to the nearest feature over that to the next below which a match is distinct (Lowe,
"Distinctive image features from scale-invariant keypoints", 2004, section 7.1, has 0.8)."""

_MIN_INLIERS = 7
"""Features that must agree on a similarity. Two determine one; with fewer than this chance agreements
are common. A judgement: pixels decide."""

_INLIER_TOLERANCE = 4.0
"""Pixels of a view by which an inlier may miss its place (OpenCV's default is 3)."""

_MAX_SCALE = 8.0
"""Ratio of sizes beyond which, either way, a similarity is taken for chance."""

_SEED = 20
"""Of RANSAC, so that the same photos align the same way on every run."""


@dataclass(frozen=True, eq=False)
class AlignmentGuess:
    """A map from the second photo's points to the first's, in pixels of their views.

    Attributes:
        mapping: The map.
        inliers: Features that agree with it; 0 where it rests on frames.

    Example:
        >>> import numpy as np
        >>> guess = AlignmentGuess(np.diag([0.5, 0.5, 1.0]), inliers=40)
        >>> decompose_map(guess.mapping).scale
        0.5
    """

    mapping: Float64Array
    inliers: int = 0


def iter_guesses(first: PhotoView, second: PhotoView) -> Iterator[AlignmentGuess]:
    """Yield guesses, cheap and likely ones first; features are found only when they are asked for.

    Example:
        >>> from packshot.photo import Photo
        >>> mug = PhotoView.from_photo(Photo.open("examples/photos/mug.jpg"))
        >>> next(iter_guesses(mug, mug)).mapping.round(3).tolist()
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    yield from guess_by_frames(first, second)
    yield from guess_by_features(first, second)


def guess_by_frames(first: PhotoView, second: PhotoView) -> list[AlignmentGuess]:
    """Lay frames over each other in eight ways, with and without plain edges; return the best few.

    Example:
        >>> import numpy as np
        >>> from packshot.photo import Photo
        >>> mug = PhotoView.from_photo(Photo.open("examples/photos/mug.jpg"))
        >>> turned = PhotoView(np.rot90(mug.pixels), mug.scale)
        >>> decompose_map(guess_by_frames(turned, mug)[0].mapping).quarter_turns
        3
    """
    guesses_by_correlation = [
        (_compute_correlation(target_sample, source_sample, *turn), map_box_onto(source, target, *turn))
        for target, target_sample in _sample_boxes(first)
        for source, source_sample in _sample_boxes(second)
        for turn in list_orientations()
        if _has_same_aspect(source, target, turn[1])
    ]
    guesses_by_correlation.sort(key=lambda entry: -entry[0])
    return [
        AlignmentGuess(mapping)
        for correlation, mapping in guesses_by_correlation[:_FRAME_GUESSES]
        if correlation >= _MIN_CORRELATION
    ]


def guess_by_features(first: PhotoView, second: PhotoView) -> Iterator[AlignmentGuess]:
    """Yield the similarity that most features agree with, in the picture and in its mirror image.

    Example:
        >>> import numpy as np
        >>> from packshot.photo import Photo
        >>> stool = PhotoView.from_photo(Photo.open("examples/photos/wooden-stool.jpg"))
        >>> mirrored = PhotoView(np.ascontiguousarray(stool.pixels[:, ::-1]), stool.scale)
        >>> [decompose_map(guess.mapping).mirrored for guess in guess_by_features(stool, mirrored)]
        [True]
    """
    for mirrored in (False, True):
        guess = _match_features(first, second, mirrored)
        if guess is not None:
            yield guess


def _sample_boxes(view: PhotoView) -> list[tuple[Box, Float32Array]]:
    """Return the frame and, where it is another, the content, with a rough grey picture of each."""
    boxes = [view.frame] if view.content_area == view.frame else [view.frame, view.content_area]
    return [(box, _sample_box(view, box)) for box in boxes]


def _sample_box(view: PhotoView, box: Box) -> Float32Array:
    inside = view.grey[int(box.top) : int(box.bottom), int(box.left) : int(box.right)]
    sample = cv2.resize(inside, (_SAMPLE_SIDE, _SAMPLE_SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(sample - sample.mean(), np.float32)


def _has_same_aspect(source: Box, target: Box, quarters: int) -> bool:
    """Return whether the boxes have one shape."""
    wide, tall = (source.height, source.width) if quarters % 2 else (source.width, source.height)
    return abs(math.log((wide / tall) / (target.width / target.height))) < _ASPECT_TOLERANCE


def _compute_correlation(
    target: Float32Array, source: Float32Array, mirrored: bool, quarters: int
) -> float:
    """Compute the correlation of two rough pictures, the second turned."""
    turned = np.rot90(source[:, ::-1] if mirrored else source, -quarters)
    norm = float(np.linalg.norm(target) * np.linalg.norm(source))
    return float(np.vdot(target, turned)) / norm if norm else 0.0


def _match_features(first: PhotoView, second: PhotoView, mirrored: bool) -> AlignmentGuess | None:
    one, two = first.features, second.features
    if min(len(one.points), len(two.points)) < _MIN_INLIERS:
        return None
    second_places, first_places = _find_matches(
        two.mirror_descriptors if mirrored else two.descriptors, one.descriptors
    )
    if len(second_places) < _MIN_INLIERS:
        return None
    mirror_map = np.diag([-1.0 if mirrored else 1.0, 1.0, 1.0])
    mirror_map[0, 2] = second.frame.width if mirrored else 0.0
    sources = two.points[second_places] @ np.float32(mirror_map[:2, :2]) + np.float32(mirror_map[:2, 2])
    return _fit_similarity(sources, one.points[first_places], mirror_map)


def _find_matches(sought: Float32Array, known: Float32Array) -> tuple[Int64Array, Int64Array]:
    """Find features whose nearest known one is much nearer than the next (Lowe's ratio test).

    Args:
        sought: (Q, C) of length 1.
        known: (N, C) of length 1, two at least.

    Returns:
        (M,) places among those sought, (M,) places of their nearest among those known.
    """
    cosines = sought @ known.T
    query_places = np.arange(len(sought))
    best = cosines.argmax(axis=1)
    best_cosines = cosines[query_places, best]
    cosines[query_places, best] = -1
    distances = 1 - np.stack(
        [best_cosines, cosines.max(axis=1)]
    )  # half the squared distance of unit vectors
    is_distinct = np.flatnonzero(distances[0] < _MAX_DISTANCE_RATIO**2 * distances[1])
    return is_distinct, best[is_distinct]


def _fit_similarity(
    sources: Float32Array, targets: Float32Array, mirror: Float64Array
) -> AlignmentGuess | None:
    cv2.setRNGSeed(_SEED)
    similarity_map, inlier_mask = cv2.estimateAffinePartial2D(
        sources, targets, method=cv2.RANSAC, ransacReprojThreshold=_INLIER_TOLERANCE, maxIters=2000
    )
    if similarity_map is None or int(inlier_mask.sum()) < _MIN_INLIERS:
        return None
    mapping = np.vstack([similarity_map, [0, 0, 1]]) @ mirror
    if not 1 / _MAX_SCALE < decompose_map(mapping).scale < _MAX_SCALE:
        return None
    return AlignmentGuess(mapping, int(inlier_mask.sum()))
