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
"""Steps of the raters' scale, 1 very negative to 7 very positive."""

MAX_NEGATIVE, MIN_POSITIVE = 3.5, 4.5
"""Mean valences, 1..7, beyond which a photo counts as negative or positive; between them it is neither.
Half a step to either side of neutral, a convention."""

_COLUMNS = ("file", "theme", "valence_mean", "valence_sd", "arousal_mean")
"""Of the table."""


@dataclass(frozen=True)
class EmotionPhoto:
    """A rated photo.

    Attributes:
        path: Of the file.
        theme: What it shows; photos of one theme are never on both sides of a split.
        valence: Mean rating, 1 very negative to 7 very positive.
        deviation: Of the ratings.
        arousal: Mean rating, 1 to 7.

    Example:
        >>> photo = EmotionPhoto(Path("beach.jpg"), "beach", valence=6.2, deviation=0.9, arousal=3.8)
        >>> photo.valence >= MIN_POSITIVE
        True
    """

    path: Path
    theme: str
    valence: float
    deviation: float
    arousal: float


def read_oasis(ratings: Path, images: Path) -> list[EmotionPhoto]:
    r"""Read the table of ratings.

    Args:
        ratings: CSV with the columns file, theme, valence_mean, valence_sd, arousal_mean.
        images: Folder of the files.

    Raises:
        SourceError: No such table, or it lacks a column or holds what is no number.

    Example:
        >>> row = "file,theme,valence_mean,valence_sd,arousal_mean\nbeach.jpg,beach,6.2,0.9,3.8\n"
        >>> _ = Path("oasis.csv").write_text(row)
        >>> [(photo.path.name, photo.valence) for photo in read_oasis(Path("oasis.csv"), Path("images"))]
        [('beach.jpg', 6.2)]
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
    """Return the distribution over 1..7 with this mean and deviation that assumes least.

    It is a normal density at the seven steps, truncated there: ``p(k) ~ exp(a k + b k^2)``. Moments of
    the truncated density are not its parameters, so a and b are found by Newton's method.

    Args:
        mean: 1..7.
        deviation: Of the ratings, above 0; raised or lowered to what seven steps can have.

    Returns:
        (7,) of sum 1.

    Example:
        >>> distribution = label_distribution(mean=5.5, deviation=1.0)
        >>> np.round(distribution, 2).tolist(), round(float(distribution @ RATING_STEPS), 3)
        ([0.0, 0.0, 0.02, 0.13, 0.33, 0.35, 0.16], 5.5)
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
    """Labels of N photos.

    Attributes:
        valence: (N,) mean ratings.
        distribution: (N, 7) of ratings.
        themes: (N,) names.

    Example:
        >>> rated = (("dog", 6.0), ("war", 1.8))
        >>> photos = [EmotionPhoto(Path("a.jpg"), theme, mean, 1.0, 4.0) for theme, mean in rated]
        >>> labels = EmotionLabels.from_photos(photos)
        >>> np.round(labels.polarity, 2).tolist()
        [[0.95, 0.05], [0.04, 0.96]]
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
        """Return the labels of some of the photos, in that order; a row may come more than once."""
        return EmotionLabels(self.valence[rows], self.distribution[rows], self.themes[rows])

    @property
    def shares(self) -> Float64Array:
        """Shares of raters on the positive and on the negative side of neutral, (N, 2)."""
        return np.stack([self.distribution[:, 4:].sum(1), self.distribution[:, :3].sum(1)], axis=1)

    @property
    def polarity(self) -> Float64Array:
        """Polarity, (N, 2) of sum 1: the shares with those who chose neutral divided evenly."""
        return self.shares + self.distribution[:, 3:4] / 2

    def mean_distributions(self) -> Float64Array:
        """Return the (2, 7) mean distribution of positive and of negative photos."""
        positive, negative = self.valence >= MIN_POSITIVE, self.valence <= MAX_NEGATIVE
        return np.stack([self.distribution[side].mean(0) for side in (positive, negative)])


def harden_labels(labels: EmotionLabels) -> EmotionLabels:
    """Return the labels without smoothing: all weight on the step nearest to the mean.

    Example:
        >>> photo = EmotionPhoto(Path("a.jpg"), "dog", 5.8, 1.0, 4.0)
        >>> harden_labels(EmotionLabels.from_photos([photo])).distribution.tolist()
        [[0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0]]
    """
    steps = np.clip(np.round(labels.valence), 1, 7)
    return EmotionLabels(labels.valence, np.eye(7)[steps.astype(int) - 1], labels.themes)


def split_by_theme(themes: TextArray, count: int, seed: int) -> IndexArray:
    """Return a fold for every photo, the same for all photos of a theme.

    Args:
        themes: (N,) names.
        count: Folds.
        seed: Of the order in which themes are dealt out.

    Example:
        >>> folds = split_by_theme(np.array(["dog", "beach", "dog", "war"]), count=3, seed=0)
        >>> bool(folds[0] == folds[2]), sorted({int(fold) for fold in folds})
        (True, [0, 1, 2])
    """
    names = np.unique(themes)
    np.random.default_rng(seed).shuffle(names)
    fold_by_theme = {name: number % count for number, name in enumerate(names)}
    return np.array([fold_by_theme[name] for name in themes])
