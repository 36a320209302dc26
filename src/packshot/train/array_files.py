"""Arrays in files that are whole or not there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from packshot.arrays import AnyArray
from packshot.files import atomic_write


def write_array(array: AnyArray, path: Path) -> None:
    """Write an array as ``.npy``, whole or not at all.

    Raises:
        SourceError: It cannot be written there.

    Example:
        >>> write_array(np.arange(3), Path("numbers.npy"))
        >>> np.load("numbers.npy").tolist()
        [0, 1, 2]
    """
    with atomic_write(path) as draft, draft.open("wb") as file:
        np.save(file, array)


def write_arrays(arrays: Mapping[str, AnyArray], path: Path) -> None:
    """Write several arrays as ``.npz``, whole or not at all.

    Raises:
        SourceError: They cannot be written there.

    Example:
        >>> write_arrays({"even": np.arange(0, 6, 2)}, Path("numbers.npz"))
        >>> np.load("numbers.npz")["even"].tolist()
        [0, 2, 4]
    """
    with atomic_write(path) as draft, draft.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
