"""One writer at a time."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from packshot.errors import IndexLocked


class WriterLock:
    """Held until released or until the process ends, in whatever way; nothing has to be cleaned up."""

    def __init__(self, path: Path) -> None:
        """Take the lock.

        Raises:
            IndexLocked: Another process, or another object of this one, holds it.
        """
        self._file = path.open("a+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = self._holder()
            self._file.close()
            raise IndexLocked(
                f"{path.parent} is being written to{holder}: wait until that is done; reading works"
            ) from None
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def release(self) -> None:
        """Let others write."""
        self._file.close()

    def _holder(self) -> str:
        self._file.seek(0)
        number = self._file.read().strip()
        return f" by process {number}" if number.isdigit() else ""
