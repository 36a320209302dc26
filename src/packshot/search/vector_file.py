"""Vectors on disk, one after the other in a file that only grows."""

from __future__ import annotations

import os
import zlib
from io import FileIO
from pathlib import Path

import numpy as np

from packshot.arrays import Float32Array, FloatArray, Int64Array
from packshot.errors import IndexDamaged, VectorIndexError
from packshot.files import writing
from packshot.search.items import IndexSettings

_FRACTION_BITS = 23 - 10
_SIGN_AND_FIELDS = np.uint32(0x8FFFE000).astype(np.int32)
_BIAS = np.float32(2.0 ** (127 - 15))


class VectorFile:
    """A file of rows, numbered from 0. How many of them count is not known here, but in the ledger.

    Attributes:
        path: Of the file.
    """

    def __init__(self, path: Path, settings: IndexSettings) -> None:
        self.path = path
        self._kind = np.dtype(settings.precision.value).newbyteorder("<")
        self._dimensions = settings.dimensions
        self._opened: FileIO | None = None
        self._rows = 0

    @property
    def row_bytes(self) -> int:
        """Bytes of one vector."""
        return self._dimensions * self._kind.itemsize

    def append(self, vectors: Float32Array, rows: int) -> int:
        """Write vectors after the first `rows` rows and wait until the disk has them.

        Returns:
            The CRC-32 of what was written.

        Raises:
            VectorIndexError: There is no space left, or the file may not be written to.
        """
        data = vectors.astype(self._kind).tobytes()
        with (
            writing(self.path, VectorIndexError),
            self.path.open("r+b" if self.path.exists() else "xb") as file,
        ):
            file.truncate(rows * self.row_bytes)  # What a write that was never acknowledged left.
            file.seek(0, os.SEEK_END)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        return zlib.crc32(data)

    def excess(self, rows: int) -> int:
        """Bytes beyond the first `rows` rows."""
        size = self.path.stat().st_size if self.path.exists() else 0
        return size - rows * self.row_bytes

    def require(self, rows: int) -> None:
        """Raise `IndexDamaged` if the file is shorter than that many rows."""
        if self.excess(rows) < 0:
            raise IndexDamaged(f"{self.path} is cut short or missing: restore the index from a copy")

    def checksum(self, first: int, count: int) -> int:
        """The CRC-32 of some rows as they lie on disk."""
        with self.path.open("rb") as file:
            file.seek(first * self.row_bytes)
            return zlib.crc32(file.read(count * self.row_bytes))

    def hold(self, rows: int) -> int:
        """Have that many rows at hand, even if the file is unlinked from now on.

        Returns:
            The descriptor of the open file.

        Raises:
            IndexDamaged: It is shorter.
        """
        if self._opened is None or rows > self._rows:
            self.require(rows)
            self._opened, self._rows = self._opened or self.path.open("rb", buffering=0), rows
        return self._opened.fileno()

    def close(self) -> None:
        """Let go of the file."""
        if self._opened is not None:
            self._opened.close()
            self._opened, self._rows = None, 0

    def take(self, rows: Int64Array) -> Float32Array:
        """Some rows, in the order asked for, (N, D) float32.

        They are read, not mapped: a process that searches holds its structure and no pages of vectors.

        Raises:
            IndexDamaged: The file has no such row.
        """
        if not len(rows):
            return np.empty((0, self._dimensions), np.float32)
        file, size = self.hold(int(rows.max()) + 1), self.row_bytes
        starts = np.flatnonzero(np.diff(rows, prepend=rows[0] - 2) != 1)
        lengths = np.diff(starts, append=len(rows))
        pieces = [
            os.pread(file, length * size, first * size)
            for first, length in zip(rows[starts].tolist(), lengths.tolist(), strict=True)
        ]
        taken = np.frombuffer(b"".join(pieces), self._kind).reshape(-1, self._dimensions)
        vectors = _widened(taken) if self._kind == np.float16 else taken.astype(np.float32)
        return self._numbers(vectors)

    def _numbers(self, vectors: Float32Array) -> Float32Array:
        """Refuse what no vector that was written can be.

        Widened halves that are infinity or no number are larger than any half.
        """
        most = np.float32(np.finfo(self._kind).max)
        if vectors.size and not (vectors.max() <= most and vectors.min() >= -most):
            raise IndexDamaged(f"{self.path} holds what are no numbers: restore the index from a copy")
        return vectors


def _widened(halves: FloatArray) -> Float32Array:
    """Half precision to single, exact for all finite numbers, seven times as fast as `astype`.

    The fields of a half, shifted to where a single has its own, are its value but for the bias of the
    exponent: 127 there, 15 here.
    """
    fields = halves.view(np.int16).astype(np.int32)
    fields <<= _FRACTION_BITS
    fields &= _SIGN_AND_FIELDS
    singles = fields.view(np.float32)
    singles *= _BIAS
    return singles
