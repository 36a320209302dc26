"""Photos whose pleasantness people rated: the OASIS set's means and deviations as label distributions.

Source: Kurdi, Lozano and Banaji, "Introducing the Open Affective Standardized Image Set (OASIS)",
Behavior Research Methods 49, 2017.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from packshot.arrays import Float64Array, IndexArray, TextArray
from packshot.errors import SourceError

RATING_STEPS = np.arange(1.0, 8.0)
"""The raters' scale."""

MAX_NEGATIVE, MIN_POSITIVE = 3.5, 4.5
"""Mean valences beyond which a photo counts as negative or positive; between them it is neither."""

_COLUMNS = ("file", "theme", "valence_mean", "valence_sd", "arousal_mean")


@dataclass(frozen=True)
class EmotionPhoto:
    """A rated photo.

    Attributes:
        path: Of the file.
        theme: What it shows; photos of one theme are never on both sides of a split.
        valence: Mean rating, 1 very negative to 7 very positive.
        deviation: Of the ratings.
        arousal: Mean rating, 1 to 7.
    """

    path: Path
    theme: str
    valence: float
    deviation: float
    arousal: float


def read_oasis(ratings: Path, images: Path) -> list[EmotionPhoto]:
    """Read the table of ratings.

    Args:
        ratings: CSV with the columns file, theme, valence_mean, valence_sd, arousal_mean.
        images: Folder of the files.

    Raises:
        SourceError: No such table, or it lacks a column or holds what is no number.
    """
    try:
        with ratings.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return [_parse_photo(row, images) for row in rows]
    except (OSError, KeyError, ValueError) as error:
        raise SourceError(
            f"{ratings} is no table with the columns {', '.join(_COLUMNS)}: {error}"
        ) from error


def _parse_photo(row: dict[str, str], images: Path) -> EmotionPhoto:
    numbers = (float(row[name]) for name in _COLUMNS[2:])
    return EmotionPhoto(images / row["file"], row["theme"], *numbers)


def label_distribution(mean: float, deviation: float) -> Float64Array:
    """The distribution over 1..7 with this mean and deviation that assumes least.

    It is a normal density at the seven steps, truncated there: ``p(k) ~ exp(a k + b k^2)``. Moments of
    the truncated density are not its parameters, so a and b are found by Newton's method.

    Args:
        mean: 1..7.
        deviation: Of the ratings, above 0; raised or lowered to what seven steps can have.

    Returns:
        (7,) of sum 1.
    """
    mean = float(np.clip(mean, 1.05, 6.95))
    widest = 0.95 * (7 - mean) * (mean - 1)
    target = np.array([mean, mean**2 + min(max(deviation, 0.35) ** 2, widest)])
    powers = np.stack([RATING_STEPS, RATING_STEPS**2])
    start = 1 / max(deviation, 0.35) ** 2
    weights = np.array([mean * start, -start / 2])
    for _ in range(100):
        shares = _softmax(weights @ powers)
        moments = powers @ shares
        slopes = (powers * shares) @ powers.T - np.outer(moments, moments)
        step = np.linalg.solve(slopes + 1e-9 * np.eye(2), target - moments)
        weights = weights + step / max(1.0, float(np.abs(step).max()) / 2)
    return _softmax(weights @ powers)


def _softmax(logits: Float64Array) -> Float64Array:
    powers = np.exp(logits - logits.max())
    return np.asarray(powers / powers.sum())


@dataclass(frozen=True, eq=False)
class EmotionLabels:
    """What is known of N photos.

    Attributes:
        valence: (N,) mean ratings.
        distribution: (N, 7) of ratings.
        themes: (N,) names.
    """

    valence: Float64Array
    distribution: Float64Array
    themes: TextArray

    @classmethod
    def from_photos(cls, photos: Sequence[EmotionPhoto]) -> EmotionLabels:
        """Labels of photos, in order."""
        return cls(
            np.array([photo.valence for photo in photos]),
            np.stack([label_distribution(photo.valence, photo.deviation) for photo in photos]),
            np.array([photo.theme for photo in photos]),
        )

    def select(self, rows: IndexArray) -> EmotionLabels:
        """The labels of some of the photos, in that order; a row may come more than once."""
        return EmotionLabels(self.valence[rows], self.distribution[rows], self.themes[rows])

    @property
    def shares(self) -> Float64Array:
        """(N, 2) shares of raters on the positive and on the negative side of neutral."""
        return np.stack([self.distribution[:, 4:].sum(1), self.distribution[:, :3].sum(1)], axis=1)

    @property
    def polarity(self) -> Float64Array:
        """(N, 2) of sum 1: the same with those who chose neutral divided evenly."""
        return self.shares + self.distribution[:, 3:4] / 2

    def mean_distributions(self) -> Float64Array:
        """(2, 7) mean distribution of positive and of negative photos."""
        positive, negative = self.valence >= MIN_POSITIVE, self.valence <= MAX_NEGATIVE
        return np.stack([self.distribution[side].mean(0) for side in (positive, negative)])


def harden_labels(labels: EmotionLabels) -> EmotionLabels:
    """The same without smoothing: all weight on the step nearest to the mean."""
    steps = np.clip(np.round(labels.valence), 1, 7)
    return EmotionLabels(labels.valence, np.eye(7)[steps.astype(int) - 1], labels.themes)


def split_by_theme(themes: TextArray, count: int, seed: int) -> IndexArray:
    """A fold for every photo, the same for all photos of a theme.

    Args:
        themes: (N,) names.
        count: Folds.
        seed: Of the order in which themes are dealt out.
    """
    names = np.unique(themes)
    np.random.default_rng(seed).shuffle(names)
    fold_by_theme = {name: number % count for number, name in enumerate(names)}
    return np.array([fold_by_theme[name] for name in themes])
