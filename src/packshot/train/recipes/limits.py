"""Recipe 5: limits of probability from which on a kind of damage is reported."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from packshot.arrays import Float16Array, Float32Array
from packshot.assess.distortion_findings import MIN_PROBABILITY
from packshot.distort import list_families
from packshot.train.datasets.damaged import KIND_NAMES
from packshot.train.networks.distortion import Projection

MAX_FALSE_ALARM_SHARE = 0.01
"""Share of undamaged photos, 0..1, that may exceed a limit: one in a hundred (decision 6)."""

_MAX_LIMIT = 0.97
"""Limit from which on a kind is not reported at all: undamaged photos take it on too often. A
judgement."""

_BATCH = 4096
"""Rows projected at a time, for memory's sake."""


def fit_kind_limits(projection: Projection, clean: Sequence[Float16Array]) -> dict[str, float]:
    """Fit limits on the probability of each family of look-alike kinds.

    Args:
        projection: In evaluation mode.
        clean: (N, F) features of undamaged photos, one array for each sort of photo; each sort alone
            keeps to `MAX_FALSE_ALARM_SHARE`.

    Returns:
        By name of the family; without those that undamaged photos take on too often.

    Example:
        >>> from packshot.train.networks.distortion import ProjectionShape
        >>> _ = torch.manual_seed(0)
        >>> projection = Projection(ProjectionShape(8, 16, 8, len(KIND_NAMES))).eval()
        >>> limits = fit_kind_limits(projection, [np.zeros((50, 8), np.float16)])
        >>> set(limits.values()) == {MIN_PROBABILITY}  # untrained, it never is sure
        True
    """
    probabilities = [family_probabilities(projection, values) for values in clean]
    limits = np.max(
        [np.quantile(sort, 1 - MAX_FALSE_ALARM_SHARE, axis=0) for sort in probabilities], axis=0
    )
    named = zip(list_families(), limits.tolist(), strict=True)
    return {
        family[0].value: round(max(limit, MIN_PROBABILITY), 3)
        for family, limit in named
        if limit < _MAX_LIMIT
    }


def family_probabilities(projection: Projection, values: Float16Array) -> Float32Array:
    """Compute the (N, families) probability of each family of kinds, for (N, F) features.

    Example:
        >>> from packshot.train.networks.distortion import ProjectionShape
        >>> projection = Projection(ProjectionShape(8, 16, 8, len(KIND_NAMES))).eval()
        >>> probabilities = family_probabilities(projection, np.zeros((3, 8), np.float16))
        >>> probabilities.shape == (3, len(list_families()))
        True
    """
    parts = []
    with torch.no_grad():
        for start in range(0, len(values), _BATCH):
            rows = torch.from_numpy(values[start : start + _BATCH].astype(np.float32))
            parts.append(projection(rows).kinds.softmax(1).numpy())
    chance = np.concatenate(parts)
    columns = [[KIND_NAMES.index(kind.value) for kind in family] for family in list_families()]
    return np.stack([chance[:, column].sum(axis=1) for column in columns], axis=1)
