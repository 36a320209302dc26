"""Temporary folders that go with their process, however it ends: the next one removes what it left."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from packshot import path_locks
from packshot.files import translate_write_errors

PREFIX: Final = "packshot-scratch-"


_existing: Final[set[Scratch]] = set()
"""Those that have a folder."""


def remove_all() -> None:
    """Remove the folders of this process, which leaves without going through its contexts.

    Example:
        >>> scratch = Scratch()
        >>> folder = scratch.folder
        >>> remove_all()
        >>> folder.exists()
        False
    """
    for scratch in tuple(_existing):
        scratch.remove()


class Scratch:
    """A folder in the system's place for temporary files, made when it is first asked for.

    Before it is made, folders of the same user go whose processes were killed. Safe for threads.

    Example:
        >>> with Scratch() as scratch:
        ...     folder = scratch.folder
        ...     print(folder.is_dir())
        True
        >>> folder.exists()
        False
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locked_folder: tuple[Path, int] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.remove()

    @property
    def folder(self) -> Path:
        """The folder; nobody else can look into it.

        Raises:
            SourceError: It cannot be made.
        """
        with self._lock:
            if self._locked_folder is None:
                self._locked_folder = _create_folder()
                _existing.add(self)
            return self._locked_folder[0]

    def remove(self) -> None:
        """Remove the folder and what is in it; asked for again, it is made anew."""
        with self._lock:
            if self._locked_folder is not None:
                folder, descriptor = self._locked_folder
                shutil.rmtree(folder, ignore_errors=True)
                os.close(descriptor)
                self._locked_folder = None
                _existing.discard(self)


def _create_folder() -> tuple[Path, int]:
    parent = tempfile.gettempdir()
    with translate_write_errors(parent):
        for stale in Path(parent).glob(f"{PREFIX}*"):
            path_locks.remove_stale(stale)
        while True:
            folder = Path(tempfile.mkdtemp(prefix=PREFIX))
            try:
                return folder, path_locks.lock_new_folder(folder)
            except FileExistsError:  # Taken for left behind, between its making and its lock.
                continue
