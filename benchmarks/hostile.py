"""What ten thousand damaged photos, bombs, and hostile feeds and policies do to the command line.

Every input is made here, from a seed. The photos go through ``packshot assess`` and ``packshot audit``,
the feeds through ``packshot audit``, the policies through ``packshot screen``: as processes of their
own, watched from outside. Every photo must become a row, a feed a row for each of its photos or one line
that says why it is refused, a policy such a line.

``--keep DIR`` keeps what was made and measured; the same command goes on from there. With ``--only`` the
results are printed alone, and the published table stays as it is.

One process a command, so that the time between two rows is that of one photo; commands over damaged
photos run side by side on the cores there are, all others alone. In the end damaged photos and bombs go
together through commands with a process for each core.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from threading import Lock

from benchmarks.hostile_inputs import bombs, feeds
from benchmarks.hostile_inputs.mutations import mutated
from benchmarks.hostile_inputs.seeds import FORMATS, KINDS, seed_photo
from benchmarks.record import write
from benchmarks.watching import Limits, Watched, watch

PACKSHOT = (sys.executable, "-m", "packshot")
PHOTO_COMMANDS = ("assess", "audit")
GROUPS = ("mutated", "names", "bombs", "feeds", "policies", "together")

# Of a photo, where the commands take a limit; the slowest that is none takes 7 seconds on a free core.
_TIME_LIMIT_S = 20.0
# Of a command: what it takes to start on a busy machine, and of each photo.
_START_S, _PHOTO_S = 90.0, 1.0
# Of a bomb where the commands take no time limit, and of a feed or a policy.
_BOMB_S, _TABLE_S = 100.0, 60.0
_TOO_SLOW = re.compile(r"longer than [\d.,]+ s")
_TOGETHER = 200
_LARGEST_TOGETHER = 10 * 2**20
_USAGE = 2


@dataclass(frozen=True)
class Settings:
    """What decides the measurements.

    Attributes:
        files: Damaged photos.
        seed: Of the damage.
        time_limit: Seconds for one photo.
    """

    files: int
    seed: int
    time_limit: float


@dataclass(frozen=True)
class Case:
    """A command and what it is given.

    Attributes:
        group: One of `GROUPS`.
        name: Of the inputs.
        command: Of Packshot.
        inputs: Folder or file.
        files: Rows that there must be; None where any number will do.
        seconds: After which the command is ended.
        workers: Its processes; None for one for each core.
        refusable: One line that refuses everything is as good as rows.
        whole: Ends of the names of photos that must be found to be fine.
        broken: Ends of the names of photos that must not.
    """

    group: str
    name: str
    command: str
    inputs: Path
    files: int | None
    seconds: float
    workers: int | None = 1
    refusable: bool = False
    whole: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """A row that a command made of a photo: its path, status, and the reason if it is not ok."""

    path: str
    status: str
    reason: str


@dataclass
class Measured:
    """What came of a case; a row of the published table."""

    command: str
    inputs: str
    files: int | None
    rows: int = 0
    ok: int = 0
    crashes: int = 0
    hangs: int = 0
    tracebacks: int = 0
    exit_status: int = 0
    stopped: str = ""
    seconds: float = 0.0
    peak_memory_mb: int = 0
    longest_photo_seconds: float | None = None
    sound: bool = False
    unsound_because: str = field(default="")


def main(settings: Settings, place: Path, groups: Sequence[str]) -> list[Measured]:
    """Measure all cases of some groups in a folder, going on with what is there."""
    ledger = Ledger(place / "measured.jsonl", settings)
    for group in groups:
        cases = list(_CASES[group](settings, place))
        # Each command alone, but for damaged photos, where memory is that of small ones.
        side_by_side = len(os.sched_getaffinity(0)) if group == "mutated" else 1
        with ThreadPoolExecutor(side_by_side) as pool:
            list(pool.map(partial(_measured, settings=settings, place=place, ledger=ledger), cases))
    return ledger.measured


class Ledger:
    """What was measured already, in a file of one line each."""

    def __init__(self, path: Path, settings: Settings) -> None:
        """Open or begin the file; ends the run where it belongs to another one."""
        self._path, self._lock = path, Lock()
        mine = json.dumps(asdict(settings))
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text(f"{mine}\n")
        begun, *lines = path.read_text().splitlines()
        if begun != mine:
            raise SystemExit(f"{path.parent} holds a run with other settings: {begun}")
        self.measured = [Measured(**json.loads(line)) for line in lines]

    def holds(self, case: Case) -> bool:
        """Whether a case was measured."""
        return any((found.command, found.inputs) == (case.command, case.name) for found in self.measured)

    def add(self, found: Measured) -> None:
        """Keep what came of a case, and say so."""
        with self._lock:
            self.measured.append(found)
            with self._path.open("a") as file:
                file.write(f"{json.dumps(asdict(found))}\n")
            print(_said(found), file=sys.stderr, flush=True)


def _said(found: Measured) -> str:
    count = f"{found.rows} rows of {found.files if found.files is not None else 'any number'}"
    told = f"{found.command} {found.inputs}: {count}, {found.seconds:.0f} s, {found.peak_memory_mb} MB"
    return told if found.sound else f"{told}  NOT SOUND: {found.unsound_because}"


def _measured(case: Case, settings: Settings, place: Path, ledger: Ledger) -> None:
    if ledger.holds(case):
        return
    output = Path(tempfile.mkdtemp(prefix="output-", dir=place))
    command, rows_of, count = _COMMANDS[case.command](case, output)
    command += [] if case.workers is None else ["--workers", str(case.workers)]
    if _takes_time_limit(case.command):
        command += ["--time-limit", f"{settings.time_limit:g}"]
    seen = watch([*PACKSHOT, *command], Limits(case.seconds), results=count)
    kept = place / "errors" / f"{case.command}-{case.name}.txt"
    kept.parent.mkdir(exist_ok=True)
    kept.write_text(seen.errors)
    ledger.add(_summed(case, seen, list(rows_of(seen))))


@cache
def _takes_time_limit(command: str) -> bool:
    """Whether a command ends a photo that takes too long."""
    told = subprocess.run([*PACKSHOT, command, "--help"], capture_output=True, text=True, check=True)
    return "--time-limit" in told.stdout


Told = tuple[list[str], Callable[[Watched], Iterable[Row]], Callable[[], int] | None]
"""A command, what reads its rows, and what counts them while it runs."""


def _assess(case: Case, _output: Path) -> Told:
    return ["assess", str(case.inputs), "--format", "jsonl", "--quiet"], _lines, None


def _lines(seen: Watched) -> Iterator[Row]:
    for line in seen.lines:
        found = json.loads(line)
        yield Row(found["path"], found["status"], found.get("error") or "")


def _audit(case: Case, output: Path) -> Told:
    command = ["audit", str(case.inputs), "-o", str(output / "audit"), "--no-cache", "--quiet"]
    journal = output / "audit" / "audit.journal"
    return command, lambda _seen: _audited(output / "audit"), partial(_journalled, journal)


def _audited(folder: Path) -> Iterator[Row]:
    """Rows of an audit; those of the journal, of which nothing more is known, where it did not end."""
    from pyarrow import parquet

    table = folder / "audit.parquet"
    if not table.exists():
        yield from [Row("", "unknown", "")] * _journalled(folder / "audit.journal")
        return
    for found in parquet.read_table(table, columns=["path", "status", "reason"]).to_pylist():
        yield Row(found["path"], found["status"], found["reason"])


def _journalled(journal: Path) -> int:
    """Rows that an audit has done."""
    if not journal.exists():
        return 0
    try:
        database = sqlite3.connect(f"file:{journal}?mode=ro", uri=True)
        try:
            return int(database.execute("SELECT COUNT(*) FROM rows").fetchone()[0])
        finally:
            database.close()
    except sqlite3.Error:  # it is just being made
        return 0


def _screen(case: Case, output: Path) -> Told:
    photo = output / "photo.jpg"
    photo.write_bytes(seed_photo(KINDS[0], 0))
    command = ["screen", str(photo), "--policy", str(case.inputs), "--format", "jsonl", "--quiet"]
    return command, lambda seen: (Row("", "ok", "") for _ in seen.lines), None


_COMMANDS: dict[str, Callable[[Case, Path], Told]] = {
    "assess": _assess,
    "audit": _audit,
    "screen": _screen,
}


def _summed(case: Case, seen: Watched, rows: Sequence[Row]) -> Measured:
    statuses = Counter(row.status for row in rows)
    slow = sum(bool(_TOO_SLOW.search(row.reason)) for row in rows if row.status != "ok")
    timed = case.group in ("mutated", "names", "bombs")
    reason = _fault(case, seen, rows)
    return Measured(
        case.command,
        case.name,
        case.files,
        rows=len(rows),
        ok=statuses["ok"],
        crashes=statuses["crashed"] - slow,
        hangs=slow + (seen.stopped == "time"),
        tracebacks=seen.tracebacks,
        exit_status=seen.exit_status,
        stopped=seen.stopped,
        seconds=round(seen.seconds, 1),
        peak_memory_mb=round(seen.peak_mb),
        longest_photo_seconds=round(seen.pause, 2) if timed else None,
        sound=not reason,
        unsound_because=reason,
    )


def _fault(case: Case, seen: Watched, rows: Sequence[Row]) -> str:
    """What is wrong with how a command took its inputs; empty where nothing is."""
    if seen.stopped:
        return f"ended by the benchmark: {seen.stopped}"
    if seen.tracebacks:
        return f"traceback: {seen.errors.strip().splitlines()[-1][:200]}"
    if case.refusable and seen.exit_status == _USAGE:
        told = [line for line in seen.errors.splitlines() if line.strip()]
        return "" if len(told) == 1 else f"refused in {len(told)} lines"
    if seen.exit_status:
        return f"exit status {seen.exit_status}"
    if case.files is not None and len(rows) != case.files:
        return f"{len(rows)} rows for {case.files} inputs"
    if case.command == "screen":
        return "a policy that is none was taken"
    return _misjudged(case, rows)


def _misjudged(case: Case, rows: Iterable[Row]) -> str:
    for row in rows:
        if row.path.endswith(case.broken or ("\0",)) and row.status == "ok":
            return f"{Path(row.path).name} is incomplete and was taken for a whole photo"
        if row.path.endswith(case.whole or ("\0",)) and row.status != "ok":
            return f"{Path(row.path).name} is fine and was not: {row.reason}"
    return ""


def _mutated_cases(settings: Settings, place: Path) -> Iterator[Case]:
    """A folder for each format: first whole photos of all its kinds, then the damaged ones."""
    for format_name in FORMATS:
        folder = place / "mutated" / format_name
        folder.mkdir(parents=True, exist_ok=True)
        for kind in KINDS:
            if kind.format == format_name:
                (folder / f"00-{kind.name}-whole{kind.suffix}").write_bytes(seed_photo(kind, 0))
    for number in range(settings.files):
        made = mutated(number, settings.seed)
        (place / "mutated" / made.format / made.name).write_bytes(made.data)
    for command in PHOTO_COMMANDS:
        for format_name in FORMATS:
            folder = place / "mutated" / format_name
            files = len(list(folder.iterdir()))
            seconds = _START_S + files * _PHOTO_S
            whole = tuple(f"{kind.name}-whole{kind.suffix}" for kind in KINDS)
            name = f"mutated {format_name}"
            yield Case("mutated", name, command, folder, files, seconds, whole=whole)


def _names_cases(_settings: Settings, place: Path) -> Iterator[Case]:
    folder = place / "names"
    folder.mkdir(exist_ok=True)
    bombs.write_odd_names(folder, KINDS[0])
    for command in PHOTO_COMMANDS:
        files = len(bombs.ODD_NAMES)
        yield Case("names", "odd names", command, folder, files, _START_S, whole=(".jpg",))


def _bomb_cases(_settings: Settings, place: Path) -> Iterator[Case]:
    """A folder for each bomb, between photos that are fine, which show that the run goes on."""
    for bomb in bombs.BOMBS:
        folder = _bomb_folder(bomb, place)
        for number, name in enumerate(("0-fine.jpg", "1-fine.jpg", "3-fine.jpg")):
            (folder / name).write_bytes(seed_photo(KINDS[0], number))
        broken = (f"2-{bomb.name}{bomb.suffix}",) if bomb.incomplete else ()
        case = Case("bombs", bomb.name, "", folder, 4, _BOMB_S, whole=("-fine.jpg",), broken=broken)
        yield from (replace(case, command=command) for command in PHOTO_COMMANDS)


def _bomb_folder(bomb: bombs.Bomb, place: Path) -> Path:
    """A folder with the bomb in it, written if it is not there."""
    folder = place / "bombs" / bomb.name
    folder.mkdir(parents=True, exist_ok=True)
    path, begun = folder / f"2-{bomb.name}{bomb.suffix}", folder / "begun"
    if not path.exists():
        bomb.write(begun)
        begun.rename(path)
    return folder


def _feed_cases(_settings: Settings, place: Path) -> Iterator[Case]:
    folder = place / "feeds"
    folder.mkdir(exist_ok=True)
    for name in (feeds.PHOTO, feeds.OTHER):
        (folder / name).write_bytes(seed_photo(KINDS[0], 0))
    for feed in feeds.FEEDS:
        path = folder / feed.name
        if not os.path.lexists(path):
            feed.write(path)
        for command in feed.commands:
            yield Case("feeds", feed.name, command, path, feed.rows, _TABLE_S, refusable=True)


def _policy_cases(_settings: Settings, place: Path) -> Iterator[Case]:
    folder = place / "policies"
    folder.mkdir(exist_ok=True)
    for policy in feeds.POLICIES:
        path = folder / policy.name
        if not os.path.lexists(path):
            policy.write(path)
        yield Case("policies", policy.name, "screen", path, None, _TABLE_S, refusable=True)


def _together_cases(settings: Settings, place: Path) -> Iterator[Case]:
    """Damaged photos, with the bombs that take little room among them, for all processes at once."""
    folder = place / "together"
    folder.mkdir(exist_ok=True)
    for number in range(min(settings.files, _TOGETHER)):
        made = mutated(number, settings.seed)
        (folder / made.name).write_bytes(made.data)
    for number, bomb in enumerate(bombs.BOMBS):
        path = _bomb_folder(bomb, place) / f"2-{bomb.name}{bomb.suffix}"
        there = folder / f"{number * 10:06}-{bomb.name}{bomb.suffix}"
        if path.stat().st_size <= _LARGEST_TOGETHER and not there.exists():
            os.link(path, there)
    broken = tuple(f"{bomb.name}{bomb.suffix}" for bomb in bombs.BOMBS if bomb.incomplete)
    files = len(list(folder.iterdir()))
    seconds = _START_S + files * _PHOTO_S + len(bombs.BOMBS) * _BOMB_S
    for command in PHOTO_COMMANDS:
        name = "damaged photos and bombs"
        yield Case("together", name, command, folder, files, seconds, workers=None, broken=broken)


_CASES: dict[str, Callable[[Settings, Path], Iterator[Case]]] = {
    "mutated": _mutated_cases,
    "names": _names_cases,
    "bombs": _bomb_cases,
    "feeds": _feed_cases,
    "policies": _policy_cases,
    "together": _together_cases,
}


def with_totals(measured: Sequence[Measured]) -> list[Measured]:
    """The measurements, and before them the sums over all formats of damaged photos."""
    totals = []
    for command in PHOTO_COMMANDS:
        parts = [m for m in measured if m.command == command and m.inputs.startswith("mutated ")]
        if parts:
            totals.append(_total(command, parts))
    return [*totals, *measured]


def _total(command: str, parts: Sequence[Measured]) -> Measured:
    return Measured(
        command,
        "mutated, all formats",
        files=sum(part.files or 0 for part in parts),
        rows=sum(part.rows for part in parts),
        ok=sum(part.ok for part in parts),
        crashes=sum(part.crashes for part in parts),
        hangs=sum(part.hangs for part in parts),
        tracebacks=sum(part.tracebacks for part in parts),
        exit_status=max(part.exit_status for part in parts),
        stopped=" ".join(sorted({part.stopped for part in parts} - {""})),
        seconds=round(sum(part.seconds for part in parts), 1),
        peak_memory_mb=max(part.peak_memory_mb for part in parts),
        longest_photo_seconds=max(part.longest_photo_seconds or 0.0 for part in parts),
        sound=all(part.sound for part in parts),
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--files", type=int, default=10_000, help="damaged photos")
    parser.add_argument("--seed", type=int, default=17)
    parser.add_argument("--time-limit", type=float, default=_TIME_LIMIT_S, help="seconds for one photo")
    parser.add_argument("--keep", type=Path, help="folder for what is made; go on with what is in it")
    parser.add_argument("--only", choices=GROUPS, action="append", help="print these, write no table")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="packshot-hostile-") as temporary:
        results = main(
            Settings(given.files, given.seed, given.time_limit),
            given.keep or Path(temporary),
            given.only or GROUPS,
        )
    if given.only:
        print("\n".join(json.dumps(asdict(found)) for found in results))
    else:
        print(write("hostile", [asdict(found) for found in with_totals(results)]))
    sys.exit(0 if all(found.sound for found in results) else 1)
