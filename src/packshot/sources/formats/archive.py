"""Parts of a ZIP archive that others wrote, unpacked no further than documents in earnest grow."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from packshot.errors import SourceError
from packshot.sources.compression import max_unpacked_bytes

_ALLOWED_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_MAX_DIRECTORY_BYTES = 4 * 2**20
"""Bytes that are read at once, as the directory is; an archive with a larger one is refused. Some 50 000
parts, where a workbook has a few dozen."""
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class Archive:
    """A ZIP archive. What it says of sizes is not believed: what comes out is counted.

    Example:
        >>> with zipfile.ZipFile(file := io.BytesIO(), "w") as written:
        ...     written.writestr("xl/workbook.xml", "<workbook/>")
        >>> archive = Archive(file, "feed.xlsx")
        >>> with archive.open_part("xl/workbook.xml") as part:
        ...     print("xl/workbook.xml" in archive, part.read())
        True b'<workbook/>'
    """

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
        self._limit = max_unpacked_bytes(file.seek(0, io.SEEK_END))
        file.seek(0)
        if file.read(len(_OLE_MAGIC)) == _OLE_MAGIC:
            raise ValueError("protected by a password, or in the format of Excel before 2007")
        try:
            self._zip = zipfile.ZipFile(cast(BinaryIO, _BoundedFile(file)))
        except (zipfile.BadZipFile, NotImplementedError) as error:
            raise ValueError(str(error)) from error
        if any(part.file_size > self._limit for part in self._zip.infolist()):
            raise self._make_size_error()

    def __contains__(self, part: str) -> bool:
        return part in self._zip.NameToInfo

    @contextmanager
    def open_part(self, part: str) -> Iterator[BinaryIO]:
        """Open a part as a stream.

        Raises:
            ValueError: No such part, damaged, encrypted, or compressed in an unusual way.
            SourceError: While it is read: it grows too much.
        """
        if part not in self:
            raise ValueError(f"no part {part}")
        if self._zip.getinfo(part).compress_type not in _ALLOWED_METHODS:
            raise ValueError(f"the part {part} is compressed in an unusual way")
        try:
            with self._zip.open(part) as stream:
                yield cast(
                    BinaryIO,
                    _BoundedStream(cast(BinaryIO, stream), self._limit, self._make_size_error()),
                )
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
            raise ValueError(f"the part {part} cannot be unpacked: {error}") from error

    def _make_size_error(self) -> SourceError:
        return SourceError(f"{self._name}: unpacks to more than is safe to read; save it as CSV")


class _BoundedFile:
    """A file of which nobody reads very much at once, as a false directory would have it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek = file.seek
        self.tell = file.tell
        self.seekable = file.seekable

    def read(self, size: int = -1) -> bytes:
        if size > _MAX_DIRECTORY_BYTES:
            raise zipfile.BadZipFile("its directory is larger than that of any workbook")
        return self._file.read(_MAX_DIRECTORY_BYTES if size < 0 else size)


class _BoundedStream:
    """A stream that ends in an error when too much came out of it."""

    def __init__(self, stream: BinaryIO, max_bytes: int, error: SourceError) -> None:
        self._stream = stream
        self._remaining_bytes = max_bytes
        self._error = error

    def read(self, size: int = -1) -> bytes:
        chunk = self._stream.read(size)
        self._remaining_bytes -= len(chunk)
        if self._remaining_bytes < 0:
            raise self._error
        return chunk
