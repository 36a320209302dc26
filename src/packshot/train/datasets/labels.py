"""Labels of photos to train on, whichever way they are held."""

from __future__ import annotations

from dataclasses import dataclass

from packshot.arrays import Float32Array, Int8Array, Int16Array, Int32Array


@dataclass(frozen=True, eq=False, kw_only=True)
class Labels:
    """Columns of N photos.

    Attributes:
        scores: (N,) 0..100.
        kinds: (N,) indices into `KIND_NAMES`, -1 where unknown.
        levels: (N,) 0..5, -1 where unknown.
        groups: (N,) photos with one number derive from one original.

    Example:
        >>> import numpy as np
        >>> labels = Labels(
        ...     scores=np.array([71.5], np.float32),
        ...     kinds=np.array([-1], np.int16),
        ...     levels=np.array([-1], np.int8),
        ...     groups=np.array([0], np.int32),
        ... )
        >>> labels.scores.tolist()
        [71.5]
    """

    scores: Float32Array
    kinds: Int16Array
    levels: Int8Array
    groups: Int32Array
