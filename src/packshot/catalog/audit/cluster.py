"""The engine for many machines: the same function of one photo, on a Ray cluster.

Every machine needs Packshot, and must see local files of the feed under the same paths.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from packshot.catalog.audit.engine import Examine, Job, fetched
from packshot.catalog.audit.examine import Answer, Examiner, answer_of
from packshot.catalog.audit.rows import broken_row
from packshot.catalog.audit.settings import AuditSettings
from packshot.distribution import how_to_install
from packshot.errors import AuditError, InvalidInput
from packshot.report import AuditStatus
from packshot.sources import FeedRow

ATTEMPTS = 3
"""Of a row whose process dies, of its own doing or with the machine it ran on."""

_LOST_STARTS = 10


class Member:
    """What runs in a process of the cluster."""

    def __init__(
        self, settings: AuditSettings, make_examiner: Callable[[AuditSettings], Examine]
    ) -> None:
        self._settings = settings
        self._make_examiner = make_examiner

    def begin(self) -> None:
        """Load the models, which may fail in words."""
        from packshot.processes import prepare_process

        prepare_process()
        self._fetcher = self._settings.photo_fetcher
        self._examine = self._make_examiner(self._settings)

    def answer(self, row: FeedRow, gate: float) -> Answer:
        """Fetch and examine."""
        task = fetched(self._fetcher, row)
        return task if isinstance(task, Answer) else self._examine(replace(task, gate=gate))


@dataclass(frozen=True)
class _Try:
    """A row on its way."""

    row: FeedRow
    attempt: int = 1


class RayEngine:
    """Examines rows on a Ray cluster, one at a time in each process.

    A process that dies takes one row with it, which is tried elsewhere; a new process is begun as soon
    as the cluster has room for it. The cache is not used: it lies on one machine.
    """

    def __init__(self, job: Job, make_examiner: Callable[[AuditSettings], Examine] = Examiner) -> None:
        """Join the cluster that ``RAY_ADDRESS`` or this machine names, else begin one of this machine.

        Raises:
            InvalidInput: Ray is not installed.
            AuditError: The cluster does not let us in.
        """
        try:
            import ray
        except ImportError:
            raise InvalidInput(f"--engine ray needs: {how_to_install('cluster')}") from None
        self._ray = ray
        self._job = job
        self._make_examiner = make_examiner
        self._own = not ray.is_initialized()
        if self._own:
            _join(ray)
        self._lost_starts = 0

    def answers(self, rows: Iterable[FeedRow]) -> Generator[Answer]:
        """An answer for each row, as they are known.

        Raises:
            AuditError: Processes die before they can begin.
        """
        try:
            yield from self._answers(deque(), iter(rows))
        finally:
            if self._own:
                self._ray.shutdown()

    def _answers(self, again: deque[_Try], rows: Iterator[FeedRow]) -> Iterator[Answer]:
        count = self._job.workers or int(self._ray.cluster_resources().get("CPU", 1))
        starting = dict(self._started() for _ in range(count))
        idle: list[Any] = []
        working: dict[Any, tuple[Any, _Try]] = {}
        while True:
            while idle and (todo := _next(again, rows)):
                member = idle.pop()
                working[member.answer.remote(todo.row, self._job.gate())] = member, todo
            if idle and not working:
                return
            done, _ = self._ray.wait([*working, *starting], num_returns=1)
            if done[0] in starting:
                member = starting.pop(done[0])
                begun = self._has_begun(done[0])
            else:
                member, tried = working.pop(done[0])
                answer = self._told(done[0], tried, again)
                begun = answer is not None
                if answer is not None:
                    yield answer
                elif tried.attempt >= ATTEMPTS:
                    yield _crashed(tried.row)
            if begun:
                idle.append(member)
            else:
                starting |= [self._started()]

    def _started(self) -> tuple[Any, Any]:
        """A new process: the promise that it has begun, and itself."""
        member = self._ray.remote(num_cpus=1, max_restarts=0)(Member)
        begun = member.remote(self._job.settings, self._make_examiner)
        return begun.begin.remote(), begun

    def _has_begun(self, promise: Any) -> bool:
        try:
            self._ray.get(promise)
        except self._ray.exceptions.RayActorError as error:
            self._lost_starts += 1
            if self._lost_starts > _LOST_STARTS:
                raise AuditError(f"processes of the cluster die before they begin: {error}") from error
            return False
        return True

    def _told(self, promise: Any, tried: _Try, again: deque[_Try]) -> Answer | None:
        """The answer; None where the process died, and then the row is to be tried again."""
        try:
            answer: Answer = self._ray.get(promise)
        except self._ray.exceptions.RayActorError:
            if tried.attempt < ATTEMPTS:
                again.append(_Try(tried.row, tried.attempt + 1))
            return None
        return answer


def _join(ray: Any) -> None:
    try:
        ray.init(log_to_driver=False)
    except ConnectionError as error:
        raise AuditError(
            f"cannot join the Ray cluster: {error}. RAY_ADDRESS says where it is; one that asks for a"
            " token, as those of `ray start` do, needs RAY_AUTH_MODE=token here too"
        ) from error


def _next(again: deque[_Try], rows: Iterator[FeedRow]) -> _Try | None:
    if again:
        return again.popleft()
    row = next(rows, None)
    return None if row is None else _Try(row)


def _crashed(row: FeedRow) -> Answer:
    reason = f"{ATTEMPTS} processes of the cluster died over it"
    return answer_of(row, broken_row(row, AuditStatus.CRASHED, reason))
