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
from packshot.catalog.audit.examine import Answer, Examiner, Task, answer_of
from packshot.catalog.audit.rows import broken_row
from packshot.catalog.audit.settings import AuditSettings
from packshot.errors import FetchError
from packshot.processes import Crew, WorkerLost, available_cores, thread_pool
from packshot.report import AuditStatus
from packshot.sources import FeedRow, Fetcher, photo_name

_log = logging.getLogger(__name__)

Examine = Callable[[Task], Answer]

_THREADS_PER_PROCESS = 2
_FETCHED_AT_ONCE = 16


@dataclass(frozen=True)
class Job:
    """What an engine is given besides the rows.

    Attributes:
        settings: Of the audit.
        workers: Processes; None for one for each core.
        patience: Seconds for one photo.
        cache: What is known; None to examine every row for itself.
        cache_key: What else than the bytes decides an assessment.
        gate: Tells the rank up to which thumbnails are wanted.
    """

    settings: AuditSettings
    workers: int | None
    patience: float
    cache: AssessmentCache | None
    cache_key: str
    gate: Callable[[], float]


class Engine(Protocol):
    """Examines rows."""

    def answers(self, rows: Iterable[FeedRow]) -> Generator[Answer]:
        """An answer for each row, in any order; reads only a little ahead."""


class LocalEngine:
    """Examines rows on the cores of this machine.

    As many rows as there are threads are on their way at a time, whatever the feed's length.
    """

    def __init__(self, job: Job, make_examiner: Callable[[AuditSettings], Examine] = Examiner) -> None:
        """Prepare; processes start with the first row.

        Args:
            job: What to do.
            make_examiner: Builds, in each process, what examines a photo; must be picklable.
        """
        self._job = job
        self._make_examiner = partial(make_examiner, job.settings)
        self._fetcher = job.settings.photo_fetcher
        self._same = _OneAtATime()

    def answers(self, rows: Iterable[FeedRow]) -> Generator[Answer]:
        """Examine rows; an answer for each, in the order in which they are known."""
        remaining = iter(rows)
        first = next(remaining, None)
        if first is None:
            return
        job = self._job
        workers = job.workers or available_cores()
        threads = workers * _THREADS_PER_PROCESS + _FETCHED_AT_ONCE
        with (
            Crew(self._make_examiner, processes=workers, patience=job.patience) as crew,
            thread_pool(threads, "audit") as pool,
        ):
            pending: set[Future[Answer]] = set()
            for row in chain((first,), remaining):
                pending.add(pool.submit(self._answer, crew, row))
                done, pending = wait(pending, None if len(pending) >= threads else 0, FIRST_COMPLETED)
                yield from (future.result() for future in done)
            while pending:
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)

    def _answer(self, crew: Crew[Task, Answer], row: FeedRow) -> Answer:
        task = fetched(self._fetcher, row)
        if isinstance(task, Answer):
            return task
        cache = self._job.cache
        if cache is None:
            return self._examined(crew, task, None)
        suffix = PurePath(photo_name(row.location)).suffix.lower()
        key = f"{task.sha256} {suffix} {self._job.cache_key}"
        with self._same(key):
            answer = self._examined(crew, task, cache.get(key))
            if answer.assessment is not None:
                cache.put(key, answer.assessment)
        return answer

    def _examined(self, crew: Crew[Task, Answer], task: Task, known: bytes | None) -> Answer:
        """The answer; a photo that a process dies over twice is to blame."""
        try:
            return crew.ask(replace(task, known=known, gate=self._job.gate()))
        except WorkerLost as lost:
            _log.error("%s over row %d, %s", lost.reason, task.row.number, task.row.location)
            row = broken_row(task.row, AuditStatus.CRASHED, lost.reason, task.sha256)
            return answer_of(task.row, row)


def fetched(fetcher: Fetcher, row: FeedRow) -> Task | Answer:
    """What to examine, or the answer where there is nothing to."""
    try:
        found = fetcher.fetch_with_retries(row.location)
    except FetchError as error:
        return answer_of(row, broken_row(row, AuditStatus(error.status), error.reason))
    return Task(row, found.content, found.sha256)


class _OneAtATime:
    """Lets one thread at a time work on what has the same key."""

    def __init__(self) -> None:
        self._waiting: Counter[str] = Counter()
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    @contextmanager
    def __call__(self, key: str) -> Iterator[None]:
        with self._guard:
            lock = self._locks.setdefault(key, threading.Lock())
            self._waiting[key] += 1
        try:
            with lock:
                yield
        finally:
            with self._guard:
                self._waiting[key] -= 1
                if not self._waiting[key]:
                    del self._waiting[key], self._locks[key]
