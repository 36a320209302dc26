"""Photos from disk to JSON lines, beside cleanvision in the same run: time, memory; start-up.

Processor time is what counts: it is that of the command and of all processes that it starts, so that a
busy machine changes it less than the time on the clock. cleanvision gives no score; it is not a
dependency: its rows are left out, and said so, where it is not installed in the interpreter given by
``--cleanvision``.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.support.record import write_results
from benchmarks.support.timing import CommandCost, measure_command

PACKSHOT = [sys.executable, "-m", "packshot", "assess"]
CLEANVISION = (
    "import sys; from cleanvision import Imagelab;"
    "lab = Imagelab(data_path=sys.argv[1]); lab.find_issues()"
)
PHOTO_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")

_OURS, _THEIRS = "packshot assess, 2 workers", "cleanvision, defaults"
_START_UPS = 5
"""How often each start is timed; the median counts."""

Row = dict[str, object]


def main(folder: Path, cleanvision: str, rounds: int, limit: int | None) -> None:
    """Alternate the two tools, then measure start-up."""
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in PHOTO_SUFFIXES)
    with tempfile.TemporaryDirectory() as links:
        photos = link_photos(files if limit is None else files[:limit], Path(links))
        rows = compare_tools(Path(links), photos, cleanvision, rounds)
    rows += [
        make_row("packshot --help", 0, 0, measure_start([sys.executable, "-m", "packshot", "--help"])),
        make_row("import packshot", 0, 0, measure_start([sys.executable, "-c", "import packshot"])),
        make_row("first assessment", 0, 1, measure_start([*PACKSHOT, str(files[0]), "--quiet"])),
    ]
    print(write_results("speed", rows))


def link_photos(files: Sequence[Path], folder: Path) -> int:
    """Fill a folder with links to photos, numbered, so that both tools see the same files; how many."""
    for number, path in enumerate(files):
        (folder / f"{number:05}{path.suffix.lower()}").symlink_to(path.resolve())
    return len(files)


def compare_tools(folder: Path, photos: int, cleanvision: str, rounds: int) -> list[Row]:
    """Measure both tools in turn; then the ratio of what they cost, if both are there."""
    has_rival = has_cleanvision(cleanvision)
    if not has_rival:
        print("cleanvision is not installed: no comparison", file=sys.stderr)
    ours: list[CommandCost] = []
    theirs: list[CommandCost] = []
    rows = []
    for number in range(rounds):
        with tempfile.NamedTemporaryFile(suffix=".jsonl") as output:
            options = ["--format", "jsonl", "-o", output.name, "--workers", "2", "--quiet"]
            ours.append(measure_command([*PACKSHOT, str(folder), *options]))
        rows.append(make_row(_OURS, number, photos, ours[-1]))
        if has_rival:
            theirs.append(measure_command([cleanvision, "-c", CLEANVISION, str(folder)]))
            rows.append(make_row(_THEIRS, number, photos, theirs[-1]))
    if has_rival:
        rows.append(make_ratio_row(photos, ours, theirs))
    return rows


def measure_start(command: Sequence[str]) -> CommandCost:
    """Run a command several times; the median of each cost."""
    costs = [measure_command(command) for _ in range(_START_UPS)]
    return CommandCost(
        statistics.median(cost.seconds for cost in costs),
        statistics.median(cost.processor_s for cost in costs),
        statistics.median(cost.peak_mb for cost in costs),
    )


def make_row(what: str, number: int, photos: int, cost: CommandCost) -> Row:
    """Make a row of one command's cost; without photos there is none for each."""
    row: Row = {
        "what": what,
        "round": number,
        "photos": photos,
        "seconds": round(cost.seconds, 2),
        "photos_per_second": round(photos / cost.seconds, 1) if photos else "",
        "processor_s": round(cost.processor_s, 2),
        "processor_ms_per_photo": round(cost.processor_s * 1000 / photos, 2) if photos else "",
        "peak_memory_mb": round(cost.peak_mb),
    }
    print(row)
    return row


def make_ratio_row(photos: int, ours: Sequence[CommandCost], theirs: Sequence[CommandCost]) -> Row:
    """Make a row of what Packshot takes for each unit that cleanvision takes, by sums over rounds."""

    def divide(name: str) -> float:
        ours_total, theirs_total = (
            float(sum(getattr(cost, name) for cost in costs)) for costs in (ours, theirs)
        )
        return round(ours_total / theirs_total, 3)

    processor_ratio = divide("processor_s")
    row: Row = {
        "what": "packshot / cleanvision",
        "round": "all",
        "photos": photos,
        "seconds": divide("seconds"),
        "photos_per_second": "",
        "processor_s": processor_ratio,
        "processor_ms_per_photo": processor_ratio,
        "peak_memory_mb": divide("peak_mb"),
    }
    print(row)
    return row


def has_cleanvision(interpreter: str) -> bool:
    """Whether an interpreter can import cleanvision."""
    return subprocess.run([interpreter, "-c", "import cleanvision"], capture_output=True).returncode == 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--cleanvision", default=sys.executable, help="an interpreter that has it")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--limit", type=int, help="the first so many photos alone, to try it")
    arguments = parser.parse_args()
    main(arguments.data / "products", arguments.cleanvision, arguments.rounds, arguments.limit)
