"""Vectors on disk, one after the other in a file that only grows."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from packshot.errors import IndexDamaged
from packshot.search.items import Floats, IndexSettings
from packshot.search.ranking import Rows


class VectorFile:
    """A file of rows, numbered from 0. How many of them count is not known here, but in the ledger.

    Attributes:
        path: Of the file.
    """

    def __init__(self, path: Path, settings: IndexSettings) -> None:
        self.path = path
        self._kind = np.dtype(settings.precision.value).newbyteorder("<")
        self._dimensions = settings.dimensions
        self._rows: NDArray[np.floating] = np.empty((0, self._dimensions), self._kind)

    @property
    def row_bytes(self) -> int:
        """Bytes of one vector."""
        return self._dimensions * self._kind.itemsize

    def append(self, vectors: Floats, rows: int) -> int:
        """Write vectors after the first `rows` rows and wait until the disk has them.

        Returns:
            The CRC-32 of what was written.
        """
        data = vectors.astype(self._kind).tobytes()
        with self.path.open("r+b" if self.path.exists() else "xb") as file:
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

    def view(self, rows: int) -> NDArray[np.floating]:
        """The first `rows` rows, (rows, D), mapped from disk and read when touched."""
        if rows > len(self._rows):
            self.require(rows)
            self._rows = np.memmap(self.path, self._kind, "r", shape=(rows, self._dimensions))
        return self._rows[:rows]

    def take(self, rows: Rows) -> Floats:
        """Some rows, in the order asked for, (N, D) float32."""
        if not len(rows):
            return np.empty((0, self._dimensions), np.float32)
        return np.asarray(self.view(int(rows.max()) + 1)[rows], np.float32)
