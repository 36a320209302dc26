"""Squares of the native view to tune a trunk on, with what is known about them."""

from __future__ import annotations

from dataclasses import dataclass

from packshot.arrays import ByteArray, Float16Array
from packshot.train.datasets.labels import Labels


@dataclass(frozen=True, eq=False, kw_only=True)
class Views(Labels):
    """N photos as the networks see them, with what is known about them.

    Attributes:
        native: (N, S, S, 3) uint8, a square at native size; mapped from its file.
        content: (N, C) float16, content vectors of the whole views.
        context: (N, F) float16, stage statistics of the whole views, then the measured input.

    Example:
        >>> import numpy as np
        >>> views = Views(
        ...     native=np.zeros((1, 32, 32, 3), np.uint8),
        ...     content=np.zeros((1, 1280), np.float16),
        ...     context=np.zeros((1, 1684), np.float16),
        ...     scores=np.array([71.5], np.float32),
        ...     kinds=np.array([-1], np.int16),
        ...     levels=np.array([-1], np.int8),
        ...     groups=np.array([0], np.int32),
        ... )
        >>> views.native.shape[1:3], views.scores.tolist()
        ((32, 32), [71.5])
    """

    native: ByteArray
    content: Float16Array
    context: Float16Array
