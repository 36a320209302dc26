import logging
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import cv2
import psutil
import pytest

from packshot import processes as processes_module
from packshot.errors import InvalidInput, ProcessesUnavailable
from packshot.processes import WorkerLost, WorkerPool, count_available_cores, map_in_order


def report_failure(task, reason):
    """Return what comes of a task that failed."""
    return task, reason


map_with_defaults = partial(map_in_order, on_failure=report_failure, timeout_s=60)


def make_squarer(offset):
    return lambda number: number * number + offset


def make_slow_first_worker():
    def work(number):
        time.sleep(0.3 if number == 0 else 0)
        return number

    return work


def make_refusing_worker():
    def work(number):
        raise InvalidInput(f"cannot do {number}")

    return work


def test_so_many_processes_as_there_are_tasks_are_enough(monkeypatch):
    monkeypatch.setattr(processes_module, "count_available_cores", lambda: 8)
    started = []
    pool = processes_module.WorkerPool

    class CountingPool(pool):
        def __init__(self, *parts, workers, **settings):
            started.append(workers)
            super().__init__(*parts, workers=workers, **settings)

    monkeypatch.setattr(processes_module, "WorkerPool", CountingPool)
    assert list(map_with_defaults([3], partial(make_squarer, 0), workers=20)) == [9]
    assert started == [1]


def test_a_machine_is_not_filled_with_processes(monkeypatch, caplog):
    monkeypatch.setattr(processes_module, "count_available_cores", lambda: 1)
    tasks = (number for number in range(12))  # So that it is not known how many there are.
    assert len(set(map_with_defaults(tasks, make_pid_worker, workers=100_000))) <= 4
    assert "100000" in caplog.text


def make_environment_reader():
    return lambda name: os.environ[name]


def test_every_task_has_its_result_in_order():
    assert list(map_with_defaults(range(11), partial(make_squarer, 3), workers=2)) == [
        n * n + 3 for n in range(11)
    ]


def test_without_a_task_nothing_is_started():
    assert list(map_with_defaults([], fail_to_build, workers=2)) == []


def make_pid_worker():
    return lambda _task: os.getpid()


def test_without_processes_the_work_is_done_here():
    assert set(map_with_defaults(range(5), make_pid_worker, workers=0)) == {os.getpid()}
    assert os.getpid() not in map_with_defaults(range(5), make_pid_worker, workers=1)


def test_a_slow_task_does_not_change_the_order():
    assert list(map_with_defaults(range(6), make_slow_first_worker, workers=2)) == list(range(6))


def test_tasks_are_read_only_a_little_ahead():
    consumed = []

    def tasks():
        for number in range(1000):
            consumed.append(number)
            yield number

    results = map_with_defaults(tasks(), partial(make_squarer, 0), workers=2)
    assert next(results) == 0
    results.close()
    assert len(consumed) <= 2 * 4 + 1


def test_an_error_of_a_worker_reaches_the_caller():
    with pytest.raises(InvalidInput, match="cannot do"):
        list(map_with_defaults([1], make_refusing_worker, workers=2))


def test_processes_use_one_thread_each_and_the_parent_keeps_its_own(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert list(map_with_defaults(["OMP_NUM_THREADS"], make_environment_reader, workers=2)) == ["1"]
    assert os.environ["OMP_NUM_THREADS"] == "7"


@pytest.mark.parametrize("processes", [0, 2])
def test_one_failure_ends_nothing_and_is_logged(processes, caplog):
    tasks = ["number", "refuse", "number"]
    before, (task, reason), after = map_with_defaults(tasks, make_action_worker, workers=processes)
    assert isinstance(before, int)
    assert isinstance(after, int)
    assert (task, reason) == ("refuse", "ZeroDivisionError: division by zero")
    (record,) = [record for record in caplog.records if record.name == "packshot.processes"]
    assert "1 / 0" in logging.Formatter().format(record)


def test_a_task_that_a_process_dies_over_costs_itself_alone():
    results = list(
        map_with_defaults(["number", "die", "number", "leave", "number"], make_action_worker, workers=2)
    )
    assert [type(result) for result in results] == [int, tuple, int, tuple, int]
    assert "SIGKILL" in results[1][1]
    assert "status 3" in results[3][1]


def test_a_task_that_takes_too_long_costs_itself_alone():
    limit = {"sleep": 0.5, "number": 60.0}.__getitem__
    first, slow, last = map_in_order(
        ["number", "sleep", "number"],
        make_action_worker,
        workers=1,
        on_failure=report_failure,
        timeout_s=limit,
    )
    assert slow == ("sleep", "took longer than 0.5 seconds")
    assert first != last


def die_at_start():
    os._exit(7)


def test_processes_that_cannot_be_started_are_told_of():
    with pytest.raises(ProcessesUnavailable, match="status 7"):
        list(map_with_defaults([1, 2], die_at_start, workers=1))


def make_logging_worker():
    log = logging.getLogger("packshot.somewhere")
    return lambda task: log.info("seen %s", task)


def test_what_processes_log_is_logged_here(caplog):
    with caplog.at_level(logging.INFO, "packshot"):
        list(map_with_defaults(["mug"], make_logging_worker, workers=1))
    assert ("packshot.somewhere", logging.INFO, "seen mug") in caplog.record_tuples
    caplog.clear()
    with caplog.at_level(logging.WARNING, "packshot"):
        list(map_with_defaults(["mug"], make_logging_worker, workers=1))
    assert not caplog.records


def test_an_error_that_cannot_travel_is_told_in_words():
    (found,) = map_with_defaults(["odd"], make_action_worker, workers=1)
    assert found == ("odd", "RuntimeError: Odd: one and two")


BUSY = """
import os, time
from packshot.processes import map_in_order

def make():
    def work(task):
        print(os.getpid(), flush=True)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:  # busy, not asleep
            pass
    return work

if __name__ == "__main__":
    list(map_in_order([1, 2], make, workers=2, on_failure=lambda task, reason: None))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
@pytest.mark.parametrize("number", ["SIGKILL", "SIGTERM"])
def test_processes_end_when_their_parent_is_killed(tmp_path, number):
    (tmp_path / "work.py").write_text(BUSY)
    command = [sys.executable, str(tmp_path / "work.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        workers = [int(parent.stdout.readline()) for _ in range(2)]
        parent.send_signal(signal.Signals[number])
        parent.wait()
        assert wait_until(lambda: not any(map(psutil.pid_exists, workers)))


def wait_until(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def test_closing_the_results_ends_the_processes():
    results = map_with_defaults(["number", "sleep", "sleep"], make_action_worker, workers=1)
    worker = next(results)
    results.close()
    assert wait_until(lambda: not psutil.pid_exists(worker))


def test_there_is_a_core():
    assert 1 <= count_available_cores() <= (os.cpu_count() or 1)


class Odd(Exception):
    """Cannot be made from its message alone."""

    def __init__(self, one, other):
        super().__init__(f"{one} and {other}")


def raise_odd():
    raise Odd("one", "two")


def make_action_worker():
    """A worker of a pool: does what the task says."""
    actions = {
        "number": os.getpid,
        "die": lambda: os.kill(os.getpid(), signal.SIGKILL),
        "leave": lambda: os._exit(3),
        "sleep": lambda: time.sleep(60),
        "threads": lambda: os.environ["OMP_NUM_THREADS"],
        "picture threads": cv2.getNumThreads,
        "refuse": lambda: 1 / 0,
        "odd": raise_odd,
    }
    return lambda name: actions[name]()


def fail_to_build():
    raise LookupError("no such model")


def test_a_pool_answers_from_many_threads_at_once():
    with (
        WorkerPool(make_action_worker, workers=2, timeout_s=60) as pool,
        ThreadPoolExecutor(8) as threads,
    ):
        numbers = set(threads.map(pool.run, ["number"] * 40))
        assert len(numbers) == 2
        assert os.getpid() not in numbers
        assert pool.run("threads") == "1"


def test_a_process_alone_has_all_cores_for_pictures():
    with WorkerPool(make_action_worker, workers=1, timeout_s=60) as pool:
        assert pool.run("picture threads") == count_available_cores()
    with WorkerPool(make_action_worker, workers=count_available_cores(), timeout_s=60) as pool:
        assert pool.run("picture threads") == 1


@pytest.mark.parametrize(("task", "reason"), [("die", "SIGKILL"), ("leave", "status 3")])
def test_a_process_that_dies_is_told_of_and_replaced(task, reason):
    with WorkerPool(make_action_worker, workers=1, timeout_s=60) as pool:
        before = pool.run("number")
        with pytest.raises(WorkerLost, match=reason) as lost:
            pool.run(task)
        assert not lost.value.timed_out
        assert pool.run("number") != before


def test_a_process_that_hangs_is_ended():
    with WorkerPool(make_action_worker, workers=1, timeout_s=20) as pool:
        pool.run("number")
        pool._timeout_s = 0.3
        with pytest.raises(WorkerLost, match=r"longer than 0\.3 seconds") as lost:
            pool.run("sleep")
        assert lost.value.timed_out
        pool._timeout_s = 20
        assert pool.run("number")


def test_an_error_of_a_pool_reaches_the_caller_and_the_process_lives_on():
    with WorkerPool(make_action_worker, workers=1, timeout_s=60) as pool:
        before = pool.run("number")
        with pytest.raises(ZeroDivisionError):
            pool.run("refuse")
        assert pool.run("number") == before


def test_a_worker_that_cannot_be_built_is_told_of():
    with (
        WorkerPool(fail_to_build, workers=1, timeout_s=60) as pool,
        pytest.raises(LookupError, match="model"),
    ):
        pool.run("number")


def test_processes_of_a_pool_end_with_it():
    with WorkerPool(make_action_worker, workers=2, timeout_s=60) as pool:
        numbers = [pool.run("number"), pool.run("number")]
    for number in numbers:
        with pytest.raises(ProcessLookupError):
            os.kill(number, 0)
