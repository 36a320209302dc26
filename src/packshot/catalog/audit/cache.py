"""Assessments that several audits share, by the bytes of the photos."""

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
from packshot.user_cache import find_user_cache

_FORMAT: Final = 1
"""Of the database file, as its `user_version`; a file of another format is not used."""

_LOCK_TIMEOUT_S: Final = 30.0
"""Seconds to wait for another process that writes; then the cache is given up. A judgement: writes take
milliseconds."""

_SECONDS_PER_DAY: Final = 86_400
_SHRINK_INTERVAL: Final = 500
"""Entries written between two looks at the size, which read the whole table. A judgement."""

_SHRINK_TARGET_SHARE: Final = 0.8
"""Share of the largest size that is left after shrinking, so that it is not due again at once. A
judgement."""

DEFAULT_MAX_BYTES: Final = 2 * 2**30
"""Bytes of assessments, 2 GiB, above which those not used for longest go. A judgement: an assessment of
a sample photo takes 1.2 kB, so that more than a million fit."""

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS assessments (
    key TEXT PRIMARY KEY, checksum BLOB NOT NULL, used INTEGER NOT NULL, content BLOB NOT NULL
) WITHOUT ROWID;
"""


def find_default_cache_folder() -> Path | None:
    """Return the folder of the cache unless another is named: the user's cache, if there is one.

    Example:
        >>> folder = find_default_cache_folder()
        >>> folder is None or folder.is_absolute()
        True
    """
    return find_user_cache()


class AssessmentCache:
    """Assessments by key, in one SQLite file; safe for threads, and for several audits at a time.

    A cache is never in the way: what is damaged is not used, and counted; a file that cannot be used
    at all leaves a cache that knows nothing.

    Attributes:
        damaged_count: Entries found damaged, and removed.
        problem: Why the file cannot be used; empty where it can.

    Example:
        >>> with AssessmentCache(Path("cache")) as cache:
        ...     cache.store("a photo's key", b"its assessment")
        ...     cache.get("a photo's key"), cache.get("another"), cache.build_notes()
        (b'its assessment', None, ())
    """

    def __init__(self, folder: Path, max_bytes: int = DEFAULT_MAX_BYTES) -> None:
        """Open, or begin, a cache.

        Args:
            folder: Holds the file; made where it is not there.
            max_bytes: When it has grown larger, what was not used for longest goes.
        """
        self.damaged_count = 0
        self.problem = ""
        self._path = folder / "assessments.sqlite"
        self._max_bytes = max_bytes
        self._write_count = 0
        self._lock = threading.Lock()
        self._database: sqlite3.Connection | None = None
        with self._lock_and_contain_errors():
            folder.mkdir(parents=True, exist_ok=True)
            self._database = _open_database(self._path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock_and_contain_errors():
            self._shrink()
        if self._database is not None:
            self._database.close()

    def get(self, key: str) -> bytes | None:
        """Return the content stored under a key; None where there is none, or it is damaged."""
        with self._lock_and_contain_errors():
            if self._database is None:
                return None
            query = "SELECT checksum, used, content FROM assessments WHERE key = ?"
            row = self._database.execute(query, (key,)).fetchone()
            if row is None:
                return None
            checksum, used, content = row
            if not isinstance(content, bytes) or _compute_checksum(key, content) != checksum:
                self.damaged_count += 1
                self._database.execute("DELETE FROM assessments WHERE key = ?", (key,))
                return None
            if used != _today():
                self._database.execute("UPDATE assessments SET used = ? WHERE key = ?", (_today(), key))
            return content
        return None

    def store(self, key: str, content: bytes) -> None:
        """Store content under a key, in place of what was there."""
        with self._lock_and_contain_errors():
            if self._database is None:
                return
            row = (key, _compute_checksum(key, content), _today(), content)
            self._database.execute("INSERT OR REPLACE INTO assessments VALUES (?, ?, ?, ?)", row)
            self._write_count += 1
            if self._write_count % _SHRINK_INTERVAL == 0:
                self._shrink()

    def build_notes(self) -> tuple[str, ...]:
        """Return what the user should know of the cache, a sentence each."""
        notes = []
        if self.damaged_count:
            notes.append(
                f"damaged entries of the cache that were not used, and removed: {self.damaged_count}"
            )
        if self.problem:
            notes.append(f"the cache could not be used: {self.problem}")
        return tuple(notes)

    def _shrink(self) -> None:
        """Delete what was not used for longest, if the whole is too large."""
        if self._database is None or not self._write_count:
            return
        query = "SELECT COALESCE(SUM(LENGTH(content)), 0), COUNT(*) FROM assessments"
        total, count = self._database.execute(query).fetchone()
        if total <= self._max_bytes:
            return
        surplus = count - int(count * _SHRINK_TARGET_SHARE * self._max_bytes / total)
        self._database.execute(
            "DELETE FROM assessments WHERE key IN"
            " (SELECT key FROM assessments ORDER BY used, key LIMIT ?)",
            (surplus,),
        )

    @contextmanager
    def _lock_and_contain_errors(self) -> Iterator[None]:
        """One thread at a time; a database that fails is not asked again."""
        with self._lock:
            try:
                yield
            except (OSError, sqlite3.Error) as error:
                if isinstance(error, OSError):
                    self.problem = f"{self._path}: {files.describe_os_error(error)}"
                else:
                    self.problem = f"{self._path}: {databases.describe_sqlite_error(error, self._path)}"
                self._database = None


def _open_database(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(
        path, timeout=_LOCK_TIMEOUT_S, check_same_thread=False, isolation_level=None
    )
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if version not in (0, _FORMAT):
        raise sqlite3.DatabaseError(f"written by another version of packshot (format {version})")
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = OFF")
    database.executescript(_SCHEMA)
    database.execute(f"PRAGMA user_version = {_FORMAT}")
    return database


def _compute_checksum(key: str, content: bytes) -> bytes:
    return hashlib.blake2b(content, key=key.encode()[:64], digest_size=16).digest()


def _today() -> int:
    return int(time.time() // _SECONDS_PER_DAY)
