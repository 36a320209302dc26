"""The least damaged of several copies of one photo: a judgement of each among the others.

Two absolute scores err in the same way on one motif and still leave copies of equal score. Among copies
more can be told: what is pictured is the same, so every difference is damage; and copies made from one
photo each differ from it by their own damage but from each other by both, so that the photo they come
from lies in their midst. Of two copies, the one whose tones were computed from the other's shows it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from functools import cached_property
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Float64Array, Pixels
from packshot.errors import InvalidInput

COMPARISON_SIDE: Final = 384
"""Pixels of the long side at which pictures are laid on each other. A judgement of detail against
time."""

MAX_ASPECT_DIFFERENCE: Final = 0.04
"""By which the natural logarithms of width over height may differ between pictures laid on each other: 4
%, for sides that were rounded or trimmed by a few pixels. A judgement."""

SAME_PICTURE_CORRELATION: Final = 0.75
"""Correlation of structure from which on two photos are one picture: 95 of 100 damaged versions of 140
training originals reach it; of 1331 pairs of different originals of one shape none exceeds .58."""

_STRUCTURE_SIDE, _MIN_SIDE = 96, 8
"""Pixels of the long side at which structure is compared, and of any side at least."""

_STRUCTURE_SIGMAS = (1.0, 4.0)
"""Pixels at that size: finer detail is noise, coarser is light; with `SAME_PICTURE_CORRELATION`."""

_TONE_CELLS = 24
"""Cells along each side whose mean colours are the tones. As `_DETAIL_SIGMA` a judgement, before the
weights were fitted: they hold for these values."""

_DETAIL_SIGMA = 2.0
"""Pixels of `COMPARISON_SIDE`: what a Gaussian of this deviation takes away is detail."""

_MIN_DISTANCE = 1e-6
"""CIE Lab units, for pictures that are all equal: no division by 0."""

_DISTANCE_OFFSET = 0.05
"""Share of the mean distance added to each, so that the logarithm of a distance of 0 is finite."""

_MIN_UNEVENNESS = 0.02
"""Added before the logarithm: two histograms smoother than this are alike."""

_MIN_PROBABILITY = 1e-3
"""Least probability of "undamaged", 0..1: below it the network's doubt counts no more."""

_MAX_COUNTED_SIDE = 1000.0
"""Pixels of the long side above which more count for nothing: enlarged copies have them too."""


@dataclass(frozen=True)
class EvidenceWeights:
    """Log odds for a unit of each piece of evidence.

    All but `resolution` are those of a conditional logistic model (McFadden, 1974: which of a set is
    the original?), fitted by ``benchmarks/catalog/fit_best_photo.py``. No copy there differs in size:
    `resolution` is chosen by hand.

    Attributes:
        score: Of ten points of the assessor's score.
        undamaged: Of the logarithm of the network's probability that nothing was done to it.
        damage_level: Of a level of damage less, by the network.
        smoothness: Of the logarithm of how smooth its histogram is.
        highest_tone: Of tones that reach the top of the scale, as against those that end at 0.
        resolution: Of twice as many real pixels along a side.
        tone: Of lying in the midst of the copies by lightness and colour, coarsely.
        detail: The same by fine detail of lightness.
        colour_detail: The same by fine detail of colour.

    Example:
        >>> WEIGHTS.highest_tone > WEIGHTS.smoothness > WEIGHTS.score
        True
        >>> round(math.exp(WEIGHTS.score), 2)  # odds gained by ten points of score
        1.63
    """

    score: float
    undamaged: float
    damage_level: float
    smoothness: float
    highest_tone: float
    resolution: float
    tone: float
    detail: float
    colour_detail: float


WEIGHTS: Final = EvidenceWeights(
    score=0.49,
    undamaged=0.93,
    damage_level=0.97,
    smoothness=1.19,
    highest_tone=8.98,
    resolution=1.0,
    tone=1.2,
    detail=1.12,
    colour_detail=0.57,
)
"""Fitted by ``benchmarks/catalog/fit_best_photo.py`` but for `resolution`; 97.1 % of 137 held-out sets
come out right with them (decision 21)."""

_CENTRALITY_COUNT: Final = 3
"""Kinds of evidence of lying in the midst: the weights from `tone` on."""

_MIN_CENTRALITY_VERSIONS: Final = 3
"""Copies: of two each is as far from the other."""


@dataclass(frozen=True, eq=False)
class PhotoVersion:
    """One of several copies of a photo.

    Attributes:
        score: 0..100, the assessor's.
        undamaged: 0..1, the network's probability that it is not damaged.
        damage_level: 0..5, the level of damage that the network expects.
        histogram_unevenness: 0..2, how uneven its histogram is; see `packshot.catalog.rank.tones`.
        highest_tone: 0..1, its highest tone.
        effective_side: Real pixels along the long side: those of the file, less any enlargement.
        picture: (H, W, 3) uint8 RGB, at most `COMPARISON_SIDE` a side; see `resize_for_comparison`.

    Example:
        >>> photo = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
        >>> version = PhotoVersion(70.0, 0.9, 0.4, 0.05, 1.0, 80.0, photo)
        >>> version.structure.shape, round(float(np.linalg.norm(version.structure)), 3)
        ((60, 80), 1.0)
    """

    score: float
    undamaged: float
    damage_level: float
    histogram_unevenness: float
    highest_tone: float
    effective_side: float
    picture: Pixels

    @cached_property
    def structure(self) -> Float32Array:
        """Lightness between two scales, (h, w), of mean 0 and length 1; found on first use."""
        factor = min(1.0, _STRUCTURE_SIDE / max(self.picture.shape[:2]))
        size = [max(_MIN_SIDE, round(side * factor)) for side in self.picture.shape[1::-1]]
        light = cv2.cvtColor(self.picture, cv2.COLOR_RGB2LAB)[..., 0].astype(np.float32)
        small = cv2.resize(light, size, interpolation=cv2.INTER_AREA)
        fine, coarse = (cv2.GaussianBlur(small, (0, 0), sigma) for sigma in _STRUCTURE_SIGMAS)
        return _normalise(np.asarray(fine - coarse, np.float32))


def _normalise(plane: Float32Array) -> Float32Array:
    relative = plane - plane.mean()
    return np.asarray(relative / max(float(np.linalg.norm(relative)), 1.0), np.float32)


def is_same_picture(one: PhotoVersion, other: PhotoVersion) -> bool:
    """Return whether two photos show the same motif in the same frame, whatever befell tones.

    The correlation of what stands between fine and coarse detail: a change of light, a cast, blur and
    noise leave it, another view of the product does not. Of blank photos nothing is said.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> one, other = (rng.integers(0, 256, (12, 16, 3), np.uint8) for _ in range(2))
        >>> pictures = (cv2.resize(picture, (80, 60)) for picture in (one, one // 2, other))
        >>> versions = [PhotoVersion(70.0, 0.9, 0.4, 0.05, 1.0, 80.0, picture) for picture in pictures]
        >>> [is_same_picture(versions[0], version) for version in versions]
        [True, True, False]
    """
    if not has_same_shape((one, other)):
        return False
    first, second = one.structure, other.structure
    if first.shape != second.shape:
        second = _normalise(cv2.resize(second, first.shape[::-1], interpolation=cv2.INTER_AREA))
    return float((first * second).sum()) >= SAME_PICTURE_CORRELATION


def has_same_shape(versions: Sequence[PhotoVersion]) -> bool:
    """Return whether all frames have nearly the same width over height.

    Example:
        >>> versions = [
        ...     PhotoVersion(70.0, 0.9, 0.4, 0.05, 1.0, 80.0, np.zeros((60, width, 3), np.uint8))
        ...     for width in (80, 81, 60)
        ... ]
        >>> has_same_shape(versions[:2]), has_same_shape(versions)
        (True, False)
    """
    log_aspects = [math.log(one.picture.shape[1] / one.picture.shape[0]) for one in versions]
    return max(log_aspects) - min(log_aspects) <= MAX_ASPECT_DIFFERENCE


def resize_for_comparison(pixels: Pixels) -> Pixels:
    """Resize a photo to the size at which it is compared, never enlarging it.

    Args:
        pixels: (H, W, 3) uint8 RGB.

    Example:
        >>> resize_for_comparison(np.zeros((1200, 800, 3), np.uint8)).shape
        (384, 256, 3)
    """
    factor = min(1.0, COMPARISON_SIDE / max(pixels.shape[:2]))
    size = [max(1, round(side * factor)) for side in pixels.shape[1::-1]]
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def compute_log_odds(
    versions: Sequence[PhotoVersion], *, aligned: bool, weights: EvidenceWeights = WEIGHTS
) -> list[float]:
    """Compute the log odds of each copy to be the least damaged: only differences mean anything.

    Args:
        versions: Copies of one photo, of which no two are identical: a copy more would draw the midst.
        aligned: All show the same frame, upright and whole, so that pictures can be laid on each other.
        weights: Of the evidence.

    Raises:
        InvalidInput: Aligned pictures of different shapes of frame.

    Example:
        >>> photo = np.zeros((60, 80, 3), np.uint8)
        >>> versions = [
        ...     PhotoVersion(score, 0.9, 0.4, 0.05, 1.0, 80.0, photo) for score in (80.0, 60.0)
        ... ]
        >>> better, worse = compute_log_odds(versions, aligned=False)
        >>> round(better - worse, 2) == round(2 * WEIGHTS.score, 2)
        True
    """
    own_evidence = compute_own_evidence(versions)
    if aligned and len(versions) >= _MIN_CENTRALITY_VERSIONS:
        centralities = compute_centrality_evidence(
            compute_differences([version.picture for version in versions])
        )
    else:
        centralities = np.zeros((len(versions), _CENTRALITY_COUNT))
    return [
        float(value) for value in np.hstack([own_evidence, centralities]) @ np.array(astuple(weights))
    ]


def compute_own_log_odds(version: PhotoVersion) -> float:
    """Compute what a copy tells alone, in log odds.

    Example:
        >>> photo = np.zeros((60, 80, 3), np.uint8)
        >>> smooth, uneven = (
        ...     PhotoVersion(70.0, 0.9, 0.4, unevenness, 1.0, 80.0, photo) for unevenness in (0.02, 0.5)
        ... )
        >>> compute_own_log_odds(smooth) > compute_own_log_odds(uneven)
        True
    """
    return compute_log_odds([version], aligned=False)[0]


def compute_own_evidence(versions: Sequence[PhotoVersion]) -> Float64Array:
    """Compute what each copy tells alone, (N, 6): what the weights from `score` to `resolution` are of.

    Example:
        >>> version = PhotoVersion(70.0, 1.0, 0.4, 0.98, 0.9, 512.0, np.zeros((6, 8, 3), np.uint8))
        >>> np.round(compute_own_evidence([version]), 2).tolist()
        [[7.0, 0.0, -0.4, -0.0, 0.9, 9.0]]
    """
    return np.array(
        [
            (
                version.score / 10,
                math.log(max(version.undamaged, _MIN_PROBABILITY)),
                -version.damage_level,
                -math.log(version.histogram_unevenness + _MIN_UNEVENNESS),
                version.highest_tone,
                math.log2(min(max(version.effective_side, 1.0), _MAX_COUNTED_SIDE)),
            )
            for version in versions
        ]
    )


def compute_centrality_evidence(distances: Float64Array) -> Float64Array:
    """Compute how much each lies in the midst of all, (N, 3): what the weights from `tone` on are of.

    With two copies it would be the same for both: then it is 0.

    Args:
        distances: (3, N, N) of tones, of detail and of colour detail.

    Example:
        >>> line = np.array([[0, 1, 2], [1, 0, 1], [2, 1, 0.0]])  # the second lies between the others
        >>> compute_centrality_evidence(np.stack([line] * 3)).argmax(axis=0)
        array([1, 1, 1])
    """
    count = distances.shape[1]
    if count < _MIN_CENTRALITY_VERSIONS:
        return np.zeros((count, _CENTRALITY_COUNT))
    return np.stack([centrality(plane) for plane in distances], axis=1)


def centrality(distances: Float64Array) -> Float64Array:
    """Return how much each of N lies in the midst of the others, comparable between sets of any size.

    Args:
        distances: (N, N) symmetric, at least 0, N of 2 or more; only their ratios matter.

    Returns:
        (N,) larger for nearer. Logarithms of distances are taken, so that one copy far away from all
        does not decide which of the others is in the midst.

    Example:
        >>> line = np.array([[0, 1, 2], [1, 0, 1], [2, 1, 0.0]])  # the second lies between the others
        >>> np.round(centrality(line), 2)
        array([-0.17,  0.35, -0.17])
    """
    count = len(distances)
    others = ~np.eye(count, dtype=bool)
    mean = max(float(distances[others].mean()), _MIN_DISTANCE)
    log_distances = np.log(distances / mean + _DISTANCE_OFFSET)
    return np.asarray(-math.log2(count) * np.where(others, log_distances, 0).sum(axis=1) / (count - 1))


def compute_differences(pictures: Sequence[Pixels]) -> Float64Array:
    """Compute mean differences of tones, of detail and of colour detail, (3, N, N), in CIE Lab units.

    Args:
        pictures: (H, W, 3) uint8 RGB each, of one shape of frame; the smallest gives the size.

    Raises:
        InvalidInput: Frames of different shapes.

    Example:
        >>> grey = np.full((48, 48, 3), 119, np.uint8)
        >>> tones, detail, colour_detail = compute_differences([grey, grey // 2])
        >>> round(float(tones[0, 1])), round(float(detail[0, 1])), round(float(colour_detail[0, 1]))
        (25, 0, 0)
    """
    views = [_compute_views(picture) for picture in _resize_to_smallest(pictures)]
    distances = np.zeros((3, len(views), len(views)))
    for one in range(len(views)):
        for other in range(one):
            for plane, (first, second) in enumerate(zip(views[one], views[other], strict=True)):
                value = float(np.linalg.norm(first - second, axis=-1).mean())
                distances[plane, one, other] = distances[plane, other, one] = value
    return distances


def _resize_to_smallest(pictures: Sequence[Pixels]) -> list[Pixels]:
    height, width = min(
        (picture.shape[:2] for picture in pictures), key=lambda shape: shape[0] * shape[1]
    )
    for picture in pictures:
        if abs(math.log(picture.shape[1] * height / (picture.shape[0] * width))) > MAX_ASPECT_DIFFERENCE:
            raise InvalidInput(f"frames of {picture.shape[:2]} and {(height, width)} cannot be compared")
    return [
        np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
        for picture in pictures
    ]


def _compute_views(picture: Pixels) -> tuple[Float32Array, ...]:
    """Compute tones (24, 24, 3), detail of lightness (H, W, 1) and of colour (H, W, 2)."""
    lab = cv2.cvtColor(picture.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB)
    tones = cv2.resize(lab, (_TONE_CELLS, _TONE_CELLS), interpolation=cv2.INTER_AREA)
    detail = lab - cv2.GaussianBlur(lab, (0, 0), _DETAIL_SIGMA)
    return np.asarray(tones, np.float32), detail[..., :1], detail[..., 1:]
