"""The index's share of the time it takes to index real photos; encoding should be the rest.

Product photos are put into an empty index and into one of 100 000 vectors, in one process, so that
seconds add up. The index's part is all that is spent in its calls: looking up what is known, writing and
synchronising, flushing.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from benchmarks.support.content_vectors import VectorDistribution, load_photo_vectors
from benchmarks.support.record import write_results
from packshot.encode import ContentEncoder
from packshot.search import IndexSettings, Item, VectorIndex, create_index
from packshot.search.items import Precision
from packshot.search.photos import index_photos
from packshot.sources import expand_with_names

EXISTING_COUNTS = (0, 100_000)


class TimedIndex:
    """An index that counts the seconds spent in its calls."""

    def __init__(self, index: VectorIndex) -> None:
        self._index = index
        self.seconds = 0.0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._index, name)
        return self._time_call(found) if callable(found) else found

    def _time_call(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def call_and_time(*arguments: Any) -> Any:
            started = time.perf_counter()
            try:
                return call(*arguments)
            finally:
                self.seconds += time.perf_counter() - started

        return call_and_time


def main(data: Path) -> None:
    """A row for each number of vectors that are there before."""
    distribution = VectorDistribution(load_photo_vectors(data).vectors)
    listed = list(expand_with_names([str(data / "products")]))
    rows = [_measure_row(distribution, listed, existing) for existing in EXISTING_COUNTS]
    print(*rows, sep="\n")
    print(write_results("index_ingestion", rows))


def _measure_row(
    distribution: VectorDistribution, listed: list[Any], existing: int
) -> dict[str, object]:
    encoder = ContentEncoder.load_shipped()
    settings = IndexSettings(
        dimensions=encoder.dimensions, precision=Precision.HALF, model=encoder.fingerprint
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        create_index(Path(folder) / "index", settings) as index,
    ):
        if existing:
            vectors = distribution.sample(existing)
            index.put([Item(f"drawn-{n}", vector, {"n": n}) for n, vector in enumerate(vectors)])
            index.flush()
        timed_index, started = TimedIndex(index), time.perf_counter()
        outcomes = [
            one.outcome for one in index_photos(cast(VectorIndex, timed_index), listed, workers=0)
        ]
        timed_index.flush()
        seconds = time.perf_counter() - started
    return {
        "vectors_before": existing,
        "photos": len(outcomes),
        "seconds": round(seconds, 2),
        "photos_a_second": round(len(outcomes) / seconds, 1),
        "index_seconds": round(timed_index.seconds, 3),
        "index_share_percent": round(100 * timed_index.seconds / seconds, 2),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    main(parser.parse_args().data)
