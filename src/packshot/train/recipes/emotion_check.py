"""Cross-validation by theme, and what is calibrated on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from packshot.arrays import Float16Array, Float64Array, IndexArray, Mask
from packshot.files import whole
from packshot.train.datasets.oasis import NEGATIVE_UP_TO, POSITIVE_FROM, EmotionLabels, theme_folds
from packshot.train.networks.emotion.network import EmotionNetwork, EmotionShape, valence
from packshot.train.recipes.emotion_training import (
    EmotionRecipe,
    Maps,
    Report,
    Trainable,
    train_emotion,
)

_BATCH = 32
_POINTED = 100


@dataclass(frozen=True, eq=False)
class Predicted:
    """What networks say about photos whose themes they have not seen.

    Attributes:
        valence: (N,) mean of the distribution.
        intensities: (N, 2) in 0..1.
        fold: (N,) in which fold each was held out.
        pointed: (folds, 2) share of held-out composites where most of each map lies on its side.
    """

    valence: Float64Array
    intensities: Float64Array
    fold: IndexArray
    pointed: Float64Array


def read_maps(network: EmotionNetwork, maps: Maps) -> tuple[Float64Array, Float64Array]:
    """Mean valence (N,) and intensities (N, 2), each the mean over the views given."""
    found = [_read_view(network, np.asarray(view)) for view in maps]
    return np.mean([v for v, _ in found], axis=0), np.mean([i for _, i in found], axis=0)


def _read_view(network: EmotionNetwork, view: Float16Array) -> tuple[Float64Array, Float64Array]:
    means, intensities = [], []
    with torch.inference_mode():
        for start in range(0, len(view), _BATCH):
            part = torch.from_numpy(view[start : start + _BATCH])
            reading = network(part.float())
            means.append(valence(reading.distribution))
            seen = reading.perceived
            intensities.append(torch.zeros(len(part), 2) if seen is None else seen.intensities)
    return torch.cat(means).double().numpy(), torch.cat(intensities).double().numpy()


def pointed_shares(network: EmotionNetwork, data: Trainable, seed: int = 0) -> Float64Array:
    """Share of composites where more than half of a map's mass lies on its side, (2,)."""
    if network.perception is None:
        return np.full(2, np.nan)
    pairs = data.composites(_POINTED, np.random.default_rng(seed))
    assert pairs.sides is not None
    with torch.inference_mode():
        maps = network(pairs.features).perceived.maps
    inside = (maps * pairs.sides).sum((2, 3)) > maps.sum((2, 3)) / 2
    return np.asarray(inside.double().mean(0).numpy())


def cross_validate(
    maps: Maps,
    labels: EmotionLabels,
    shape: EmotionShape,
    recipe: EmotionRecipe,
    folder: Path | None = None,
    folds: int = 5,
    report: Report = lambda line: None,
) -> Predicted:
    """Train without one fold of themes at a time; the recipe's seed also deals out the themes.

    Args:
        maps: Of every view, plain and mirrored ones first; those two are read.
        labels: Of the photos.
        shape: Of the network.
        recipe: How it is trained.
        folder: Keeps what each fold says; a fold that is there is not trained again.
        folds: How many.
        report: Told about progress.
    """
    place = theme_folds(labels.themes, folds, recipe.seed)
    means, intensities = np.zeros(len(place)), np.zeros((len(place), 2))
    pointed = []
    for fold in range(folds):
        out = np.flatnonzero(place == fold)

        def held_out(out: IndexArray = out) -> tuple[Float64Array, ...]:
            rows = np.setdiff1d(np.arange(len(place)), out)
            network = train_emotion(Trainable(maps, labels, rows), shape, recipe, report)
            seen = read_maps(network, [view[out] for view in maps[:2]])
            return *seen, pointed_shares(network, Trainable(maps[:1], labels, out))

        path = folder / f"seed{recipe.seed}-fold{fold}.npz" if folder is not None else None
        means[out], intensities[out], points = _kept(path, held_out)
        pointed.append(points)
        report(f"seed {recipe.seed}: fold {fold + 1} of {folds}")
    return Predicted(means, intensities, place, np.stack(pointed))


def _kept(path: Path | None, make: Callable[[], tuple[Float64Array, ...]]) -> tuple[Float64Array, ...]:
    """What a file holds; made and written if it is not there."""
    if path is None:
        return make()
    if not path.exists():
        made = make()
        with whole(path) as draft, draft.open("wb") as file:
            np.savez(file, *made)
    with np.load(path) as archive:
        return tuple(archive[name] for name in archive.files)


@dataclass(frozen=True)
class Calibration:
    """Constants by which the runtime turns numbers into words.

    Attributes:
        scale: Of the logistic of mean valence.
        offset: Of the same: ``P(positive) = 1 / (1 + exp(-(scale * valence + offset)))``.
        positive_bar: Positive intensity from which that side counts as present.
        negative_bar: Negative intensity likewise.
    """

    scale: float
    offset: float
    positive_bar: float
    negative_bar: float

    def metadata(self) -> dict[str, str]:
        """As the model's properties."""
        return {
            "probability_scale": f"{self.scale:.4f}",
            "probability_offset": f"{self.offset:.4f}",
            "positive_bar": f"{self.positive_bar:.3f}",
            "negative_bar": f"{self.negative_bar:.3f}",
        }


def calibrate(valences: Float64Array, intensities: Float64Array, labels: EmotionLabels) -> Calibration:
    """Constants from held-out predictions; both polarities count the same.

    Args:
        valences: (N,) predicted mean valences.
        intensities: (N, 2).
        labels: Of the photos.
    """
    positive, negative = labels.valence >= POSITIVE_FROM, labels.valence <= NEGATIVE_UP_TO
    clear = positive | negative
    scale, offset = _logistic(valences[clear], positive[clear])
    bars = [best_bar(intensities[:, side], present) for side, present in enumerate((positive, negative))]
    return Calibration(scale, offset, *bars)


def _logistic(values: Float64Array, wanted: Mask) -> tuple[float, float]:
    """Scale and offset of the logistic with least cross-entropy, both classes weighing the same."""
    weights = np.where(wanted, 0.5 / wanted.mean(), 0.5 / (1 - wanted.mean()))
    inputs = np.stack([values, np.ones_like(values)], axis=1)
    found = np.zeros(2)
    for _ in range(50):
        said = 1 / (1 + np.exp(-inputs @ found))
        slope = inputs.T @ (weights * (wanted - said)) - 1e-6 * found
        bend = (inputs * (weights * said * (1 - said))[:, None]).T @ inputs + 1e-6 * np.eye(2)
        found = found + np.linalg.solve(bend, slope)
    return float(found[0]), float(found[1])


def best_bar(values: Float64Array, wanted: Mask) -> float:
    """The bar with the best balanced accuracy, smoothed over its neighbours.

    Args:
        values: (N,) what is compared with the bar.
        wanted: (N,) which of them belong above it.
    """
    bars = np.quantile(values, np.linspace(0.05, 0.95, 181))
    hits = [(values[wanted] >= bar).mean() + (values[~wanted] < bar).mean() for bar in bars]
    smooth = np.convolve(np.pad(hits, 7, mode="edge"), np.ones(15) / 15, "valid")
    return float(bars[int(smooth.argmax())])
