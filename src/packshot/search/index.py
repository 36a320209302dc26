"""Interface of all vector indexes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any, Literal, Self

from packshot.search.items import Hit, IndexSettings, Item, Where

DEFAULT_ANSWERS = 10
"""Hits of a query where no number is asked for."""

WriteOperation = Literal["add", "update", "put"]


class VectorIndex(ABC):
    """Vectors with ids and metadata, and the nearest of them to any query.

    What a call has returned from is kept, whatever happens to the process afterwards. An object serves
    one thread at a time; for more threads open the index once in each.

    Attributes:
        settings: What the index is.
        notes: What whoever opened the index should know, such as what an interrupted write left behind.

    Example:
        >>> import numpy as np
        >>> from packshot.search import create_index
        >>> with create_index("photos.index", IndexSettings(dimensions=2)) as index:
        ...     index.add([Item("mug", np.array([1.0, 0.0])), Item("lamp", np.array([0.0, 1.0]))])
        ...     [hit.id for hit in index.query([[0.9, 0.1]], k=1)[0]]
        ['mug']
    """

    settings: IndexSettings
    notes: tuple[str, ...] = ()

    def add(self, items: Sequence[Item]) -> None:
        """Take in items whose ids are not there yet; all of them or, on an error, none.

        Raises:
            InvalidInput: An id that is there, or an item that cannot be one.
        """
        self._write_items("add", items)

    def update(self, items: Sequence[Item]) -> None:
        """Replace items that are there; of those without a vector, the metadata only. All or none.

        Raises:
            InvalidInput: An id that is not there, or an item that cannot be one.
        """
        self._write_items("update", items)

    def put(self, items: Sequence[Item]) -> None:
        """Take in items, replacing those whose ids are there; all or none.

        Raises:
            InvalidInput: An item that cannot be one.
        """
        self._write_items("put", items)

    @abstractmethod
    def delete(self, ids: Sequence[str]) -> int:
        """Delete items; ids that are not there are passed over. Return how many went."""

    @abstractmethod
    def get(self, ids: Sequence[str]) -> list[Item | None]:
        """Return the items of these ids, in order; None for those that are not there."""

    @abstractmethod
    def count(self, where: Where | None = None) -> int:
        """Count the items, or those that meet the conditions."""

    @abstractmethod
    def iter_ids(self) -> Iterator[str]:
        """Yield the ids of all items, in no order."""

    @abstractmethod
    def query(
        self, vectors: Any, k: int = DEFAULT_ANSWERS, where: Where | None = None
    ) -> list[list[Hit]]:
        """Find the nearest items to each vector.

        Args:
            vectors: (Q, D) queries.
            k: Answers to each, at least 1; fewer come back only where there are fewer items.
            where: Conditions that answers must meet.

        Returns:
            For each query its hits, the nearest first; their distances are exact also where the search
            is approximate, and may then miss some of the nearest.

        Raises:
            InvalidInput: Vectors or conditions that the index cannot work with.
        """

    @abstractmethod
    def flush(self) -> None:
        """Bring the search structure up to date with what was taken in; nothing is lost without it."""

    @abstractmethod
    def compact(self) -> None:
        """Give back the room of what was deleted and replaced, and build the search structure anew."""

    @abstractmethod
    def describe(self) -> str:
        """Describe in one line how the index searches."""

    @abstractmethod
    def close(self) -> None:
        """Close files and connections; closing twice is harmless."""

    def ingest(self, batches: Iterable[Sequence[Item]]) -> Iterator[int]:
        """Put batches as they come.

        Yields:
            After each batch, once it is durable, how many items have been taken in so far.
        """
        item_count = 0
        for batch in batches:
            self.put(batch)
            item_count += len(batch)
            yield item_count

    @abstractmethod
    def _write_items(self, operation: WriteOperation, items: Sequence[Item]) -> None:
        """Do what the method named `operation` promises."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
