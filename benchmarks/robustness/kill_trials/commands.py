"""Every command of Packshot that works through photos, as it is run on a made shop."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Command:
    """A command line, and what it makes.

    Attributes:
        arguments: In which ``{photos}`` and ``{out}`` stand for folders.
        rows: Counts the photos that its results account for, in the folder of its output; None where
            they have no row for each photo.
        in_place: It replaces the photos.
        repeatable: Once it has come to its end, it can be run again.
        program: Before the arguments.
    """

    arguments: tuple[str, ...]
    rows: Callable[[Path], int] | None = None
    in_place: bool = False
    repeatable: bool = True
    program: tuple[str, ...] = (sys.executable, "-m", "packshot")

    def build_line(self, photos: Path, out: Path) -> list[str]:
        """The whole command line for two folders, with two processes."""
        arguments = [part.format(photos=photos, out=out) for part in self.arguments]
        return [*self.program, *arguments, "--workers", "2"]


def _make_line_counter(name: str) -> Callable[[Path], int]:
    return lambda out: len(_read_records(out / name))


def _count_ranked_photos(out: Path) -> int:
    return sum(len(record["order"]) for record in _read_records(out / "best.jsonl"))


def _read_records(path: Path) -> list[dict[str, list[object]]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _count_audit_rows(out: Path) -> int:
    from pyarrow import parquet

    return int(parquet.read_metadata(out / "audit" / "audit.parquet").num_rows)


_ENHANCE_OUTPUTS = ("-o", "{out}/better", "--report", "{out}/report.jsonl")
_CLEAN_ARGUMENTS = ("clean", "{photos}", "-o", "{out}/proposals.csv")

COMMANDS: Mapping[str, Command] = {
    "assess": Command(
        ("assess", "{photos}", "-o", "{out}/scores.jsonl"), _make_line_counter("scores.jsonl")
    ),
    "screen": Command(
        ("screen", "{photos}", "--policy", "amazon-main", "-o", "{out}/rules.jsonl"),
        _make_line_counter("rules.jsonl"),
    ),
    "emotion": Command(
        ("emotion", "{photos}", "-o", "{out}/feelings.jsonl"), _make_line_counter("feelings.jsonl")
    ),
    "enhance -o": Command(
        ("enhance", "{photos}", *_ENHANCE_OUTPUTS), _make_line_counter("report.jsonl")
    ),
    "enhance --in-place": Command(
        ("enhance", "{photos}", "--in-place", "--report", "{out}/report.jsonl"),
        _make_line_counter("report.jsonl"),
        in_place=True,
    ),
    "optimize": Command(("optimize", "{photos}", *_ENHANCE_OUTPUTS), _make_line_counter("report.jsonl")),
    "rank": Command(("rank", "{photos}", "--by-folder", "-o", "{out}/best.jsonl"), _count_ranked_photos),
    "clean": Command(_CLEAN_ARGUMENTS),
    "clean --apply": Command((*_CLEAN_ARGUMENTS, "--apply", "--to", "{out}/cleaned"), repeatable=False),
    "search index": Command(("search", "index", "{photos}", "--index", "{out}/index")),
    "duplicates": Command(("duplicates", "{photos}", "-o", "{out}/duplicates.html")),
    "audit": Command(("audit", "{photos}", "-o", "{out}/audit"), _count_audit_rows),
}
"""By what they are called."""
