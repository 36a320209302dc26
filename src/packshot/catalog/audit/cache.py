"""What is known of photos by their bytes: assessments that several audits share."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from packshot import databases, files
from packshot.user_cache import user_cache

_FORMAT: Final = 1
_SECONDS_TO_WAIT: Final = 30.0
_DAY: Final = 86_400
_LOOKS_APART: Final = 500
_KEPT_SHARE: Final = 0.8
MOST_BYTES: Final = 2 * 2**30
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS assessments (
    key TEXT PRIMARY KEY, checksum BLOB NOT NULL, used INTEGER NOT NULL, content BLOB NOT NULL
) WITHOUT ROWID;
"""


def default_cache() -> Path | None:
    """Where assessments are kept unless another place is named: the user's cache, if there is one."""
    return user_cache()


class AssessmentCache:
    """Assessments by key, in one SQLite file; safe for threads, and for several audits at a time.

    A cache is never in the way: what is damaged is not used, and counted; a file that cannot be used
    at all leaves a cache that knows nothing.

    Attributes:
        damaged: Entries found damaged, and removed.
        problem: Why the file cannot be used; empty where it can.
    """

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        """Open, or begin, a cache.

        Args:
            folder: Holds the file; made where it is not there.
            most_bytes: When it has grown larger, what was not used for longest goes.
        """
        self.damaged = 0
        self.problem = ""
        self._path = folder / "assessments.sqlite"
        self._most_bytes = most_bytes
        self._written = 0
        self._lock = threading.Lock()
        self._database: sqlite3.Connection | None = None
        with self._careful():
            folder.mkdir(parents=True, exist_ok=True)
            self._database = _opened(self._path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._careful():
            self._shrink()
        if self._database is not None:
            self._database.close()

    def get(self, key: str) -> bytes | None:
        """What is remembered under a key."""
        with self._careful():
            if self._database is None:
                return None
            query = "SELECT checksum, used, content FROM assessments WHERE key = ?"
            found = self._database.execute(query, (key,)).fetchone()
            if found is None:
                return None
            checksum, used, content = found
            if not isinstance(content, bytes) or _checksum(key, content) != checksum:
                self.damaged += 1
                self._database.execute("DELETE FROM assessments WHERE key = ?", (key,))
                return None
            if used != _today():
                self._database.execute("UPDATE assessments SET used = ? WHERE key = ?", (_today(), key))
            return content
        return None

    def put(self, key: str, content: bytes) -> None:
        """Remember."""
        with self._careful():
            if self._database is None:
                return
            row = (key, _checksum(key, content), _today(), content)
            self._database.execute("INSERT OR REPLACE INTO assessments VALUES (?, ?, ?, ?)", row)
            self._written += 1
            if self._written % _LOOKS_APART == 0:
                self._shrink()

    def notes(self) -> tuple[str, ...]:
        """What the user should know of the cache."""
        said = []
        if self.damaged:
            said.append(f"{self.damaged} damaged entries of the cache were not used, and removed")
        if self.problem:
            said.append(f"the cache could not be used: {self.problem}")
        return tuple(said)

    def _shrink(self) -> None:
        """Let go of what was not used for longest, if the whole is too large."""
        if self._database is None or not self._written:
            return
        size = "SELECT COALESCE(SUM(LENGTH(content)), 0), COUNT(*) FROM assessments"
        total, count = self._database.execute(size).fetchone()
        if total <= self._most_bytes:
            return
        surplus = count - int(count * _KEPT_SHARE * self._most_bytes / total)
        self._database.execute(
            "DELETE FROM assessments WHERE key IN"
            " (SELECT key FROM assessments ORDER BY used, key LIMIT ?)",
            (surplus,),
        )

    @contextmanager
    def _careful(self) -> Iterator[None]:
        """One thread at a time; a database that fails is not asked again."""
        with self._lock:
            try:
                yield
            except (OSError, sqlite3.Error) as error:
                if isinstance(error, OSError):
                    self.problem = f"{self._path}: {files.reason_of(error)}"
                else:
                    self.problem = f"{self._path}: {databases.reason_of(error, self._path)}"
                self._database = None


def _opened(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(
        path, timeout=_SECONDS_TO_WAIT, check_same_thread=False, isolation_level=None
    )
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if version not in (0, _FORMAT):
        raise sqlite3.DatabaseError(f"written by another version of packshot (format {version})")
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = OFF")
    database.executescript(_SCHEMA)
    database.execute(f"PRAGMA user_version = {_FORMAT}")
    return database


def _checksum(key: str, content: bytes) -> bytes:
    return hashlib.blake2b(content, key=key.encode()[:64], digest_size=16).digest()


def _today() -> int:
    return int(time.time() // _DAY)
