"""What every result row carries: when, on what machine, with which versions."""

from __future__ import annotations

import csv
import os
import platform
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

RESULTS = Path(__file__).parents[1] / "results"
_PACKAGES = ("packshot", "numpy", "opencv-python-headless", "onnxruntime", "pillow")


def write_results(name: str, rows: Iterable[Mapping[str, object]]) -> Path:
    """Write rows as ``results/NAME.csv`` with date, machine and versions; returns the path.

    Rows that come from an earlier file keep those that they have.
    """
    context = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{len(os.sched_getaffinity(0))} cores, {_read_processor_name()}",
        "versions": " ".join(f"{package} {_read_version(package)}" for package in _PACKAGES),
    }
    complete_rows = [context | dict(row) for row in rows]
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(
            file, [*(key for key in complete_rows[0] if key not in context), *context]
        )
        writer.writeheader()
        writer.writerows(complete_rows)
    return path


def _read_version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


def _read_processor_name() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()
