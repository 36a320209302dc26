"""Work on all cores: processes with a worker of their own each, results in the order of the tasks."""

from __future__ import annotations

import logging
import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sized
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

DEFAULT_TIME_LIMIT_S = 120.0
"""Seconds for one photo, after which it counts as crashed: some hundred times what a large one takes on
a slow machine (`benchmarks/results/speed.csv` has what an ordinary one takes)."""

ENHANCE_TIME_LIMIT_S = 600.0
"""Seconds for one photo that is enhanced, which assesses it a dozen times: of 100 megapixels some
minutes."""

_TASKS_AHEAD_PER_WORKER = 4
"""Tasks that are handed out before the oldest result is taken, for each worker: more keep all busy
behind one slow task, fewer hold less in memory. A judgement."""
_MAX_WORKERS_PER_CORE = 4
"""Processes for each core, more of which are not started: they make nothing faster, and each holds some
hundred megabytes. A judgement; enough for tasks that mostly wait for the network."""
_START_TIMEOUT_S = 300.0
"""Seconds for a process to start and build its worker, after which it is given up. A generous judgement:
models may be loaded on a machine that is swapping, and only what never starts is to be ended."""
_STOP_TIMEOUT_S = 5.0
"""Seconds that are waited for a process to be gone after it was killed; a fiftieth of them for one that
may still end by itself. A judgement: the system ends it at once."""
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_MAX_LOGGED_CHARACTERS = 200
"""Letters of a task or an error in a log or a cell; what is longer is cut. Two lines of a terminal."""
_STOPPED_REASON = "the work was stopped"
_log = logging.getLogger(__name__)


def map_in_order(
    tasks: Iterable[Task],
    make_worker: Callable[[], Callable[[Task], Result]],
    *,
    workers: int,
    on_failure: Callable[[Task, str], Result],
    timeout_s: TimeLimit = DEFAULT_TIME_LIMIT_S,
) -> Generator[Result]:
    """Do tasks on several processes, as a stream; memory does not grow with their number.

    One task never ends the others: where its process dies, it takes too long, or the worker raises what
    is no `PackshotError`, `on_failure` makes its result, and what happened is logged.

    Args:
        tasks: What to do; read only a little ahead of the results.
        make_worker: Builds, in each process once, what does a task. Must be picklable, so a function of
            a module or a `functools.partial` of one; what it builds need not be.
        workers: Started by spawning; each uses one thread for linear algebra, as they share the cores.
            Below 1 none is started: the work is done here, unguarded against death and delay. More than
            there are tasks, or than the machine can hold (`limit_workers`), are not started.
        on_failure: The result of a task that failed, given the task and the reason in a few words.
        timeout_s: After which a process is ended and its task has failed.

    Yields:
        One result for each task, in the order of the tasks.

    Raises:
        PackshotError: What a worker, or building it, raised; or no process can be started.

    Example:
        >>> from operator import methodcaller
        >>> failed = lambda task, reason: f"{task}: {reason}"
        >>> upper = partial(methodcaller, "upper")
        >>> list(map_in_order(["a", 3], upper, workers=0, on_failure=failed))
        ['A', "3: AttributeError: 'int' object has no attribute 'upper'"]
    """
    remaining = iter(tasks)
    for first in remaining:
        all_tasks = chain((first,), remaining)
        break
    else:
        return
    if workers < 1:
        worker = make_worker()
        yield from (run_or_fail(partial(worker, task), task, on_failure) for task in all_tasks)
        return
    workers = min(limit_workers(workers), len(tasks) if isinstance(tasks, Sized) else workers)
    with (
        WorkerPool(make_worker, workers=workers, timeout_s=timeout_s) as worker_pool,
        open_thread_pool(workers, "asking") as threads,
    ):
        pending: deque[Future[Result]] = deque()
        for task in all_tasks:
            pending.append(threads.submit(run_or_fail, partial(worker_pool.run, task), task, on_failure))
            if len(pending) >= workers * _TASKS_AHEAD_PER_WORKER:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def limit_workers(workers: int) -> int:
    """Return how many processes are started where so many are asked for: a few for each core at most.

    Example:
        >>> limit_workers(2), limit_workers(100_000) < 100_000
        (2, True)
    """
    most = _MAX_WORKERS_PER_CORE * count_available_cores()
    if workers > most:
        _log.warning("%d processes are started, not %d: more make nothing faster here", most, workers)
    return min(workers, most)


def count_available_cores() -> int:
    """Return the number of cores that this process may use.

    Example:
        >>> 1 <= count_available_cores() <= os.cpu_count()
        True
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def open_thread_pool(threads: int, name: str) -> Iterator[ThreadPoolExecutor]:
    """Open threads that are waited for, but left to themselves after an error or Ctrl-C.

    Args:
        threads: How many at most.
        name: What they are called in a debugger.

    Example:
        >>> with open_thread_pool(2, "fetching") as pool:
        ...     print(list(pool.map(str.upper, ["mug", "bowl"])))
        ['MUG', 'BOWL']
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
        timed_out: It was ended because it took too long.
        started: It had built its worker.

    Example:
        >>> raise WorkerLost("took longer than 120 seconds", timed_out=True)
        Traceback (most recent call last):
            ...
        packshot.processes.WorkerLost: took longer than 120 seconds
    """

    def __init__(self, reason: str, *, timed_out: bool = False, started: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.timed_out = timed_out
        self.started = started


class WorkerPool(Generic[Task, Result]):
    """Processes that are asked one thing at a time, from any thread; one that dies is replaced.

    Unlike a pool that breaks as a whole, it is known at once which task a process died over. The
    processes end when this one does, however that happens.

    Example:
        >>> from operator import methodcaller
        >>> with WorkerPool(partial(methodcaller, "upper"), workers=1, timeout_s=60) as pool:
        ...     print(pool.run("mug"))
        MUG
    """

    def __init__(
        self,
        make_worker: Callable[[], Callable[[Task], Result]],
        *,
        workers: int,
        timeout_s: TimeLimit,
    ) -> None:
        """Start processes by spawning; each uses one thread for linear algebra.

        Operations on pictures have the cores that the processes leave: one alone has them all.

        Args:
            make_worker: Builds, in each process once, what does a task; must be picklable.
            workers: How many.
            timeout_s: After which a process that does not answer is ended.
        """
        self._make_worker = make_worker
        self._timeout_s = timeout_s
        self._threads = max(1, count_available_cores() // workers)
        self._stopped = False
        self._replace_lock = threading.Lock()
        self._idle_workers: SimpleQueue[_WorkerProcess[Task, Result]] = SimpleQueue()
        # In a thread, as Ctrl-C is raised in the main one: half-started, a process would complain. So
        # one that is being started is waited for, whatever comes; those not started yet never are.
        starter = ThreadPoolExecutor(1, "starting")
        try:
            self._workers = list(
                starter.map(_WorkerProcess, repeat(make_worker, workers), repeat(self._threads))
            )
        finally:
            starter.shutdown(wait=True, cancel_futures=True)
        for worker in self._workers:
            self._idle_workers.put(worker)

    def run(self, task: Task) -> Result:
        """Have a task done by the first process that is free.

        A task that a process dies over is tried once more: memory may have run out for another's sake.

        Raises:
            WorkerLost: Two processes died over it, or one took too long.
            ProcessesUnavailable: Two processes died before they could be asked.
            Exception: What building the worker, or the worker, raised.
        """
        try:
            return self._run_once(task)
        except WorkerLost as lost:
            if lost.timed_out or self._stopped:
                raise
            _log.warning("%s over %s; trying once more", lost.reason, _format_task(task))
        try:
            return self._run_once(task)
        except WorkerLost as lost:
            if not lost.started and not self._stopped:
                raise ProcessesUnavailable(lost.reason) from lost
            raise

    def stop(self) -> None:
        """End all processes now, from any thread: whoever waits for an answer meets `WorkerLost`."""
        with self._replace_lock:
            self._stopped = True
            for worker in self._workers:
                worker.kill()

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
        for worker in self._workers:  # All at once, so that none waits for another's end.
            worker.close_connection()
        for worker in self._workers:
            worker.shut_down()

    def _run_once(self, task: Task) -> Result:
        timeout_s = self._timeout_s(task) if callable(self._timeout_s) else self._timeout_s
        worker = self._idle_workers.get()
        try:
            return worker.run(task, timeout_s)
        except WorkerLost:
            worker = self._replace_worker(worker)
            raise
        finally:
            self._idle_workers.put(worker)

    def _replace_worker(self, lost: _WorkerProcess[Task, Result]) -> _WorkerProcess[Task, Result]:
        lost.shut_down()
        with self._replace_lock:
            if self._stopped:
                return lost
            self._workers.remove(lost)
            new: _WorkerProcess[Task, Result] = _WorkerProcess(self._make_worker, self._threads)
            self._workers.append(new)
            return new


class _WorkerProcess(Generic[Task, Result]):
    """One process of a pool, and the connection to it."""

    def __init__(self, make_worker: Callable[[], Callable[[Task], Result]], threads: int) -> None:
        context = get_context("spawn")
        self._connection, child_connection = context.Pipe()
        level = logging.getLogger("packshot").getEffectiveLevel()
        self._process = context.Process(
            target=_serve, args=(child_connection, make_worker, level, threads), daemon=True
        )
        with _START_LOCK, _limit_child_threads(), _block_interrupts():
            self._process.start()
        child_connection.close()
        self._ready = False

    def run(self, task: Task, timeout_s: float) -> Result:
        """Send a task and wait for the answer."""
        try:
            if not self._ready:
                self._receive(_START_TIMEOUT_S)
                self._ready = True
            self._connection.send(task)
            answer: Result = self._receive(timeout_s)
        except (EOFError, OSError):
            self._process.join(_STOP_TIMEOUT_S)
            raise WorkerLost(_describe_exit(self._process.exitcode), started=self._ready) from None
        return answer

    def close_connection(self) -> None:
        """Let the process end."""
        self._connection.close()

    def shut_down(self) -> None:
        """Let the process end, or make it."""
        self.close_connection()
        self._process.join(0 if self._process.exitcode is not None else _STOP_TIMEOUT_S / 50)
        if self._process.exitcode is None:
            self.kill()
            self._process.join(_STOP_TIMEOUT_S)

    def kill(self) -> None:
        """Make the process end; who waits for its answer is told."""
        self._process.kill()

    def _receive(self, timeout_s: float) -> Any:
        if not self._connection.poll(timeout_s):
            raise WorkerLost(
                f"took longer than {timeout_s:g} seconds", timed_out=True, started=self._ready
            )
        answer, error, records = self._connection.recv()
        for record in records:
            _replay_log_record(record)
        if error is not None:
            raise error
        return answer


_START_LOCK = threading.Lock()
"""Held while the environment of a process to be started stands in that of this one."""


def run_or_fail(
    work: Callable[[], Result], task: Task, on_failure: Callable[[Task, str], Result]
) -> Result:
    """Return the result of a task, also where it failed; what Packshot raises on purpose passes.

    Args:
        work: Does the task.
        task: For messages.
        on_failure: The result of a task that failed, given the task and the reason in a few words.

    Raises:
        PackshotError: What the work raises of that kind.

    Example:
        >>> run_or_fail(partial(int, "mug"), "mug", "{} failed: {}".format)
        "mug failed: ValueError: invalid literal for int() with base 10: 'mug'"
    """
    try:
        return work()
    except PackshotError:
        raise
    except WorkerLost as lost:
        _log.error("%s over %s; given up", lost.reason, _format_task(task))
        return on_failure(task, lost.reason)
    except Exception as error:
        _log.error("failed on %s", _format_task(task), exc_info=error)
        return on_failure(task, format_unexpected_error(error))


def format_unexpected_error(error: Exception) -> str:
    r"""Write an unexpected error so that it fits a table cell.

    Example:
        >>> format_unexpected_error(ValueError("no such\nlayer"))
        'ValueError: no such layer'
    """
    return f"{type(error).__name__}: {' '.join(str(error).split())[:_MAX_LOGGED_CHARACTERS]}".rstrip(
        ": "
    )


def _format_task(task: object) -> str:
    """Write a task for a log."""
    text = repr(task)
    return text if len(text) <= _MAX_LOGGED_CHARACTERS else f"{text[:_MAX_LOGGED_CHARACTERS]}..."


def _serve(
    connection: Connection, make_worker: Callable[[], Callable[[Any], Any]], level: int, threads: int
) -> None:
    """Do tasks in a process of a pool until the connection closes, also as the other side ends."""
    end_with_parent()
    if level > logging.INFO:
        _silence_libraries()
    prepare_process(threads)
    records = _collect_log_records(level)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        worker, error = _try_call(make_worker)
        _send(connection, None, error, records)
        while error is None:
            _send(connection, *_try_call(partial(worker, connection.recv())), records)


def _silence_libraries() -> None:
    """Send nowhere what decoders in C write to standard error of their own accord, for one photo or all.

    What this process has to say goes another way.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def _try_call(work: Callable[[], Any]) -> tuple[Any, Exception | None]:
    try:
        return work(), None
    except Exception as error:  # told to the other side, which raises it
        sendable = error if _is_picklable(error) else RuntimeError(format_unexpected_error(error))
        if not isinstance(error, PackshotError):
            sendable.add_note(f"In process {os.getpid()}:\n{format_exc()}")
        return None, sendable


def _is_picklable(error: Exception) -> bool:
    """Return whether an error survives the trip between processes."""
    try:
        return type(pickle.loads(pickle.dumps(error))) is type(error)  # noqa: S301 - made here
    except Exception:
        return False


def _send(
    connection: Connection, answer: Any, error: Exception | None, records: SimpleQueue[logging.LogRecord]
) -> None:
    """Send an answer or an error, with what was logged since the last."""
    log_records = []
    with suppress(Empty):
        while True:
            log_records.append(records.get_nowait())
    connection.send((answer, error, log_records))


def _collect_log_records(level: int) -> SimpleQueue[logging.LogRecord]:
    """Have what this process logs wait for the next answer, instead of being written here."""
    records: SimpleQueue[logging.LogRecord] = SimpleQueue()
    logger = logging.getLogger("packshot")
    logger.setLevel(level)
    logger.addHandler(QueueHandler(records))
    logger.propagate = False
    return records


def _replay_log_record(record: logging.LogRecord) -> None:
    """Log here what was logged elsewhere."""
    logger = logging.getLogger(record.name)
    if logger.isEnabledFor(record.levelno):
        logger.handle(record)


def _describe_exit(exit_code: int | None) -> str:
    if exit_code is None:
        return _STOPPED_REASON
    if exit_code < 0:
        name = signal.Signals(-exit_code).name
        return f"the process was ended by {name}" + (", as when memory runs out" * (name == "SIGKILL"))
    return f"the process ended with status {exit_code}"


@contextmanager
def _block_interrupts() -> Iterator[None]:
    """Start processes that hear no Ctrl-C, not even while they start: they inherit what is blocked."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _limit_child_threads() -> Iterator[None]:
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


def prepare_process(threads: int = 1) -> None:
    """Make this process one of many: few threads for pictures, and Ctrl-C is left to its parent.

    Args:
        threads: For operations on pictures; results do not depend on it.

    Example:
        >>> import cv2
        >>> from concurrent.futures import ThreadPoolExecutor
        >>> threads = cv2.getNumThreads()
        >>> ThreadPoolExecutor(1).submit(prepare_process).result()  # elsewhere it would take Ctrl-C, too
        >>> cv2.getNumThreads()
        1
        >>> cv2.setNumThreads(threads)
    """
    import cv2

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(threads)


def end_with_parent() -> None:
    """End this process as soon as the one that started it has ended, whatever is being done then.

    Example:
        >>> end_with_parent()  # nothing to end with: no process of ours started this one
    """
    parent = parent_process()
    if parent is None:
        return

    def exit_after_parent() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=exit_after_parent, name="end-with-parent", daemon=True).start()
