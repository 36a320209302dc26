"""Comparisons of photos: from the store where it has them, else computed and stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path

from packshot.processes import DEFAULT_TIME_LIMIT_S
from packshot.report import DuplicateKind
from packshot.search.duplicates.candidate_pairs import CandidatePair
from packshot.search.duplicates.comparison import Comparison
from packshot.search.duplicates.pairs import Comparer, Pair, compare_pairs
from packshot.search.duplicates.progress import Progress
from packshot.search.duplicates.signature import Signature
from packshot.search.duplicates.store import SignatureStore

_COMMIT_BATCH = 64
"""Comparisons written together: what a run that is killed may have to do again."""

_MIN_PAIRS_FOR_PROCESSES = 32
"""Pairs from which on more than one process pays for its start. A judgement."""

_MIN_MARK = 0.005
"""Share of the photo, 0..1, that something laid over it must cover to speak against keeping it: less may
be a trace of compression. A judgement."""

_NO_COMPARISON = Comparison()


class PhotoComparisons:
    """Comparisons of photos by their numbers.

    Example:
        >>> from packshot.search.duplicates import Signer
        >>> signer, names = Signer(), ("mug", "mug-warm-cast")
        >>> photos = [signer.sign(Path(f"examples/photos/{name}.jpg")) for name in names]
        >>> comparisons = PhotoComparisons(photos, SignatureStore(None, signer.maker), workers=0)
        >>> comparisons.is_copy(0, 1)
        True
    """

    def __init__(
        self,
        photos: Sequence[Signature],
        store: SignatureStore,
        workers: int,
        timeout_s: float = DEFAULT_TIME_LIMIT_S,
    ) -> None:
        self._photos = photos
        self._store = store
        self._workers = workers
        self._time_limit_s = timeout_s
        self._comparer = Comparer()
        self._cache: dict[tuple[int, int], Comparison] = {}

    def compare_missing(self, pairs: Iterable[CandidatePair], progress: Progress) -> None:
        """Compare many pairs at once; those that the store knows cost nothing."""
        missing = sorted(
            (pair.first, pair.second) for pair in pairs if self._look_up(pair.first, pair.second) is None
        )
        workers = self._workers if len(missing) >= _MIN_PAIRS_FOR_PROCESSES else min(self._workers, 1)
        files = [self._pair_paths(*pair) for pair in missing]
        with closing(compare_pairs(files, workers, self._time_limit_s)) as results:
            results_by_pair = zip(missing, progress(results, len(missing), "comparing"), strict=True)
            while batch := list(islice(results_by_pair, _COMMIT_BATCH)):
                self._store.save_comparisons(self._iter_storable(batch))

    def compare(self, first: int, second: int) -> Comparison:
        """Return what was done to the first photo to make the second."""
        cached = self._look_up(first, second)
        if cached is not None:
            return cached
        comparison = self._comparer.compare(self._pair_paths(first, second))
        self._store.save_comparisons(self._iter_storable([((first, second), comparison)]))
        return comparison or _NO_COMPARISON

    def is_copy(self, first: int, second: int) -> bool:
        """Return whether one of two photos is a copy of the other."""
        return self.compare(first, second).is_copy

    def is_variant(self, first: int, second: int) -> bool:
        """Return whether two photos are alike but for small places, or a shade: both are wanted."""
        return self.compare(first, second).is_variant

    def find_marked(self, pairs: Iterable[tuple[int, int]]) -> set[int]:
        """Return the photos of pairs over which something is laid that the other is without."""
        return {
            pair[0] if change.of_keeper else pair[1]
            for pair in pairs
            for change in self.compare(*pair).changes
            if change.kind is DuplicateKind.WATERMARKED and (change.amount or 0) >= _MIN_MARK
        }

    def _look_up(self, first: int, second: int) -> Comparison | None:
        """Look a comparison up in the store, which is asked once."""
        comparison = self._cache.get((first, second))
        if comparison is None:
            digests = self._photos[first].digest, self._photos[second].digest
            comparison = self._store.find_comparison(*digests)
        if comparison is not None:
            is_linked = comparison.is_copy or comparison.is_variant
            self._cache[first, second] = comparison if is_linked else _NO_COMPARISON
        return comparison

    def _pair_paths(self, first: int, second: int) -> Pair:
        return Path(self._photos[first].path), Path(self._photos[second].path)

    def _iter_storable(
        self, found: Iterable[tuple[tuple[int, int], Comparison | None]]
    ) -> Iterator[tuple[str, str, Comparison]]:
        """Yield what is worth storing: not what could not be read this time."""
        for (first, second), result in found:
            if result is not None:
                yield self._photos[first].digest, self._photos[second].digest, result
