"""Work on all cores: processes with a worker of their own each, results in the order of the tasks."""

from __future__ import annotations

import logging
import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from itertools import chain, repeat
from logging.handlers import QueueHandler
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from queue import Empty, SimpleQueue
from traceback import format_exc
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from packshot.errors import PackshotError, ProcessesUnavailable

Task = TypeVar("Task")
Result = TypeVar("Result")
TimeLimit = float | Callable[[Any], float]
"""Seconds for one task, or a function that tells them."""

DEFAULT_TIME_LIMIT = 120.0
"""Seconds for one photo: some hundred times what a large one takes on a slow machine."""

ENHANCING_TIME_LIMIT = 600.0
"""Seconds for one photo whose enhancement assesses it a dozen times; of 100 megapixels a few minutes."""

_TASKS_AHEAD_PER_PROCESS = 4
_SECONDS_TO_START = 300.0
_SECONDS_TO_END = 5.0
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_LONGEST_NAME = 200
_STOPPED = "the work was stopped"
_log = logging.getLogger(__name__)


def in_order(
    tasks: Iterable[Task],
    make_worker: Callable[[], Callable[[Task], Result]],
    *,
    processes: int,
    failed: Callable[[Task, str], Result],
    time_limit: TimeLimit = DEFAULT_TIME_LIMIT,
) -> Generator[Result]:
    """Do tasks on several processes, as a stream; memory does not grow with their number.

    One task never ends the others: where its process dies, it takes too long, or the worker raises what
    is no `PackshotError`, `failed` makes its result, and what happened is logged.

    Args:
        tasks: What to do; read only a little ahead of the results.
        make_worker: Builds, in each process once, what does a task. Must be picklable, so a function of
            a module or a `functools.partial` of one; what it builds need not be.
        processes: Started by spawning; each uses one thread for linear algebra, as they share the cores.
            Below 1 none is started: the work is done here, unguarded against death and delay.
        failed: The result of a task that failed, given the task and the reason in a few words.
        time_limit: After which a process is ended and its task has failed.

    Yields:
        One result for each task, in the order of the tasks.

    Raises:
        PackshotError: What a worker, or building it, raised; or no process can be started.
    """
    remaining = iter(tasks)
    for first in remaining:
        todo = chain((first,), remaining)
        break
    else:
        return
    if processes < 1:
        work = make_worker()
        yield from (_settled(partial(work, task), task, failed) for task in todo)
        return
    with (
        Crew(make_worker, processes=processes, patience=time_limit) as crew,
        thread_pool(processes, "asking") as pool,
    ):
        pending: deque[Future[Result]] = deque()
        for task in todo:
            pending.append(pool.submit(_settled, partial(crew.ask, task), task, failed))
            if len(pending) >= processes * _TASKS_AHEAD_PER_PROCESS:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def available_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def thread_pool(threads: int, name: str) -> Iterator[ThreadPoolExecutor]:
    """Threads that are waited for where all goes well, and left to themselves after an error or Ctrl-C.

    Args:
        threads: How many at most.
        name: What they are called in a debugger.
    """
    pool = ThreadPoolExecutor(threads, name)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


class WorkerLost(Exception):  # noqa: N818 - what happened, not an error of the caller's
    """The process that was asked died over the task, or did not answer in time.

    Attributes:
        reason: In a few words.
        slow: It was ended because it took too long.
        started: It had built its worker.
    """

    def __init__(self, reason: str, *, slow: bool = False, started: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.slow = slow
        self.started = started


class Crew(Generic[Task, Result]):
    """Processes that are asked one thing at a time, from any thread; one that dies is replaced.

    Unlike a pool that breaks as a whole, it is known at once which task a process died over. The
    processes end when this one does, however that happens.
    """

    def __init__(
        self,
        make_worker: Callable[[], Callable[[Task], Result]],
        *,
        processes: int,
        patience: TimeLimit,
    ) -> None:
        """Start processes by spawning; each uses one thread for linear algebra.

        Args:
            make_worker: Builds, in each process once, what does a task; must be picklable.
            processes: How many.
            patience: After which a process that does not answer is ended.
        """
        self._make_worker = make_worker
        self._patience = patience
        self._stopped = False
        self._replacing = threading.Lock()
        self._idle: SimpleQueue[_Child[Task, Result]] = SimpleQueue()
        # In a thread, as Ctrl-C is raised in the main one: half-started, a process would complain.
        with thread_pool(1, "starting") as starting:
            self._children = list(starting.map(_Child, repeat(make_worker, processes)))
        for child in self._children:
            self._idle.put(child)

    def ask(self, task: Task) -> Result:
        """Have a task done by the first process that is free.

        A task that a process dies over is tried once more: memory may have run out for another's sake.

        Raises:
            WorkerLost: Two processes died over it, or one took too long.
            ProcessesUnavailable: Two processes died before they could be asked.
            Exception: What building the worker, or the worker, raised.
        """
        try:
            return self._asked(task)
        except WorkerLost as lost:
            if lost.slow or self._stopped:
                raise
            _log.warning("%s over %s; trying once more", lost.reason, _named(task))
        try:
            return self._asked(task)
        except WorkerLost as lost:
            if not lost.started and not self._stopped:
                raise ProcessesUnavailable(lost.reason) from lost
            raise

    def stop(self) -> None:
        """End all processes now, from any thread: whoever waits for an answer meets `WorkerLost`."""
        with self._replacing:
            self._stopped = True
            for child in self._children:
                child.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self.stop()
            return
        for child in self._children:  # All at once, so that none waits for another's end.
            child.dismiss()
        for child in self._children:
            child.end()

    def _asked(self, task: Task) -> Result:
        patience = self._patience(task) if callable(self._patience) else self._patience
        child = self._idle.get()
        try:
            return child.ask(task, patience)
        except WorkerLost:
            child = self._replaced(child)
            raise
        finally:
            self._idle.put(child)

    def _replaced(self, lost: _Child[Task, Result]) -> _Child[Task, Result]:
        lost.end()
        with self._replacing:
            if self._stopped:
                return lost
            self._children.remove(lost)
            new: _Child[Task, Result] = _Child(self._make_worker)
            self._children.append(new)
            return new


class _Child(Generic[Task, Result]):
    """One process of a crew, and the line to it."""

    def __init__(self, make_worker: Callable[[], Callable[[Task], Result]]) -> None:
        context = get_context("spawn")
        self._line, theirs = context.Pipe()
        level = logging.getLogger("packshot").getEffectiveLevel()
        self._process = context.Process(target=_serve, args=(theirs, make_worker, level), daemon=True)
        with _STARTING, _single_threaded_children(), _interrupts_blocked():
            self._process.start()
        theirs.close()
        self._ready = False

    def ask(self, task: Task, patience: float) -> Result:
        """Send a task and wait for the answer."""
        try:
            if not self._ready:
                self._answer(_SECONDS_TO_START)
                self._ready = True
            self._line.send(task)
            answer: Result = self._answer(patience)
        except (EOFError, OSError):
            self._process.join(_SECONDS_TO_END)
            raise WorkerLost(_ending(self._process.exitcode), started=self._ready) from None
        return answer

    def dismiss(self) -> None:
        """Let the process end."""
        self._line.close()

    def end(self) -> None:
        """Let the process end, or make it."""
        self.dismiss()
        self._process.join(0 if self._process.exitcode is not None else _SECONDS_TO_END / 50)
        if self._process.exitcode is None:
            self.kill()
            self._process.join(_SECONDS_TO_END)

    def kill(self) -> None:
        """Make the process end; who waits for its answer is told."""
        self._process.kill()

    def _answer(self, patience: float) -> Any:
        if not self._line.poll(patience):
            raise WorkerLost(f"took longer than {patience:g} seconds", slow=True, started=self._ready)
        answer, error, records = self._line.recv()
        for record in records:
            _handle(record)
        if error is not None:
            raise error
        return answer


_STARTING = threading.Lock()
"""Held while the environment of a process to be started stands in that of this one."""


def _settled(work: Callable[[], Result], task: Task, failed: Callable[[Task, str], Result]) -> Result:
    """The result of a task, also where it failed; what Packshot raises on purpose passes."""
    try:
        return work()
    except PackshotError:
        raise
    except WorkerLost as lost:
        _log.error("%s over %s; given up", lost.reason, _named(task))
        return failed(task, lost.reason)
    except Exception as error:
        _log.error("failed on %s", _named(task), exc_info=error)
        return failed(task, in_words(error))


def in_words(error: Exception) -> str:
    """An unexpected error, fit for a table cell."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:_LONGEST_NAME]}".rstrip(": ")


def _named(task: object) -> str:
    """A task in a log."""
    text = repr(task)
    return text if len(text) <= _LONGEST_NAME else f"{text[:_LONGEST_NAME]}..."


def _serve(line: Connection, make_worker: Callable[[], Callable[[Any], Any]], level: int) -> None:
    """What a process of a crew does until the line is closed, also by the end of the other side."""
    end_with_parent()
    if level > logging.INFO:
        _silence_libraries()
    prepare_process()
    records = _collected_records(level)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        worker, error = _outcome(make_worker)
        _send(line, None, error, records)
        while error is None:
            _send(line, *_outcome(partial(worker, line.recv())), records)


def _silence_libraries() -> None:
    """Send nowhere what decoders in C write to standard error of their own accord, for one photo or all.

    What this process has to say goes another way.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def _outcome(work: Callable[[], Any]) -> tuple[Any, Exception | None]:
    try:
        return work(), None
    except Exception as error:  # told to the other side, which raises it
        told = error if _travels(error) else RuntimeError(in_words(error))
        if not isinstance(error, PackshotError):
            told.add_note(f"In process {os.getpid()}:\n{format_exc()}")
        return None, told


def _travels(error: Exception) -> bool:
    """Whether an error survives the trip between processes."""
    try:
        return type(pickle.loads(pickle.dumps(error))) is type(error)  # noqa: S301 - made here
    except Exception:
        return False


def _send(
    line: Connection, answer: Any, error: Exception | None, records: SimpleQueue[logging.LogRecord]
) -> None:
    """An answer or an error, with what was logged since the last."""
    logged = []
    with suppress(Empty):
        while True:
            logged.append(records.get_nowait())
    line.send((answer, error, logged))


def _collected_records(level: int) -> SimpleQueue[logging.LogRecord]:
    """Have what this process logs wait for the next answer, instead of being written here."""
    records: SimpleQueue[logging.LogRecord] = SimpleQueue()
    ours = logging.getLogger("packshot")
    ours.setLevel(level)
    ours.addHandler(QueueHandler(records))
    ours.propagate = False
    return records


def _handle(record: logging.LogRecord) -> None:
    """Log here what was logged elsewhere."""
    logger = logging.getLogger(record.name)
    if logger.isEnabledFor(record.levelno):
        logger.handle(record)


def _ending(exit_code: int | None) -> str:
    if exit_code is None:
        return _STOPPED
    if exit_code < 0:
        name = signal.Signals(-exit_code).name
        return f"the process was ended by {name}" + (", as when memory runs out" * (name == "SIGKILL"))
    return f"the process ended with status {exit_code}"


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """What is started here hears no Ctrl-C, not even while it starts: it inherits what is blocked."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


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


def prepare_process() -> None:
    """Make this process one of many: one thread for pictures, and Ctrl-C is left to its parent."""
    import cv2

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)


def end_with_parent() -> None:
    """End this process as soon as the one that started it has ended, whatever is being done then."""
    parent = parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, name="end-with-parent", daemon=True).start()
