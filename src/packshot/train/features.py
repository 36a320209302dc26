"""Features of photos, computed once by the exported trunk: what the projection learns from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from packshot.arrays import Float16Array, Mask, Pixels
from packshot.encode.model import Model
from packshot.encode.views import to_native_view
from packshot.train.datasets.labels import Labels
from packshot.train.datasets.views import Views

CONTENT_SIZE = 1280
"""Numbers of a content vector of EfficientNet-Lite."""

_BATCH = 16
"""Photos that the trunk sees at a time; more need memory and are no faster. A judgement."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Features(Labels):
    """Features of N photos, with what is known about them.

    Attributes:
        values: (N, F) float16: whole content, whole statistics, measured input, native content, native
            statistics.

    Example:
        >>> features = Features(
        ...     values=np.zeros((3, 4), np.float16),
        ...     scores=np.array([20, 50, 90], np.float32),
        ...     kinds=np.full(3, -1, np.int16),
        ...     levels=np.full(3, -1, np.int8),
        ...     groups=np.arange(3, dtype=np.int32),
        ... )
        >>> features.save(Path("features.npz"))
        >>> Features.load(Path("features.npz")).select(features.scores > 40).scores.tolist()
        [50.0, 90.0]
    """

    values: Float16Array

    def save(self, path: Path) -> None:
        """Write as ``.npz``."""
        np.savez(path, **vars(self))

    @classmethod
    def load(cls, path: Path) -> Features:
        """Read what `save` wrote."""
        with np.load(path) as archive:
            return cls(**dict(archive.items()))

    def select(self, rows: Mask) -> Features:
        """Return the photos where `rows` is True."""
        return Features(**{name: value[rows] for name, value in vars(self).items()})


def compute_features(views: Views, native: Model) -> Features:
    """Compute features of views by an exported native trunk.

    Example:
        >>> class Native:
        ...     def run(self, pixels):
        ...         content, statistics = np.zeros((len(pixels), 3)), np.ones((len(pixels), 2))
        ...         return {"content": content, "statistics": statistics}
        >>> rows, label = np.full((1, 2), 9, np.float16), np.zeros(1)
        >>> views = Views(
        ...     native=np.zeros((1, 384, 384, 3), np.uint8), content=rows, context=rows,
        ...     scores=label, kinds=label, levels=label, groups=label,
        ... )
        >>> compute_features(views, Native()).values.tolist()
        [[9.0, 9.0, 9.0, 9.0, 0.0, 0.0, 0.0, 1.0, 1.0]]
    """
    native_parts = [
        compute_native_features(views.native[start : start + _BATCH], native)
        for start in range(0, len(views.scores), _BATCH)
    ]
    return Features(
        values=np.concatenate([views.content, views.context, np.concatenate(native_parts)], axis=1),
        scores=views.scores,
        kinds=views.kinds,
        levels=views.levels,
        groups=views.groups,
    )


def compute_native_features(squares: Pixels, native: Model) -> Float16Array:
    """Compute head vectors and stage statistics, (N, F), of the middles of (N, S, S, 3) squares.

    Example:
        >>> squares = np.zeros((1, 384, 384, 3), np.uint8)
        >>> class Native:
        ...     def run(self, pixels):
        ...         content, statistics = np.zeros((len(pixels), 3)), np.ones((len(pixels), 2))
        ...         return {"content": content, "statistics": statistics}
        >>> compute_native_features(squares, Native()).tolist()
        [[0.0, 0.0, 0.0, 1.0, 1.0]]
    """
    outputs = native.run(pixels=np.stack([to_native_view(square) for square in squares]))
    return np.concatenate([outputs["content"], outputs["statistics"]], axis=1).astype(np.float16)
