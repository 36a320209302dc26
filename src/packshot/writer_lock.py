"""One writer at a time."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from io import FileIO
from pathlib import Path

from packshot.errors import IndexLocked
from packshot.path_locks import is_same_file


class WriterLock:
    """Held until released or until the process ends, in whatever way; nothing has to be cleaned up."""

    def __init__(self, path: Path) -> None:
        """Take the lock.

        Raises:
            IndexLocked: Another process, or another object of this one, holds it.
            OSError: The file cannot be made.
        """
        self._path = path
        self._file = _acquire_file(path)
        while not is_same_file(self._file.fileno(), path):  # Its last holder removed it meanwhile.
            self._file.close()
            self._file = _acquire_file(path)
        with suppress(OSError):  # Who holds it is only told to people.
            self._file.truncate(0)
            self._file.write(str(os.getpid()).encode())

    def remove(self) -> None:
        """Remove the file, which is still held; for whoever leaves nothing behind."""
        self._path.unlink(missing_ok=True)

    def release(self) -> None:
        """Let others write."""
        self._file.close()


def _acquire_file(path: Path) -> FileIO:
    file = path.open("ab+", buffering=0)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = _describe_holder(file)
        file.close()
        raise IndexLocked(
            f"{path.parent} is being written to{holder}: wait until that is done; reading works"
        ) from None
    return file


def _describe_holder(file: FileIO) -> str:
    file.seek(0)
    number = file.read().decode("ascii", "replace").strip()
    return f" by process {number}" if number.isdigit() else ""
