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

from benchmarks.kill_trials.aftermath import digests, half_written, leftovers, lost, results
from benchmarks.kill_trials.commands import COMMANDS, Command
from benchmarks.kill_trials.shop import PHOTOS
from benchmarks.kill_trials.strike import METHODS, Blow, Place, clear, settle, struck, undisturbed
from benchmarks.record import write

_STATUSES = {"SIGKILL": 137, "SIGTERM": 143, "SIGINT": 130, "worker": 0}
_PATIENCE_S = 2.0
_FIRST_LOOK_S, _SECOND_LOOK_S = 1.0, 4.0
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
class Undisturbed:
    """What a command makes when nobody stops it.

    Attributes:
        seconds: That it takes.
        files: Names of what it writes.
    """

    seconds: float
    files: set[str]


@dataclass
class Trial:
    """One kill.

    Attributes:
        command: Name of the command.
        method: Of the kill.
        delay: Seconds before it.
        finished: The command was done before.
        faults: What was wrong, by the column that it counts in.
    """

    command: str
    method: str
    delay: float
    finished: bool = False
    faults: dict[str, str] = field(default_factory=dict)


def main(kills: int, seed: int, place: Path) -> Iterator[Trial]:
    """Carry out trials in a folder; those of trials without a fault are removed."""
    chance = random.Random(seed)
    earliest = _start_of_python()
    names, whole = list(COMMANDS), dict[str, Undisturbed]()
    for number in range(kills):
        # Methods move on by one each time that all commands have had their turn.
        name = names[number % len(names)]
        method = METHODS[(number + number // len(names)) % len(METHODS)]
        if name not in whole:
            whole[name] = _whole(COMMANDS[name], place / name.replace(" ", "_"))
        latest = whole[name].seconds
        trial = Trial(name, method, chance.uniform(min(earliest[method], latest), latest))
        _carry_out(trial, place / f"trial-{number:03}", whole[name], chance)
        print(f"[{number + 1}/{kills}] {_said(trial)}", file=sys.stderr, flush=True)
        yield trial


def _start_of_python() -> dict[str, float]:
    """Seconds before which a method tells nothing: no line of Packshot can have run."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import packshot"], check=True)
    bare = time.perf_counter() - started
    return {"SIGKILL": 0.0, "worker": 0.0, "SIGTERM": bare, "SIGINT": bare}


def _whole(command: Command, root: Path) -> Undisturbed:
    place = Place(root).prepared()
    blow = undisturbed(command, place)
    if blow.exit_status or half_written(place):
        raise SystemExit(f"{command.arguments} fails even undisturbed: {blow.errors}")
    return Undisturbed(blow.seconds, results(place))


def _carry_out(trial: Trial, root: Path, whole: Undisturbed, chance: random.Random) -> None:
    command, place = COMMANDS[trial.command], Place(root).prepared()
    originals = digests(place.photos)
    blow = struck(command, place, trial.method, trial.delay, chance)
    trial.finished = blow.finished
    try:
        trial.faults |= _left_running(command, place, blow)
        trial.faults |= _left_behind(command, place, originals)
        trial.faults |= _answer(trial, command, place, blow, whole)
    finally:
        clear(blow)
    if command.repeatable or results(place) != whole.files:
        trial.faults |= _again(command, place, originals, whole)
    if not trial.faults:
        shutil.rmtree(root)


def _left_running(command: Command, place: Place, blow: Blow) -> dict[str, str]:
    """Faults of processes that are left; of a command that replaces photos, also what they write."""
    died, before = time.perf_counter(), dict[str, str]()
    if command.in_place:
        time.sleep(_FIRST_LOOK_S)
        before = digests(place.photos)
    settle(blow, place)
    if not blow.orphans:
        return {}
    faults = {"orphans": ", ".join(str(process.pid) for process in blow.orphans)}
    if command.in_place:
        time.sleep(max(0.0, died + _SECOND_LOOK_S - time.perf_counter()))
        now = digests(place.photos)
        changed = sorted(name for name in now.keys() | before if now.get(name) != before.get(name))
        if changed:
            faults["written_after_death"] = ", ".join(changed)
    return faults


def _left_behind(command: Command, place: Place, originals: dict[str, str]) -> dict[str, str]:
    """Faults of files."""
    found = {
        "leftovers": leftovers(place),
        "half_written": half_written(place),
        "lost_originals": list(lost(originals, place, command.in_place)),
    }
    return {name: ", ".join(paths) for name, paths in found.items() if paths}


def _answer(
    trial: Trial, command: Command, place: Place, blow: Blow, whole: Undisturbed
) -> dict[str, str]:
    """Faults of how a command ended, and of what it said."""
    faults = {}
    # A command that was about to end when the blow came may well be done.
    done = blow.exit_status == 0 and results(place) == whole.files
    if not done and blow.exit_status != _STATUSES[trial.method]:
        faults["wrong_exits"] = f"exit status {blow.exit_status}"
    if _TRACEBACK in blow.errors:
        faults["tracebacks"] = blow.errors.strip().splitlines()[-1]
    told = [line for line in blow.errors.splitlines() if line.strip()]
    if trial.method in ("SIGINT", "SIGTERM") and not done:
        if len(told) != 1:
            faults["wrong_messages"] = f"{len(told)} lines: {' | '.join(told[:4])}"
        if blow.seconds > _PATIENCE_S:
            faults["slow_exits"] = f"{blow.seconds:.1f} s"
    if trial.method == "worker":
        faults |= _rows(command, place)
    return faults


def _rows(command: Command, place: Place) -> dict[str, str]:
    if command.rows is None:
        return {}
    try:
        rows = command.rows(place.out)
    except Exception as error:  # not there, or not to be read
        return {"missing_rows": f"{type(error).__name__}: {error}"}
    return {} if rows == PHOTOS else {"missing_rows": f"{rows} rows for {PHOTOS} photos"}


def _again(
    command: Command, place: Place, originals: dict[str, str], whole: Undisturbed
) -> dict[str, str]:
    """Faults of the same command run again, to its end."""
    blow = undisturbed(command, place)
    problems = [*_rows(command, place).values(), *half_written(place)]
    problems += lost(originals, place, command.in_place)
    if blow.exit_status:
        problems.append(f"exit status {blow.exit_status}: {blow.errors.strip()[-200:]}")
    elif results(place) != whole.files:
        problems.append(f"differs in {sorted(results(place) ^ whole.files)[:5]}")
    return {"failed_resumes": "; ".join(problems)} if problems else {}


def _said(trial: Trial) -> str:
    when = "finished before" if trial.finished else f"after {trial.delay:.2f} s"
    faults = "".join(f"\n    {name}: {reason}" for name, reason in trial.faults.items())
    return f"{trial.command}, {trial.method} {when}{faults or ': nothing left'}"


def summed(trials: Sequence[Trial]) -> list[dict[str, object]]:
    """Numbers of trials by command and method, and of each fault among them; all of them first."""
    together = defaultdict[tuple[str, str], list[Trial]](list)
    for trial in trials:
        together["all", "all"].append(trial)
        together[trial.command, trial.method].append(trial)
    return [
        {
            "command": command,
            "signal": method,
            "kills": len(found),
            "finished_before": sum(trial.finished for trial in found),
            **{fault: sum(fault in trial.faults for trial in found) for fault in FAULTS},
        }
        for (command, method), found in together.items()
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=17)
    parser.add_argument("--keep", type=Path, help="folder where trials with faults are kept")
    parser.add_argument("--print", action="store_true", help="print the figures, write no table")
    given = parser.parse_args()
    if given.keep:
        given.keep.mkdir(parents=True, exist_ok=True)
        trials = list(main(given.kills, given.seed, Path(tempfile.mkdtemp(dir=given.keep))))
    else:
        with tempfile.TemporaryDirectory(prefix="packshot-kills-") as temporary:
            trials = list(main(given.kills, given.seed, Path(temporary)))
    if given.print:
        print("\n".join(map(str, summed(trials))))
    else:
        print(write("kills", summed(trials)))
    sys.exit(1 if any(trial.faults for trial in trials) else 0)
