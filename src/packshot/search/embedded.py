"""A vector index in a folder: SQLite for the catalog, files for vectors, faiss for speed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from packshot.arrays import Float32Array, Int64Array, Mask
from packshot.errors import IndexDamaged, InvalidInput, VectorIndexError
from packshot.files import translate_write_errors
from packshot.search.index import DEFAULT_ANSWERS, VectorIndex, WriteOperation
from packshot.search.item_catalog import IndexState, ItemCatalog
from packshot.search.items import (
    Hit,
    IndexSettings,
    Item,
    Where,
    check_ids,
    check_items,
    check_presence,
    check_vectors,
    metadata_to_json,
    parse_conditions,
)
from packshot.search.ranking import rank_nearest, scan
from packshot.search.structure_manager import StructureManager
from packshot.search.vector_file import VectorFile
from packshot.writer_lock import WriterLock

_CATALOG_FILE = "index.db"
_LOCK_FILE = "writer.lock"
_BLOCK_BYTES = 1 << 26
"""Bytes of vectors read or copied at a time: bounds memory."""

_APPENDS_TO_CHECK = 4
"""Last writes whose checksums are compared when an index is opened: where an interruption would show.
`verify` compares all."""

_MAX_RANKED_DIRECTLY = 64
"""Candidates up to which all are ranked in double precision; of more, single precision chooses those
first."""

_MAX_ATTEMPTS = 3
"""Times that a snapshot is opened anew after a compaction took its vector file away."""


class EmbeddedIndex(VectorIndex):
    """See `VectorIndex`. Readers see each change whole, as soon as it is acknowledged.

    Example:
        >>> import numpy as np
        >>> with EmbeddedIndex.create(Path("photos.index"), IndexSettings(dimensions=2)) as index:
        ...     index.add([Item("mug", np.array([1, 0], np.float32), {"seller": "potter"})])
        >>> with EmbeddedIndex(Path("photos.index"), writable=False) as index:
        ...     index.get(["mug"])[0].metadata
        {'seller': 'potter'}
    """

    def __init__(self, folder: Path, *, writable: bool) -> None:
        """Open an index.

        Raises:
            VectorIndexError: None is there, it is damaged, or another process writes to it.
        """
        if not self.exists(folder):
            raise VectorIndexError(f"{folder}: no index there")
        self._folder = folder
        self._lock = _acquire_lock(folder) if writable else None
        try:
            self._catalog = ItemCatalog(folder / _CATALOG_FILE, writable=writable)
            self.settings = self._catalog.settings
            self._structure_manager = StructureManager(folder, self.settings, self._catalog)
            self._state = IndexState(-1, -1, 0)
            with self._open_snapshot():
                self._check_appends(limit=_APPENDS_TO_CHECK)
            if writable:
                self.notes = tuple(self._remove_leftovers())
        except BaseException:
            self.close()
            raise

    @staticmethod
    def exists(folder: Path) -> bool:
        """Return whether there is an index in a folder, whole or not."""
        return (folder / _CATALOG_FILE).is_file()

    @classmethod
    def create(cls, folder: Path, settings: IndexSettings) -> EmbeddedIndex:
        """Make an empty index and open it for writing.

        Raises:
            VectorIndexError: There is one already, or the folder cannot be written to.
        """
        with translate_write_errors(folder, VectorIndexError):
            folder.mkdir(parents=True, exist_ok=True)
        lock = _acquire_lock(folder)
        try:
            if cls.exists(folder):
                raise VectorIndexError(f"{folder}: there is an index already")
            ItemCatalog.create(folder / _CATALOG_FILE, settings)
        finally:
            lock.release()
        return cls(folder, writable=True)

    def delete(self, ids: Sequence[str]) -> int:
        """See `VectorIndex.delete`."""
        self._check_writable()
        with self._catalog.open_change("delete", len(ids)) as state:
            rows = self._catalog.find_rows(ids)
            self._catalog.mark_deleted(rows.values(), state.version)
        self._refresh(self._catalog.read_state())
        return len(rows)

    def get(self, ids: Sequence[str]) -> list[Item | None]:
        """See `VectorIndex.get`."""
        with self._open_snapshot():
            rows = self._catalog.find_rows(ids)
            entries = self._catalog.read_entries(list(rows.values()))
            vectors = self._vectors.read_rows(np.fromiter(rows.values(), np.int64))
        found = {
            name: Item(name, vector, json.loads(entries[row][1]))
            for (name, row), vector in zip(rows.items(), vectors, strict=True)
        }
        return [found.get(name) for name in ids]

    def count(self, where: Where | None = None) -> int:
        """See `VectorIndex.count`."""
        with self._catalog.open_snapshot():
            return len(self._catalog.find_matching(where)) if where else self._catalog.count_live()

    def iter_ids(self) -> Iterator[str]:
        """See `VectorIndex.ids`."""
        with self._catalog.open_snapshot():
            return iter(self._catalog.list_ids())

    def query(
        self, vectors: Any, k: int = DEFAULT_ANSWERS, where: Where | None = None
    ) -> list[list[Hit]]:
        """See `VectorIndex.query`."""
        if k < 1:
            raise InvalidInput(f"{k} answers: ask for at least 1")
        queries = check_vectors(vectors, self.settings)
        parse_conditions(where)
        with self._open_snapshot():
            allowed = self._live_mask if where is None else self._find_allowed_rows(where)
            found = self._find_candidates(queries, k, allowed)
            ranked = [
                self._rank_rows(query, rows, k) for query, rows in zip(queries, found, strict=True)
            ]
            return self._to_hits(ranked)

    def flush(self) -> None:
        """See `VectorIndex.flush`. Trains a structure where there are enough vectors for one."""
        self._check_writable()
        self._structure_manager.update(self._vectors, self._state.rows, self._live_mask)
        self._refresh(self._catalog.read_state())
        self._remove_leftovers()

    def compact(self) -> None:
        """See `VectorIndex.compact`."""
        self._check_writable()
        self._rewrite_vectors()
        self._structure_manager.rebuild(self._vectors, self._state.rows, self._live_mask)
        self._refresh(self._catalog.read_state())
        self._remove_leftovers()

    def verify(self) -> None:
        """Compare every vector on disk with the checksum it was written with.

        Raises:
            IndexDamaged: A file that is not what was written.
        """
        with self._open_snapshot():
            self._check_appends(limit=None)
            self._structure_manager.load_current()

    def describe(self) -> str:
        """See `VectorIndex.describe`."""
        with self._open_snapshot() as state:
            return (
                f"embedded, {self._structure_manager.describe(self._catalog.count_live(), state.rows)}"
            )

    def close(self) -> None:
        """See `VectorIndex.close`."""
        self._close_vectors()
        if hasattr(self, "_catalog"):
            self._catalog.close()
        if self._lock is not None:
            self._lock.release()

    def _write_items(self, operation: WriteOperation, items: Sequence[Item]) -> None:
        """Write vectors, then their rows in the catalog: only what is in the catalog exists."""
        self._check_writable()
        ids = check_ids([item.id for item in items])
        texts = {item.id: metadata_to_json(item.metadata) for item in items}
        existing_rows = self._catalog.find_rows(ids)
        check_presence(operation, ids, existing_rows)
        vectors = check_items(operation, items, self.settings)
        first = self._state.rows
        checksum = self._vectors.append(np.stack(list(vectors.values())), first) if vectors else 0
        with self._catalog.open_change(operation, len(items)) as state:
            metadata_updates = [
                (existing_rows[name], text) for name, text in texts.items() if name not in vectors
            ]
            self._catalog.update_metadata(metadata_updates)
            self._catalog.mark_deleted(
                (existing_rows[name] for name in vectors if name in existing_rows), state.version
            )
            if vectors:
                self._catalog.append_items(first, [(name, texts[name]) for name in vectors], checksum)
        self._refresh(self._catalog.read_state())

    @contextmanager
    def _open_snapshot(self) -> Iterator[IndexState]:
        """Open a snapshot and its vector file; one that was replaced just then is looked for anew."""
        for attempts_left in reversed(range(_MAX_ATTEMPTS)):
            with ExitStack() as stack:
                state = stack.enter_context(self._catalog.open_snapshot())
                try:
                    self._refresh(state)
                except IndexDamaged:
                    if not attempts_left:
                        raise
                    continue
                yield state
                return

    def _refresh(self, state: IndexState) -> None:
        """Catch up with what was written since, here or by another process."""
        if state.version == self._state.version:
            return
        if state.generation != self._state.generation:
            self._close_vectors()
            self._vectors = VectorFile(self._vector_path(state.generation), self.settings)
            self._live_mask: Mask = np.zeros(0, bool)
            self._state = IndexState(-1, state.generation, 0)
        if state.rows:  # Opened now: a writer may unlink it while this snapshot is in use.
            self._vectors.keep_open(state.rows)
        live_mask = np.ones(state.rows, bool)
        live_mask[: len(self._live_mask)] = self._live_mask
        live_mask[self._catalog.find_deleted_since(self._state.version)] = False
        self._live_mask = live_mask
        self._masks_by_condition: dict[str, Mask] = {}
        self._state = state

    def _close_vectors(self) -> None:
        if hasattr(self, "_vectors"):
            self._vectors.close()

    def _vector_path(self, generation: int) -> Path:
        return self._folder / f"vectors-{generation:06d}.bin"

    def _find_allowed_rows(self, where: Where) -> Mask:
        """Find the rows that meet conditions; cached until something changes."""
        key = repr(parse_conditions(where))
        if key not in self._masks_by_condition:
            mask = np.zeros(self._state.rows, bool)
            mask[self._catalog.find_matching(where)] = True
            self._masks_by_condition[key] = mask
        return self._masks_by_condition[key]

    def _find_candidates(self, queries: Float32Array, k: int, allowed: Mask) -> list[Int64Array]:
        """Find rows that may be among the nearest: of the structure, and all that it does not hold."""
        structure = self._structure_manager.load_current()
        if structure is None or structure.should_scan(int(np.count_nonzero(allowed)), k):
            return self._scan_rows(queries, k, np.flatnonzero(allowed))
        structure_rows = structure.rows
        found = structure.find_candidates(queries, k, allowed[:structure_rows])
        new_rows = structure_rows + np.flatnonzero(allowed[structure_rows:])
        if not len(new_rows):
            return found
        scanned = self._scan_rows(queries, k, new_rows)
        return [np.concatenate(both) for both in zip(found, scanned, strict=True)]

    def _scan_rows(self, queries: Float32Array, k: int, rows: Int64Array) -> list[Int64Array]:
        step = max(1, _BLOCK_BYTES // (4 * self.settings.dimensions))
        pieces = (rows[start : start + step] for start in range(0, len(rows), step))
        blocks = ((piece, self._vectors.read_rows(piece)) for piece in pieces)
        return scan(queries, blocks, k, self.settings.distance)

    def _rank_rows(self, query: Float32Array, rows: Int64Array, k: int) -> list[tuple[int, float]]:
        vectors, distance = self._vectors.read_rows(rows), self.settings.distance
        if len(rows) > _MAX_RANKED_DIRECTLY:
            leading = scan(query[None], [(np.arange(len(rows)), vectors)], k, distance)[0]
            rows, vectors = rows[leading], vectors[leading]
        found = rank_nearest(query, rows, vectors, k, distance)
        return list(zip(found[0].tolist(), found[1].tolist(), strict=True))

    def _to_hits(self, ranked: list[list[tuple[int, float]]]) -> list[list[Hit]]:
        rows = {row for answers in ranked for row, _ in answers}
        entries = self._catalog.read_entries(list(rows))
        return [
            [Hit(entries[row][0], distance, json.loads(entries[row][1])) for row, distance in answers]
            for answers in ranked
        ]

    def _rewrite_vectors(self) -> None:
        """Write a file of the living vectors alone; it counts from the moment the catalog says so."""
        rows = np.flatnonzero(self._live_mask)
        if len(rows) == self._state.rows:
            return
        path = self._vector_path(self._state.generation + 1)
        path.unlink(missing_ok=True)
        target, checksums = VectorFile(path, self.settings), []
        step = max(1, _BLOCK_BYTES // self._vectors.row_bytes)
        for start in range(0, len(rows), step):
            piece = rows[start : start + step]
            checksums.append((start, len(piece), target.append(self._vectors.read_rows(piece), start)))
        with self._catalog.open_change("compact", len(rows)):
            self._catalog.renumber_rows(checksums)
            self._catalog.publish_structure(None)
        self._refresh(self._catalog.read_state())

    def _remove_leftovers(self) -> list[str]:
        """Remove what interrupted work left; return what there is to say about it."""
        notes = []
        excess_bytes = self._vectors.excess_bytes(self._state.rows)
        if excess_bytes > 0:
            self._vectors.append(np.empty((0, self.settings.dimensions), np.float32), self._state.rows)
            notes.append(
                f"an interrupted write left {excess_bytes} bytes that were never acknowledged: dropped"
            )
        needed_names = {self._vectors.path.name, *self._structure_manager.list_files()}
        for path in (*self._folder.glob("vectors-*"), *self._folder.glob("structure-*")):
            if path.name not in needed_names:
                path.unlink()
                notes.append(f"{path.name} was left by work that was interrupted: removed")
        return notes

    def _check_appends(self, limit: int | None) -> None:
        for first, count, checksum in self._catalog.read_appends(limit):
            if self._vectors.compute_checksum(first, count) != checksum:
                raise IndexDamaged(
                    f"{self._vectors.path}: vectors {first} to {first + count - 1} are not what was "
                    "written: restore the index from a copy"
                )

    def _check_writable(self) -> None:
        if self._lock is None:
            raise VectorIndexError(f"{self._folder} was opened for reading")


def _acquire_lock(folder: Path) -> WriterLock:
    with translate_write_errors(folder, VectorIndexError):
        return WriterLock(folder / _LOCK_FILE)
