"""Features of photos, computed once by the exported trunk: what the projection learns from."""

from __future__ import annotations

from dataclasses import dataclass

from packshot.arrays import Float16Array, Mask
from packshot.train.datasets.labels import Labels

CONTENT_SIZE = 1280
"""Numbers of a content vector of EfficientNet-Lite."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Features(Labels):
    """Features of N photos, with what is known about them.

    Attributes:
        values: (N, F) float16: whole content, whole statistics, measured input, native content, native
            statistics.

    Example:
        >>> import numpy as np
        >>> features = Features(
        ...     values=np.zeros((3, 4), np.float16),
        ...     scores=np.array([20, 50, 90], np.float32),
        ...     kinds=np.full(3, -1, np.int16),
        ...     levels=np.full(3, -1, np.int8),
        ...     groups=np.arange(3, dtype=np.int32),
        ... )
        >>> features.select(features.scores > 40).scores.tolist()
        [50.0, 90.0]
    """

    values: Float16Array

    def select(self, rows: Mask) -> Features:
        """Return the photos where `rows` is True."""
        return Features(**{name: value[rows] for name, value in vars(self).items()})
