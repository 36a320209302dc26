"""Photos rated by people: a table of files and scores, and its validation split."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from packshot.errors import SourceError

_FILE_COLUMNS = ("file", "path", "image", "filename")
_SCORE_COLUMNS = ("mos", "score", "rating")


@dataclass(frozen=True)
class RatedPhoto:
    """A photo and what people gave it.

    Attributes:
        path: The file.
        score: 0..100, larger is better.
    """

    path: Path
    score: float


def read_ratings(table: Path, folder: Path, scale: tuple[float, float]) -> list[RatedPhoto]:
    """Ratings of a CSV with a file column and a score column.

    Args:
        table: The CSV.
        folder: Where its files lie.
        scale: The scores that mean 0 and 100.

    Raises:
        SourceError: Unreadable, columns missing, or a score outside the scale.
    """
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"{table}: cannot be read as CSV: {error}") from error
    columns = list(rows[0]) if rows else []
    name = next((c for c in _FILE_COLUMNS if c in columns), None)
    score = next((c for c in _SCORE_COLUMNS if c in columns), None)
    if name is None or score is None:
        raise SourceError(
            f"{table}: needs a file column ({', '.join(_FILE_COLUMNS)}) and a score column "
            f"({', '.join(_SCORE_COLUMNS)})"
        )
    return [
        RatedPhoto(folder / row[name], _rescaled(row[score], scale, f"{table}, line {number}"))
        for number, row in enumerate(rows, start=2)
    ]


def near_duplicate_groups(vectors: NDArray[np.float32], threshold: float) -> NDArray[np.intp]:
    """Groups of photos linked by likeness above a threshold, through any chain of others.

    Args:
        vectors: (N, C) content vectors; centred here, since raw ones share a common part.
        threshold: Cosine above which two photos belong together.

    Returns:
        (N,) group numbers, each the smallest index of its group.
    """
    centred = vectors - vectors.mean(axis=0)
    centred /= np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-12)
    alike = centred @ centred.T > threshold
    labels = np.arange(len(vectors))
    while True:
        spread = np.array([labels[row].min() for row in alike | np.eye(len(labels), dtype=bool)])
        if np.array_equal(spread, labels):
            return labels
        labels = spread


def validation_mask(groups: NDArray[np.intp], share: float, seed: int) -> NDArray[np.bool_]:
    """Which photos are held out: whole groups, about `share` of all groups.

    Args:
        groups: (N,) group numbers.
        share: 0..1.
        seed: Of the draw.

    Returns:
        (N,) True for validation.
    """
    names = np.unique(groups)
    np.random.default_rng(seed).shuffle(names)
    return np.isin(groups, names[: int(share * len(names))])


def _rescaled(text: str, scale: tuple[float, float], where: str) -> float:
    lowest, highest = scale
    try:
        score = (float(text) - lowest) / (highest - lowest) * 100
    except ValueError:
        raise SourceError(f"{where}: the score {text!r} is not a number") from None
    if not -1e-6 <= score <= 100 + 1e-6:
        raise SourceError(f"{where}: the score {text} lies outside {lowest}..{highest}")
    return min(max(score, 0.0), 100.0)
