"""Files that users name, opened only where reading them comes to an end."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from packshot.errors import SourceError


@contextmanager
def open_file(path: str | os.PathLike[str], max_bytes: int | None = None) -> Iterator[BinaryIO]:
    """Open a regular file, to be read from its beginning.

    Opening never waits, as it would for a pipe that nobody writes to, and what has no end (a device, or
    a link to one) is refused: a table is read more than once, and a pipe can be read only once.

    Args:
        path: Of the file; links are followed.
        max_bytes: Refuse what is larger; None for any size, where the file is read as a stream.

    Raises:
        SourceError: A pipe, a device, a folder, no path at all, or too large.
        OSError: It is not there or may not be read.

    Example:
        >>> with open_file("examples/photos/mug.jpg") as file:
        ...     print(file.read(3).hex())
        ffd8ff
        >>> with open_file("/dev/zero") as file:  # doctest: +ELLIPSIS
        ...     file.read()
        Traceback (most recent call last):
            ...
        packshot.errors.SourceError: /dev/zero: a pipe or a device, not a file; ...
    """
    try:
        file = open(path, "rb", opener=open_nonblocking)  # noqa: SIM115 - closed below
    except ValueError as error:
        raise SourceError(f"{os.fspath(path)!r}: not a path: {error}") from error
    with file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise SourceError(
                f"{os.fspath(path)}: a pipe or a device, not a file; save its output to a file first"
            )
        if max_bytes is not None and status.st_size > max_bytes:
            raise _make_size_error(path, max_bytes)
        yield file


def read_file(path: str | os.PathLike[str], max_bytes: int) -> bytes:
    """Read all of a regular file.

    Args:
        path: Of the file.
        max_bytes: Refuse what is larger, whatever size the file claims.

    Raises:
        SourceError: As `open_file`.
        OSError: As `open_file`.

    Example:
        >>> from pathlib import Path
        >>> _ = Path("sku.txt").write_bytes(b"MUG-1")
        >>> read_file("sku.txt", max_bytes=100)
        b'MUG-1'
        >>> read_file("sku.txt", max_bytes=4)
        Traceback (most recent call last):
            ...
        packshot.errors.SourceError: sku.txt: larger than the limit of 4 bytes
    """
    with open_file(path, max_bytes) as file:
        data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise _make_size_error(path, max_bytes)
    return data


def open_nonblocking(path: str, flags: int) -> int:
    r"""Open a file without waiting, as a pipe that nobody writes to would have one wait: an ``opener``.

    Example:
        >>> with open("examples/photos/mug.jpg", "rb", opener=open_nonblocking) as file:
        ...     file.read(2)
        b'\xff\xd8'
    """
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _make_size_error(path: str | os.PathLike[str], max_bytes: int) -> SourceError:
    return SourceError(f"{os.fspath(path)}: larger than the limit of {max_bytes:,} bytes")
