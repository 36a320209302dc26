"""Files that users name, opened only where reading them comes to an end."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from packshot.errors import SourceError


@contextmanager
def opened(path: str | os.PathLike[str], most_bytes: int | None = None) -> Iterator[BinaryIO]:
    """A regular file, to be read from its beginning.

    Opening never waits, as it would for a pipe that nobody writes to, and what has no end (a device, or
    a link to one) is refused: a table is read more than once, and a pipe can be read only once.

    Args:
        path: Of the file; links are followed.
        most_bytes: Refuse what is larger; None for any size, where the file is read as a stream.

    Raises:
        SourceError: A pipe, a device, a folder, no path at all, or too large.
        OSError: It is not there or may not be read.
    """
    try:
        file = open(path, "rb", opener=_at_once)  # noqa: SIM115 - closed below
    except ValueError as error:
        raise SourceError(f"{os.fspath(path)!r}: not a path: {error}") from error
    with file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise SourceError(
                f"{os.fspath(path)}: a pipe or a device, not a file; write what it gives to a file first"
            )
        if most_bytes is not None and found.st_size > most_bytes:
            raise _too_large(path, most_bytes)
        yield file


def content(path: str | os.PathLike[str], most_bytes: int) -> bytes:
    """All of a regular file.

    Args:
        path: Of the file.
        most_bytes: Refuse what is larger, whatever size the file claims.

    Raises:
        SourceError: As `opened`.
        OSError: As `opened`.
    """
    with opened(path, most_bytes) as file:
        found = file.read(most_bytes + 1)
    if len(found) > most_bytes:
        raise _too_large(path, most_bytes)
    return found


def _at_once(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _too_large(path: str | os.PathLike[str], most_bytes: int) -> SourceError:
    return SourceError(f"{os.fspath(path)}: larger than the limit of {most_bytes:,} bytes")
