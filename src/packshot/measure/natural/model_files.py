"""Files of fitted numbers: read one of a user, and parse the arrays of any."""

import os
from pathlib import Path

import numpy as np

from packshot.archives import BadArchive, read_arrays
from packshot.arrays import Float64Array
from packshot.errors import ModelError


def read_model_file(path: str | os.PathLike[str]) -> bytes:
    """Return a file of the user's own.

    Args:
        path: Of the file.

    Raises:
        ModelError: It cannot be read.

    Example:
        >>> read_model_file("missing.npz")
        Traceback (most recent call last):
        packshot.errors.ModelError: cannot read the model missing.npz: No such file or directory
    """
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ModelError(f"cannot read the model {path}: {error.strerror}") from error


def parse_arrays(data: bytes, shapes: dict[str, tuple[int, ...]], name: str) -> dict[str, Float64Array]:
    """Read named arrays of known shapes from a NumPy archive.

    Args:
        data: The archive.
        shapes: Wanted arrays; a side of -1 may have any length.
        name: For messages.

    Returns:
        The arrays, float64.

    Raises:
        ModelError: Not an archive, an array is missing, of another shape, or not finite.

    Example:
        >>> np.savez("model.npz", mean=np.arange(3))
        >>> parse_arrays(read_model_file("model.npz"), {"mean": (3,)}, "model.npz")["mean"].tolist()
        [0.0, 1.0, 2.0]
    """
    try:
        found = {key: one.astype(np.float64) for key, one in read_arrays(data, shapes).items()}
    except (BadArchive, ValueError, TypeError) as error:
        raise ModelError(f"{name} is not a model that can be read here: {error}") from error
    for key, expected in shapes.items():
        shape = found[key].shape
        has_shape = len(shape) == len(expected) and all(
            expected_side in (-1, side) for expected_side, side in zip(expected, shape, strict=True)
        )
        if not has_shape or not np.isfinite(found[key]).all():
            raise ModelError(f"{name}: `{key}` must be finite and {expected}, it is {shape}")
    return found
