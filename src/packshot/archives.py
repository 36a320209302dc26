"""Reading of NumPy archives (``.npz``) that may be damaged, or made to fill the memory."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterable

import numpy as np

from packshot.arrays import AnyArray

MAX_BYTES = 2 * 2**30
"""Bytes of all arrays of an archive, unpacked; a larger one is refused. An atlas of two million examples
has as many."""
_MAX_MESSAGE_LENGTH = 200
"""Letters of an error's reason; what is longer is cut. Two lines of a terminal."""

_READ_ERRORS = (
    OSError,
    ValueError,
    KeyError,
    EOFError,
    SyntaxError,
    MemoryError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
)


class BadArchive(Exception):  # noqa: N818 - what a file is, told on by those who know what it should be
    """Not an archive of the arrays asked for; the message says why, without a name.

    Example:
        >>> read_arrays(b"no archive", ["scores"])
        Traceback (most recent call last):
            ...
        packshot.archives.BadArchive: File is not a zip file
    """


def read_arrays(data: bytes, names: Iterable[str]) -> dict[str, AnyArray]:
    """Read the arrays of an archive by name; never unpickle anything.

    Args:
        data: The archive.
        names: Wanted arrays; one that ends in ``?`` may be missing.

    Raises:
        BadArchive: It is none, is damaged, lacks an array, or is larger than `MAX_BYTES`.

    Example:
        >>> import io
        >>> import numpy as np
        >>> file = io.BytesIO()
        >>> np.savez(file, scores=[1.5, 2.0])
        >>> read_arrays(file.getvalue(), ["scores", "names?"])
        {'scores': array([1.5, 2. ])}
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            sizes = {entry.filename: entry.file_size for entry in packed.infolist()}
            if sum(sizes.values()) > MAX_BYTES:
                raise BadArchive(f"it holds {sum(sizes.values()):,} bytes, more than {MAX_BYTES:,}")
            wanted = [(name.removesuffix("?"), name.endswith("?")) for name in names]
            return {
                name: _parse_array(packed.read(f"{name}.npy"))
                for name, optional in wanted
                if not optional or f"{name}.npy" in sizes
            }
    except _READ_ERRORS as error:
        raise BadArchive(_format_error(error)) from error


def _parse_array(data: bytes) -> AnyArray:
    """Read one array; its header may promise no more than there is."""
    file = io.BytesIO(data)
    version = np.lib.format.read_magic(file)
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    shape, fortran_order, dtype = readers[version](file)
    values = np.frombuffer(data, np.uint8, offset=file.tell())
    if dtype.hasobject or len(values) != dtype.itemsize * int(np.prod(shape, dtype=object)):
        raise ValueError("an array is not as long as its header says")
    return values.view(dtype).reshape(shape, order="F" if fortran_order else "C").copy()


def _format_error(error: Exception) -> str:
    return " ".join(str(error).split())[:_MAX_MESSAGE_LENGTH] or type(error).__name__
