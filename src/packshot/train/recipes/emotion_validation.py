"""Cross-validation by theme, and the calibration on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from packshot.arrays import Float16Array, Float64Array, IndexArray, Mask
from packshot.files import atomic_write
from packshot.train.datasets.oasis import MAX_NEGATIVE, MIN_POSITIVE, EmotionLabels, split_by_theme
from packshot.train.networks.emotion.network import EmotionNetwork, EmotionShape, mean_valence
from packshot.train.progress import Progress
from packshot.train.recipes.emotion_training import (
    EmotionRecipe,
    EmotionTrainingSet,
    Maps,
    train_emotion,
)

_BATCH = 32
"""Photos read at a time, for memory's sake."""

_COMPOSITES = 100
"""Composites of each fold on which the maps are checked (decision 15)."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """Predictions of photos whose themes the networks have not seen.

    Attributes:
        valence: (N,) mean of the distribution.
        intensities: (N, 2) in 0..1.
        fold: (N,) in which fold each was held out.
        pointing_shares: (folds, 2) share of held-out composites where most of each map lies on its side.

    Example:
        >>> valence, intensities = np.array([5.5]), np.array([[0.7, 0.1]])
        >>> predictions = Predictions(valence, intensities, np.array([0]), np.ones((1, 2)))
        >>> predictions.valence.tolist()
        [5.5]
    """

    valence: Float64Array
    intensities: Float64Array
    fold: IndexArray
    pointing_shares: Float64Array


def predict(network: EmotionNetwork, maps: Maps) -> tuple[Float64Array, Float64Array]:
    """Predict mean valence (N,) and intensities (N, 2), each the mean over the views given.

    Example:
        >>> network = EmotionNetwork(EmotionShape(2), torch.full((2, 7), 1 / 7)).eval()
        >>> valence, intensities = predict(network, [np.zeros((3, 2, 4, 4), np.float16)])
        >>> valence.shape, intensities.shape
        ((3,), (3, 2))
    """
    predictions = [_predict_view(network, np.asarray(view)) for view in maps]
    return np.mean([v for v, _ in predictions], axis=0), np.mean([i for _, i in predictions], axis=0)


def _predict_view(network: EmotionNetwork, view: Float16Array) -> tuple[Float64Array, Float64Array]:
    means, intensities = [], []
    with torch.inference_mode():
        for start in range(0, len(view), _BATCH):
            part = torch.from_numpy(view[start : start + _BATCH])
            output = network(part.float())
            means.append(mean_valence(output.distribution))
            perception = output.perception
            intensities.append(
                torch.zeros(len(part), 2) if perception is None else perception.intensities
            )
    return torch.cat(means).double().numpy(), torch.cat(intensities).double().numpy()


def compute_pointing_shares(
    network: EmotionNetwork, data: EmotionTrainingSet, seed: int = 0
) -> Float64Array:
    """Compute the share of composites where more than half of a map's mass is on its side, (2,).

    Example:
        >>> labels = EmotionLabels(np.array([6.5, 1.5]), np.eye(7)[[6, 0]], np.array(["dog", "war"]))
        >>> data = EmotionTrainingSet([np.ones((2, 2, 3, 3), np.float16)], labels, np.arange(2))
        >>> network = EmotionNetwork(EmotionShape(2, branches=0), torch.full((2, 7), 1 / 7)).eval()
        >>> compute_pointing_shares(network, data).tolist()  # without perception there are no maps
        [nan, nan]
    """
    if network.perception is None:
        return np.full(2, np.nan)
    pairs = data.make_composites(_COMPOSITES, np.random.default_rng(seed))
    assert pairs.sides is not None
    with torch.inference_mode():
        maps = network(pairs.features).perception.maps
    inside = (maps * pairs.sides).sum((2, 3)) > maps.sum((2, 3)) / 2
    return np.asarray(inside.double().mean(0).numpy())


def cross_validate(
    maps: Maps,
    labels: EmotionLabels,
    shape: EmotionShape,
    recipe: EmotionRecipe,
    folder: Path | None = None,
    folds: int = 5,
    progress: Progress = lambda line: None,
) -> Predictions:
    """Train without one fold of themes at a time; the recipe's seed also deals out the themes.

    Args:
        maps: Of every view, plain and mirrored ones first; those two are read.
        labels: Of the photos.
        shape: Of the network.
        recipe: How it is trained.
        folder: Keeps what each fold says; a fold that is there is not trained again.
        folds: How many.
        progress: Told about progress.

    Example:
        >>> valence = np.array([6.5, 1.5] * 4)
        >>> labels = EmotionLabels(valence, np.eye(7)[[6, 0] * 4], np.array(list("aabbccdd")))
        >>> noise = np.random.default_rng(0).normal(size=(8, 2, 2, 2))
        >>> maps = [(noise + valence[:, None, None, None]).astype(np.float16)]
        >>> shape, recipe = EmotionShape(2, channels=4, bottleneck=4), EmotionRecipe(steps=0)
        >>> predictions = cross_validate(maps, labels, shape, recipe, folds=2)
        >>> bool(predictions.valence[::2].min() > predictions.valence[1::2].max())
        True
    """
    fold_of_photo = split_by_theme(labels.themes, folds, recipe.seed)
    means, intensities = np.zeros(len(fold_of_photo)), np.zeros((len(fold_of_photo), 2))
    pointing_shares = []
    for fold in range(folds):
        held_out_rows = np.flatnonzero(fold_of_photo == fold)

        def validate_fold(held_out_rows: IndexArray = held_out_rows) -> tuple[Float64Array, ...]:
            rows = np.setdiff1d(np.arange(len(fold_of_photo)), held_out_rows)
            network = train_emotion(EmotionTrainingSet(maps, labels, rows), shape, recipe, progress)
            predicted = predict(network, [view[held_out_rows] for view in maps[:2]])
            return *predicted, compute_pointing_shares(
                network, EmotionTrainingSet(maps[:1], labels, held_out_rows)
            )

        path = folder / f"seed{recipe.seed}-fold{fold}.npz" if folder is not None else None
        means[held_out_rows], intensities[held_out_rows], points = _load_or_compute(path, validate_fold)
        pointing_shares.append(points)
        progress(f"seed {recipe.seed}: fold {fold + 1} of {folds}")
    return Predictions(means, intensities, fold_of_photo, np.stack(pointing_shares))


def _load_or_compute(
    path: Path | None, compute: Callable[[], tuple[Float64Array, ...]]
) -> tuple[Float64Array, ...]:
    """Return what a file holds; made and written if it is not there."""
    if path is None:
        return compute()
    if not path.exists():
        results = compute()
        with atomic_write(path) as draft, draft.open("wb") as file:
            np.savez(file, *results)
    with np.load(path) as archive:
        return tuple(archive[name] for name in archive.files)


@dataclass(frozen=True)
class EmotionCalibration:
    """Constants by which the runtime turns numbers into words.

    Attributes:
        scale: Of the logistic of mean valence.
        offset: Of the same: ``P(positive) = 1 / (1 + exp(-(scale * valence + offset)))``.
        positive_threshold: Positive intensity from which that side counts as present.
        negative_threshold: Negative intensity likewise.

    Example:
        >>> EmotionCalibration(1.5, -6.0, 0.4, 0.35).to_metadata()["positive_bar"]
        '0.400'
    """

    scale: float
    offset: float
    positive_threshold: float
    negative_threshold: float

    def to_metadata(self) -> dict[str, str]:
        """Return the constants as the model's properties."""
        return {
            "probability_scale": f"{self.scale:.4f}",
            "probability_offset": f"{self.offset:.4f}",
            "positive_bar": f"{self.positive_threshold:.3f}",
            "negative_bar": f"{self.negative_threshold:.3f}",
        }


def calibrate(
    valences: Float64Array, intensities: Float64Array, labels: EmotionLabels
) -> EmotionCalibration:
    """Fit constants to held-out predictions; both polarities count the same.

    Args:
        valences: (N,) predicted mean valences.
        intensities: (N, 2).
        labels: Of the photos.

    Example:
        >>> truth = np.array([6.0, 2.0] * 60)
        >>> labels = EmotionLabels(truth, np.zeros((120, 7)), np.full(120, "a theme"))
        >>> predicted = truth + np.random.default_rng(0).normal(0, 1.5, 120)
        >>> calibration = calibrate(predicted, np.stack([predicted, -predicted], axis=1), labels)
        >>> calibration.scale > 0, round(-calibration.offset / calibration.scale)
        (True, 4)
    """
    positive, negative = labels.valence >= MIN_POSITIVE, labels.valence <= MAX_NEGATIVE
    clear = positive | negative
    scale, offset = _fit_logistic(valences[clear], positive[clear])
    thresholds = [
        find_best_threshold(intensities[:, side], present)
        for side, present in enumerate((positive, negative))
    ]
    return EmotionCalibration(scale, offset, *thresholds)


def _fit_logistic(values: Float64Array, labels: Mask) -> tuple[float, float]:
    """Fit scale and offset with the least cross-entropy, both classes weighing the same."""
    weights = np.where(labels, 0.5 / labels.mean(), 0.5 / (1 - labels.mean()))
    inputs = np.stack([values, np.ones_like(values)], axis=1)
    coefficients = np.zeros(2)
    for _ in range(50):
        predicted = 1 / (1 + np.exp(-inputs @ coefficients))
        gradient = inputs.T @ (weights * (labels - predicted)) - 1e-6 * coefficients
        curvature = (
            inputs * (weights * predicted * (1 - predicted))[:, None]
        ).T @ inputs + 1e-6 * np.eye(2)
        coefficients = coefficients + np.linalg.solve(curvature, gradient)
    return float(coefficients[0]), float(coefficients[1])


def find_best_threshold(values: Float64Array, labels: Mask) -> float:
    """Find the threshold with the best balanced accuracy, smoothed over its neighbours.

    Args:
        values: (N,) what is compared with the threshold.
        labels: (N,) which of them belong above it.

    Example:
        >>> values = np.linspace(0, 1, 200)
        >>> abs(find_best_threshold(values, values > 0.6) - 0.6) < 0.02
        True
    """
    thresholds = np.quantile(values, np.linspace(0.05, 0.95, 181))
    hits = [
        (values[labels] >= threshold).mean() + (values[~labels] < threshold).mean()
        for threshold in thresholds
    ]
    smooth = np.convolve(np.pad(hits, 7, mode="edge"), np.ones(15) / 15, "valid")
    return float(thresholds[int(smooth.argmax())])
