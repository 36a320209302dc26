"""Recipe 4: lines over features that read quality, faults and kind of photo, by ridge in closed form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from packshot.arrays import Float16Array, Float32Array, Float64Array, IndexArray, Mask
from packshot.train.networks.distortion import READINGS, Projection

STRENGTHS = (1e3, 3e3, 1e4, 3e4, 1e5)
"""Penalties on the squared weights, over standardised features, that are tried; the one whose predictions
of products left out err least is taken."""

FOLDS = 5
"""Parts, by group, that are left out in turn. A convention."""

_BATCH = 1024
"""Rows standardised at a time, for memory's sake."""


@dataclass(frozen=True, eq=False)
class LineTargets:
    """What lines are fitted to.

    Attributes:
        features: (N, F), not standardised.
        targets: (N, R), 0..1; all of a row are known.
        groups: (N,) photos of one group are left out together.
        weights: (N,) how much each counts.

    Example:
        >>> rows = LineTargets(np.zeros((3, 2), np.float16), np.zeros((3, 1)), np.arange(3), np.ones(3))
        >>> rows.select(np.array([True, False, True])).groups.tolist()
        [0, 2]
    """

    features: Float16Array
    targets: Float64Array
    groups: IndexArray
    weights: Float64Array

    def select(self, rows: Mask) -> LineTargets:
        """Return the rows where a mask is True."""
        return replace(self, **{name: value[rows] for name, value in vars(self).items()})


@dataclass(frozen=True, eq=False)
class Lines:
    """Fitted lines, and what each says of the photos it was fitted without.

    Attributes:
        weights: (R, F) over standardised features.
        offsets: (R,).
        predictions: (N, R) of each photo by lines fitted without its group.
        strength: The penalty taken.

    Example:
        >>> lines = Lines(np.zeros((1, 2)), np.array([0.5]), np.full((3, 1), 0.5), strength=1e4)
        >>> lines.predictions.shape
        (3, 1)
    """

    weights: Float64Array
    offsets: Float64Array
    predictions: Float64Array
    strength: float


def fit_lines(
    projection: Projection, rows: LineTargets, strengths: Sequence[float] = STRENGTHS
) -> Lines:
    """Fit lines ``y = w z + b`` over standardised features z: least weighted squares plus a penalty.

    Args:
        projection: Standardises.
        rows: What to fit.
        strengths: Penalties on ``|w|^2`` that are tried; b is not penalised.

    Example:
        >>> from packshot.train.networks.distortion import ProjectionShape
        >>> values = np.random.default_rng(0).normal(size=(200, 4)).astype(np.float16)
        >>> targets = 0.5 + 0.1 * values[:, :1].astype(float)
        >>> rows = LineTargets(values, targets, np.arange(200), np.ones(200))
        >>> projection = Projection(ProjectionShape(4, 8, 4, 2)).eval()
        >>> lines = fit_lines(projection, rows, strengths=[1e-3])
        >>> [round(weight, 2) + 0.0 for weight in lines.weights[0].tolist()], round(lines.offsets[0], 2)
        ([0.1, 0.0, 0.0, 0.0], np.float64(0.5))
        >>> bool(np.abs(lines.predictions - targets).max() < 0.01)
        True
    """
    folds = assign_folds(rows.groups)
    sums = [_accumulate(projection, rows.select(folds == number)) for number in range(FOLDS)]
    whole = _Sums.join(sums)
    tried = []
    for strength in strengths:
        predictions = np.empty_like(rows.targets)
        for number, part in enumerate(sums):
            weights, offsets = whole.without(part).solve(strength)
            left_out = folds == number
            predictions[left_out] = _predict(projection, rows.features[left_out], weights) + offsets
        error = float(rows.weights @ ((predictions - rows.targets) ** 2).sum(axis=1))
        tried.append((error, strength, predictions))
    _, strength, predictions = min(tried, key=lambda one: one[0])
    weights, offsets = whole.solve(strength)
    return Lines(weights.T, offsets, predictions, strength)


def assign_folds(groups: IndexArray, seed: int = 0) -> IndexArray:
    """Assign a part of `FOLDS` to each photo, the same for all of a group.

    Example:
        >>> folds = assign_folds(np.array([4, 4, 9, 9, 7]))
        >>> bool(folds[0] == folds[1] and folds[2] == folds[3])
        True
    """
    names, numbers = np.unique(groups, return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(names)) % FOLDS
    return np.asarray(order[numbers], np.intp)


def set_readouts(
    projection: Projection, qualities: Sequence[tuple[Float64Array, float]], chances: Lines
) -> None:
    """Put fitted lines into a projection.

    Args:
        projection: Changed in place.
        qualities: Weights and offset of each of `READINGS`.
        chances: Lines of the faults, then of a product photo.

    Example:
        >>> from packshot.train.networks.distortion import ProjectionShape
        >>> projection = Projection(ProjectionShape(3, 8, 4, 2, faults=1)).eval()
        >>> chances = Lines(np.zeros((2, 3)), np.zeros(2), np.zeros((1, 2)), 1e3)
        >>> set_readouts(projection, [(np.ones(3), 0.25)] * 4, chances)
        >>> projection.readouts.offsets.tolist()
        [0.25, 0.25, 0.25, 0.25, 0.0, 0.0]
    """
    assert len(qualities) == len(READINGS)
    weights = np.concatenate([np.stack([line for line, _ in qualities]), chances.weights])
    offsets = np.concatenate([[offset for _, offset in qualities], chances.offsets])
    projection.readouts.weights.copy_(torch.from_numpy(weights))
    projection.readouts.offsets.copy_(torch.from_numpy(offsets))


@dataclass(frozen=True, eq=False)
class _Sums:
    """Weighted sums over photos from which lines are solved."""

    count: float
    features: Float64Array
    targets: Float64Array
    products: Float32Array
    moments: Float64Array

    @classmethod
    def join(cls, parts: Sequence[_Sums]) -> _Sums:
        """The sums of all parts."""
        names = ("count", "features", "targets", "products", "moments")
        return cls(*(sum(getattr(part, name) for part in parts) for name in names))  # type: ignore[arg-type]

    def without(self, part: _Sums) -> _Sums:
        """The sums of all but one part."""
        return _Sums(*(value - getattr(part, name) for name, value in vars(self).items()))

    def solve(self, strength: float) -> tuple[Float64Array, Float64Array]:
        """(F, R) weights and (R,) offsets."""
        mean, target = self.features / self.count, self.targets / self.count
        products = self.products - np.outer(mean, mean * self.count)
        products[np.diag_indices_from(products)] += strength
        moments = self.moments - np.outer(mean, target * self.count)
        factor = torch.linalg.cholesky(torch.from_numpy(products).float())
        solved = torch.cholesky_solve(torch.from_numpy(moments).float(), factor).numpy().astype(float)
        return solved, target - mean @ solved


def _accumulate(projection: Projection, rows: LineTargets) -> _Sums:
    size = rows.features.shape[1]
    products, moments = np.zeros((size, size), np.float32), np.zeros((size, rows.targets.shape[1]))
    features = np.zeros(size)
    for start, scaled in _iter_scaled(projection, rows.features):
        part = slice(start, start + len(scaled))
        weighted = scaled * rows.weights[part, None].astype(np.float32)
        products += scaled.T @ weighted
        moments += weighted.T @ rows.targets[part]
        features += weighted.sum(axis=0)
    return _Sums(float(rows.weights.sum()), features, rows.weights @ rows.targets, products, moments)


def _predict(projection: Projection, features: Float16Array, weights: Float64Array) -> Float64Array:
    parts = [scaled @ weights for _, scaled in _iter_scaled(projection, features)]
    return np.concatenate(parts) if parts else np.empty((0, weights.shape[1]))


def _iter_scaled(projection: Projection, features: Float16Array) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Yield the first row and the standardised features of a batch at a time."""
    for start in range(0, len(features), _BATCH):
        rows = torch.from_numpy(features[start : start + _BATCH]).float()
        yield start, projection.scale_features(rows).numpy()
