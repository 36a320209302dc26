"""Which search structure of an index is in force, and when to build another."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from packshot.arrays import Mask
from packshot.search import structure as making
from packshot.search.items import IndexSettings
from packshot.search.ledger import Ledger
from packshot.search.planning import plan
from packshot.search.structure import Structure
from packshot.search.vector_file import VectorFile

_TRAIN_AGAIN_AT = 4
"""Times the vectors that a structure was trained with."""
_LEAST_FRESH = 10_000
_FRESH_SHARE = 0.05


class Structures:
    """The structure of an index. The ledger says which file it is; here it is kept in memory."""

    def __init__(self, folder: Path, settings: IndexSettings, ledger: Ledger) -> None:
        self._folder = folder
        self._settings = settings
        self._ledger = ledger
        self._loaded: Structure | None = None

    def current(self) -> Structure | None:
        """The structure in force; None to look at every vector. Within a snapshot.

        Raises:
            IndexDamaged: Its file is not what was written.
        """
        published = self._ledger.structure()
        if published is None:
            return None
        if self._loaded is None or self._loaded.published.file != published.file:
            try:
                self._loaded = making.load(published, self._folder, self._settings.distance)
            except (
                FileNotFoundError
            ):  # A writer replaced it after this snapshot: every vector is there still.
                return None
        return self._loaded

    def files(self) -> list[str]:
        """Names of the files that are in force."""
        published = self._ledger.structure()
        return [] if published is None else [published.file]

    def describe(self, living: int, rows: int) -> str:
        """How queries are answered, where so many of so many rows live."""
        published = self._ledger.structure()
        if published is None:
            return f"exact over {living} vectors"
        fresh = f", {rows - published.rows} newer ones exact" if rows > published.rows else ""
        return (
            f"{published.sentence} over {published.rows} vectors, {published.probes} cells looked into, "
            f"{published.depth} candidates ranked exactly{fresh}"
        )

    def update(self, vectors: VectorFile, rows: int, alive: Mask) -> None:
        """Build, or put in what is new, if there is reason to."""
        living = int(np.count_nonzero(alive))
        wanted = plan(self._settings.kind, living, self._settings.dimensions)
        published = self._ledger.structure()
        if wanted is None or rows == (published.rows if published else -1):
            return
        if published is None or living >= _TRAIN_AGAIN_AT * published.trained:
            self.rebuild(vectors, rows, alive)
        elif rows - published.rows > max(_LEAST_FRESH, _FRESH_SHARE * rows):
            held = self.current()
            if held is not None:
                self._publish(making.extended(held, vectors, rows))

    def rebuild(self, vectors: VectorFile, rows: int, alive: Mask) -> None:
        """Build from all that lives; where there is too little, have every vector looked at."""
        living = int(np.count_nonzero(alive))
        wanted = plan(self._settings.kind, living, self._settings.dimensions)
        if wanted is not None:
            self._publish(making.build(wanted, vectors, alive[:rows], self._settings))
        elif self._ledger.structure() is not None:
            with self._ledger.change("structure", 0):
                self._ledger.publish(None)

    def _publish(self, structure: Structure) -> None:
        name = f"structure-{self._ledger.state().version + 1:012d}.faiss"
        saved = making.save(structure, self._folder / name)
        with self._ledger.change("structure", saved.rows):
            self._ledger.publish(saved.published)
        self._loaded = saved
