import os
import time
from functools import partial

import pytest

from packshot.processes import available_cores, in_order


def squares(offset):
    return lambda numbers: [number * number + offset for number in numbers]


def slow_for_the_first():
    def work(numbers):
        time.sleep(0.3 if 0 in numbers else 0)
        return numbers

    return work


def refusing():
    def work(numbers):
        raise ValueError(f"cannot do {numbers}")

    return work


def threads():
    return lambda tasks: [os.environ[name] for name in tasks]


def test_every_task_has_its_result_in_order():
    assert list(in_order(range(11), partial(squares, 3), processes=2, batch=2)) == [
        n * n + 3 for n in range(11)
    ]


def here():
    return lambda tasks: [os.getpid() for _ in tasks]


def test_the_work_of_one_process_is_done_here():
    assert set(in_order(range(5), here, processes=1, batch=2)) == {os.getpid()}
    assert os.getpid() not in in_order(range(5), here, processes=2, batch=2)


def test_a_slow_batch_does_not_change_the_order():
    assert list(in_order(range(6), slow_for_the_first, processes=2, batch=1)) == list(range(6))


def test_tasks_are_read_only_a_little_ahead():
    read = []

    def tasks():
        for number in range(1000):
            read.append(number)
            yield number

    results = in_order(tasks(), partial(squares, 0), processes=2, batch=1)
    assert next(results) == 0
    results.close()
    assert len(read) <= 2 * 4 + 1


def test_an_error_of_a_worker_reaches_the_caller():
    with pytest.raises(ValueError, match="cannot do"):
        list(in_order([1], refusing, processes=2, batch=1))


def test_processes_use_one_thread_each_and_the_parent_keeps_its_own(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert list(in_order(["OMP_NUM_THREADS"], threads, processes=2, batch=1)) == ["1"]
    assert os.environ["OMP_NUM_THREADS"] == "7"


def test_there_is_a_core():
    assert 1 <= available_cores() <= (os.cpu_count() or 1)
