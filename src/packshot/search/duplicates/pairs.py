"""Comparing many pairs of files on all cores."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from functools import lru_cache
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path

from packshot.errors import UnreadablePhoto
from packshot.photo import Photo
from packshot.processes import DEFAULT_TIME_LIMIT, in_order
from packshot.search.duplicates.comparison import Comparison, compare
from packshot.search.duplicates.view import VIEW_SIDE, View

Pair = tuple[Path, Path]

_VIEWS_HELD = 128
_TOGETHER = 16


def compare_pairs(
    pairs: Iterable[Pair], workers: int, time_limit: float = DEFAULT_TIME_LIMIT
) -> Generator[Comparison | None]:
    """Compare files, in order, as a stream.

    Args:
        pairs: Those that share their first file should stand together: its view is then made once.
        workers: Processes; below 1 the work is done here.
        time_limit: Seconds for a few pairs.

    Yields:
        A comparison for each pair; None where a file can no longer be read.
    """
    compared = in_order(
        _together(pairs), make_comparer, processes=workers, failed=_unknown, time_limit=time_limit
    )
    with closing(compared):
        for results in compared:
            yield from results


class Comparer:
    """Compares files, and holds on to the views it made last."""

    def __init__(self) -> None:
        self._view = lru_cache(maxsize=_VIEWS_HELD)(_view)

    def compare(self, pair: Pair) -> Comparison | None:
        """Compare two files; None where one cannot be read."""
        try:
            return compare(self._view(pair[0]), self._view(pair[1]))
        except UnreadablePhoto:
            return None


def make_comparer() -> Callable[[list[Pair]], list[Comparison | None]]:
    """A worker for `packshot.processes.in_order`."""
    comparer = Comparer()
    return lambda pairs: [comparer.compare(pair) for pair in pairs]


def _together(pairs: Iterable[Pair]) -> Iterator[list[Pair]]:
    """Pairs of one first file, a few at a time, for one process."""
    for _, group in groupby(pairs, key=itemgetter(0)):
        while some := list(islice(group, _TOGETHER)):
            yield some


def _unknown(pairs: list[Pair], _reason: str) -> list[Comparison | None]:
    return [None] * len(pairs)


def _view(path: Path) -> View:
    return View.of(Photo.open(path, max_side=2 * VIEW_SIDE))
