"""A hundred kills over all commands, and what each left behind.

Each trial runs a command on a folder of made photos as a process of its own and, after a time drawn by
lot between nothing and what an undisturbed run takes, sends SIGKILL, SIGTERM or SIGINT to the command
alone, or SIGKILL to one of its workers. Then nothing may be left: no process after three seconds, no
temporary file, no half-written output, no original lost, no traceback; and the same command run again
must come to its end.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.robustness.kill_trials.aftermath import (
    compute_digests,
    find_incomplete_files,
    find_leftovers,
    find_lost_photos,
    list_results,
)
from benchmarks.robustness.kill_trials.commands import COMMANDS, Command
from benchmarks.robustness.kill_trials.process import (
    METHODS,
    KillResult,
    TrialFolders,
    kill_orphans,
    run_and_kill,
    run_to_end,
    wait_for_orphans,
)
from benchmarks.robustness.kill_trials.shop import PHOTOS
from benchmarks.support.record import write_results

_STATUSES = {"SIGKILL": 137, "SIGTERM": 143, "SIGINT": 130, "worker": 0}
_EXIT_TIMEOUT_S = 2.0
_FIRST_CHECK_S, _SECOND_CHECK_S = 1.0, 4.0
_TRACEBACK = "Traceback (most recent call last)"
FAULTS = (
    "orphans",
    "leftovers",
    "half_written",
    "lost_originals",
    "written_after_death",
    "tracebacks",
    "wrong_exits",
    "wrong_messages",
    "slow_exits",
    "missing_rows",
    "failed_resumes",
)
"""Columns of the table, each a number of trials."""


@dataclass(frozen=True)
class CompleteRun:
    """The output of a command that nobody stops.

    Attributes:
        elapsed: That it takes.
        files: Names of what it writes.
    """

    elapsed: float
    files: set[str]


@dataclass
class KillTrial:
    """One kill.

    Attributes:
        command: Name of the command.
        method: Of the kill.
        delay_s: Seconds before it.
        finished: The command was done before.
        faults: What was wrong, by the column that it counts in.
    """

    command: str
    method: str
    delay_s: float
    finished: bool = False
    faults: dict[str, str] = field(default_factory=dict)


def main(kills: int, seed: int, folder: Path) -> Iterator[KillTrial]:
    """Carry out trials in a folder; those of trials without a fault are removed."""
    generator = random.Random(seed)
    start_times = _measure_start_times()
    names, complete_runs = list(COMMANDS), dict[str, CompleteRun]()
    for number in range(kills):
        # Methods move on by one each time that all commands have had their turn.
        name = names[number % len(names)]
        method = METHODS[(number + number // len(names)) % len(METHODS)]
        if name not in complete_runs:
            complete_runs[name] = _run_complete(COMMANDS[name], folder / name.replace(" ", "_"))
        latest = complete_runs[name].elapsed
        trial = KillTrial(name, method, generator.uniform(min(start_times[method], latest), latest))
        _run_trial(trial, folder / f"trial-{number:03}", complete_runs[name], generator)
        print(f"[{number + 1}/{kills}] {_describe(trial)}", file=sys.stderr, flush=True)
        yield trial


def _measure_start_times() -> dict[str, float]:
    """Seconds before which a method tells nothing: no line of Packshot can have run."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import packshot"], check=True)
    bare = time.perf_counter() - started
    return {"SIGKILL": 0.0, "worker": 0.0, "SIGTERM": bare, "SIGINT": bare}


def _run_complete(command: Command, root: Path) -> CompleteRun:
    folders = TrialFolders(root).prepare()
    result = run_to_end(command, folders)
    if result.exit_status or find_incomplete_files(folders):
        raise SystemExit(f"{command.arguments} fails even undisturbed: {result.errors}")
    return CompleteRun(result.elapsed, list_results(folders))


def _run_trial(
    trial: KillTrial, root: Path, complete_run: CompleteRun, generator: random.Random
) -> None:
    command, folders = COMMANDS[trial.command], TrialFolders(root).prepare()
    originals = compute_digests(folders.photos)
    result = run_and_kill(command, folders, trial.method, trial.delay_s, generator)
    trial.finished = result.finished
    try:
        trial.faults |= _find_orphan_faults(command, folders, result)
        trial.faults |= _find_file_faults(command, folders, originals)
        trial.faults |= _find_exit_faults(trial, command, folders, result, complete_run)
    finally:
        kill_orphans(result)
    if command.repeatable or list_results(folders) != complete_run.files:
        trial.faults |= _find_rerun_faults(command, folders, originals, complete_run)
    if not trial.faults:
        shutil.rmtree(root)


def _find_orphan_faults(command: Command, folders: TrialFolders, result: KillResult) -> dict[str, str]:
    """Faults of processes that are left; of a command that replaces photos, also what they write."""
    died, before = time.perf_counter(), dict[str, str]()
    if command.in_place:
        time.sleep(_FIRST_CHECK_S)
        before = compute_digests(folders.photos)
    wait_for_orphans(result, folders)
    if not result.orphans:
        return {}
    faults = {"orphans": ", ".join(str(process.pid) for process in result.orphans)}
    if command.in_place:
        time.sleep(max(0.0, died + _SECOND_CHECK_S - time.perf_counter()))
        now = compute_digests(folders.photos)
        changed = sorted(name for name in now.keys() | before if now.get(name) != before.get(name))
        if changed:
            faults["written_after_death"] = ", ".join(changed)
    return faults


def _find_file_faults(
    command: Command, folders: TrialFolders, originals: dict[str, str]
) -> dict[str, str]:
    """Faults of files."""
    found = {
        "leftovers": find_leftovers(folders),
        "half_written": find_incomplete_files(folders),
        "lost_originals": list(find_lost_photos(originals, folders, command.in_place)),
    }
    return {name: ", ".join(paths) for name, paths in found.items() if paths}


def _find_exit_faults(
    trial: KillTrial,
    command: Command,
    folders: TrialFolders,
    result: KillResult,
    complete_run: CompleteRun,
) -> dict[str, str]:
    """Faults of how a command ended, and of what it said."""
    faults = {}
    # A command that was about to end when the blow came may well be done.
    is_complete = result.exit_status == 0 and list_results(folders) == complete_run.files
    if not is_complete and result.exit_status != _STATUSES[trial.method]:
        faults["wrong_exits"] = f"exit status {result.exit_status}"
    if _TRACEBACK in result.errors:
        faults["tracebacks"] = result.errors.strip().splitlines()[-1]
    messages = [line for line in result.errors.splitlines() if line.strip()]
    if trial.method in ("SIGINT", "SIGTERM") and not is_complete:
        if len(messages) != 1:
            faults["wrong_messages"] = f"{len(messages)} lines: {' | '.join(messages[:4])}"
        if result.elapsed > _EXIT_TIMEOUT_S:
            faults["slow_exits"] = f"{result.elapsed:.1f} s"
    if trial.method == "worker":
        faults |= _find_row_faults(command, folders)
    return faults


def _find_row_faults(command: Command, folders: TrialFolders) -> dict[str, str]:
    if command.rows is None:
        return {}
    try:
        rows = command.rows(folders.out)
    except Exception as error:  # not there, or not to be read
        return {"missing_rows": f"{type(error).__name__}: {error}"}
    return {} if rows == PHOTOS else {"missing_rows": f"{rows} rows for {PHOTOS} photos"}


def _find_rerun_faults(
    command: Command, folders: TrialFolders, originals: dict[str, str], complete_run: CompleteRun
) -> dict[str, str]:
    """Faults of the same command run again, to its end."""
    result = run_to_end(command, folders)
    problems = [*_find_row_faults(command, folders).values(), *find_incomplete_files(folders)]
    problems += find_lost_photos(originals, folders, command.in_place)
    if result.exit_status:
        problems.append(f"exit status {result.exit_status}: {result.errors.strip()[-200:]}")
    elif list_results(folders) != complete_run.files:
        problems.append(f"differs in {sorted(list_results(folders) ^ complete_run.files)[:5]}")
    return {"failed_resumes": "; ".join(problems)} if problems else {}


def _describe(trial: KillTrial) -> str:
    when = "finished before" if trial.finished else f"after {trial.delay_s:.2f} s"
    faults = "".join(f"\n    {name}: {reason}" for name, reason in trial.faults.items())
    return f"{trial.command}, {trial.method} {when}{faults or ': nothing left'}"


def summarise(trials: Sequence[KillTrial]) -> list[dict[str, object]]:
    """Numbers of trials by command and method, and of each fault among them; all of them first."""
    trials_by_method = defaultdict[tuple[str, str], list[KillTrial]](list)
    for trial in trials:
        trials_by_method["all", "all"].append(trial)
        trials_by_method[trial.command, trial.method].append(trial)
    return [
        {
            "command": command,
            "signal": method,
            "kills": len(found),
            "finished_before": sum(trial.finished for trial in found),
            **{fault: sum(fault in trial.faults for trial in found) for fault in FAULTS},
        }
        for (command, method), found in trials_by_method.items()
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=17)
    parser.add_argument("--keep", type=Path, help="folder where trials with faults are kept")
    parser.add_argument("--print", action="store_true", help="print the figures, write no table")
    arguments = parser.parse_args()
    if arguments.keep:
        arguments.keep.mkdir(parents=True, exist_ok=True)
        trials = list(main(arguments.kills, arguments.seed, Path(tempfile.mkdtemp(dir=arguments.keep))))
    else:
        with tempfile.TemporaryDirectory(prefix="packshot-kills-") as temporary:
            trials = list(main(arguments.kills, arguments.seed, Path(temporary)))
    if arguments.print:
        print("\n".join(map(str, summarise(trials))))
    else:
        print(write_results("kills", summarise(trials)))
    sys.exit(1 if any(trial.faults for trial in trials) else 0)
