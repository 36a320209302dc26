"""The local engine: threads that fetch, processes that compute, answers as they come."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import PurePath
from typing import Protocol

from packshot.catalog.audit.cache import AssessmentCache
from packshot.catalog.audit.examine import Examiner, RowResult, Task, build_row_result
from packshot.catalog.audit.rows import failed_row
from packshot.catalog.audit.settings import AuditSettings
from packshot.errors import FetchError
from packshot.processes import (
    WorkerLost,
    WorkerPool,
    count_available_cores,
    limit_workers,
    open_thread_pool,
)
from packshot.report import AuditStatus
from packshot.sources import FeedRow, Fetcher, photo_name

_log = logging.getLogger(__name__)

ExamineFunction = Callable[[Task], RowResult]

_THREADS_PER_PROCESS = 2
"""Rows in hand for each process: one that it examines, one that waits fetched. A judgement."""

_MAX_CONCURRENT_FETCHES = 16
"""Threads on top of those, so that slow addresses do not idle the processes. A judgement."""


@dataclass(frozen=True)
class Job:
    """All that an engine is given besides the rows.

    Attributes:
        settings: Of the audit.
        workers: Processes; None for one for each core.
        timeout_s: Seconds for one photo.
        cache: What is known; None to examine every row for itself.
        cache_key: What else than the bytes decides an assessment.
        thumbnail_rank_limit: Tells the rank up to which thumbnails are wanted.

    Example:
        >>> job = Job(AuditSettings("photos"), 2, 30.0, None, "", lambda: float("inf"))
        >>> job.workers, job.timeout_s
        (2, 30.0)
    """

    settings: AuditSettings
    workers: int | None
    timeout_s: float
    cache: AssessmentCache | None
    cache_key: str
    thumbnail_rank_limit: Callable[[], float]


class Engine(Protocol):
    """Examines rows.

    Example:
        >>> class MissingEngine:
        ...     def iter_results(self, rows):
        ...         for row in rows:
        ...             failed = failed_row(row, AuditStatus.MISSING, "no such file")
        ...             yield build_row_result(row, failed)
        >>> engine: Engine = MissingEngine()
        >>> [result.row.sku for result in engine.iter_results([FeedRow(0, "gone.jpg", sku="A-1")])]
        ['A-1']
    """

    def iter_results(self, rows: Iterable[FeedRow]) -> Generator[RowResult]:
        """Yield a result for each row, in any order; reads only a little ahead."""


class LocalEngine:
    """Examines rows on the cores of this machine.

    As many rows as there are threads are on their way at a time, whatever the feed's length.

    Example:
        >>> job = Job(AuditSettings("feed.csv"), 1, 30.0, None, "", lambda: float("inf"))
        >>> [result] = LocalEngine(job).iter_results([FeedRow(0, "gone.jpg", sku="A-1")])
        >>> result.row.sku, result.thumbnail
        ('A-1', None)
    """

    def __init__(
        self, job: Job, make_examiner: Callable[[AuditSettings], ExamineFunction] = Examiner
    ) -> None:
        """Prepare; processes start with the first row.

        Args:
            job: What to do.
            make_examiner: Builds, in each process, what examines a photo; must be picklable.
        """
        self._job = job
        self._make_examiner = partial(make_examiner, job.settings)
        self._fetcher = job.settings.photo_fetcher
        self._key_lock = _KeyedLock()

    def iter_results(self, rows: Iterable[FeedRow]) -> Generator[RowResult]:
        """Examine rows; yield a result for each, in the order in which they are known."""
        remaining = iter(rows)
        first = next(remaining, None)
        if first is None:
            return
        job = self._job
        workers = limit_workers(job.workers or count_available_cores())
        threads = workers * _THREADS_PER_PROCESS + _MAX_CONCURRENT_FETCHES
        with (
            WorkerPool(self._make_examiner, workers=workers, timeout_s=job.timeout_s) as worker_pool,
            open_thread_pool(threads, "audit") as pool,
        ):
            pending: set[Future[RowResult]] = set()
            for row in chain((first,), remaining):
                pending.add(pool.submit(self._process_row, worker_pool, row))
                completed, pending = wait(
                    pending, None if len(pending) >= threads else 0, FIRST_COMPLETED
                )
                yield from (future.result() for future in completed)
            while pending:
                completed, pending = wait(pending, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in completed)

    def _process_row(self, worker_pool: WorkerPool[Task, RowResult], row: FeedRow) -> RowResult:
        task = fetch_task(self._fetcher, row)
        if isinstance(task, RowResult):
            return task
        cache = self._job.cache
        if cache is None:
            return self._examine(worker_pool, task, None)
        suffix = PurePath(photo_name(row.location)).suffix.lower()
        key = f"{task.sha256} {suffix} {self._job.cache_key}"
        with self._key_lock(key):
            result = self._examine(worker_pool, task, cache.get(key))
            if result.packed_assessment is not None:
                cache.store(key, result.packed_assessment)
        return result

    def _examine(
        self, worker_pool: WorkerPool[Task, RowResult], task: Task, cached_assessment: bytes | None
    ) -> RowResult:
        """Examine a photo; one that a process dies over twice is to blame."""
        try:
            return worker_pool.run(
                replace(
                    task,
                    cached_assessment=cached_assessment,
                    thumbnail_rank_limit=self._job.thumbnail_rank_limit(),
                )
            )
        except WorkerLost as error:
            _log.error("%s over row %d, %s", error.reason, task.row.number, task.row.location)
            row = failed_row(task.row, AuditStatus.CRASHED, error.reason, task.sha256)
            return build_row_result(task.row, row)


def fetch_task(fetcher: Fetcher, row: FeedRow) -> Task | RowResult:
    """Fetch a photo; return it to be examined, or the result where it cannot be had.

    Args:
        fetcher: Opens the location, and tries again where that may help.
        row: Of the feed.

    Example:
        >>> task = fetch_task(Fetcher(), FeedRow(0, "examples/photos/mug.jpg"))
        >>> task.content.name, len(task.sha256)
        ('mug.jpg', 64)
        >>> fetch_task(Fetcher(), FeedRow(1, "gone.jpg")).rank
        inf
    """
    try:
        photo = fetcher.fetch_with_retries(row.location)
    except FetchError as error:
        return build_row_result(row, failed_row(row, AuditStatus(error.status), error.reason))
    return Task(row, photo.content, photo.sha256)


class _KeyedLock:
    """Lets one thread at a time work under the same key."""

    def __init__(self) -> None:
        self._waiter_counts: Counter[str] = Counter()
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    @contextmanager
    def __call__(self, key: str) -> Iterator[None]:
        with self._guard:
            lock = self._locks.setdefault(key, threading.Lock())
            self._waiter_counts[key] += 1
        try:
            with lock:
                yield
        finally:
            with self._guard:
                self._waiter_counts[key] -= 1
                if not self._waiter_counts[key]:
                    del self._waiter_counts[key], self._locks[key]
