"""Work on all cores: processes with a worker of their own each, results in the order of the tasks."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")
Worker = Callable[[list[Task]], list[Result]]

_BATCHES_AHEAD_PER_PROCESS = 4
_SECONDS_TO_END = 5.0
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


class WorkerLost(Exception):  # noqa: N818 - what happened, not an error of the caller's
    """The process that was asked died over the task, or did not answer in time.

    Attributes:
        reason: In a few words.
        slow: It was ended because it took too long.
    """

    def __init__(self, reason: str, *, slow: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.slow = slow


class Crew(Generic[Task, Result]):
    """Processes that are asked one thing at a time, from any thread; one that dies is replaced.

    Unlike a pool that breaks as a whole, it is known at once which task a process died over.
    """

    def __init__(
        self, make_worker: Callable[[], Callable[[Task], Result]], *, processes: int, patience: float
    ) -> None:
        """Start processes by spawning; each uses one thread for linear algebra.

        Args:
            make_worker: Builds, in each process once, what does a task; must be picklable.
            processes: How many.
            patience: Seconds after which a process that does not answer is ended.
        """
        self._make_worker = make_worker
        self._patience = patience
        self._idle: SimpleQueue[_Child[Task, Result]] = SimpleQueue()
        self._children = [_Child(make_worker) for _ in range(processes)]
        for child in self._children:
            self._idle.put(child)

    def ask(self, task: Task) -> Result:
        """Have a task done by the first process that is free.

        Raises:
            WorkerLost: The process died over it, or took too long.
            Exception: What building the worker, or the worker, raised.
        """
        child = self._idle.get()
        try:
            return child.ask(task, self._patience)
        except WorkerLost:
            child = self._replaced(child)
            raise
        finally:
            self._idle.put(child)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for child in self._children:  # All at once, so that none waits for another's end.
            child.dismiss()
        for child in self._children:
            child.end()

    def _replaced(self, lost: _Child[Task, Result]) -> _Child[Task, Result]:
        lost.end()
        self._children.remove(lost)
        new: _Child[Task, Result] = _Child(self._make_worker)
        self._children.append(new)
        return new


class _Child(Generic[Task, Result]):
    """One process of a crew, and the line to it."""

    def __init__(self, make_worker: Callable[[], Callable[[Task], Result]]) -> None:
        context = get_context("spawn")
        self._line, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, make_worker), daemon=True)
        with _STARTING, _single_threaded_children(), _ignoring_interrupts():
            self._process.start()
        theirs.close()
        self._ready = False

    def ask(self, task: Task, patience: float) -> Result:
        """Send a task and wait for the answer."""
        try:
            if not self._ready:
                self._answer(patience)
                self._ready = True
            self._line.send(task)
            answer: Result = self._answer(patience)
        except (EOFError, OSError):
            self._process.join(_SECONDS_TO_END)
            raise WorkerLost(_ending(self._process.exitcode)) from None
        return answer

    def dismiss(self) -> None:
        """Let the process end."""
        self._line.close()

    def end(self) -> None:
        """Let the process end, or make it."""
        self.dismiss()
        self._process.join(0 if self._process.exitcode is not None else _SECONDS_TO_END / 50)
        if self._process.exitcode is None:
            self._process.kill()
            self._process.join(_SECONDS_TO_END)

    def _answer(self, patience: float) -> Any:
        if not self._line.poll(patience):
            raise WorkerLost(f"took longer than {patience:g} seconds", slow=True)
        answer, error = self._line.recv()
        if error is not None:
            raise error
        return answer


_STARTING = threading.Lock()
"""Held while the environment of a process to be started stands in that of this one."""


def _serve(line: Connection, make_worker: Callable[[], Callable[[Any], Any]]) -> None:
    """What a process of a crew does until the line is closed, also by the end of the other side."""
    prepare_process()
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        worker, error = _outcome(make_worker)
        line.send((None, error))
        while error is None:
            line.send(_outcome(partial(worker, line.recv())))


def _outcome(work: Callable[[], Any]) -> tuple[Any, Exception | None]:
    try:
        return work(), None
    except Exception as error:  # told to the other side, which raises it
        return None, error


def _ending(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        name = signal.Signals(-exit_code).name
        return f"the process was ended by {name}" + (", as when memory runs out" * (name == "SIGKILL"))
    return f"the process ended with status {exit_code}"


@contextmanager
def _ignoring_interrupts() -> Iterator[None]:
    """What is started here never hears Ctrl-C, not even while it starts; only in the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


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
    global _worker
    prepare_process()
    _worker = make_worker()


def prepare_process() -> None:
    """Make this process one of many: one thread for pictures, and Ctrl-C is left to its parent."""
    import cv2

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)


def _work(tasks: list[Any]) -> list[Any]:
    if _worker is None:
        raise RuntimeError("the process was not initialised")
    return _worker(tasks)
