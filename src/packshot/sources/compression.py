"""Compressed tables, unpacked as they are read, and no further than a table in earnest grows."""

from __future__ import annotations

import gzip
import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from packshot.errors import SourceError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BASE_LIMIT_BYTES: Final = 8 * 2**20
"""Bytes that any file may grow to, however small it is: read in seconds, whatever they are."""

MAX_GROWTH: Final = 200
"""How many times its size a workbook may grow to: tables in earnest grow 10 to 30 times, the same row
again and again almost 100 times; bombs 1000 times."""

MAX_TEXT_GROWTH: Final = 100
"""As `MAX_GROWTH`, of text in gzip, which grows 5 to 15 times."""

_CHUNK_BYTES: Final = 2**20
"""Bytes that are unpacked at a time; nothing but memory depends on it."""
_MAX_MEMORY_BYTES: Final = 16 * 2**20
"""Bytes of an unpacked table that stay in memory; a larger one goes to a temporary file. A judgement."""


def max_unpacked_bytes(packed_bytes: int, growth: int = MAX_GROWTH) -> int:
    """Compute the bytes that a compressed file of some size may grow to.

    Example:
        >>> max_unpacked_bytes(1_000), max_unpacked_bytes(1_000_000)
        (8388608, 200000000)
    """
    return max(BASE_LIMIT_BYTES, growth * packed_bytes)


@contextmanager
def open_gzip(gzip_file: BinaryIO, name: str, *, spool: bool) -> Iterator[BinaryIO]:
    r"""Open the content of a gzip file.

    Args:
        gzip_file: The file, at its beginning and able to seek.
        name: That errors tell.
        spool: Make it a file first, as formats need that are read from their end.

    Raises:
        SourceError: While it is read: it grows more than `max_unpacked_bytes` allows.

    Example:
        >>> data = gzip.compress(b"sku,photo\nM1,mug.jpg\n")
        >>> with open_gzip(io.BytesIO(data), "feed.csv.gz", spool=False) as file:
        ...     print(file.readline())
        b'sku,photo\n'
    """
    with io.BufferedReader(_GzipStream(gzip_file, name), _CHUNK_BYTES) as stream:
        if not spool:
            yield cast(BinaryIO, stream)
            return
        with tempfile.SpooledTemporaryFile(_MAX_MEMORY_BYTES, prefix="packshot-feed-") as file:
            while chunk := stream.read(_CHUNK_BYTES):
                file.write(chunk)
            file.seek(0)
            yield cast(BinaryIO, file)


class _GzipStream(io.RawIOBase):
    """A gzip file that compares what went in with what came out."""

    def __init__(self, gzip_file: BinaryIO, name: str) -> None:
        self._gzip_file = gzip_file
        self._name = name
        self._stream = gzip.GzipFile(fileobj=gzip_file)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        count = self._stream.readinto(buffer)
        if self._stream.tell() > max_unpacked_bytes(self._gzip_file.tell(), MAX_TEXT_GROWTH):
            raise SourceError(
                f"{self._name}: unpacks to more than is safe to read, over {MAX_TEXT_GROWTH} times its"
                " size; provide it uncompressed"
            )
        return count

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()
