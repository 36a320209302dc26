"""Photos per second from disk to JSON lines, beside cleanvision in the same run; memory; start-up.

cleanvision is not a dependency: the row is left out, and said so, where it is not installed in the
interpreter given by ``--cleanvision``.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.support.record import write_results
from benchmarks.support.timing import time_command

PACKSHOT = [sys.executable, "-m", "packshot", "assess"]
CLEANVISION = (
    "import sys; from cleanvision import Imagelab;"
    "lab = Imagelab(data_path=sys.argv[1]); lab.find_issues()"
)


def main(data: Path, cleanvision: str, rounds: int) -> None:
    """Alternate the two tools, then measure memory and start-up."""
    folder = data / "products"
    photos = sum(
        1 for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp")
    )
    rows = []
    for number in range(rounds):
        with tempfile.NamedTemporaryFile(suffix=".jsonl") as output:
            seconds, peak = time_command(
                [*PACKSHOT, str(folder), "--format", "jsonl", "-o", output.name, "--quiet"]
            )
        rows.append(_make_row("packshot assess, 2 workers", number, photos, seconds, peak))
        if _has_cleanvision(cleanvision):
            seconds, peak = time_command([cleanvision, "-c", CLEANVISION, str(folder)])
            rows.append(_make_row("cleanvision, defaults", number, photos, seconds, peak))
        else:
            print("cleanvision is not installed: no comparison", file=sys.stderr)
    rows.append(
        _make_row("packshot --help", 0, 0, *time_command([sys.executable, "-m", "packshot", "--help"]))
    )
    rows.append(
        _make_row("import packshot", 0, 0, *time_command([sys.executable, "-c", "import packshot"]))
    )
    print(write_results("speed", rows))


def _make_row(what: str, number: int, photos: int, seconds: float, peak: float) -> dict[str, object]:
    row = {
        "what": what,
        "round": number,
        "photos": photos,
        "seconds": round(seconds, 2),
        "photos_per_second": round(photos / seconds, 1),
        "peak_memory_mb": round(peak),
    }
    print(row)
    return row


def _has_cleanvision(interpreter: str) -> bool:
    return subprocess.run([interpreter, "-c", "import cleanvision"], capture_output=True).returncode == 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--cleanvision", default=sys.executable, help="an interpreter that has it")
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    main(arguments.data, arguments.cleanvision, arguments.rounds)
