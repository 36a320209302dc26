"""What comparing photos found: from the store where it knows, else found out and put there."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path

from packshot.processes import DEFAULT_TIME_LIMIT
from packshot.search.duplicates.candidates import Candidate
from packshot.search.duplicates.comparison import Comparison
from packshot.search.duplicates.pairs import Comparer, Pair, compare_pairs
from packshot.search.duplicates.signature import Signature
from packshot.search.duplicates.store import SignatureStore
from packshot.search.duplicates.watching import Watch

_COMMITTED = 64
_WORTH_PROCESSES = 32
_PRODUCT_CONTENT = 0.6
_PRODUCT_INLIERS = 16
_PRODUCT_COLOURS = 0.5
_PRODUCT_SCALE = 0.1
_NOTHING = Comparison()


class Links:
    """Comparisons of photos by their numbers."""

    def __init__(
        self,
        photos: Sequence[Signature],
        store: SignatureStore,
        workers: int,
        time_limit: float = DEFAULT_TIME_LIMIT,
    ) -> None:
        self._photos = photos
        self._store = store
        self._workers = workers
        self._time_limit = time_limit
        self._comparer = Comparer()
        self._read: dict[tuple[int, int], Comparison] = {}

    def prepare(self, pairs: Iterable[Candidate], watch: Watch) -> None:
        """Compare many pairs at once; those that the store knows cost nothing."""
        missing = sorted(
            (pair.first, pair.second) for pair in pairs if self._known(pair.first, pair.second) is None
        )
        workers = self._workers if len(missing) >= _WORTH_PROCESSES else min(self._workers, 1)
        files = [self._files(*pair) for pair in missing]
        with closing(compare_pairs(files, workers, self._time_limit)) as results:
            found = zip(missing, watch(results, len(missing), "comparing"), strict=True)
            while some := list(islice(found, _COMMITTED)):
                self._store.remember_comparisons(self._digests(some))

    def between(self, first: int, second: int) -> Comparison:
        """What was done to the first photo to make the second."""
        known = self._known(first, second)
        if known is not None:
            return known
        found = self._comparer.compare(self._files(first, second))
        self._store.remember_comparisons(self._digests([((first, second), found)]))
        return found or _NOTHING

    def is_copy(self, first: int, second: int) -> bool:
        """Whether one of two photos is a copy of the other."""
        return self.between(first, second).is_copy

    def same_product(self, first: int, second: int) -> bool:
        """Whether two photos that are no copies likely show the same product.

        Much of what is on one (a label, a pattern) is found on the other in one place, at another size,
        and they have the same colours. At the same size, photos of different products laid out alike
        share labels, or the face of who wears them; in other colours, products of one range.
        """
        found = self.between(first, second)
        if found.is_copy:
            return True
        return (
            self.similarity(first, second) >= _PRODUCT_CONTENT
            and found.inliers >= _PRODUCT_INLIERS
            and found.colours >= _PRODUCT_COLOURS
            and abs(math.log(found.scale)) >= _PRODUCT_SCALE
        )

    def similarity(self, first: int, second: int) -> float:
        """Cosine of the content vectors."""
        return float(self._photos[first].content @ self._photos[second].content)

    def _known(self, first: int, second: int) -> Comparison | None:
        """From the store, which is asked once."""
        found = self._read.get((first, second))
        if found is None:
            digests = self._photos[first].digest, self._photos[second].digest
            found = self._store.comparison(*digests)
        if found is not None:
            self._read[first, second] = found
        return found

    def _files(self, first: int, second: int) -> Pair:
        return Path(self._photos[first].path), Path(self._photos[second].path)

    def _digests(
        self, found: Iterable[tuple[tuple[int, int], Comparison | None]]
    ) -> Iterator[tuple[str, str, Comparison]]:
        """What is worth keeping: not what could not be read this time."""
        for (first, second), result in found:
            if result is not None:
                yield self._photos[first].digest, self._photos[second].digest, result
