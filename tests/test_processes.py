import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from packshot.processes import Crew, WorkerLost, available_cores, in_order


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


def doing():
    """A worker of a crew: does what the task says."""
    actions = {
        "number": os.getpid,
        "die": lambda: os.kill(os.getpid(), signal.SIGKILL),
        "leave": lambda: os._exit(3),
        "sleep": lambda: time.sleep(60),
        "threads": lambda: os.environ["OMP_NUM_THREADS"],
        "refuse": lambda: 1 / 0,
    }
    return lambda name: actions[name]()


def never_built():
    raise LookupError("no such model")


def test_a_crew_answers_from_many_threads_at_once():
    with Crew(doing, processes=2, patience=60) as crew, ThreadPoolExecutor(8) as threads:
        numbers = set(threads.map(crew.ask, ["number"] * 40))
        assert len(numbers) == 2
        assert os.getpid() not in numbers
        assert crew.ask("threads") == "1"


@pytest.mark.parametrize(("task", "reason"), [("die", "SIGKILL"), ("leave", "status 3")])
def test_a_process_that_dies_is_told_of_and_replaced(task, reason):
    with Crew(doing, processes=1, patience=60) as crew:
        before = crew.ask("number")
        with pytest.raises(WorkerLost, match=reason) as lost:
            crew.ask(task)
        assert not lost.value.slow
        assert crew.ask("number") != before


def test_a_process_that_hangs_is_ended():
    with Crew(doing, processes=1, patience=20) as crew:
        crew.ask("number")
        crew._patience = 0.3
        with pytest.raises(WorkerLost, match=r"longer than 0\.3 seconds") as lost:
            crew.ask("sleep")
        assert lost.value.slow
        crew._patience = 20
        assert crew.ask("number")


def test_an_error_of_a_crew_reaches_the_caller_and_the_process_lives_on():
    with Crew(doing, processes=1, patience=60) as crew:
        before = crew.ask("number")
        with pytest.raises(ZeroDivisionError):
            crew.ask("refuse")
        assert crew.ask("number") == before


def test_a_worker_that_cannot_be_built_is_told_of():
    with Crew(never_built, processes=1, patience=60) as crew, pytest.raises(LookupError, match="model"):
        crew.ask("number")


def test_processes_of_a_crew_end_with_it():
    with Crew(doing, processes=2, patience=60) as crew:
        numbers = [crew.ask("number"), crew.ask("number")]
    for number in numbers:
        with pytest.raises(ProcessLookupError):
            os.kill(number, 0)
