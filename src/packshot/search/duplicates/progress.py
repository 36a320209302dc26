"""Progress of work, without knowing who shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

Item = TypeVar("Item")


class Progress(Protocol):
    """Observer of work: gets results as they come and passes them on.

    Example:
        >>> def count(results, total, activity):
        ...     for number, result in enumerate(results, 1):
        ...         print(f"{activity}: {number} of {total}")
        ...         yield result
        >>> list(count(["mug.jpg", "lamp.jpg"], 2, "looking"))
        looking: 1 of 2
        looking: 2 of 2
        ['mug.jpg', 'lamp.jpg']
    """

    def __call__(self, results: Iterable[Item], total: int, activity: str) -> Iterator[Item]:
        """Pass on the results; `total` of them are expected of the activity."""
        ...


def ignore_progress(results: Iterable[Item], total: int, activity: str) -> Iterator[Item]:
    """Pass results on without showing anything.

    Example:
        >>> sum(ignore_progress(range(5), total=5, activity="comparing"))
        10
    """
    yield from results
