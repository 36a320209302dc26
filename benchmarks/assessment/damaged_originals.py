"""Damaged originals: does the score fall as damage grows, for each kind of damage?

Originals are those of the manifest's validation split, on which neither kinds of damage nor their levels
were learnt. Each is damaged in every kind at five levels. Figures are SROCC between the score and how
little damage there is, so that 1 is right: within one original, of which the median over originals and
the lowest quarter are told, and over all originals together, which differ to begin with. Rows of all
kinds hold all versions of an original against each other; levels of different kinds are not equally bad:
`benchmarks.assessment.damaged_products` does it against labels.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from benchmarks.support.agreement import srocc
from benchmarks.support.assessments import SCORES, load_assessor, read_score
from benchmarks.support.record import write_results
from packshot.arrays import Float64Array
from packshot.assess.assessor import ASSESSMENT_SIDE
from packshot.distort import LEVELS, Kind, distort
from packshot.photo import Photo
from packshot.train.datasets.damaged import Original, read_manifest

ALL_KINDS = "all"
PRISTINE = "pristine"

_SEED = 9000
"""As in `damaged_products`: of the same versions."""

Row = dict[str, object]


@dataclass(frozen=True)
class Version:
    """A version of an original, and its scores.

    Attributes:
        original: Number of the original.
        kind: Of the damage; `PRISTINE` for none.
        level: 1..5, 0 for none.
        scores: By name; those that the assessment has.
    """

    original: int
    kind: str
    level: int
    scores: dict[str, float]


def main(data: Path, count: int, workers: int) -> None:
    """Damage and assess, and write one row for each score and kind."""
    originals = read_manifest(data / "products" / "manifest.csv", "val")
    chosen = spread(originals, count)
    versions: list[Version] = []
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        for number, part in enumerate(pool.map(judge_original, range(len(chosen)), chosen), start=1):
            versions += part
            print(f"\r{number} of {len(chosen)} originals", end="", file=sys.stderr)
    print(file=sys.stderr)
    rows = [row for name in SCORES for row in iter_rows(versions, name)]
    for row in rows:
        print(row)
    print(write_results("damaged_originals", rows))


def spread(originals: Sequence[Original], count: int) -> list[Original]:
    """Choose so many originals, evenly spread over the list."""
    places = np.linspace(0, len(originals) - 1, min(count, len(originals))).round().astype(int)
    return [originals[place] for place in places]


def judge_original(number: int, original: Original) -> list[Version]:
    """Assess an original, and each kind and level of damage to it."""
    photo = Photo.open(original.path, max_side=ASSESSMENT_SIDE)
    versions = [Version(number, PRISTINE, 0, _score(photo))]
    for kind in Kind:
        for level in LEVELS:
            damaged = Photo.open(distort(photo.pixels, kind, level, seed=_SEED + level))
            versions.append(Version(number, kind.value, level, _score(damaged)))
    return versions


def _score(photo: Photo) -> dict[str, float]:
    assessment = load_assessor().assess_photo(photo, brief=True)
    scores = {name: read_score(assessment, name) for name in SCORES}
    return {name: score for name, score in scores.items() if score is not None}


def iter_rows(versions: Sequence[Version], name: str) -> Iterator[Row]:
    """Rows of one score: for each kind of damage, for the median kind, for all kinds together."""
    scored = [version for version in versions if name in version.scores]
    if not scored:
        return
    kinds = sorted({version.kind for version in scored} - {PRISTINE})
    rows = [make_row(name, kind, scored) for kind in kinds]
    yield from rows
    columns = ("within_median", "within_lowest_quarter", "pooled")
    medians = {
        one: round(float(np.median([float(str(row[one])) for row in rows])), 4) for one in columns
    }
    yield {**rows[0], "kind": "median of kinds", "damaged_versions": len(scored), **medians}
    yield make_row(name, ALL_KINDS, scored)


def make_row(name: str, kind: str, versions: Sequence[Version]) -> Row:
    """Make a row of a kind of damage, its levels and the original as level 0."""
    chosen = [one for one in versions if kind == ALL_KINDS or one.kind in (kind, PRISTINE)]
    numbers = np.array([one.original for one in chosen])
    levels = np.array([one.level for one in chosen], np.float64)
    scores = np.array([one.scores[name] for one in chosen], np.float64)
    within = [
        measure_order(levels[numbers == number], scores[numbers == number])
        for number in np.unique(numbers)
    ]
    return {
        "score": name,
        "kind": kind,
        "originals": len(within),
        "damaged_versions": len(chosen),
        "within_median": round(float(np.median(within)), 4),
        "within_lowest_quarter": round(float(np.percentile(within, 25)), 4),
        "pooled": round(measure_order(levels, scores), 4),
    }


def measure_order(levels: Float64Array, scores: Float64Array) -> float:
    """SROCC between scores and how little damage there is; 0 where all scores are equal."""
    if scores.std() == 0 or levels.std() == 0:
        return 0.0
    return -srocc(levels, scores)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--originals", type=int, default=40, help="of 137, evenly spread")
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    main(arguments.data, arguments.originals, arguments.workers)
