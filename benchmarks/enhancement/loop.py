"""What `packshot enhance` does to photos: good ones, damaged ones, and those that people rate worst.

* ``clean products``: originals of the validation split. They should come back as they are.
* ``damaged products``: the same under `damage_mix`, with PSNR and SSIM against the original.
* ``worst quarter``: of the photos that people rated (BIQ2021), in seven parts; the atlas is without all
  photos of a part and their near-duplicates, so that no score rests on a photo's own rating.

NIQE (our model, smaller is better) judges before and after; the loop does not know it. It sees the
product's box alone where a product is found: plain ground of exactly one tone, as whitening makes it,
has no scene statistics, and the blocks half on it have the wrong ones. Every output is assessed as a
file, as a user would; a round is one step tried. What is nearer to the truth under damage of other
code is measured by `benchmarks.enhancement.truth`, what a round costs by `benchmarks.enhancement.speed`.
With ``--outcomes`` a run that was ended goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np

from benchmarks.support.damage_mix import apply_damage_mix
from benchmarks.support.record import write_results
from packshot.arrays import Pixels
from packshot.assess.assessor import ASSESSMENT_SIDE, Assessor
from packshot.assess.atlas import Atlas
from packshot.assess.ratings import read_ratings
from packshot.enhance import Enhancer
from packshot.errors import InvalidInput
from packshot.measure.natural import niqe
from packshot.measure.planes import make_planes
from packshot.measure.product import find_plain_product
from packshot.measure.reference import psnr, ssim
from packshot.photo import Photo
from packshot.report import Action
from packshot.train.datasets.damaged import read_manifest

WORST_SHARE = 0.25
PARTS = 7
MIN_JUDGED_SIDE = 288
"""Sides, in pixels, at least, of what NIQE judges: three patches by three."""

Pair = tuple[float, float]
T = TypeVar("T")


@dataclass(frozen=True)
class EnhancementCase:
    """A photo of a set; `seed` where it is to be damaged first, `part` of those the atlas holds."""

    photos: str
    path: Path
    seed: int | None = None
    part: int | None = None


@dataclass(frozen=True)
class EnhancementOutcome:
    """The outcome for one photo; pairs are before and after."""

    photos: str
    name: str
    action: str
    same_bytes: bool
    scores: Pair
    niqe: Pair | None
    psnr: Pair | None
    ssim: Pair | None
    rounds: int
    assessed: int


@lru_cache(maxsize=1)
def _load_enhancer(excluded_groups: frozenset[str]) -> Enhancer:
    return Enhancer(Assessor(Atlas.load_shipped().without_groups(excluded_groups)))


def enhance_case(case: EnhancementCase, excluded_groups: frozenset[str]) -> EnhancementOutcome:
    """Enhance one photo and look at the file that came out."""
    cv2.setNumThreads(1)
    enhancer = _load_enhancer(excluded_groups)
    with tempfile.TemporaryDirectory() as folder:
        source, original = _make_source(case, Path(folder))
        before = enhancer.assessor.assess(source)
        result = enhancer.enhance(source, Path(folder) / f"out{source.suffix}")
        after = enhancer.assessor.assess(result.output)
        same = source.read_bytes() == Path(result.output).read_bytes()
        pair = tuple(
            Photo.open(path, max_side=ASSESSMENT_SIDE).pixels for path in (source, result.output)
        )
    return EnhancementOutcome(
        photos=case.photos,
        name=case.path.name,
        action=result.action,
        same_bytes=same,
        scores=(before.score, after.score),
        niqe=_measure_naturalness(pair, pair[0] if original is None else original),
        psnr=None if original is None else tuple(psnr(original, pixels) for pixels in pair),
        ssim=None if original is None else tuple(ssim(original, pixels) for pixels in pair),
        rounds=len(result.trace),
        assessed=sum(trial.score is not None for trial in result.trace),
    )


def _make_source(case: EnhancementCase, folder: Path) -> tuple[Path, Pixels | None]:
    """The file to enhance and, where it is damaged here, the original's pixels."""
    if case.seed is None:
        return case.path, None
    original = Photo.open(case.path, max_side=ASSESSMENT_SIDE).pixels
    source = folder / "in.png"
    cv2.imwrite(str(source), apply_damage_mix(original, case.seed)[0][..., ::-1])
    return source, original


def _measure_naturalness(pair: tuple[Pixels, ...], reference: Pixels) -> Pair | None:
    rows, columns = _find_judged_region(reference)
    try:
        before, after = (niqe(np.ascontiguousarray(pixels[rows, columns])) for pixels in pair)
    except InvalidInput:  # nothing but flat ground
        return None
    return before, after


def _find_judged_region(reference: Pixels) -> tuple[slice, slice]:
    """Rows and columns of the product's box, widened to what NIQE needs; all where none is found."""
    product = find_plain_product(make_planes(reference))
    if product is None:
        return slice(None), slice(None)
    left, top, width, height = product.box
    return _widen(top, height, reference.shape[0]), _widen(left, width, reference.shape[1])


def _widen(first: int, length: int, side: int) -> slice:
    missing = max(MIN_JUDGED_SIDE - length, 0)
    begin = min(max(first - missing // 2, 0), max(side - MIN_JUDGED_SIDE, 0))
    return slice(begin, max(first + length, begin + MIN_JUDGED_SIDE))


def make_cases(data: Path, limit: int | None) -> tuple[list[EnhancementCase], dict[int, frozenset[str]]]:
    """The photos of all sets, and for each part of the worst the groups the atlas must do without."""
    originals = [one.path for one in read_manifest(data / "products" / "manifest.csv", "val")]
    rated = sorted(
        read_ratings(data / "biq2021" / "mos.csv", data / "biq2021" / "images", (0, 1)),
        key=lambda photo: (photo.score, photo.path.name),
    )
    worst = [photo.path for photo in rated[: int(len(rated) * WORST_SHARE)]]
    parts = [
        EnhancementCase("worst quarter", path, part=number % PARTS) for number, path in enumerate(worst)
    ]
    excluded_groups = {
        part: _find_groups({c.path.name for c in parts if c.part == part}) for part in range(PARTS)
    }
    originals, parts = _thin(originals, limit), _thin(parts, limit)
    chosen = [EnhancementCase("clean products", path) for path in originals]
    chosen += [EnhancementCase("damaged products", path, seed) for seed, path in enumerate(originals)]
    return chosen + sorted(parts, key=lambda case: case.part), excluded_groups


def _find_groups(names: set[str]) -> frozenset[str]:
    """The groups of the atlas that hold the photos of some names."""
    atlas = Atlas.load_shipped()
    pairs = zip(atlas.header.examples, atlas.group_of, strict=True)
    return frozenset(atlas.header.groups[group] for name, group in pairs if name in names)


def _thin(items: list[T], limit: int | None) -> list[T]:
    return items if limit is None else items[:: max(1, -(-len(items) // limit))]


def iter_rows(outcomes: list[EnhancementOutcome]) -> Iterator[dict[str, object]]:
    """One row for each set."""
    for photos in dict.fromkeys(outcome.photos for outcome in outcomes):
        part = [outcome for outcome in outcomes if outcome.photos == photos]
        changed = [outcome for outcome in part if outcome.action == Action.ENHANCED]
        gains = np.array([after - before for before, after in (outcome.scores for outcome in part)])
        row = {
            "set": photos,
            "photos": len(part),
            **{action.value: sum(o.action == action.value for o in part) for action in Action},
            "same_bytes": sum(outcome.same_bytes for outcome in part),
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
        }


def _mean(values: list[float]) -> float | str:
    return round(float(np.mean(values)), 4) if values else ""


def main(data: Path, limit: int | None, workers: int, outcomes_file: Path | None) -> None:
    """Run all sets, or what is left of them, and write one row for each."""
    chosen, excluded_groups = make_cases(data, limit)
    outcomes = (
        _read_outcomes(outcomes_file) if outcomes_file is not None and outcomes_file.exists() else {}
    )
    remaining = [case for case in chosen if (case.photos, case.path.name) not in outcomes]
    print(f"{len(outcomes)} outcomes known, {len(remaining)} photos left", file=sys.stderr)
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        groups = [frozenset() if case.part is None else excluded_groups[case.part] for case in remaining]
        for number, outcome in enumerate(pool.map(enhance_case, remaining, groups), start=1):
            outcomes[outcome.photos, outcome.name] = outcome
            if outcomes_file is not None:
                with outcomes_file.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(outcome)) + "\n")
            print(f"\r{number} of {len(remaining)} photos", end="", file=sys.stderr)
    table = list(iter_rows([outcomes[case.photos, case.path.name] for case in chosen]))
    for row in table:
        print(row)
    print(write_results("enhancement_loop", table))


def _read_outcomes(path: Path) -> dict[tuple[str, str], EnhancementOutcome]:
    """Outcomes of an earlier run; a last line that was cut off is left out."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.endswith("}")]
    outcomes = [EnhancementOutcome(**json.loads(line)) for line in lines]
    return {(outcome.photos, outcome.name): outcome for outcome in outcomes}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--limit", type=int, help="about this many photos of each set")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--outcomes", type=Path, help="keep what is done here, one line a photo")
    arguments = parser.parse_args()
    main(arguments.data, arguments.limit, arguments.workers, arguments.outcomes)
