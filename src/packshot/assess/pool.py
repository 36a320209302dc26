"""Many photos on all cores: a pool of processes, each with its own assessor, results in input order."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

from packshot.assess.assessor import Assessor
from packshot.assess.atlas import Atlas
from packshot.assess.retrieval import Aggregation, Distance, RetrievalOptions
from packshot.report import Assessment

BATCH = 4
_BATCHES_AHEAD_PER_WORKER = 4
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_DEFAULTS = RetrievalOptions()


@dataclass(frozen=True)
class AssessorSettings:
    """What it takes to build the same assessor in every process.

    Attributes:
        atlas: An atlas file; None for the one that ships.
        language: Of the findings: ``en`` or ``zh``.
        pool: Groups kept by content.
        neighbours: Groups kept of those by distortion; both default to `RetrievalOptions`.
        distance: Between vectors.
        aggregation: Of the retained scores.
    """

    atlas: Path | None = None
    language: str = "en"
    pool: int | None = None
    neighbours: int | None = None
    distance: str = _DEFAULTS.distance
    aggregation: str = _DEFAULTS.aggregation

    @property
    def options(self) -> RetrievalOptions:
        """The retrieval options these settings ask for."""
        return RetrievalOptions(
            pool=_DEFAULTS.pool if self.pool is None else self.pool,
            neighbours=_DEFAULTS.neighbours if self.neighbours is None else self.neighbours,
            distance=Distance(self.distance),
            aggregation=Aggregation(self.aggregation),
        )

    def assessor(self, threads: int = 1) -> Assessor:
        """Build the assessor.

        Raises:
            PackshotError: The atlas or a model cannot be used.
        """
        atlas = None if self.atlas is None else Atlas.load(self.atlas)
        return Assessor(atlas, options=self.options, language=self.language, threads=threads)


def assess_paths(
    paths: Iterable[Path], *, settings: AssessorSettings, workers: int | None = None
) -> Iterator[Assessment]:
    """Assess files in the order given, as a stream; memory does not grow with their number.

    Args:
        paths: Files; those that cannot be read come back with the status "unreadable".
        settings: The assessor wanted.
        workers: Processes; None for one for each core this process may use. Below 2 none is started:
            the work is done here.

    Yields:
        One `Assessment` for each path.

    Raises:
        PackshotError: The assessor cannot be built.
    """
    count = available_cores() if workers is None else workers
    if count < 2:
        yield from settings.assessor(threads=1).assess_many(paths)
        return
    if settings.atlas is not None:
        settings.assessor()  # A broken atlas is reported here, once, not by every process.
    batches = _batches(iter(paths), BATCH)
    with (
        _single_threaded_children(),
        ProcessPoolExecutor(
            count, get_context("spawn"), initializer=_start_worker, initargs=(settings,)
        ) as executor,
    ):
        pending: deque[Future[list[Assessment]]] = deque()
        try:
            for batch in batches:
                pending.append(executor.submit(_assess_batch, batch))
                if len(pending) >= count * _BATCHES_AHEAD_PER_WORKER:
                    yield from pending.popleft().result()
            while pending:
                yield from pending.popleft().result()
        finally:
            executor.shutdown(wait=False, cancel_futures=True)


@contextmanager
def _single_threaded_children() -> Iterator[None]:
    """Let processes started meanwhile use one thread each for linear algebra: they share the cores."""
    before = {name: os.environ.get(name) for name in _THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(_THREAD_VARIABLES, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def available_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _batches(paths: Iterator[Path], size: int) -> Iterator[list[Path]]:
    while batch := list(islice(paths, size)):
        yield batch


_worker: Assessor | None = None


def _start_worker(settings: AssessorSettings) -> None:
    import cv2

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business.
    global _worker
    cv2.setNumThreads(1)
    _worker = settings.assessor(threads=1)


def _assess_batch(paths: list[Path]) -> list[Assessment]:
    if _worker is None:
        raise RuntimeError("the worker process was not initialised")
    return list(_worker.assess_many(paths))
