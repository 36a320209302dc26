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

PLAIN: Final = 8 * 2**20
"""Bytes that any file may grow to, however small it is: read in seconds, whatever they are."""

GROWTH: Final = 200
"""How many times its size a workbook may grow to: tables in earnest grow 10 to 30 times, the same row
again and again almost 100 times; bombs 1000 times."""

GROWTH_OF_TEXT: Final = 100
"""As `GROWTH`, of text in gzip, which grows 5 to 15 times."""

_PIECE: Final = 2**20
_IN_MEMORY: Final = 16 * 2**20


def most_unpacked(packed: int, growth: int = GROWTH) -> int:
    """Bytes that a compressed file of some size may grow to."""
    return max(PLAIN, growth * packed)


@contextmanager
def unpacked(packed: BinaryIO, name: str, *, whole: bool) -> Iterator[BinaryIO]:
    """What a gzip file holds.

    Args:
        packed: The file, at its beginning and able to seek.
        name: That errors tell.
        whole: Make it a file first, as formats need that are read from their end.

    Raises:
        SourceError: While it is read: it grows more than `most_unpacked` allows.
    """
    with io.BufferedReader(_Unpacked(packed, name), _PIECE) as stream:
        if not whole:
            yield cast(BinaryIO, stream)
            return
        with tempfile.SpooledTemporaryFile(_IN_MEMORY, prefix="packshot-feed-") as file:
            while piece := stream.read(_PIECE):
                file.write(piece)
            file.seek(0)
            yield cast(BinaryIO, file)


class _Unpacked(io.RawIOBase):
    """A gzip file that compares what went in with what came out."""

    def __init__(self, packed: BinaryIO, name: str) -> None:
        self._packed = packed
        self._name = name
        self._stream = gzip.GzipFile(fileobj=packed)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        count = self._stream.readinto(buffer)
        if self._stream.tell() > most_unpacked(self._packed.tell(), GROWTH_OF_TEXT):
            raise SourceError(
                f"{self._name}: unpacks to more than is safe to read, over {GROWTH_OF_TEXT} times its"
                " size; give it uncompressed"
            )
        return count

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()
