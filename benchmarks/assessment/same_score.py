"""Same photo, same score: in another run, on more threads, in a batch, in worker processes, elsewhere.

Each way assesses the same photos in a process of its own, but for the first, which all are held against.
With ``--emulator`` (`qemu-x86_64`, Debian's package qemu-user) a few photos are assessed on an emulated
processor of 2013 as well, that has AVX2 but neither AVX-512 nor VNNI; it takes minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.support.assessments import SCORES, read_score
from benchmarks.support.product_ratings import read_product_ratings
from benchmarks.support.record import write_results
from packshot import Assessor
from packshot.report import Assessment

ALLOWED_DIFFERENCE = 0.1
"""Points by which processors may differ; all else not at all."""

EMULATED_PROCESSOR = "Haswell"

Row = dict[str, object]
Way = Callable[[Sequence[Path]], list[Assessment]]


def main(data: Path, photos: int, seed: int, emulator: str | None, emulated_photos: int) -> None:
    """Assess in all ways, and write one row for each."""
    paths = choose_files(data, photos, seed)
    base = assess_here(paths)
    rows = [compare(name, base, way(paths)) for name, way in WAYS.items()]
    print(write_results("same_score", rows))
    if emulator is not None:
        few = paths[:emulated_photos]
        command = [emulator, "-cpu", EMULATED_PROCESSOR, os.path.abspath(sys.executable)]
        there = assess_elsewhere(few, command=command)
        rows.append(compare(f"emulated {EMULATED_PROCESSOR}", base[: len(few)], there))
        print(write_results("same_score", rows))


def choose_files(data: Path, count: int, seed: int) -> list[Path]:
    """Choose rated photos by chance."""
    photos = read_product_ratings(data)
    order = np.random.default_rng(seed).permutation(len(photos))[:count]
    return [photos[number].path for number in order]


def assess_here(paths: Sequence[Path]) -> list[Assessment]:
    """Assess photos one after the other, in this process and on one thread."""
    assessor = Assessor()
    return [assessor.assess(path) for path in paths]


def assess_batch(paths: Sequence[Path], threads: int = 1) -> list[Assessment]:
    """Assess photos as a stream, in this process."""
    return list(Assessor(threads=threads).assess_many(paths))


def assess_elsewhere(
    paths: Sequence[Path], threads: int = 1, command: Sequence[str] = (sys.executable,)
) -> list[Assessment]:
    """Assess photos one after the other in a new process.

    Args:
        paths: The photos.
        threads: Of the networks.
        command: That runs Python.
    """
    script = [*command, "-c", _SCRIPT, str(threads), *map(str, paths)]
    return _read_lines(subprocess.run(script, stdout=subprocess.PIPE, check=True, text=True).stdout)


_SCRIPT = """
import sys
from packshot import Assessor
assessor = Assessor(threads=int(sys.argv[1]))
for path in sys.argv[2:]:
    print(assessor.assess(path).model_dump_json(), flush=True)
"""


def assess_by_command(paths: Sequence[Path], workers: int) -> list[Assessment]:
    """Assess photos by the command line, in so many worker processes."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "assessments.jsonl"
        command = [sys.executable, "-m", "packshot", "assess", *map(str, paths), "-o", str(output)]
        options = ["--format", "jsonl", "--quiet", "--workers", str(workers)]
        subprocess.run([*command, *options], check=True)
        return _read_lines(output.read_text(encoding="utf-8"))


def _read_lines(text: str) -> list[Assessment]:
    return [Assessment.model_validate_json(line) for line in text.splitlines() if line]


WAYS: dict[str, Way] = {
    "same process again": assess_here,
    "a second run": assess_elsewhere,
    "two threads": partial(assess_elsewhere, threads=2),
    "in a batch": assess_batch,
    "in a batch, two threads": partial(assess_batch, threads=2),
    "command, one worker": partial(assess_by_command, workers=1),
    "command, two workers": partial(assess_by_command, workers=2),
}
"""All are held against photos that are assessed one by one, in one process on one thread."""


def compare(way: str, base: Sequence[Assessment], others: Sequence[Assessment]) -> Row:
    """Make a row of how far assessments of the same photos differ."""
    pairs = list(zip(base, others, strict=True))
    differences = {name: find_largest_difference(pairs, name) for name in SCORES}
    largest = max((value for value in differences.values() if value is not None), default=0.0)
    row: Row = {
        "way": way,
        "photos": len(pairs),
        **{
            f"largest_difference_{name}": "" if value is None else round(value, 3)
            for name, value in differences.items()
        },
        "same_findings": round(float(np.mean([_list_codes(a) == _list_codes(b) for a, b in pairs])), 4),
        "same_record": round(float(np.mean([_dump(a) == _dump(b) for a, b in pairs])), 4),
        "reached": largest <= ALLOWED_DIFFERENCE,
    }
    print(row)
    return row


def find_largest_difference(pairs: Sequence[tuple[Assessment, Assessment]], name: str) -> float | None:
    """Return by how many points a score differs at most; 100 where one lacks it, None where all do."""
    values = [(read_score(first, name), read_score(second, name)) for first, second in pairs]
    differences = [
        100.0 if first is None or second is None else abs(first - second)
        for first, second in values
        if first is not None or second is not None
    ]
    return max(differences, default=None)


def _list_codes(assessment: Assessment) -> list[str]:
    return [finding.code for finding in assessment.findings]


def _dump(assessment: Assessment) -> object:
    """Return the whole record but for the file's name, which commands may shorten."""
    return json.loads(assessment.model_dump_json(exclude={"path"}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--photos", type=int, default=24)
    parser.add_argument("--seed", type=int, default=19)
    parser.add_argument("--emulator", help="such as qemu-x86_64; by default no processor is emulated")
    parser.add_argument("--emulated-photos", type=int, default=3)
    arguments = parser.parse_args()
    main(
        arguments.data,
        arguments.photos,
        arguments.seed,
        arguments.emulator,
        arguments.emulated_photos,
    )
