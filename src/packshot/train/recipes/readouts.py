"""Recipe 4: the two linear readouts of quality, by ridge regression in closed form."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from packshot.train.features import Features
from packshot.train.networks.distortion import Projection

RATED_RIDGE = 1e4
"""Penalty on the squared weights of people's readout, over standardised features: strong, for few
ratings (decision 6). A judgement."""

DAMAGED_RIDGE = 3e4
"""The same of the ensemble's."""

_BATCH = 2048
"""Rows standardised at a time, for memory's sake."""


def fit_readouts(projection: Projection, rated: Features, damaged: Features) -> None:
    """Set the projection's readouts: people's quality from one set, the ensemble's from the other.

    Args:
        projection: Its standardisation stays; changed in place.
        rated: Photos rated by people, those to train on.
        damaged: Damaged products.

    Example:
        >>> import numpy as np
        >>> from packshot.train.networks.distortion import ProjectionShape
        >>> values = np.random.default_rng(0).normal(size=(200, 4)).astype(np.float16)
        >>> labels, scores = np.zeros(200), (50 + 10 * values[:, 0]).astype(np.float32)
        >>> features = Features(values=values, scores=scores, kinds=labels, levels=labels, groups=labels)
        >>> projection = Projection(ProjectionShape(4, 8, 4, 2)).eval()
        >>> fit_readouts(projection, features, features)
        >>> [round(offset, 1) for offset in projection.readouts.offsets.tolist()]
        [0.5, 0.5]
    """
    fits = (fit_ridge(projection, rated, RATED_RIDGE), fit_ridge(projection, damaged, DAMAGED_RIDGE))
    for row, (weights, offset) in enumerate(fits):
        projection.readouts.weights[row] = weights
        projection.readouts.offsets[row] = offset


def fit_ridge(projection: Projection, features: Features, strength: float) -> tuple[Tensor, Tensor]:
    """Fit the line ``q = w z + b`` over standardised features z: least squared error plus penalty.

    Args:
        projection: Standardises.
        features: (N, F), with scores 0..100.
        strength: Weight of ``|w|^2`` against the sum of squared errors; b is not penalised.

    Returns:
        (F,) weights and the offset, for q of 0..1.

    Example:
        >>> import numpy as np
        >>> from packshot.train.networks.distortion import ProjectionShape
        >>> values = np.random.default_rng(0).normal(size=(200, 4)).astype(np.float16)
        >>> labels, scores = np.zeros(200), (50 + 10 * values[:, 0]).astype(np.float32)
        >>> features = Features(values=values, scores=scores, kinds=labels, levels=labels, groups=labels)
        >>> weights, offset = fit_ridge(Projection(ProjectionShape(4, 8, 4, 2)).eval(), features, 1e-3)
        >>> [round(weight, 2) + 0.0 for weight in weights.tolist()], round(offset.item(), 2)
        ([0.1, 0.0, 0.0, 0.0], 0.5)
    """
    count = len(features.scores)
    mean = (
        torch.stack([rows.sum(0) for rows, _ in _iter_scaled_batches(projection, features)]).sum(0)
        / count
    )
    scores = torch.from_numpy(features.scores / 100)
    size = features.values.shape[1]
    products, moments = torch.zeros(size, size), torch.zeros(size)
    for rows, start in _iter_scaled_batches(projection, features):
        centred = rows - mean
        products += centred.T @ centred
        moments += centred.T @ (scores[start : start + len(rows)] - scores.mean())
    products.diagonal().add_(strength)
    weights = torch.cholesky_solve(moments[:, None], torch.linalg.cholesky(products))[:, 0]
    return weights, scores.mean() - mean @ weights


def _iter_scaled_batches(projection: Projection, features: Features) -> Iterator[tuple[Tensor, int]]:
    """Yield standardised features in batches, with the first row of each."""
    for start in range(0, len(features.scores), _BATCH):
        rows = torch.from_numpy(features.values[start : start + _BATCH]).float()
        yield projection.scale_features(rows), start
