"""What is known about photos to train on, whichever way they are held."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False, kw_only=True)
class Labels:
    """Columns of N photos.

    Attributes:
        scores: (N,) 0..100.
        kinds: (N,) indices into `KIND_NAMES`, -1 where unknown.
        levels: (N,) 0..5, -1 where unknown.
        groups: (N,) photos with one number derive from one original.
    """

    scores: NDArray[np.float32]
    kinds: NDArray[np.int16]
    levels: NDArray[np.int8]
    groups: NDArray[np.int32]
