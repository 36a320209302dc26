"""One writer at a time."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from packshot.errors import IndexLocked


class WriterLock:
    """Held until released or until the process ends, in whatever way; nothing has to be cleaned up.

    Example:
        >>> from pathlib import Path
        >>> lock = WriterLock(Path("writer.lock"))
        >>> try:
        ...     WriterLock(Path("writer.lock"))
        ... except IndexLocked as error:
        ...     print("is being written to by process" in str(error))
        True
        >>> lock.release()
    """

    def __init__(self, path: Path) -> None:
        """Take the lock.

        Args:
            path: Of its file, which stays where it is, with the number of the process that holds it.

        Raises:
            IndexLocked: Another process, or another object of this one, holds it; or it cannot be
                locked.
            OSError: The file cannot be made.
        """
        self._path = path
        self._lock = FileLock(path, thread_local=False, fallback_to_soft=False)
        path.touch()  # Where that fails, the reason is the user's to mend, and no other writer.
        try:
            self._lock.acquire(blocking=False)
        except (Timeout, OSError):
            raise IndexLocked(
                f"{path.parent} is being written to{_describe_holder(path)}:"
                " wait until that is done; reading works"
            ) from None
        with suppress(OSError):  # Who holds it is only told to people.
            path.write_text(str(os.getpid()))

    def remove(self) -> None:
        """Remove the file, which is still held; for whoever leaves nothing behind."""
        self._path.unlink(missing_ok=True)

    def release(self) -> None:
        """Let others write."""
        self._lock.release()


def _describe_holder(path: Path) -> str:
    try:
        number = path.read_text("ascii", "replace").strip()
    except OSError:
        return ""
    return f" by process {number}" if number.isdigit() else ""
