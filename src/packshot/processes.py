"""Work on all cores: processes with a worker of their own each, results in the order of the tasks."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from itertools import islice
from multiprocessing import get_context
from typing import Any, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")
Worker = Callable[[list[Task]], list[Result]]

_BATCHES_AHEAD_PER_PROCESS = 4
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def in_order(
    tasks: Iterable[Task], make_worker: Callable[[], Worker[Task, Result]], *, processes: int, batch: int
) -> Iterator[Result]:
    """Do tasks on several processes, as a stream; memory does not grow with their number.

    Args:
        tasks: What to do; read only a little ahead of the results.
        make_worker: Builds, in each process once, what does a batch of tasks. Must be picklable, so a
            function of a module or a `functools.partial` of one; what it builds need not be.
        processes: Started by spawning; each uses one thread for linear algebra, as they share the cores.
            Below 2 none is started: the work is done here.
        batch: Tasks that travel together.

    Yields:
        One result for each task, in the order of the tasks.
    """
    batches = _batches(iter(tasks), batch)
    if processes < 2:
        work = make_worker()
        yield from (result for tasks_together in batches for result in work(tasks_together))
        return
    with (
        _single_threaded_children(),
        ProcessPoolExecutor(
            processes, get_context("spawn"), initializer=_start, initargs=(make_worker,)
        ) as executor,
    ):
        pending: deque[Future[list[Result]]] = deque()
        try:
            for tasks_together in batches:
                pending.append(executor.submit(_work, tasks_together))
                if len(pending) >= processes * _BATCHES_AHEAD_PER_PROCESS:
                    yield from pending.popleft().result()
            while pending:
                yield from pending.popleft().result()
        finally:
            executor.shutdown(wait=False, cancel_futures=True)


def available_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _single_threaded_children() -> Iterator[None]:
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


def _batches(tasks: Iterator[Task], size: int) -> Iterator[list[Task]]:
    while together := list(islice(tasks, size)):
        yield together


_worker: Worker[Any, Any] | None = None


def _start(make_worker: Callable[[], Worker[Any, Any]]) -> None:
    import cv2

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business.
    global _worker
    cv2.setNumThreads(1)
    _worker = make_worker()


def _work(tasks: list[Any]) -> list[Any]:
    if _worker is None:
        raise RuntimeError("the process was not initialised")
    return _worker(tasks)
