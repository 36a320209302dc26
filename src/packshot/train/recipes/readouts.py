"""Recipe 4: lines over features that read quality, faults and kind of photo, by ridge in closed form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from packshot.arrays import Float16Array, Float32Array, Float64Array, IndexArray, Mask
from packshot.train.networks.distortion import Projection
from packshot.train.networks.quality_head import READINGS

STRENGTHS = (1e4, 3e4, 1e5)
"""Penalties on the squared weights, over standardised features, that are tried; the one whose
predictions of products left out err least is taken."""

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

    def read(self, projection: Projection, features: Float16Array) -> Float64Array:
        """(N, R) what the lines say of (N, F) features."""
        return _scale(projection, features).numpy() @ self.weights.T + self.offsets


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
    scaled = _scale(projection, rows.features)
    products = (scaled @ scaled.T).numpy()
    folds = assign_folds(rows.groups)
    predictions = {strength: np.empty_like(rows.targets) for strength in strengths}
    for number in range(FOLDS):
        known, left_out = np.flatnonzero(folds != number), np.flatnonzero(folds == number)
        part = _KernelRidge(products, rows, known)
        for strength, found in predictions.items():
            found[left_out] = part.predict(left_out, part.solve(strength))
    errors = {
        strength: float(rows.weights @ ((found - rows.targets) ** 2).sum(axis=1))
        for strength, found in predictions.items()
    }
    strength = min(errors, key=lambda one: errors[one])
    whole = _KernelRidge(products, rows, np.arange(len(folds)))
    weights = whole.combine(scaled, whole.solve(strength))
    mean = (rows.weights / rows.weights.sum()).astype(np.float32) @ scaled.numpy()
    return Lines(weights, whole.target - weights @ mean, predictions[strength], strength)


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


class _KernelRidge:
    """Weighted ridge regression in its dual form: cheaper where there are fewer photos than features."""

    def __init__(self, products: Float32Array, rows: LineTargets, known: IndexArray) -> None:
        """Centre what is known.

        Args:
            products: (N, N) inner products of standardised features.
            rows: What to fit.
            known: (M,) the rows it may use.
        """
        self.products, self.known = products, known
        weights = rows.weights[known].astype(np.float32)
        self.shares, self.roots = weights / weights.sum(), np.sqrt(weights)[:, None]
        inner = products[np.ix_(known, known)]
        self.to_mean = inner @ self.shares
        self.of_mean = float(self.shares @ self.to_mean)
        centred = inner - self.to_mean[:, None] - self.to_mean[None] + self.of_mean
        self.kernel = torch.from_numpy(self.roots * centred * self.roots.T)
        self.target = self.shares.astype(float) @ rows.targets[known]
        self.moments = torch.from_numpy(self.roots * (rows.targets[known] - self.target)).float()

    def solve(self, strength: float) -> Float32Array:
        """(M, R) how much each known photo, centred, adds to the lines."""
        ridge = self.kernel.clone()
        ridge.diagonal().add_(strength)
        solved = torch.cholesky_solve(self.moments, torch.linalg.cholesky(ridge))
        return np.asarray(self.roots * solved.numpy(), np.float32)

    def predict(self, rows: IndexArray, solved: Float32Array) -> Float64Array:
        """(P, R) what the lines say of other rows."""
        inner = self.products[np.ix_(rows, self.known)]
        centred = inner - (inner @ self.shares)[:, None] - self.to_mean[None] + self.of_mean
        return np.asarray(self.target + centred @ solved, np.float64)

    def combine(self, scaled: Tensor, solved: Float32Array) -> Float64Array:
        """(R, F) the lines' weights over standardised features; all rows must be known."""
        values = scaled.numpy()
        centred = solved - self.shares[:, None] * solved.sum(axis=0)
        return np.asarray(centred.T @ values, np.float64)


def _scale(projection: Projection, features: Float16Array) -> Tensor:
    """(N, F) standardised features."""
    parts = [
        projection.scale_features(torch.from_numpy(features[start : start + _BATCH]).float())
        for start in range(0, len(features), _BATCH)
    ]
    return torch.cat(parts)
