"""Comparison of many pairs of files on all cores."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from functools import lru_cache, partial
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path

from packshot.arrays import Pixels
from packshot.errors import UnreadablePhoto
from packshot.photo import Photo
from packshot.processes import DEFAULT_TIME_LIMIT_S, map_in_order
from packshot.search.duplicates.comparison import Comparison, compare
from packshot.search.duplicates.small_differences import DETAIL_SIDE
from packshot.search.duplicates.view import VIEW_SIDE, PhotoView

Pair = tuple[Path, Path]

_CACHED_VIEWS = 128
"""Views held by a process, of half a megabyte each, and their features."""

_CACHED_DETAILS = 4
"""Photos held larger, of three megabytes each: few pairs come so far."""

_PAIRS_PER_TASK = 16
"""Pairs of one first photo given to a process together: its view is made once, and no process waits
long for the others."""


def compare_pairs(
    pairs: Iterable[Pair], workers: int, timeout_s: float = DEFAULT_TIME_LIMIT_S
) -> Generator[Comparison | None]:
    """Compare files, in order, as a stream.

    Args:
        pairs: Those that share their first file should stand together: its view is then made once.
        workers: Processes; below 1 the work is done here.
        timeout_s: Seconds for a few pairs.

    Yields:
        A comparison for each pair; None where a file can no longer be read.

    Example:
        >>> folder = Path("examples/photos")
        >>> mug, warm, lost = folder / "mug.jpg", folder / "mug-warm-cast.jpg", folder / "lost.jpg"
        >>> same, unknown = compare_pairs([(mug, warm), (mug, lost)], workers=0)
        >>> same.is_copy, unknown
        (True, None)
    """
    result_lists = map_in_order(
        _group_pairs(pairs),
        make_comparer,
        workers=workers,
        on_failure=_make_unknown_results,
        timeout_s=timeout_s,
    )
    with closing(result_lists):
        for results in result_lists:
            yield from results


class Comparer:
    """Compares files, and caches the views it made last.

    Example:
        >>> comparer, folder = Comparer(), Path("examples/photos")
        >>> comparer.compare((folder / "mug.jpg", folder / "speaker.jpg")).is_copy
        False
    """

    def __init__(self) -> None:
        self._view = lru_cache(maxsize=_CACHED_VIEWS)(_load_view)

    def compare(self, pair: Pair) -> Comparison | None:
        """Compare two files; None where one cannot be read."""
        try:
            return compare(self._view(pair[0]), self._view(pair[1]))
        except UnreadablePhoto:
            return None


def make_comparer() -> Callable[[list[Pair]], list[Comparison | None]]:
    """Make a worker for `packshot.processes.map_in_order`.

    Example:
        >>> pair = Path("examples/photos/mug.jpg"), Path("examples/photos/mug-warm-cast.jpg")
        >>> [comparison.is_copy for comparison in make_comparer()([pair])]
        [True]
    """
    comparer = Comparer()
    return lambda pairs: [comparer.compare(pair) for pair in pairs]


def _group_pairs(pairs: Iterable[Pair]) -> Iterator[list[Pair]]:
    """Group pairs of one first file, a few at a time, for one process."""
    for _, group in groupby(pairs, key=itemgetter(0)):
        while pair_group := list(islice(group, _PAIRS_PER_TASK)):
            yield pair_group


def _make_unknown_results(pairs: list[Pair], _reason: str) -> list[Comparison | None]:
    return [None] * len(pairs)


def _load_view(path: Path) -> PhotoView:
    return PhotoView.from_photo(Photo.open(path, max_side=2 * VIEW_SIDE), partial(_load_detail, path))


@lru_cache(maxsize=_CACHED_DETAILS)
def _load_detail(path: Path) -> Pixels:
    return Photo.open(path, max_side=DETAIL_SIDE).pixels
