"""The trials find what a bad program leaves behind, and nothing after Packshot."""

import random
import sys
import time

import psutil
import pytest

from benchmarks.robustness import kills
from benchmarks.robustness.kill_trials import process
from benchmarks.robustness.kill_trials.aftermath import list_results
from benchmarks.robustness.kill_trials.commands import COMMANDS, Command
from benchmarks.robustness.kill_trials.process import METHODS, TrialFolders
from benchmarks.robustness.kill_trials.shop import PHOTOS

# A worker that cares about nothing and writes on, and files everywhere.
BAD_PROGRAM = """
import os, subprocess, sys, tempfile, time
out, photos = sys.argv[1:3]
worker = "import sys, time\\nwhile True: open(sys.argv[1], 'ab').write(b'a'); time.sleep(.2)"
photo = os.path.join(photos, "mug", "00.jpg")
subprocess.Popen([sys.executable, "-c", worker, photo])
tempfile.mkdtemp()
open(os.path.join(out, "a.jsonl"), "w").write('{"a": 1')
open(os.path.join(out, ".a.jsonl"), "w")
try:
    open(os.path.join(out, "..", "ready"), "w")
    time.sleep(100)
except KeyboardInterrupt:
    print("one\\ntwo", file=sys.stderr)
    raise
"""
UNRESPONSIVE_PROGRAM = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open(os.path.join(sys.argv[1], "..", "ready"), "w")
time.sleep(100)
"""
# Takes long the first time only.
GOOD_PROGRAM = """
import os, signal, sys, time
ready = os.path.join(sys.argv[1], "..", "ready")
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
try:
    if not os.path.exists(ready):
        open(ready, "w")
        time.sleep(100)
except KeyboardInterrupt:
    print("interrupted", file=sys.stderr)
    sys.exit(130)
except SystemExit:
    print("ended", file=sys.stderr)
    raise
with open(os.path.join(sys.argv[1], "a.jsonl"), "w") as file:
    file.write("{}\\n" * 12)
"""


@pytest.fixture
def attempt(tmp_path, monkeypatch):
    """Strikes a program down once it is ready."""

    def start_and_wait(command, place):
        found = begin(command, place)
        while not (place.root / "ready").exists() and found[0].poll() is None:
            time.sleep(0.02)
        return found

    begin = process._start
    monkeypatch.setattr(process, "_start", start_and_wait)

    def run_trial(code, method, delay=0.1, **options):
        (tmp_path / "program.py").write_text(code)
        program = (sys.executable, str(tmp_path / "program.py"))
        command = Command(("{out}", "{photos}"), program=program, **options)
        monkeypatch.setitem(COMMANDS, "tried", command)
        trial = kills.KillTrial("tried", method, delay)
        whole = kills.CompleteRun(5.0, {"a.jsonl"})
        kills._run_trial(trial, tmp_path / "trial", whole, random.Random(1))
        return trial

    return run_trial


@pytest.mark.parametrize("method", ["SIGKILL", "SIGINT"])
def test_what_a_bad_program_leaves_is_found_and_ended(method, attempt, tmp_path, monkeypatch):
    monkeypatch.setattr(kills, "_find_rerun_faults", lambda *_: {"failed_resumes": "as it must"})
    trial = attempt(BAD_PROGRAM, method, in_place=True)
    expected = {"orphans", "written_after_death", "leftovers", "half_written", "failed_resumes"}
    if method == "SIGINT":
        expected |= {"wrong_messages", "tracebacks"}
    assert expected == trial.faults.keys()
    assert trial.faults["written_after_death"] == "mug/00.jpg"
    assert "temporary/tmp" in trial.faults["leftovers"]
    assert "out/.a.jsonl" in trial.faults["leftovers"]
    assert trial.faults["half_written"] == "out/a.jsonl, photos/mug/00.jpg"
    left = [p for p in psutil.process_iter() if str(tmp_path) in " ".join(_command_line(p))]
    assert not psutil.wait_procs(left, timeout=60)[1]


def _command_line(process):
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_a_program_that_does_not_listen_is_slow(attempt, monkeypatch):
    monkeypatch.setattr(process, "_EXIT_TIMEOUT_S", 2.5)
    monkeypatch.setattr(kills, "_find_rerun_faults", lambda *_: {})
    assert attempt(UNRESPONSIVE_PROGRAM, "SIGTERM").faults.keys() == {
        "slow_exits",
        "wrong_exits",
        "wrong_messages",
    }


@pytest.mark.parametrize("method", ["SIGKILL", "SIGTERM", "SIGINT"])
def test_a_good_program_has_no_faults(method, attempt, tmp_path):
    trial = attempt(GOOD_PROGRAM, method)
    assert not trial.finished
    assert not trial.faults
    assert not (tmp_path / "trial").exists()


def test_a_command_that_was_done_is_no_kill(attempt):
    trial = attempt(GOOD_PROGRAM.replace("sleep(100)", "sleep(0)"), "SIGINT", delay=100)
    assert trial.finished
    assert not trial.faults


def test_sums_count_trials_by_fault():
    trials = [
        kills.KillTrial("assess", "SIGKILL", 1.0, faults={"orphans": "1, 2"}),
        kills.KillTrial("assess", "SIGKILL", 1.0, finished=True),
        kills.KillTrial("rank", "SIGINT", 1.0, faults={"slow_exits": "30 s"}),
    ]
    total, assess, rank = kills.summarise(trials)
    assert (total["kills"], total["orphans"], total["slow_exits"]) == (3, 1, 1)
    assert (assess["command"], assess["kills"], assess["finished_before"]) == ("assess", 2, 1)
    assert (rank["signal"], rank["slow_exits"], rank["leftovers"]) == ("SIGINT", 1, 0)


def test_all_commands_and_methods_have_their_turn():
    names, hundred = list(COMMANDS), range(100)
    pairs = {(names[n % len(names)], METHODS[(n + n // len(names)) % len(METHODS)]) for n in hundred}
    assert len(pairs) == len(names) * len(METHODS)


@pytest.mark.parametrize(
    "name",
    ["assess", *(pytest.param(n, marks=pytest.mark.slow) for n in COMMANDS if n != "assess")],
)
@pytest.mark.timeout(600)
def test_an_undisturbed_command_accounts_for_all_photos(name, tmp_path):
    place = TrialFolders(tmp_path / "trial").prepare()
    command = COMMANDS[name]
    blow = process.run_to_end(command, place)
    assert blow.exit_status == 0, blow.errors
    assert command.rows is None or command.rows(place.out) == PHOTOS
    assert list_results(place)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_four_kills_leave_nothing(tmp_path):
    trials = list(kills.main(4, 17, tmp_path))
    assert {trial.method for trial in trials} == set(METHODS)
    assert not [kills._describe(trial) for trial in trials if trial.faults]
