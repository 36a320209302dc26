"""The engine for many machines: the same function of one photo, on a Ray cluster.

Every machine needs Packshot, and must see local files of the feed under the same paths.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from packshot.catalog.audit.engine import ExamineFunction, Job, fetch_task
from packshot.catalog.audit.examine import Examiner, RowResult, build_row_result
from packshot.catalog.audit.rows import failed_row
from packshot.catalog.audit.settings import AuditSettings
from packshot.distribution import format_install_command
from packshot.errors import AuditError, InvalidInput
from packshot.report import AuditStatus
from packshot.sources import FeedRow

MAX_ATTEMPTS = 3
"""Attempts at a row whose process dies, of its own doing or with the machine it ran on; then it is
`crashed`. A judgement: a machine may die once or twice in a long run, a deadly photo kills each time."""

_MAX_FAILED_STARTS = 10
"""Processes that may die before they are ready, over the whole audit; one more ends it. A judgement."""


class ClusterWorker:
    """Examines rows in a process of the cluster.

    Example:
        >>> worker = ClusterWorker(AuditSettings("feed.csv"), lambda settings: str)
        >>> worker.load_models()
        >>> result = worker.examine_row(FeedRow(0, "gone.jpg", sku="A-1"), thumbnail_rank_limit=0.0)
        >>> result.row.sku, result.thumbnail
        ('A-1', None)
    """

    def __init__(
        self, settings: AuditSettings, make_examiner: Callable[[AuditSettings], ExamineFunction]
    ) -> None:
        self._settings = settings
        self._make_examiner = make_examiner

    def load_models(self) -> None:
        """Load the models; an error is raised here, where the cluster can hand it on."""
        from packshot.processes import prepare_process

        prepare_process()
        self._fetcher = self._settings.photo_fetcher
        self._examine = self._make_examiner(self._settings)

    def examine_row(self, row: FeedRow, thumbnail_rank_limit: float) -> RowResult:
        """Fetch a photo and examine it."""
        task = fetch_task(self._fetcher, row)
        return (
            task
            if isinstance(task, RowResult)
            else self._examine(replace(task, thumbnail_rank_limit=thumbnail_rank_limit))
        )


@dataclass(frozen=True)
class _Attempt:
    """A row on its way."""

    row: FeedRow
    number: int = 1


class RayEngine:
    """Examines rows on a Ray cluster, one at a time in each process.

    A process that dies takes one row with it, which is tried elsewhere; a new process is begun as soon
    as the cluster has room for it. The cache is not used: it lies on one machine.

    Example:
        >>> from unittest.mock import patch
        >>> job = Job(AuditSettings("feed.csv"), 2, 30.0, None, "", lambda: float("inf"))
        >>> # Where Ray is not installed:
        >>> with patch.dict("sys.modules", ray=None):  # doctest: +ELLIPSIS
        ...     try:
        ...         RayEngine(job)
        ...     except InvalidInput as error:
        ...         print(error)
        --engine ray needs: pip install 'ray...'
    """

    def __init__(
        self, job: Job, make_examiner: Callable[[AuditSettings], ExamineFunction] = Examiner
    ) -> None:
        """Join the cluster that ``RAY_ADDRESS`` or this machine names, else begin one of this machine.

        Raises:
            InvalidInput: Ray is not installed.
            AuditError: The cluster does not let us in.
        """
        try:
            import ray
        except ImportError:
            raise InvalidInput(f"--engine ray needs: {format_install_command('cluster')}") from None
        self._ray = ray
        self._job = job
        self._make_examiner = make_examiner
        self._owns_cluster = not ray.is_initialized()
        if self._owns_cluster:
            _join_cluster(ray)
        self._failed_starts = 0

    def iter_results(self, rows: Iterable[FeedRow]) -> Generator[RowResult]:
        """Yield a result for each row, in the order in which they are known.

        Raises:
            AuditError: Processes die before they can begin.
        """
        try:
            yield from self._iter_results(deque(), iter(rows))
        finally:
            if self._owns_cluster:
                self._ray.shutdown()

    def _iter_results(self, retries: deque[_Attempt], rows: Iterator[FeedRow]) -> Iterator[RowResult]:
        count = self._job.workers or int(self._ray.cluster_resources().get("CPU", 1))
        starting = dict(self._start_worker() for _ in range(count))
        idle: list[Any] = []
        busy: dict[Any, tuple[Any, _Attempt]] = {}
        while True:
            while idle and (next_attempt := _take_attempt(retries, rows)):
                worker = idle.pop()
                rank_limit = self._job.thumbnail_rank_limit()
                future = worker.examine_row.remote(next_attempt.row, rank_limit)
                busy[future] = worker, next_attempt
            if idle and not busy:
                return
            ready, _ = self._ray.wait([*busy, *starting], num_returns=1)
            if ready[0] in starting:
                worker = starting.pop(ready[0])
                is_ready = self._is_ready(ready[0])
            else:
                worker, attempt = busy.pop(ready[0])
                result = self._collect_result(ready[0], attempt, retries)
                is_ready = result is not None
                if result is not None:
                    yield result
                elif attempt.number >= MAX_ATTEMPTS:
                    yield _make_crash_result(attempt.row)
            if is_ready:
                idle.append(worker)
            else:
                starting |= [self._start_worker()]

    def _start_worker(self) -> tuple[Any, Any]:
        """Start a process; return the promise that it is ready, and itself."""
        remote_class = self._ray.remote(num_cpus=1, max_restarts=0)(ClusterWorker)
        worker = remote_class.remote(self._job.settings, self._make_examiner)
        return worker.load_models.remote(), worker

    def _is_ready(self, future: Any) -> bool:
        try:
            self._ray.get(future)
        except self._ray.exceptions.RayActorError as error:
            self._failed_starts += 1
            if self._failed_starts > _MAX_FAILED_STARTS:
                raise AuditError(f"processes of the cluster die before they begin: {error}") from error
            return False
        return True

    def _collect_result(
        self, future: Any, attempt: _Attempt, retries: deque[_Attempt]
    ) -> RowResult | None:
        """Return the result; None where the process died, and then the row is to be tried again."""
        try:
            result: RowResult = self._ray.get(future)
        except self._ray.exceptions.RayActorError:
            if attempt.number < MAX_ATTEMPTS:
                retries.append(_Attempt(attempt.row, attempt.number + 1))
            return None
        return result


def _join_cluster(ray: Any) -> None:
    try:
        ray.init(log_to_driver=False)
    except ConnectionError as error:
        raise AuditError(
            f"cannot join the Ray cluster: {error}. RAY_ADDRESS says where it is; one that asks for a"
            " token, as those of `ray start` do, needs RAY_AUTH_MODE=token here too"
        ) from error


def _take_attempt(retries: deque[_Attempt], rows: Iterator[FeedRow]) -> _Attempt | None:
    if retries:
        return retries.popleft()
    row = next(rows, None)
    return None if row is None else _Attempt(row)


def _make_crash_result(row: FeedRow) -> RowResult:
    reason = f"{MAX_ATTEMPTS} processes of the cluster died over it"
    return build_row_result(row, failed_row(row, AuditStatus.CRASHED, reason))
