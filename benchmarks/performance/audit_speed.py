"""Photos per second of a full audit with a policy, what it costs above assessing alone, and its memory.

The 756 product photos are audited with the cache off, then with a cache that knows them, beside
``packshot assess`` in the same run; processor seconds are given too, which a busy machine changes less
than seconds. With ``--rows N`` the photos are also audited under N new names (links), and the curve is
written: rows done, seconds, memory of all processes together. ``--rows 100000`` takes most of an hour.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

import psutil

from benchmarks.support.record import write_results
from benchmarks.support.timing import read_memory_mb, time_command

PACKSHOT = [sys.executable, "-m", "packshot"]
POLICY = ["--policy", "amazon-main", "--fail-under", "60"]
CURVE_POINTS = 50
_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
_POLL_INTERVAL_S = 0.5
_BELOW_THRESHOLD_STATUS = 1


def main(data: Path, rounds: int, rows: int) -> None:
    """Time the audit of the photos as they are, then of many."""
    folder = data / "products"
    photos = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES)
    with tempfile.TemporaryDirectory(prefix="packshot-audit-") as work:
        results = [
            row
            for number in range(rounds)
            for row in _time_round(folder, Path(work), len(photos), number)
        ]
        print(write_results("audit_speed", results))
        if rows:
            print(write_results("audit_curve", _measure_curve(photos, rows, Path(work))))


def _time_round(folder: Path, work: Path, photos: int, number: int) -> Iterator[dict[str, object]]:
    shutil.rmtree(work / "cache", ignore_errors=True)
    audit = [
        *PACKSHOT,
        "audit",
        str(folder),
        "-o",
        str(work / "audit"),
        "--restart",
        "--quiet",
        *POLICY,
    ]
    cached = [*audit, "--cache", str(work / "cache")]
    assess = [*PACKSHOT, "assess", str(folder), "--quiet", "-o", str(work / "scores.jsonl")]
    for what, command in (
        ("audit with a policy, no cache", [*audit, "--no-cache"]),
        ("audit with a policy, empty cache", cached),
        ("audit with a policy, all known", cached),
        ("assess alone, JSON lines", assess),
    ):
        before = _read_processor_seconds()
        seconds, peak = time_command([sys.executable, "-c", _ACCEPT_FAILURES_SCRIPT, *command])
        row: dict[str, object] = {
            "what": what,
            "round": number,
            "photos": photos,
            "seconds": round(seconds, 2),
            "photos_per_second": round(photos / seconds, 1),
            "processor_ms_per_photo": round((_read_processor_seconds() - before) / photos * 1000, 2),
            "peak_memory_mb": round(peak),
        }
        print(row, flush=True)
        yield row


# An audit that finds photos that fail ends with status 1, which is no mistake here.
_ACCEPT_FAILURES_SCRIPT = (
    f"import subprocess, sys;sys.exit(max(subprocess.call(sys.argv[1:]) - {_BELOW_THRESHOLD_STATUS}, 0))"
)


def _read_processor_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _measure_curve(photos: list[Path], rows: int, work: Path) -> list[dict[str, object]]:
    """Rows done, seconds and memory while links to the photos are audited."""
    feed = work / "feed"
    for number, photo in enumerate(islice(cycle(photos), rows)):
        parent = feed / f"{number // 1000:04}"
        parent.mkdir(parents=True, exist_ok=True)
        os.symlink(photo.absolute(), parent / f"{number:07}{photo.suffix}")
    folder = work / "curve"
    command = [*PACKSHOT, "audit", str(feed), "-o", str(folder), "--no-cache", "--quiet", *POLICY]
    started = time.perf_counter()
    process = subprocess.Popen(command)
    points: list[dict[str, object]] = []
    peak = 0.0
    while process.poll() is None:
        time.sleep(_POLL_INTERVAL_S)
        rows_done = _count_journal_rows(folder / "audit.journal")
        peak = max(peak, _read_memory(process.pid))
        if rows_done >= (len(points) + 1) * rows // CURVE_POINTS:
            points.append(_make_point(rows_done, started, peak))
            peak = 0.0
    points.append(_make_point(rows, started, peak) | {"what": "all written"})
    if process.returncode not in (0, _BELOW_THRESHOLD_STATUS):
        raise SystemExit(f"the audit ended with {process.returncode}")
    return points


def _make_point(rows_done: int, started: float, peak: float) -> dict[str, object]:
    seconds = time.perf_counter() - started
    point: dict[str, object] = {
        "what": "auditing",
        "rows": rows_done,
        "seconds": round(seconds, 1),
        "rows_per_second": round(rows_done / seconds, 2),
        "memory_mb": round(peak),
    }
    print(point, flush=True)
    return point


def _count_journal_rows(journal: Path) -> int:
    if not journal.exists():
        return 0
    try:
        with sqlite3.connect(f"file:{journal}?mode=ro", uri=True) as database:
            return int(database.execute("SELECT COALESCE(MAX(number), -1) FROM rows").fetchone()[0]) + 1
    except sqlite3.Error:  # it is just being made
        return 0


def _read_memory(pid: int) -> float:
    try:
        return read_memory_mb(psutil.Process(pid))
    except psutil.Error:
        return 0.0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--rows", type=int, default=0, help="also audit the photos under so many names")
    arguments = parser.parse_args()
    main(arguments.data, arguments.rounds, arguments.rows)
