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

from benchmarks.robustness.hostile_inputs import bombs, feeds
from benchmarks.robustness.hostile_inputs.mutations import mutate_photo
from benchmarks.robustness.hostile_inputs.seeds import FORMATS, KINDS, encode_seed_photo
from benchmarks.support.process_monitor import ProcessLimits, ProcessResult, monitor_command
from benchmarks.support.record import write_results

PACKSHOT = (sys.executable, "-m", "packshot")
PHOTO_COMMANDS = ("assess", "audit")
CASE_GROUPS = ("mutated", "names", "bombs", "feeds", "policies", "together")

# Of a photo, where the commands take a limit; the slowest that is none takes 7 seconds on a free core.
_TIME_LIMIT_S = 20.0
# Of a command: what it takes to start on a busy machine, and of each photo.
_START_S, _PHOTO_S = 90.0, 1.0
# Of a bomb where the commands take no time limit, and of a feed or a policy.
_BOMB_S, _TABLE_S = 100.0, 60.0
_TOO_SLOW = re.compile(r"longer than [\d.,]+ s")
_COMBINED_PHOTOS = 200
_MAX_COMBINED_BYTES = 10 * 2**20
_USAGE_STATUS = 2
_NOTHING_READ_STATUS = 1


@dataclass(frozen=True)
class Settings:
    """Settings that decide the measurements.

    Attributes:
        files: Damaged photos.
        seed: Of the damage.
        timeout_s: Seconds for one photo.
    """

    files: int
    seed: int
    timeout_s: float


@dataclass(frozen=True)
class HostileCase:
    """A command and what it is given.

    Attributes:
        group: One of `CASE_GROUPS`.
        name: Of the inputs.
        command: Of Packshot.
        inputs: Folder or file.
        expected_rows: Rows that there must be; None where any number will do.
        timeout_s: After which the command is ended.
        workers: Its processes; None for one for each core.
        may_be_refused: One line that refuses everything is as good as rows.
        intact_suffixes: Ends of the names of photos that must be found to be fine.
        broken_suffixes: Ends of the names of photos that must not.
    """

    group: str
    name: str
    command: str
    inputs: Path
    expected_rows: int | None
    timeout_s: float
    workers: int | None = 1
    may_be_refused: bool = False
    intact_suffixes: tuple[str, ...] = ()
    broken_suffixes: tuple[str, ...] = ()


@dataclass(frozen=True)
class PhotoRow:
    """A row that a command made of a photo: its path, status, and the reason if it is not ok."""

    path: str
    status: str
    reason: str


@dataclass
class CaseResult:
    """The result of a case; a row of the published table."""

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


def main(settings: Settings, folder: Path, groups: Sequence[str]) -> list[CaseResult]:
    """Measure all cases of some groups in a folder, going on with what is there."""
    manifest = ResultManifest(folder / "measured.jsonl", settings)
    for group in groups:
        cases = list(_CASES[group](settings, folder))
        # Each command alone, but for damaged photos, where memory is that of small ones.
        side_by_side = len(os.sched_getaffinity(0)) if group == "mutated" else 1
        with ThreadPoolExecutor(side_by_side) as pool:
            list(
                pool.map(
                    partial(_measure_case, settings=settings, folder=folder, manifest=manifest), cases
                )
            )
    return manifest.results


class ResultManifest:
    """The results so far, in a file of one line each."""

    def __init__(self, path: Path, settings: Settings) -> None:
        """Open or begin the file; ends the run where it belongs to another one."""
        self._path, self._lock = path, Lock()
        own_settings = json.dumps(asdict(settings))
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text(f"{own_settings}\n")
        stored_settings, *lines = path.read_text().splitlines()
        if stored_settings != own_settings:
            raise SystemExit(f"{path.parent} holds a run with other settings: {stored_settings}")
        self.results = [CaseResult(**json.loads(line)) for line in lines]

    def is_done(self, case: HostileCase) -> bool:
        """Return whether a case was measured."""
        return any((found.command, found.inputs) == (case.command, case.name) for found in self.results)

    def add(self, found: CaseResult) -> None:
        """Keep what came of a case, and say so."""
        with self._lock:
            self.results.append(found)
            with self._path.open("a") as file:
                file.write(f"{json.dumps(asdict(found))}\n")
            print(_describe(found), file=sys.stderr, flush=True)


def _describe(found: CaseResult) -> str:
    count = f"{found.rows} rows of {found.files if found.files is not None else 'any number'}"
    text = f"{found.command} {found.inputs}: {count}, {found.seconds:.0f} s, {found.peak_memory_mb} MB"
    return text if found.sound else f"{text}  NOT SOUND: {found.unsound_because}"


def _measure_case(case: HostileCase, settings: Settings, folder: Path, manifest: ResultManifest) -> None:
    if manifest.is_done(case):
        return
    output = Path(tempfile.mkdtemp(prefix="output-", dir=folder))
    command, rows_of, count = _COMMANDS[case.command](case, output)
    command += [] if case.workers is None else ["--workers", str(case.workers)]
    if _has_time_limit(case.command):
        command += ["--time-limit", f"{settings.timeout_s:g}"]
    result = monitor_command([*PACKSHOT, *command], ProcessLimits(case.timeout_s), results=count)
    error_file = folder / "errors" / f"{case.command}-{case.name}.txt"
    error_file.parent.mkdir(exist_ok=True)
    error_file.write_text(result.errors)
    manifest.add(_summarise(case, result, list(rows_of(result))))


@cache
def _has_time_limit(command: str) -> bool:
    """Return whether a command ends a photo that takes too long."""
    completed = subprocess.run(
        [*PACKSHOT, command, "--help"], capture_output=True, text=True, check=True
    )
    return "--time-limit" in completed.stdout


CommandPlan = tuple[list[str], Callable[[ProcessResult], Iterable[PhotoRow]], Callable[[], int] | None]
"""A command, what reads its rows, and what counts them while it runs."""


def _plan_assess(case: HostileCase, _output: Path) -> CommandPlan:
    return ["assess", str(case.inputs), "--format", "jsonl", "--quiet"], _read_lines, None


def _read_lines(result: ProcessResult) -> Iterator[PhotoRow]:
    for line in result.output_lines:
        found = json.loads(line)
        yield PhotoRow(found["path"], found["status"], found.get("error") or "")


def _plan_audit(case: HostileCase, output: Path) -> CommandPlan:
    command = ["audit", str(case.inputs), "-o", str(output / "audit"), "--no-cache", "--quiet"]
    journal = output / "audit" / "audit.journal"
    return (
        command,
        lambda _seen: _read_audit_rows(output / "audit"),
        partial(_count_journal_rows, journal),
    )


def _read_audit_rows(folder: Path) -> Iterator[PhotoRow]:
    """Rows of an audit; those of the journal, of which nothing more is known, where it did not end."""
    from pyarrow import parquet

    table = folder / "audit.parquet"
    if not table.exists():
        yield from [PhotoRow("", "unknown", "")] * _count_journal_rows(folder / "audit.journal")
        return
    for found in parquet.read_table(table, columns=["path", "status", "reason"]).to_pylist():
        yield PhotoRow(found["path"], found["status"], found["reason"])


def _count_journal_rows(journal: Path) -> int:
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


def _plan_screen(case: HostileCase, output: Path) -> CommandPlan:
    photo = output / "photo.jpg"
    photo.write_bytes(encode_seed_photo(KINDS[0], 0))
    command = ["screen", str(photo), "--policy", str(case.inputs), "--format", "jsonl", "--quiet"]
    return command, lambda seen: (PhotoRow("", "ok", "") for _ in seen.output_lines), None


_COMMANDS: dict[str, Callable[[HostileCase, Path], CommandPlan]] = {
    "assess": _plan_assess,
    "audit": _plan_audit,
    "screen": _plan_screen,
}


def _summarise(case: HostileCase, result: ProcessResult, rows: Sequence[PhotoRow]) -> CaseResult:
    statuses = Counter(row.status for row in rows)
    slow = sum(bool(_TOO_SLOW.search(row.reason)) for row in rows if row.status != "ok")
    timed = case.group in ("mutated", "names", "bombs")
    reason = _find_fault(case, result, rows)
    return CaseResult(
        case.command,
        case.name,
        case.expected_rows,
        rows=len(rows),
        ok=statuses["ok"],
        crashes=statuses["crashed"] - slow,
        hangs=slow + (result.stopped == "time"),
        tracebacks=result.traceback_count,
        exit_status=result.exit_status,
        stopped=result.stopped,
        seconds=round(result.seconds, 1),
        peak_memory_mb=round(result.peak_mb),
        longest_photo_seconds=round(result.longest_pause, 2) if timed else None,
        sound=not reason,
        unsound_because=reason,
    )


def _find_fault(case: HostileCase, result: ProcessResult, rows: Sequence[PhotoRow]) -> str:
    """Return what is wrong with how a command took its inputs; empty where nothing is."""
    if result.stopped:
        return f"ended by the benchmark: {result.stopped}"
    if result.traceback_count:
        return f"traceback: {result.errors.strip().splitlines()[-1][:200]}"
    if case.may_be_refused and result.exit_status == _USAGE_STATUS:
        lines = [line for line in result.errors.splitlines() if line.strip()]
        return "" if len(lines) == 1 else f"refused in {len(lines)} lines"
    has_nothing = bool(rows) and all(row.status != "ok" for row in rows)
    if result.exit_status not in ((0, _NOTHING_READ_STATUS) if has_nothing else (0,)):
        return f"exit status {result.exit_status}"
    if case.expected_rows is not None and len(rows) != case.expected_rows:
        return f"{len(rows)} rows for {case.expected_rows} inputs"
    if case.command == "screen":
        return "a policy that is none was taken"
    return _find_misjudgement(case, rows)


def _find_misjudgement(case: HostileCase, rows: Iterable[PhotoRow]) -> str:
    for row in rows:
        if row.path.endswith(case.broken_suffixes or ("\0",)) and row.status == "ok":
            return f"{Path(row.path).name} is incomplete and was taken for a whole photo"
        if row.path.endswith(case.intact_suffixes or ("\0",)) and row.status != "ok":
            return f"{Path(row.path).name} is fine and was not: {row.reason}"
    return ""


def _make_mutation_cases(settings: Settings, folder: Path) -> Iterator[HostileCase]:
    """A folder for each format: first whole photos of all its kinds, then the damaged ones."""
    for format_name in FORMATS:
        format_folder = folder / "mutated" / format_name
        format_folder.mkdir(parents=True, exist_ok=True)
        for kind in KINDS:
            if kind.format == format_name:
                (format_folder / f"00-{kind.name}-whole{kind.suffix}").write_bytes(
                    encode_seed_photo(kind, 0)
                )
    for number in range(settings.files):
        photo = mutate_photo(number, settings.seed)
        (folder / "mutated" / photo.format / photo.name).write_bytes(photo.data)
    for command in PHOTO_COMMANDS:
        for format_name in FORMATS:
            format_folder = folder / "mutated" / format_name
            files = len(list(format_folder.iterdir()))
            seconds = _START_S + files * _PHOTO_S
            whole = tuple(f"{kind.name}-whole{kind.suffix}" for kind in KINDS)
            name = f"mutated {format_name}"
            yield HostileCase(
                "mutated", name, command, format_folder, files, seconds, intact_suffixes=whole
            )


def _make_name_cases(_settings: Settings, root: Path) -> Iterator[HostileCase]:
    folder = root / "names"
    folder.mkdir(exist_ok=True)
    bombs.write_odd_names(folder, KINDS[0])
    for command in PHOTO_COMMANDS:
        files = len(bombs.ODD_NAMES)
        yield HostileCase(
            "names", "odd names", command, folder, files, _START_S, intact_suffixes=(".jpg",)
        )


def _make_bomb_cases(_settings: Settings, root: Path) -> Iterator[HostileCase]:
    """A folder for each bomb, between photos that are fine, which show that the run goes on."""
    for bomb in bombs.BOMBS:
        folder = _make_bomb_folder(bomb, root)
        for number, name in enumerate(("0-fine.jpg", "1-fine.jpg", "3-fine.jpg")):
            (folder / name).write_bytes(encode_seed_photo(KINDS[0], number))
        broken = (f"2-{bomb.name}{bomb.suffix}",) if bomb.incomplete else ()
        case = HostileCase(
            "bombs",
            bomb.name,
            "",
            folder,
            4,
            _BOMB_S,
            intact_suffixes=("-fine.jpg",),
            broken_suffixes=broken,
        )
        yield from (replace(case, command=command) for command in PHOTO_COMMANDS)


def _make_bomb_folder(bomb: bombs.Bomb, root: Path) -> Path:
    """A folder with the bomb in it, written if it is not there."""
    folder = root / "bombs" / bomb.name
    folder.mkdir(parents=True, exist_ok=True)
    path, draft = folder / f"2-{bomb.name}{bomb.suffix}", folder / "begun"
    if not path.exists():
        bomb.write(draft)
        draft.rename(path)
    return folder


def _make_feed_cases(_settings: Settings, root: Path) -> Iterator[HostileCase]:
    folder = root / "feeds"
    folder.mkdir(exist_ok=True)
    for name in (feeds.PHOTO_NAME, feeds.OTHER_PHOTO_NAME):
        (folder / name).write_bytes(encode_seed_photo(KINDS[0], 0))
    for feed in feeds.FEEDS:
        path = folder / feed.name
        if not os.path.lexists(path):
            feed.write(path)
        for command in feed.commands:
            yield HostileCase(
                "feeds", feed.name, command, path, feed.rows, _TABLE_S, may_be_refused=True
            )


def _make_policy_cases(_settings: Settings, root: Path) -> Iterator[HostileCase]:
    folder = root / "policies"
    folder.mkdir(exist_ok=True)
    for policy in feeds.POLICIES:
        path = folder / policy.name
        if not os.path.lexists(path):
            policy.write(path)
        yield HostileCase("policies", policy.name, "screen", path, None, _TABLE_S, may_be_refused=True)


def _make_combined_cases(settings: Settings, root: Path) -> Iterator[HostileCase]:
    """Damaged photos, with the bombs that take little room among them, for all processes at once."""
    folder = root / "together"
    folder.mkdir(exist_ok=True)
    for number in range(min(settings.files, _COMBINED_PHOTOS)):
        photo = mutate_photo(number, settings.seed)
        (folder / photo.name).write_bytes(photo.data)
    for number, bomb in enumerate(bombs.BOMBS):
        path = _make_bomb_folder(bomb, root) / f"2-{bomb.name}{bomb.suffix}"
        link = folder / f"{number * 10:06}-{bomb.name}{bomb.suffix}"
        if path.stat().st_size <= _MAX_COMBINED_BYTES and not link.exists():
            os.link(path, link)
    broken = tuple(f"{bomb.name}{bomb.suffix}" for bomb in bombs.BOMBS if bomb.incomplete)
    files = len(list(folder.iterdir()))
    seconds = _START_S + files * _PHOTO_S + len(bombs.BOMBS) * _BOMB_S
    for command in PHOTO_COMMANDS:
        name = "damaged photos and bombs"
        yield HostileCase(
            "together", name, command, folder, files, seconds, workers=None, broken_suffixes=broken
        )


_CASES: dict[str, Callable[[Settings, Path], Iterator[HostileCase]]] = {
    "mutated": _make_mutation_cases,
    "names": _make_name_cases,
    "bombs": _make_bomb_cases,
    "feeds": _make_feed_cases,
    "policies": _make_policy_cases,
    "together": _make_combined_cases,
}


def add_totals(measured: Sequence[CaseResult]) -> list[CaseResult]:
    """The measurements, and before them the sums over all formats of damaged photos."""
    totals = []
    for command in PHOTO_COMMANDS:
        parts = [m for m in measured if m.command == command and m.inputs.startswith("mutated ")]
        if parts:
            totals.append(_sum_results(command, parts))
    return [*totals, *measured]


def _sum_results(command: str, parts: Sequence[CaseResult]) -> CaseResult:
    return CaseResult(
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
    parser.add_argument(
        "--only", choices=CASE_GROUPS, action="append", help="print these, write no table"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="packshot-hostile-") as temporary:
        results = main(
            Settings(arguments.files, arguments.seed, arguments.time_limit),
            arguments.keep or Path(temporary),
            arguments.only or CASE_GROUPS,
        )
    if arguments.only:
        print("\n".join(json.dumps(asdict(found)) for found in results))
    else:
        print(write_results("hostile", [asdict(found) for found in add_totals(results)]))
    sys.exit(0 if all(found.sound for found in results) else 1)
