"""Parts of a ZIP archive that others wrote, unpacked no further than documents in earnest grow."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from packshot.errors import SourceError
from packshot.sources.compression import most_unpacked

_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_LARGEST_DIRECTORY = 4 * 2**20
"""Bytes that are read at once: some 50 000 parts, where a workbook has a few dozen."""
_MAGIC_OF_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class Archive:
    """A ZIP archive. What it says of sizes is not believed: what comes out is counted."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        """Read the directory.

        Args:
            file: Able to seek.
            name: That errors tell.

        Raises:
            ValueError: Not such an archive.
            SourceError: It says itself that it grows too much.
        """
        self._name = name
        self._limit = most_unpacked(file.seek(0, io.SEEK_END))
        file.seek(0)
        if file.read(len(_MAGIC_OF_OLE)) == _MAGIC_OF_OLE:
            raise ValueError("protected by a password, or in the format of Excel before 2007")
        try:
            self._zip = zipfile.ZipFile(cast(BinaryIO, _Sparing(file)))
        except (zipfile.BadZipFile, NotImplementedError) as error:
            raise ValueError(str(error)) from error
        if any(part.file_size > self._limit for part in self._zip.infolist()):
            raise self._too_much()

    def __contains__(self, part: str) -> bool:
        return part in self._zip.NameToInfo

    @contextmanager
    def opened(self, part: str) -> Iterator[BinaryIO]:
        """A part as a stream.

        Raises:
            ValueError: No such part, damaged, encrypted, or compressed in an unusual way.
            SourceError: While it is read: it grows too much.
        """
        if part not in self:
            raise ValueError(f"no part {part}")
        if self._zip.getinfo(part).compress_type not in _METHODS:
            raise ValueError(f"the part {part} is compressed in an unusual way")
        try:
            with self._zip.open(part) as stream:
                yield cast(BinaryIO, _Counted(cast(BinaryIO, stream), self._limit, self._too_much()))
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
            raise ValueError(f"the part {part} cannot be unpacked: {error}") from error

    def _too_much(self) -> SourceError:
        return SourceError(f"{self._name}: unpacks to more than is safe to read; save it as CSV")


class _Sparing:
    """A file of which nobody reads very much at once, as a false directory would have it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek = file.seek
        self.tell = file.tell
        self.seekable = file.seekable

    def read(self, size: int = -1) -> bytes:
        if size > _LARGEST_DIRECTORY:
            raise zipfile.BadZipFile("its directory is larger than that of any workbook")
        return self._file.read(_LARGEST_DIRECTORY if size < 0 else size)


class _Counted:
    """A stream that ends in an error when too much came out of it."""

    def __init__(self, stream: BinaryIO, left: int, error: SourceError) -> None:
        self._stream = stream
        self._left = left
        self._error = error

    def read(self, size: int = -1) -> bytes:
        piece = self._stream.read(size)
        self._left -= len(piece)
        if self._left < 0:
            raise self._error
        return piece
