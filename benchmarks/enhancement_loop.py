"""What `packshot enhance` does to photos: good ones, damaged ones, and those that people rate worst.

* ``clean products``: originals of the validation split. They should come back as they are.
* ``damaged products``: the same under `damage_mix`, with PSNR and SSIM against the original.
* ``worst quarter``: of the photos that people rated (BIQ2021); the atlas is without all photos of the
  sample and their near-duplicates, so that no score rests on a photo's own rating.

NIQE (our model, smaller is better) judges before and after; the loop does not know it. Every output is
assessed as a file, as a user would. Seconds are of processor time; a round is one step tried.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from damage_mix import damaged
from packshot.assess.assessor import JUDGED_SIDE, Assessor
from packshot.assess.atlas import Atlas
from packshot.assess.ratings import read_ratings
from packshot.enhance import Enhancer
from packshot.errors import InvalidInput
from packshot.measure.natural import niqe
from packshot.measure.reference import psnr, ssim
from packshot.photo import Photo
from packshot.photo.pixels import Pixels
from packshot.report import Action
from packshot.train.datasets.damaged import read_manifest
from record import write

WORST_SHARE = 0.25


@dataclass(frozen=True)
class Case:
    """A photo of a set; `seed` where it is to be damaged first."""

    photos: str
    path: Path
    seed: int | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of it; pairs are before and after."""

    photos: str
    action: Action
    scores: tuple[float, float]
    niqe: tuple[float, float] | None
    psnr: tuple[float, float] | None
    ssim: tuple[float, float] | None
    rounds: int
    assessed: int
    seconds: float
    assessment_seconds: float


@cache
def _enhancer(without: frozenset[str]) -> Enhancer:
    return Enhancer(Assessor(Atlas.default().without(without)))


def run(case: Case, without: frozenset[str]) -> Outcome:
    """Enhance one photo and look at the file that came out."""
    cv2.setNumThreads(1)
    enhancer = _enhancer(without)
    with tempfile.TemporaryDirectory() as folder:
        source, original = _source(case, Path(folder))
        started = time.process_time()
        before = enhancer.assessor.assess(source)
        assessed = time.process_time()
        result = enhancer.enhance(source, Path(folder) / f"out{source.suffix}")
        ended = time.process_time()
        after = enhancer.assessor.assess(result.output)
        pair = tuple(Photo.open(path, max_side=JUDGED_SIDE).pixels for path in (source, result.output))
    return Outcome(
        case.photos,
        result.action,
        (before.score, after.score),
        _naturalness(pair),
        None if original is None else tuple(psnr(original, pixels) for pixels in pair),
        None if original is None else tuple(ssim(original, pixels) for pixels in pair),
        len(result.trace),
        sum(trial.score is not None for trial in result.trace),
        ended - assessed,
        assessed - started,
    )


def _source(case: Case, folder: Path) -> tuple[Path, Pixels | None]:
    """The file to enhance and, where it is damaged here, the original's pixels."""
    if case.seed is None:
        return case.path, None
    original = Photo.open(case.path, max_side=JUDGED_SIDE).pixels
    source = folder / "in.png"
    cv2.imwrite(str(source), damaged(original, case.seed)[0][..., ::-1])
    return source, original


def _naturalness(pair: tuple[Pixels, ...]) -> tuple[float, ...] | None:
    try:
        return tuple(niqe(pixels) for pixels in pair)
    except InvalidInput:  # nothing but flat ground
        return None


def cases(data: Path, limit: int | None) -> tuple[list[Case], frozenset[str]]:
    """The photos of all sets, and the groups that the atlas must do without."""
    originals = [one.path for one in read_manifest(data / "products" / "manifest.csv", "val")]
    rated = sorted(
        read_ratings(data / "biq2021" / "mos.csv", data / "biq2021" / "images", (0, 1)),
        key=lambda photo: (photo.score, photo.path.name),
    )
    worst = [photo.path for photo in rated[: int(len(rated) * WORST_SHARE)]]
    originals, worst = (_thinned(paths, limit) for paths in (originals, worst))
    atlas, names = Atlas.default(), {path.name for path in worst}
    groups = {
        atlas.header.groups[group]
        for name, group in zip(atlas.header.examples, atlas.group_of, strict=True)
        if name in names
    }
    chosen = [Case("clean products", path) for path in originals]
    chosen += [Case("damaged products", path, seed) for seed, path in enumerate(originals)]
    return chosen + [Case("worst quarter", path) for path in worst], frozenset(groups)


def _thinned(paths: list[Path], limit: int | None) -> list[Path]:
    return paths if limit is None else paths[:: max(1, -(-len(paths) // limit))]


def rows(outcomes: list[Outcome]) -> Iterator[dict[str, object]]:
    """One row for each set."""
    for photos in dict.fromkeys(outcome.photos for outcome in outcomes):
        part = [outcome for outcome in outcomes if outcome.photos == photos]
        changed = [outcome for outcome in part if outcome.action is Action.ENHANCED]
        gains = np.array([after - before for before, after in (outcome.scores for outcome in part)])
        row = {
            "set": photos,
            "photos": len(part),
            **{action.value: sum(outcome.action is action for outcome in part) for action in Action},
            "score_before": _mean([outcome.scores[0] for outcome in part]),
            "score_after": _mean([outcome.scores[1] for outcome in part]),
            "score_lower": int((gains < 0).sum()),
        }
        for name in ("niqe", "psnr", "ssim"):
            pairs = [pair for outcome in part if (pair := getattr(outcome, name)) is not None]
            row[f"{name}_before"] = _mean([before for before, _ in pairs])
            row[f"{name}_after"] = _mean([after for _, after in pairs])
        better = [o.niqe[1] < o.niqe[0] for o in changed if o.niqe is not None]
        yield row | {
            "niqe_better_of_enhanced": _mean([float(one) for one in better]),
            "rounds": _mean([float(outcome.rounds) for outcome in part]),
            "assessments_a_round": round(
                sum(o.assessed for o in part) / max(sum(o.rounds for o in part), 1), 3
            ),
            "seconds": _mean([outcome.seconds for outcome in part]),
            "seconds_of_one_assessment": _mean([outcome.assessment_seconds for outcome in part]),
        }


def _mean(values: list[float]) -> float | str:
    return round(float(np.mean(values)), 4) if values else ""


def main(data: Path, limit: int | None, workers: int) -> None:
    """Run all sets, write one row for each."""
    chosen, without = cases(data, limit)
    outcomes = []
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        for number, outcome in enumerate(pool.map(partial(run, without=without), chosen), start=1):
            outcomes.append(outcome)
            print(f"\r{number} of {len(chosen)} photos", end="", file=sys.stderr)
    table = list(rows(outcomes))
    for row in table:
        print(row)
    print(write("enhancement_loop", table))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--limit", type=int, help="about this many photos of each set")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    main(options.data, options.limit, options.workers)
