"""Recipe 3: what damage costs a product photo, so that damaged originals can be rated without raters.

A rater's points fall about in proportion to what the full-reference ensemble finds missing. The slope is
fitted, for each aspect, on photos that were harmed on purpose and rated before and after.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Float64Array
from packshot.assess.assessor import ASSESSMENT_SIDE
from packshot.errors import SourceError
from packshot.measure.reference import EnsembleReference
from packshot.photo import Photo
from packshot.train.datasets.product_ratings import ProductRating

TECHNICAL_HARMS: Final = frozenset(
    {
        "motion",
        "dark",
        "noise",
        "upscaled",
        "mild-blur",
        "blown",
        "cast",
        "jpeg",
        "oversharp",
        "defocus",
        "flat",
    }
)
"""Harms of rated photos that damage pixels; the ensemble does not measure what others do."""

UNRATED_ORIGINAL: Final = (80.0, 82.0, 80.0)
"""Ratings, by `ASPECTS`, of an original that was not rated: about the mean of those that were."""

_SUFFIX: Final = "_x"
"""What the name of a harmed photo has more than that of its original."""

Pair = tuple[Path, Path]


def pair_with_originals(photos: Sequence[ProductRating]) -> list[tuple[ProductRating, ProductRating]]:
    """Pair originals with what is left of them; photos held out and harms of the picture are left out.

    Example:
        >>> def make(name, harm):
        ...     return ProductRating(Path(name), "mug", harm, "shop", np.ones(3), np.zeros(22))
        >>> photos = [make("mug.jpg", ""), make("mug_x.jpg", "noise"), make("jug_x.jpg", "noise")]
        >>> [(original.path.name, harmed.path.name) for original, harmed in pair_with_originals(photos)]
        [('mug.jpg', 'mug_x.jpg')]
    """
    originals = {photo.path.stem: photo for photo in photos if not photo.harm}
    harmed = [photo for photo in photos if photo.harm in TECHNICAL_HARMS and not photo.is_held_out]
    found = [(originals.get(photo.path.stem.removesuffix(_SUFFIX)), photo) for photo in harmed]
    return [(original, photo) for original, photo in found if original is not None]


def score_against_original(pair: Pair) -> float:
    """Score a damaged photo, 0..100, by the ensemble; brought to its original's size first.

    Args:
        pair: Files of the original and of the damaged photo.

    Raises:
        UnreadablePhoto: One is not a photo.

    Example:
        >>> mug = Path("examples/photos/mug.jpg")
        >>> round(score_against_original((mug, mug)))
        100
    """
    cv2.setNumThreads(1)
    original, damaged = (Photo.open(path, max_side=ASSESSMENT_SIDE).pixels for path in pair)
    if original.shape != damaged.shape:
        method = cv2.INTER_AREA if damaged.shape[0] > original.shape[0] else cv2.INTER_CUBIC
        damaged = np.asarray(cv2.resize(damaged, original.shape[1::-1], interpolation=method), np.uint8)
    return float(EnsembleReference.from_pixels(original).score(damaged).score)


def fit_damage_costs(photos: Sequence[ProductRating], workers: int) -> Float64Array:
    """Fit what damage costs on rated photos.

    Args:
        photos: Rated ones, originals and harmed.
        workers: Processes; 0 works here.

    Returns:
        (3,) by `ASPECTS`: share of the original's points that complete damage costs.

    Raises:
        SourceError: No harmed photo with its original among them.
        UnreadablePhoto: A file is not a photo.
    """
    pairs = pair_with_originals(photos)
    if not pairs:
        raise SourceError(
            "no rated photo is a damaged version of another: costs of damage are not known"
        )
    files = [(original.path, harmed.path) for original, harmed in pairs]
    if workers < 1:
        scores = [*map(score_against_original, files)]
    else:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            scores = [*pool.map(score_against_original, files, chunksize=4)]
    before, after = (np.array([pair[side].ratings for pair in pairs], float) for side in (0, 1))
    return fit_slopes(np.array(scores), before, after)


def fit_slopes(scores: Float64Array, before: Float64Array, after: Float64Array) -> Float64Array:
    """Fit lines through nought: share of the points lost, over what is missing of a perfect score.

    Args:
        scores: (N,) of the ensemble, 0..100.
        before: (N, 3) ratings of the originals, 0..100.
        after: (N, 3) of the damaged photos.

    Example:
        >>> scores, before = np.array([100.0, 60.0, 20.0]), np.full((3, 3), 80.0)
        >>> fit_slopes(scores, before, before * (0.5 + scores[:, None] / 200)).tolist()
        [0.5, 0.5, 0.5]
    """
    missing = 1 - scores / 100
    lost = (before - after) / np.maximum(before, 1)
    return np.asarray(missing @ lost / (missing @ missing), np.float64)


def rate_damaged(
    original: Float32Array | Float64Array, scores: Float32Array | Float64Array, costs: Float64Array
) -> Float64Array:
    """Reckon ratings of damaged versions: the original's, less what the damage costs.

    Args:
        original: (3,) its ratings, 0..100.
        scores: (N,) of the ensemble, 0..100.
        costs: (3,) as `fit_damage_costs` fits them.

    Returns:
        (N, 3) 0..100.

    Example:
        >>> rate_damaged(np.full(3, 80.0), np.array([100.0, 50.0]), np.array([0.5, 1.0, 0.0])).tolist()
        [[80.0, 80.0, 80.0], [60.0, 40.0, 80.0]]
    """
    missing = 1 - np.asarray(scores, float)[:, None] / 100
    return np.asarray(np.clip(original * (1 - costs * missing), 0, 100), np.float64)
