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
from packshot.sources.formats.bounded_reader import BoundedReader

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
        self._size_message = f"{name}: unpacks to more than is safe to read; save it as CSV"
        self._limit = max_unpacked_bytes(file.seek(0, io.SEEK_END))
        file.seek(0)
        if file.read(len(_OLE_MAGIC)) == _OLE_MAGIC:
            raise ValueError("protected by a password, or in the format of Excel before 2007")
        try:
            self._zip = zipfile.ZipFile(cast(BinaryIO, _BoundedFile(file)))
        except (zipfile.BadZipFile, NotImplementedError) as error:
            raise ValueError(str(error)) from error
        if any(part.file_size > self._limit for part in self._zip.infolist()):
            raise SourceError(self._size_message)

    def __contains__(self, part: str) -> bool:
        return part in self._zip.NameToInfo

    def count_parts(self, folder: str) -> int:
        """Count the parts in a folder, such as ``xl/media/``."""
        return sum(name.startswith(folder) for name in self._zip.NameToInfo)

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
                reader = BoundedReader(cast(BinaryIO, stream), self._limit, self._size_message)
                yield cast(BinaryIO, reader)
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
            raise ValueError(f"the part {part} cannot be unpacked: {error}") from error


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
