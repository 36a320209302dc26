"""The journal of an audit: a row for each input, durable as soon as it is known."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import suppress
from heapq import heappush, heappushpop
from itertools import takewhile
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from packshot.catalog.audit.examine import RowResult, unpack_row
from packshot.databases import Database
from packshot.errors import AuditError, IndexLocked
from packshot.files import NO_SPACE, describe_os_error
from packshot.report import AuditRow
from packshot.sources import FeedRow
from packshot.writer_lock import WriterLock

JOURNAL_NAME: Final = "audit.journal"
_LOCK_NAME: Final = "audit.lock"
_JOURNAL_FILES: Final = (JOURNAL_NAME, f"{JOURNAL_NAME}-wal", f"{JOURNAL_NAME}-shm")
_UNRANKED: Final = float("inf")
"""Rank of what has no score, and stands in no list of the worst."""

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS told (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS spent (seconds REAL NOT NULL, remembered INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS rows (
    number INTEGER PRIMARY KEY, input BLOB NOT NULL, rank REAL NOT NULL, record BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS thumbnails (number INTEGER PRIMARY KEY, jpeg BLOB NOT NULL);
INSERT INTO spent SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM spent);
"""


class Journal:
    """The journal of one audit, in its folder; one process at a time.

    Besides the rows it keeps the thumbnails of the worst photos, and no others.

    Attributes:
        worst_count: The number of these.

    Example:
        >>> from packshot.catalog.audit.examine import compute_rank, pack_row
        >>> with Journal(Path("audit"), worst_count=1) as journal:
        ...     for number, score in enumerate((80.0, 30.0, 55.0)):
        ...         row = AuditRow(number=number, path=f"{number}.jpg", status="ok", score=score)
        ...         result = RowResult(FeedRow(number, row.path), pack_row(row), compute_rank(row))
        ...         journal.add(result, seconds=0.1)
        ...     [(row.path, row.score) for row, _ in journal.iter_worst_rows()]
        [('1.jpg', 30.0)]
    """

    def __init__(self, folder: Path, worst_count: int, *, restart: bool = False) -> None:
        """Open, or begin, the journal of an audit.

        Args:
            folder: Of the audit; made where it is not there.
            worst_count: Photos whose thumbnails are kept.
            restart: Forget what was done.

        Raises:
            AuditError: Another process works here, or the file is no journal.
        """
        self.worst_count = worst_count
        self._heap: list[tuple[float, int]] = []
        self._path = folder / JOURNAL_NAME
        self._created_folders = _find_missing_folders(folder)
        self._lock = self._acquire_lock(folder)
        try:
            self._is_new = restart or not self._path.exists()
            if restart:
                self._remove_files()
            self._database = Database(self._path, self._make_error, isolation_level=None)
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.executescript(_SCHEMA)
            for rank, number in self._iter_worst_ranks():
                self._add_to_worst(rank, number)
        except OSError as error:
            self._discard()
            raise AuditError(f"cannot write {self._path}: {describe_os_error(error)}") from error
        except AuditError:
            self._discard()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None and self._is_new and self._is_empty():
            self._discard()
            return
        self._database.close()
        self._lock.release()

    def read_identity(self) -> dict[str, str]:
        """Return the settings of the audit, in words; empty in a new journal."""
        return dict(self._database.execute("SELECT name, value FROM told"))

    def write_identity(self, identity: Mapping[str, str]) -> None:
        """Write down the settings of the audit."""
        with self._database:
            self._database.execute("BEGIN")
            self._database.execute("DELETE FROM told")
            self._database.executemany(
                "INSERT OR REPLACE INTO told VALUES (?, ?)", list(identity.items())
            )

    def is_done(self, row: FeedRow) -> bool:
        """Return whether a row of the feed is done.

        Raises:
            AuditError: It is another input than the one that was done under this number.
        """
        query = "SELECT input FROM rows WHERE number = ?"
        stored = self._database.execute(query, (row.number,)).fetchone()
        if stored is None:
            return False
        if stored[0] != _compute_digest(row):
            raise AuditError(
                f"the feed has changed since this audit began: row {row.number + 1} is now"
                f" {row.location or 'without a photo'}; start over with --restart"
                " (what is in the cache is not assessed again)"
            )
        return True

    def add(self, result: RowResult, seconds: float) -> None:
        """Store a result.

        Args:
            result: For an input that is not done.
            seconds: Since the last one, of work.
        """
        number = result.row.number
        database = self._database
        database.execute("BEGIN")
        with database:
            database.execute(
                "INSERT INTO rows VALUES (?, ?, ?, ?)",
                (number, _compute_digest(result.row), result.rank, result.record),
            )
            database.execute(
                "UPDATE spent SET seconds = seconds + ?, remembered = remembered + ?",
                (seconds, int(result.is_from_cache)),
            )
            if result.thumbnail is None:
                return
            dropped = self._add_to_worst(result.rank, number)
            if dropped != number:
                row = (number, result.thumbnail)
                database.execute("INSERT INTO thumbnails VALUES (?, ?)", row)
            if dropped is not None:
                database.execute("DELETE FROM thumbnails WHERE number = ?", (dropped,))

    def _is_empty(self) -> bool:
        try:
            return not self.count_rows()
        except AuditError:
            return False

    def _discard(self) -> None:
        """Leave no trace of an audit that did not come to its first row."""
        if hasattr(self, "_database"):
            self._database.close()
        if self._is_new:
            with suppress(OSError):
                self._remove_files()
                self._lock.remove()
        self._lock.release()
        self._remove_folders()

    def _remove_folders(self) -> None:
        with suppress(OSError):  # Something else is in them.
            for folder in self._created_folders:
                folder.rmdir()

    def _acquire_lock(self, folder: Path) -> WriterLock:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return WriterLock(folder / _LOCK_NAME)
        except IndexLocked as error:
            raise AuditError(f"another audit runs in this folder: {error}") from error
        except OSError as error:
            self._remove_folders()
            raise AuditError(f"cannot write to {folder}: {describe_os_error(error)}") from error

    def _remove_files(self) -> None:
        for name in _JOURNAL_FILES:
            self._path.with_name(name).unlink(missing_ok=True)

    def _make_error(self, error: sqlite3.Error, reason: str) -> AuditError:
        if reason == str(error):
            return AuditError(
                f"{self._path} cannot be used: {reason}; start over with --restart, or in another folder"
            )
        resume_hint = ": the audit goes on from there" if reason == NO_SPACE else ""
        return AuditError(f"cannot write {self._path}: {reason}{resume_hint}")

    def thumbnail_rank_limit(self) -> float:
        """Return the rank above which a photo is not shown in the page."""
        return -self._heap[0][0] if len(self._heap) >= self.worst_count and self._heap else _UNRANKED

    def count_rows(self) -> int:
        """Return the number of inputs done."""
        return int(self._database.execute("SELECT COUNT(*) FROM rows").fetchone()[0])

    def last_row_number(self) -> int:
        """Return the largest number done; -1 where there is none."""
        return int(self._database.execute("SELECT COALESCE(MAX(number), -1) FROM rows").fetchone()[0])

    def elapsed(self) -> tuple[float, int]:
        """Return the seconds of work, and how many assessments came from the cache."""
        seconds, cached_count = self._database.execute(
            "SELECT seconds, remembered FROM spent"
        ).fetchone()
        return float(seconds), int(cached_count)

    def iter_rows(self) -> Iterator[AuditRow]:
        """Yield all rows in the order of the feed, as a stream."""
        for (record,) in self._database.execute("SELECT record FROM rows ORDER BY number"):
            yield unpack_row(record)

    def iter_worst_rows(self) -> Iterator[tuple[AuditRow, bytes | None]]:
        """Yield the worst photos first, with their thumbnails."""
        query = (
            "SELECT record, jpeg FROM rows LEFT JOIN thumbnails USING (number)"
            " WHERE rank < ? ORDER BY rank, number LIMIT ?"
        )
        for record, jpeg in self._database.execute(query, (_UNRANKED, self.worst_count)):
            yield unpack_row(record), jpeg

    def iter_failed_rows(self, limit: int) -> Iterator[AuditRow]:
        """Yield the first inputs that could not be assessed."""
        query = "SELECT record FROM rows WHERE rank >= ? ORDER BY number LIMIT ?"
        for (record,) in self._database.execute(query, (_UNRANKED, limit)):
            yield unpack_row(record)

    def _iter_worst_ranks(self) -> Iterator[tuple[float, int]]:
        query = "SELECT rank, number FROM rows WHERE rank < ? ORDER BY rank, number LIMIT ?"
        yield from self._database.execute(query, (_UNRANKED, self.worst_count))

    def _add_to_worst(self, rank: float, number: int) -> int | None:
        """Take a photo among the worst; return the number of the one that is not, if any."""
        entry = (-rank, -number)
        if len(self._heap) < self.worst_count:
            heappush(self._heap, entry)
            return None
        return -heappushpop(self._heap, entry)[1] if self._heap else number


def _find_missing_folders(folder: Path) -> list[Path]:
    """Return the folders that are not there yet, the innermost first."""
    return list(takewhile(lambda path: not path.exists(), (folder, *folder.parents)))


def _compute_digest(row: FeedRow) -> bytes:
    fields = [row.location, row.sku, row.role, row.category, row.seller, row.label]
    if row.title or row.description:
        fields += [row.title, row.description]
    return hashlib.blake2b(json.dumps(fields).encode(), digest_size=12).digest()
