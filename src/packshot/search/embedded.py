"""A vector index in a folder: SQLite for the book, files for vectors, faiss for speed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from packshot.arrays import Float32Array, Int64Array, Mask
from packshot.errors import IndexDamaged, InvalidInput, VectorIndexError
from packshot.files import writing
from packshot.search.index import DEFAULT_ANSWERS, VectorIndex, Write
from packshot.search.items import (
    Hit,
    IndexSettings,
    Item,
    Where,
    alternatives,
    checked_ids,
    checked_items,
    checked_vectors,
    metadata_text,
    require_presence,
)
from packshot.search.ledger import Ledger, State
from packshot.search.ranking import nearest, scan
from packshot.search.structures import Structures
from packshot.search.vector_file import VectorFile
from packshot.writer_lock import WriterLock

_BOOK = "index.db"
_LOCK = "writer.lock"
_BLOCK_BYTES = 1 << 26
_APPENDS_CHECKED = 4
_RANKED_AT_ONCE = 64
_LOOKS = 3


class EmbeddedIndex(VectorIndex):
    """See `VectorIndex`. Readers see each change whole, as soon as it is acknowledged."""

    def __init__(self, folder: Path, *, writes: bool) -> None:
        """Open an index.

        Raises:
            VectorIndexError: None is there, it is damaged, or another process writes to it.
        """
        if not self.exists(folder):
            raise VectorIndexError(f"{folder}: no index there")
        self._folder = folder
        self._lock = _locked(folder) if writes else None
        try:
            self._ledger = Ledger(folder / _BOOK, writes=writes)
            self.settings = self._ledger.settings
            self._structures = Structures(folder, self.settings, self._ledger)
            self._state = State(-1, -1, 0)
            with self._reading():
                self._check(newest=_APPENDS_CHECKED)
            if writes:
                self.notes = tuple(self._tidied())
        except BaseException:
            self.close()
            raise

    @staticmethod
    def exists(folder: Path) -> bool:
        """Whether there is an index in a folder, whole or not."""
        return (folder / _BOOK).is_file()

    @classmethod
    def create(cls, folder: Path, settings: IndexSettings) -> EmbeddedIndex:
        """Make an empty index and open it for writing.

        Raises:
            VectorIndexError: There is one already, or the folder cannot be written to.
        """
        with writing(folder, VectorIndexError):
            folder.mkdir(parents=True, exist_ok=True)
        lock = _locked(folder)
        try:
            if cls.exists(folder):
                raise VectorIndexError(f"{folder}: there is an index already")
            Ledger.create(folder / _BOOK, settings)
        finally:
            lock.release()
        return cls(folder, writes=True)

    def delete(self, ids: Sequence[str]) -> int:
        """See `VectorIndex.delete`."""
        self._require_writer()
        with self._ledger.change("delete", len(ids)) as state:
            rows = self._ledger.rows_of(ids)
            self._ledger.bury(rows.values(), state.version)
        self._refresh(self._ledger.state())
        return len(rows)

    def get(self, ids: Sequence[str]) -> list[Item | None]:
        """See `VectorIndex.get`."""
        with self._reading():
            rows = self._ledger.rows_of(ids)
            entries = self._ledger.entries(list(rows.values()))
            vectors = self._vectors.take(np.fromiter(rows.values(), np.int64))
        found = {
            name: Item(name, vector, json.loads(entries[row][1]))
            for (name, row), vector in zip(rows.items(), vectors, strict=True)
        }
        return [found.get(name) for name in ids]

    def count(self, where: Where | None = None) -> int:
        """See `VectorIndex.count`."""
        with self._ledger.snapshot():
            return len(self._ledger.matching(where)) if where else self._ledger.living()

    def ids(self) -> Iterator[str]:
        """See `VectorIndex.ids`."""
        with self._ledger.snapshot():
            return iter(self._ledger.ids())

    def query(
        self, vectors: Any, k: int = DEFAULT_ANSWERS, where: Where | None = None
    ) -> list[list[Hit]]:
        """See `VectorIndex.query`."""
        if k < 1:
            raise InvalidInput(f"{k} answers: ask for 1 at least")
        queries = checked_vectors(vectors, self.settings)
        alternatives(where)
        with self._reading():
            allowed = self._alive if where is None else self._allowed(where)
            found = self._candidates(queries, k, allowed)
            ranked = [self._ranked(query, rows, k) for query, rows in zip(queries, found, strict=True)]
            return self._as_hits(ranked)

    def flush(self) -> None:
        """See `VectorIndex.flush`. Trains a structure where there are enough vectors for one."""
        self._require_writer()
        self._structures.update(self._vectors, self._state.rows, self._alive)
        self._refresh(self._ledger.state())
        self._tidied()

    def compact(self) -> None:
        """See `VectorIndex.compact`."""
        self._require_writer()
        self._rewrite()
        self._structures.rebuild(self._vectors, self._state.rows, self._alive)
        self._refresh(self._ledger.state())
        self._tidied()

    def verify(self) -> None:
        """Compare every vector on disk with the checksum it was written with.

        Raises:
            IndexDamaged: A file that is not what was written.
        """
        with self._reading():
            self._check(newest=None)
            self._structures.current()

    def describe(self) -> str:
        """See `VectorIndex.describe`."""
        with self._reading() as state:
            return f"embedded, {self._structures.describe(self._ledger.living(), state.rows)}"

    def close(self) -> None:
        """See `VectorIndex.close`."""
        self._let_go()
        if hasattr(self, "_ledger"):
            self._ledger.close()
        if self._lock is not None:
            self._lock.release()

    def _take(self, what: Write, items: Sequence[Item]) -> None:
        """Write vectors, then their rows in the book: only what is in the book exists."""
        self._require_writer()
        ids = checked_ids([item.id for item in items])
        texts = {item.id: metadata_text(item.metadata) for item in items}
        there = self._ledger.rows_of(ids)
        require_presence(what, ids, there)
        vectors = checked_items(what, items, self.settings)
        first = self._state.rows
        checksum = self._vectors.append(np.stack(list(vectors.values())), first) if vectors else 0
        with self._ledger.change(what, len(items)) as state:
            again = [(there[name], text) for name, text in texts.items() if name not in vectors]
            self._ledger.describe_again(again)
            self._ledger.bury((there[name] for name in vectors if name in there), state.version)
            if vectors:
                self._ledger.append(first, [(name, texts[name]) for name in vectors], checksum)
        self._refresh(self._ledger.state())

    @contextmanager
    def _reading(self) -> Iterator[State]:
        """A snapshot whose vector file is open; one that was replaced just then is looked for anew."""
        for left in reversed(range(_LOOKS)):
            with ExitStack() as stack:
                state = stack.enter_context(self._ledger.snapshot())
                try:
                    self._refresh(state)
                except IndexDamaged:
                    if not left:
                        raise
                    continue
                yield state
                return

    def _refresh(self, state: State) -> None:
        """Catch up with what was written since, here or by another process."""
        if state.version == self._state.version:
            return
        if state.generation != self._state.generation:
            self._let_go()
            self._vectors = VectorFile(self._file(state.generation), self.settings)
            self._alive: Mask = np.zeros(0, bool)
            self._state = State(-1, state.generation, 0)
        if state.rows:  # Opened now: a writer may unlink it while this snapshot is in use.
            self._vectors.hold(state.rows)
        grown = np.ones(state.rows, bool)
        grown[: len(self._alive)] = self._alive
        grown[self._ledger.died_since(self._state.version)] = False
        self._alive = grown
        self._matching: dict[str, Mask] = {}
        self._state = state

    def _let_go(self) -> None:
        if hasattr(self, "_vectors"):
            self._vectors.close()

    def _file(self, generation: int) -> Path:
        return self._folder / f"vectors-{generation:06d}.bin"

    def _allowed(self, where: Where) -> Mask:
        """Which rows meet conditions; remembered until something changes."""
        key = repr(alternatives(where))
        if key not in self._matching:
            mask = np.zeros(self._state.rows, bool)
            mask[self._ledger.matching(where)] = True
            self._matching[key] = mask
        return self._matching[key]

    def _candidates(self, queries: Float32Array, k: int, allowed: Mask) -> list[Int64Array]:
        """Rows that may be among the nearest: of the structure, and all that it does not hold."""
        structure = self._structures.current()
        if structure is None or structure.too_few(int(np.count_nonzero(allowed)), k):
            return self._scanned(queries, k, np.flatnonzero(allowed))
        held = structure.rows
        found = structure.candidates(queries, k, allowed[:held])
        fresh = held + np.flatnonzero(allowed[held:])
        if not len(fresh):
            return found
        scanned = self._scanned(queries, k, fresh)
        return [np.concatenate(both) for both in zip(found, scanned, strict=True)]

    def _scanned(self, queries: Float32Array, k: int, rows: Int64Array) -> list[Int64Array]:
        step = max(1, _BLOCK_BYTES // (4 * self.settings.dimensions))
        pieces = (rows[start : start + step] for start in range(0, len(rows), step))
        blocks = ((piece, self._vectors.take(piece)) for piece in pieces)
        return scan(queries, blocks, k, self.settings.distance)

    def _ranked(self, query: Float32Array, rows: Int64Array, k: int) -> list[tuple[int, float]]:
        vectors, distance = self._vectors.take(rows), self.settings.distance
        if len(rows) > _RANKED_AT_ONCE:
            leading = scan(query[None], [(np.arange(len(rows)), vectors)], k, distance)[0]
            rows, vectors = rows[leading], vectors[leading]
        found = nearest(query, rows, vectors, k, distance)
        return list(zip(found[0].tolist(), found[1].tolist(), strict=True))

    def _as_hits(self, ranked: list[list[tuple[int, float]]]) -> list[list[Hit]]:
        rows = {row for answers in ranked for row, _ in answers}
        entries = self._ledger.entries(list(rows))
        return [
            [Hit(entries[row][0], apart, json.loads(entries[row][1])) for row, apart in answers]
            for answers in ranked
        ]

    def _rewrite(self) -> None:
        """Write a file of the living vectors alone; it counts from the moment the book says so."""
        rows = np.flatnonzero(self._alive)
        if len(rows) == self._state.rows:
            return
        path = self._file(self._state.generation + 1)
        path.unlink(missing_ok=True)
        target, checksums = VectorFile(path, self.settings), []
        step = max(1, _BLOCK_BYTES // self._vectors.row_bytes)
        for start in range(0, len(rows), step):
            piece = rows[start : start + step]
            checksums.append((start, len(piece), target.append(self._vectors.take(piece), start)))
        with self._ledger.change("compact", len(rows)):
            self._ledger.renumber(checksums)
            self._ledger.publish(None)
        self._refresh(self._ledger.state())

    def _tidied(self) -> list[str]:
        """Remove what interrupted work left; returns what there is to say about it."""
        said = []
        excess = self._vectors.excess(self._state.rows)
        if excess > 0:
            self._vectors.append(np.empty((0, self.settings.dimensions), np.float32), self._state.rows)
            said.append(
                f"an interrupted write left {excess} bytes that were never acknowledged: dropped"
            )
        kept = {self._vectors.path.name, *self._structures.files()}
        for path in (*self._folder.glob("vectors-*"), *self._folder.glob("structure-*")):
            if path.name not in kept:
                path.unlink()
                said.append(f"{path.name} was left by work that was interrupted: removed")
        return said

    def _check(self, newest: int | None) -> None:
        for first, count, checksum in self._ledger.appends(newest):
            if self._vectors.checksum(first, count) != checksum:
                raise IndexDamaged(
                    f"{self._vectors.path}: vectors {first} to {first + count - 1} are not what was "
                    "written: restore the index from a copy"
                )

    def _require_writer(self) -> None:
        if self._lock is None:
            raise VectorIndexError(f"{self._folder} was opened for reading")


def _locked(folder: Path) -> WriterLock:
    with writing(folder, VectorIndexError):
        return WriterLock(folder / _LOCK)
