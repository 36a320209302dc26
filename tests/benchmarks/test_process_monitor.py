import sys
import time

import psutil

from benchmarks.support.process_monitor import ProcessLimits, monitor_command

LONG_LIMITS = ProcessLimits(timeout_s=100)


def run_python(code, limits=LONG_LIMITS, **options):
    return monitor_command([sys.executable, "-c", code], limits, **options)


def test_what_a_command_says_and_how_it_ends():
    seen = run_python("print('a'); print('b'); import sys; print('c', file=sys.stderr); sys.exit(3)")
    assert seen.output_lines == [b"a\n", b"b\n"]
    assert seen.errors == "c\n"
    assert (seen.exit_status, seen.stopped, seen.traceback_count) == (3, "", 0)


def test_a_signal_is_told_as_a_shell_tells_it():
    assert run_python("import os; os.kill(os.getpid(), 15)").exit_status == 143


def test_tracebacks_are_counted():
    assert run_python("raise ValueError('a')").traceback_count == 1


def test_the_longest_pause_is_the_one_between_two_results():
    code = "import time\nfor s in (1.5, 0, .6, 0): time.sleep(s); print(s, flush=True)"
    seen = run_python(code)
    assert 0.6 <= seen.longest_pause < seen.seconds - 1.4, "the wait for the first does not count"


def test_results_can_be_counted_elsewhere(tmp_path):
    code = "import sys, time\nfor n in range(3): open(sys.argv[1], 'a').write('a'); time.sleep(1)"
    log = tmp_path / "log"
    seen = monitor_command(
        [sys.executable, "-c", code, str(log)],
        LONG_LIMITS,
        results=lambda: log.stat().st_size if log.exists() else 0,
    )
    assert 0 < seen.longest_pause < seen.seconds


CHILD = "[sys.executable, '-c', 'import time; time.sleep(1000)']"


def test_a_command_that_takes_too_long_is_ended_with_its_children():
    code = f"import subprocess, sys; p = subprocess.Popen({CHILD}); print(p.pid, flush=True); p.wait()"
    seen = run_python(code, ProcessLimits(timeout_s=6))
    assert (seen.exit_status, seen.stopped) == (137, "time")
    deadline = time.monotonic() + 60
    while is_running(int(seen.output_lines[0])):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_running(number):
    try:
        return psutil.Process(number).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_command_that_takes_too_much_memory_is_ended():
    code = "import time; a = b'a' * 300_000_000; time.sleep(1000)"
    seen = run_python(code, ProcessLimits(timeout_s=100, memory_mb=200))
    assert (seen.exit_status, seen.stopped) == (137, "memory")
    assert seen.peak_mb > 200


def test_memory_is_that_of_all_processes_together():
    hungry = "a = b'a' * 150_000_000; import time; time.sleep(2)"
    code = f"import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', {hungry!r}]); {hungry}"
    assert run_python(f"{code}; p.wait()").peak_mb > 300


def test_an_endless_stream_of_messages_is_cut():
    seen = run_python("import sys; sys.stderr.write('a' * 5_000_000)")
    assert len(seen.errors) == 2**20
