"""The catalog of an index: the rows of the vector file that count, their items, and changes.

Vectors are written first, then the catalog in one transaction. A row that is not there was never
acknowledged, so that a process may be killed between any two instructions.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np

from packshot.arrays import Int64Array
from packshot.databases import Database
from packshot.errors import IndexDamaged, SourceError, VectorIndexError
from packshot.files import atomic_write_bytes
from packshot.search.items import IndexSettings, Value, Where, parse_conditions

CATALOG_FORMAT = 1
"""Of the tables: an index of another format is made anew."""

_BUSY_TIMEOUT_S = 30.0
"""Seconds to wait for another process that writes."""

_SCHEMA = """
CREATE TABLE state (
    format INTEGER NOT NULL, settings TEXT NOT NULL, version INTEGER NOT NULL,
    generation INTEGER NOT NULL, rows INTEGER NOT NULL
);
CREATE TABLE items (row INTEGER PRIMARY KEY, id TEXT NOT NULL, metadata TEXT NOT NULL, died INTEGER);
CREATE UNIQUE INDEX living ON items (id) WHERE died IS NULL;
CREATE INDEX dead ON items (died) WHERE died IS NOT NULL;
CREATE TABLE appends (first INTEGER PRIMARY KEY, count INTEGER NOT NULL, checksum INTEGER NOT NULL);
CREATE TABLE structures (
    file TEXT NOT NULL, checksum INTEGER NOT NULL, rows INTEGER NOT NULL, trained INTEGER NOT NULL,
    probes INTEGER NOT NULL, depth INTEGER NOT NULL, sentence TEXT NOT NULL
);
CREATE TABLE changes (
    version INTEGER PRIMARY KEY, at TEXT NOT NULL, what TEXT NOT NULL, items INTEGER NOT NULL
);
"""


@dataclass(frozen=True)
class IndexState:
    """Version, generation and size of an index.

    Attributes:
        version: Grows with every change.
        generation: Of the vector file; grows when it is rewritten.
        rows: Of the vector file that count, those of dead items included.

    Example:
        >>> state = IndexState(version=3, generation=0, rows=120)
        >>> f"change {state.version}: {state.rows} rows"
        'change 3: 120 rows'
    """

    version: int
    generation: int
    rows: int


@dataclass(frozen=True)
class StructureRecord:
    """A search structure that is complete on disk.

    Attributes:
        file: Its name.
        checksum: CRC-32 of the file.
        rows: It holds the rows before this one.
        rows_at_training: How many rows there were when it was trained.
        probes: Cells to look into; 0 where it has none.
        depth: Candidates to rank exactly for ten answers.
        factory_string: What faiss built it from.

    Example:
        >>> record = StructureRecord("structure-9.faiss", 0, 60_000, 60_000, 16, 80, "IVF512,SQ8")
        >>> record.probes, record.depth
        (16, 80)
    """

    file: str
    checksum: int
    rows: int
    rows_at_training: int
    probes: int
    depth: int
    factory_string: str


class ItemCatalog:
    """Reads and writes the catalog. Only the holder of the writer's lock may write.

    Example:
        >>> ItemCatalog.create(Path("index.db"), IndexSettings(dimensions=2))
        >>> catalog = ItemCatalog(Path("index.db"), writable=True)
        >>> with catalog.open_change("add", items=1):
        ...     catalog.append_items(0, [("mug", "{}")], checksum=0)
        >>> catalog.find_rows(["mug", "lamp"]), catalog.read_state()
        ({'mug': 0}, IndexState(version=1, generation=0, rows=1))
        >>> catalog.close()
    """

    def __init__(self, path: Path, *, writable: bool) -> None:
        """Open a catalog that exists.

        Raises:
            IndexDamaged: Not a catalog, or one whose making was interrupted.
            VectorIndexError: A catalog of another version of Packshot.
        """
        self._path = path
        self._connection = _connect(path, writable)
        try:
            with self._translate_errors():
                row = self._connection.execute("SELECT format, settings FROM state").fetchone()
            if row is None or row[0] != CATALOG_FORMAT:
                raise VectorIndexError(f"{path}: made by another version of Packshot; index again")
            with self._report_damage():
                self.settings = IndexSettings.model_validate_json(row[1])
        except BaseException:
            self._connection.close()
            raise

    @classmethod
    def create(cls, path: Path, settings: IndexSettings) -> None:
        """Write an empty catalog, whole or not at all.

        Raises:
            VectorIndexError: It cannot be written.
        """
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
            database.executescript(_SCHEMA)
            database.execute(
                "INSERT INTO state VALUES (?, ?, 0, 0, 0)", (CATALOG_FORMAT, settings.model_dump_json())
            )
            content = database.serialize()
        try:
            atomic_write_bytes(content, path)
        except SourceError as error:
            raise VectorIndexError(str(error)) from error

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def open_snapshot(self) -> Iterator[IndexState]:
        """Open a snapshot: every reading in it sees the same state, whatever is written meanwhile."""
        with self._translate_errors(), self._report_damage():
            self._connection.execute("BEGIN")
            try:
                yield self.read_state()
            finally:
                self._connection.execute("ROLLBACK")

    @contextmanager
    def open_change(self, operation: str, items: int) -> Iterator[IndexState]:
        """Open a transaction: durable when it ends, undone if it fails."""
        with self._translate_errors():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._connection.execute("UPDATE state SET version = version + 1")
                state = self.read_state()
                change_row = (state.version, datetime.now(UTC).isoformat(), operation, items)
                self._connection.execute("INSERT INTO changes VALUES (?, ?, ?, ?)", change_row)
                yield state
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def read_state(self) -> IndexState:
        """Read the state of the index."""
        return IndexState(*self._read_state_row("SELECT version, generation, rows FROM state"))

    def append_items(self, first: int, entries: Sequence[tuple[str, str]], checksum: int) -> None:
        """Enter ids and metadata of new rows; within a change."""
        rows = ((first + n, name, metadata) for n, (name, metadata) in enumerate(entries))
        self._connection.executemany("INSERT INTO items VALUES (?, ?, ?, NULL)", rows)
        self._connection.execute("INSERT INTO appends VALUES (?, ?, ?)", (first, len(entries), checksum))
        self._connection.execute("UPDATE state SET rows = ?", (first + len(entries),))

    def update_metadata(self, entries: Iterable[tuple[int, str]]) -> None:
        """Replace the metadata of rows; within a change."""
        updates = ((metadata, row) for row, metadata in entries)
        self._connection.executemany("UPDATE items SET metadata = ? WHERE row = ?", updates)

    def mark_deleted(self, rows: Iterable[int], version: int) -> None:
        """Mark rows as dead; within a change."""
        marks = ((version, row) for row in rows)
        self._connection.executemany("UPDATE items SET died = ? WHERE row = ?", marks)

    def find_rows(self, ids: Sequence[str]) -> dict[str, int]:
        """Find the rows of the ids that are there."""
        sql = "SELECT id, row FROM items WHERE died IS NULL AND id IN (SELECT value FROM json_each(?))"
        return dict(self._connection.execute(sql, (json.dumps(list(ids)),)))

    def read_entries(self, rows: Sequence[int]) -> dict[int, tuple[str, str]]:
        """Read the ids and metadata of rows."""
        sql = "SELECT row, id, metadata FROM items WHERE row IN (SELECT value FROM json_each(?))"
        found = self._connection.execute(sql, (json.dumps(list(rows)),))
        return {row: (name, metadata) for row, name, metadata in found}

    def list_ids(self) -> list[str]:
        """List all ids."""
        return [name for (name,) in self._connection.execute("SELECT id FROM items WHERE died IS NULL")]

    def count_live(self) -> int:
        """Count the items."""
        return self.read_state().rows - self._read_number(
            "SELECT count(*) FROM items WHERE died IS NOT NULL"
        )

    def find_deleted_since(self, version: int) -> Int64Array:
        """Find rows that were deleted in changes after that version."""
        found = self._connection.execute("SELECT row FROM items WHERE died > ?", (version,))
        return np.fromiter((row for (row,) in found), np.int64)

    def find_matching(self, where: Where) -> Int64Array:
        """Find living rows whose metadata meets the conditions, ascending."""
        tests, values = _build_condition(where)
        sql = f"SELECT row FROM items WHERE died IS NULL AND {tests} ORDER BY row"  # noqa: S608 - placeholders
        return np.fromiter((row for (row,) in self._connection.execute(sql, values)), np.int64)

    def read_appends(self, limit: int | None = None) -> list[tuple[int, int, int]]:
        """Read first row, number of rows and checksum of appends, the newest first."""
        sql = "SELECT first, count, checksum FROM appends ORDER BY first DESC LIMIT ?"
        return list(self._connection.execute(sql, (-1 if limit is None else limit,)))

    def read_structure(self) -> StructureRecord | None:
        """Read the record of the search structure in force, if there is one."""
        row = self._connection.execute("SELECT * FROM structures").fetchone()
        return None if row is None else StructureRecord(*row)

    def publish_structure(self, record: StructureRecord | None) -> None:
        """Put a search structure in force, or none; within a change."""
        self._connection.execute("DELETE FROM structures")
        if record is not None:
            self._connection.execute(
                "INSERT INTO structures VALUES (?, ?, ?, ?, ?, ?, ?)",
                tuple(getattr(record, name) for name in StructureRecord.__dataclass_fields__),
            )

    def renumber_rows(self, checksums: Sequence[tuple[int, int, int]]) -> None:
        """Delete dead rows, number the living ones from 0 in their order; within a change."""
        execute = self._connection.execute
        execute("DELETE FROM items WHERE died IS NOT NULL")
        # Ascending, and never to a higher number: no two rows meet on the way.
        rows = [row for (row,) in execute("SELECT row FROM items ORDER BY row")]
        new_numbers = ((new, old) for new, old in enumerate(rows) if new != old)
        self._connection.executemany("UPDATE items SET row = ? WHERE row = ?", new_numbers)
        execute("DELETE FROM appends")
        self._connection.executemany("INSERT INTO appends VALUES (?, ?, ?)", checksums)
        execute("UPDATE state SET rows = ?, generation = generation + 1", (len(rows),))

    def _read_state_row(self, sql: str) -> tuple[int, int, int]:
        row = self._connection.execute(sql).fetchone()
        if row is None:
            raise IndexDamaged(f"{self._path}: the index was never finished: delete it and index again")
        version, generation, rows = row
        return version, generation, rows

    def _read_number(self, sql: str) -> int:
        return int(self._connection.execute(sql).fetchone()[0])

    @contextmanager
    def _report_damage(self) -> Iterator[None]:
        """Report as damage rows that are not there, text in the place of numbers, broken metadata."""
        try:
            yield
        except (KeyError, IndexError, TypeError, ValueError, OverflowError) as error:
            raise IndexDamaged(
                f"{self._path} holds what no index can contain ({type(error).__name__}):"
                " restore the index from a copy"
            ) from error

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        """Translate the error that the catalog was closed."""
        try:
            yield
        except sqlite3.ProgrammingError as error:
            raise VectorIndexError(f"{self._path}: the index was closed") from error


def _connect(path: Path, writable: bool) -> Database:
    database = Database(
        path, partial(_make_error, path), mode="rw", timeout=_BUSY_TIMEOUT_S, isolation_level=None
    )
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute(f"PRAGMA query_only = {'OFF' if writable else 'ON'}")
    return database


def _make_error(path: Path, error: sqlite3.Error, reason: str) -> VectorIndexError:
    """Translate an error of SQLite."""
    if "no such table" in reason:
        return IndexDamaged(f"{path}: the index was never finished: delete it and index again")
    if isinstance(error, sqlite3.OperationalError):
        return VectorIndexError(f"{path}: {reason}")
    return IndexDamaged(f"{path}: {reason}: restore the index from a copy")


def _build_condition(where: Where) -> tuple[str, list[str]]:
    """Build SQL with placeholders, and their values, compared as JSON text: types matter."""
    tests, values = ["TRUE"], []
    for key, allowed_values in parse_conditions(where):
        placeholders = ", ".join("?" * len(allowed_values))
        tests.append(f"(metadata -> ?) IN ({placeholders})")
        values += [f"$.{json.dumps(key, ensure_ascii=False)}", *map(_to_json, allowed_values)]
    return " AND ".join(tests), values


def _to_json(value: Value) -> str:
    return json.dumps(value, ensure_ascii=False)
