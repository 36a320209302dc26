"""The search structure of an index in force, and when another is built."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from packshot.arrays import Mask
from packshot.search.item_catalog import ItemCatalog
from packshot.search.items import IndexSettings
from packshot.search.planning import plan_structure
from packshot.search.search_structure import (
    SearchStructure,
    build_structure,
    extend_structure,
    load_structure,
    save_structure,
)
from packshot.search.vector_file import VectorFile

_RETRAIN_GROWTH = 4
"""Times the vectors that a structure was trained with from which on another is trained: cells then hold
four times what they were planned for."""

_MIN_NEW_ROWS = 10_000
"""Rows newer than the structure up to which they are looked at one by one, as long as they are no more
than `_MIN_NEW_SHARE` either."""

_MIN_NEW_SHARE = 0.05
"""The same as a share of all rows, 0..1; the larger of the two holds."""


class StructureManager:
    """Keeps the structure of an index in memory; the catalog says which file it is.

    Example:
        >>> settings = IndexSettings(dimensions=4)
        >>> ItemCatalog.create(Path("index.db"), settings)
        >>> catalog = ItemCatalog(Path("index.db"), writable=True)
        >>> StructureManager(Path(), settings, catalog).describe(live_count=120, rows=130)
        'exact over 120 vectors'
        >>> catalog.close()
    """

    def __init__(self, folder: Path, settings: IndexSettings, catalog: ItemCatalog) -> None:
        self._folder = folder
        self._settings = settings
        self._catalog = catalog
        self._current: SearchStructure | None = None

    def load_current(self) -> SearchStructure | None:
        """Load the structure in force; None to look at every vector. Within a snapshot.

        Raises:
            IndexDamaged: Its file is not what was written.
        """
        record = self._catalog.read_structure()
        if record is None:
            return None
        if self._current is None or self._current.record.file != record.file:
            try:
                self._current = load_structure(record, self._folder, self._settings.distance)
            except FileNotFoundError:
                return None  # A writer replaced it after this snapshot: every vector is there still.
        return self._current

    def list_files(self) -> list[str]:
        """List the names of the files that are in force."""
        record = self._catalog.read_structure()
        return [] if record is None else [record.file]

    def describe(self, live_count: int, rows: int) -> str:
        """Describe how queries are answered, where so many of so many rows live."""
        record = self._catalog.read_structure()
        if record is None:
            return f"exact over {live_count} vectors"
        new_rows_text = f", {rows - record.rows} newer ones exact" if rows > record.rows else ""
        return (
            f"{record.factory_string} over {record.rows} vectors, {record.probes} cells looked into, "
            f"{record.depth} candidates ranked exactly{new_rows_text}"
        )

    def update(self, vectors: VectorFile, rows: int, alive: Mask) -> None:
        """Build, or put in what is new, if there is reason to."""
        live_count = int(np.count_nonzero(alive))
        structure_plan = plan_structure(self._settings.kind, live_count, self._settings.dimensions)
        record = self._catalog.read_structure()
        if structure_plan is None or rows == (record.rows if record else -1):
            return
        if record is None or live_count >= _RETRAIN_GROWTH * record.rows_at_training:
            self.rebuild(vectors, rows, alive)
        elif rows - record.rows > max(_MIN_NEW_ROWS, _MIN_NEW_SHARE * rows):
            current = self.load_current()
            if current is not None:
                self._publish(extend_structure(current, vectors, rows))

    def rebuild(self, vectors: VectorFile, rows: int, alive: Mask) -> None:
        """Build from all that lives; where there is too little, have every vector looked at."""
        live_count = int(np.count_nonzero(alive))
        structure_plan = plan_structure(self._settings.kind, live_count, self._settings.dimensions)
        if structure_plan is not None:
            self._publish(build_structure(structure_plan, vectors, alive[:rows], self._settings))
        elif self._catalog.read_structure() is not None:
            with self._catalog.open_change("structure", 0):
                self._catalog.publish_structure(None)

    def _publish(self, structure: SearchStructure) -> None:
        name = f"structure-{self._catalog.read_state().version + 1:012d}.faiss"
        saved = save_structure(structure, self._folder / name)
        with self._catalog.open_change("structure", saved.rows):
            self._catalog.publish_structure(saved.record)
        self._current = saved
