"""Files that end in an error when too much is read from them."""

from __future__ import annotations

from typing import BinaryIO

from packshot.errors import SourceError


class BoundedReader:
    """A file of which only so much can be read at a time; what is read may stay in memory.

    Attributes:
        remaining_bytes: Bytes that may be read until `reset`.

    Example:
        >>> import io
        >>> reader = BoundedReader(io.BytesIO(b"<rss></rss>"), 8, "feed.xml: too long")
        >>> reader.read(5), reader.remaining_bytes
        (b'<rss>', 3)
        >>> reader.read()
        Traceback (most recent call last):
            ...
        packshot.errors.SourceError: feed.xml: too long
    """

    def __init__(self, file: BinaryIO, max_bytes: int, message: str) -> None:
        """Wrap a file.

        Args:
            file: To read from.
            max_bytes: Bytes.
            message: What the error says where they do not do.
        """
        self.remaining_bytes = max_bytes
        self._file = file
        self._max_bytes = max_bytes
        self._message = message

    def reset(self) -> None:
        """Forget what was read; as much may be read anew."""
        self.remaining_bytes = self._max_bytes

    def read(self, size: int = -1) -> bytes:
        """Read as a file does.

        Raises:
            SourceError: More than the portion.
        """
        chunk = self._file.read(size)
        self.remaining_bytes -= len(chunk)
        if self.remaining_bytes < 0:
            raise SourceError(self._message)
        return chunk
