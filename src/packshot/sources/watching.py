"""Photos that arrive in a folder, each once and only when it is whole."""

from __future__ import annotations

import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from packshot.errors import SourceError
from packshot.sources.folders import iter_photos_below

FileState = tuple[int, int, int]
"""Bytes of a file, when it was last changed in nanoseconds, and its number in the file system."""


class FolderWatch:
    """Finds photos that arrived in a folder, or in one below, since it was last asked.

    A file is whole when it is not empty and two looks found it the same: one that is being written
    changes, one that is moved there under its final name is the same at once. One that changes later
    arrives again. Hidden files, and those not called like a photo (``mug.jpg.part``), are left out.

    Example:
        >>> folder = Path("incoming")
        >>> folder.mkdir()
        >>> watch = FolderWatch(folder)
        >>> _ = (folder / "mug.jpg").write_bytes(b"half of it")
        >>> watch.find_arrivals()
        []
        >>> _ = (folder / "mug.jpg").write_bytes(b"half of it, and the rest")
        >>> watch.find_arrivals()
        []
        >>> [path.name for path in watch.find_arrivals()], watch.find_arrivals()
        (['mug.jpg'], [])
    """

    def __init__(self, folder: Path, is_done: Callable[[Path, int], bool] | None = None) -> None:
        """Watch a folder.

        Args:
            folder: Where photos arrive.
            is_done: Whether a file, of so many bytes, need not be taken: of an earlier run.

        Raises:
            SourceError: It is no folder.
        """
        if not folder.is_dir():
            raise SourceError(f"{folder}: {'not a folder' if folder.exists() else 'no such folder'}")
        self._folder = folder
        self._is_done = is_done
        self._last_states: dict[Path, FileState] = {}
        self._taken_states: dict[Path, FileState] = {}

    def find_arrivals(self) -> list[Path]:
        """Find the photos that are whole and were not taken yet, sorted."""
        states = self._read_states()
        whole = {
            path: state
            for path, state in states.items()
            if state[0] and state == self._last_states.get(path)
        }
        arrived = [path for path, state in whole.items() if self._is_new(path, state)]
        self._last_states = states
        taken = {path: state for path, state in self._taken_states.items() if path in states}
        self._taken_states = taken | whole
        return arrived

    def _is_new(self, path: Path, state: FileState) -> bool:
        if path in self._taken_states:
            return state != self._taken_states[path]
        return self._is_done is None or not self._is_done(path, state[0])

    def _read_states(self) -> dict[Path, FileState]:
        states = {}
        with suppress(SourceError):  # No photo, or the folder is not there for a while.
            for path in iter_photos_below(self._folder):
                with suppress(OSError):
                    status = path.stat()
                    if stat.S_ISREG(status.st_mode):
                        states[path] = (status.st_size, status.st_mtime_ns, status.st_ino)
        return states
