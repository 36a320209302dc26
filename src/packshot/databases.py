"""SQLite files whose failures are errors of ours: one line, with what to do."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self

from packshot.errors import PackshotError
from packshot.files import NO_SPACE

ErrorFactory = Callable[[sqlite3.Error, str], PackshotError]
"""Makes an error of what SQLite said, given in words as well."""

_MIN_FREE_BYTES: Final = 1 << 16
"""Bytes free on a disk, below which it counts as full: SQLite cannot make its shared memory of 32 kB
(its WAL index) then, and says something else."""

_LOCKED: Final = "another process has locked it; run the same command again when that is done"
_UNWRITABLE: Final = "it cannot be opened or written to: see who may"
_BROKEN: Final = (
    "it cannot be read or written; see that the disk is neither full nor broken and that files may be as"
    " large, and run the same command again"
)
_REASONS: Final = {
    sqlite3.SQLITE_IOERR: _BROKEN,
    sqlite3.SQLITE_FULL: NO_SPACE,
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_READONLY: _UNWRITABLE,
    sqlite3.SQLITE_CANTOPEN: _UNWRITABLE,
    sqlite3.SQLITE_PERM: _UNWRITABLE,
    sqlite3.SQLITE_AUTH: _UNWRITABLE,
}
_MAYBE_FULL_CODES: Final = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)


class Database(sqlite3.Connection):
    """A connection that raises errors of ours, also from its cursors and transactions.

    Example:
        >>> from packshot.errors import SourceError
        >>> database = Database(None, lambda error, reason: SourceError(f"the cache: {reason}"))
        >>> database.execute("SELECT 6 * 7").fetchone()
        (42,)
        >>> database.execute("SELECT * FROM scores")
        Traceback (most recent call last):
            ...
        packshot.errors.SourceError: the cache: no such table: scores
    """

    def __init__(
        self, path: Path | None, make_error: ErrorFactory, *, mode: str = "rwc", **options: Any
    ) -> None:
        """Open a file.

        Args:
            path: Of the file; None for a database in memory.
            make_error: Makes the errors that are raised.
            mode: ``rwc`` to make the file where it is not there, ``rw`` not to.
            **options: Of `sqlite3.connect`.
        """
        self._make_error = make_error
        self._path = path
        address = ":memory:" if path is None else f"{path.absolute().as_uri()}?mode={mode}"
        with self.translate_errors():
            super().__init__(address, uri=True, **options)

    @contextmanager
    def translate_errors(self) -> Iterator[None]:
        """Raise what SQLite complains about meanwhile as an error of ours."""
        try:
            yield
        except sqlite3.ProgrammingError:
            raise
        except sqlite3.Error as error:
            raise self._make_error(error, describe_sqlite_error(error, self._path)) from error

    def execute(self, *sql: Any) -> sqlite3.Cursor:
        """See `sqlite3.Connection.execute`."""
        return _Cursor(self).execute(*sql)

    def executemany(self, *sql: Any) -> sqlite3.Cursor:
        """See `sqlite3.Connection.executemany`."""
        return _Cursor(self).executemany(*sql)

    def executescript(self, *sql: Any) -> sqlite3.Cursor:
        """See `sqlite3.Connection.executescript`."""
        return _Cursor(self).executescript(*sql)

    def __exit__(self, *exception: Any) -> Any:
        """Commit, or undo."""
        with self.translate_errors():
            return super().__exit__(*exception)


class _Cursor(sqlite3.Cursor):
    """A cursor of a `Database`."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._translate_errors = database.translate_errors

    def execute(self, *sql: Any) -> Self:
        with self._translate_errors():
            super().execute(*sql)
        return self

    def executemany(self, *sql: Any) -> Self:
        with self._translate_errors():
            super().executemany(*sql)
        return self

    def executescript(self, *sql: Any) -> Self:
        with self._translate_errors():
            super().executescript(*sql)
        return self

    def __next__(self) -> Any:
        with self._translate_errors():
            return super().__next__()

    def fetchone(self) -> Any:
        with self._translate_errors():
            return super().fetchone()

    def fetchall(self) -> list[Any]:
        with self._translate_errors():
            return super().fetchall()


def describe_sqlite_error(error: sqlite3.Error, path: Path | None) -> str:
    """Describe what is wrong and, where there is something, what to do.

    Args:
        error: Of SQLite.
        path: Of the file, to tell a full disk from a broken one.

    Example:
        >>> error = sqlite3.OperationalError("database is locked")
        >>> error.sqlite_errorcode = sqlite3.SQLITE_BUSY
        >>> describe_sqlite_error(error, None)
        'another process has locked it; run the same command again when that is done'
    """
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _MAYBE_FULL_CODES and path is not None and _is_full(path.parent):
        return NO_SPACE
    return _REASONS.get(code) or str(error)


def _is_full(folder: Path) -> bool:
    try:
        stats = os.statvfs(folder)
    except OSError:
        return False
    return stats.f_bavail * stats.f_frsize < _MIN_FREE_BYTES
