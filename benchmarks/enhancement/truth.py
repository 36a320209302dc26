"""Whether `packshot enhance` brings photos nearer to the truth: originals, damaged, enhanced, compared.

Originals are product photos of the validation split and undamaged photos of other shops, each of a
product of its own. They are damaged by other code than the damage model
(`benchmarks.support.foreign_damage`), some kinds each in turn, written as PNG, enhanced as a user would,
and held against the original, before and after: PSNR, SSIM, MS-SSIM, HaarPSI, VSI, and CIEDE2000 of the
product. What is left undamaged should come back as it is. A photo that was changed is harmed by a
measure where that falls by more than `HARM`. Half of the products set the limits of the guards
(``--half tuning``), the other half reports. ``--sheet`` writes a contact sheet, original, damaged and
enhanced beside each other, to be looked at.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from scipy.stats import spearmanr

from benchmarks.support.foreign_damage import FOREIGN_DAMAGE, LAMP_DAMAGE, OTHER_DAMAGE
from benchmarks.support.product_ratings import read_product_ratings
from benchmarks.support.record import write_results
from packshot.arrays import Mask, Pixels
from packshot.assess.assessor import ASSESSMENT_SIDE, Assessor
from packshot.enhance import Enhancer
from packshot.measure.planes import make_planes
from packshot.measure.product import find_plain_product
from packshot.measure.reference import haarpsi, ms_ssim, psnr, ssim, vsi
from packshot.measure.reference.ciede2000 import ciede2000, rgb_to_lab
from packshot.photo import Photo
from packshot.report import Action, ExpectedGain
from packshot.train.datasets.damaged import read_manifest
from packshot.train.datasets.version_pairs import HARM

DAMAGE_SETS = {"foreign": FOREIGN_DAMAGE, "other": OTHER_DAMAGE, "lamps": LAMP_DAMAGE}
ALL_DAMAGE = {**FOREIGN_DAMAGE, **OTHER_DAMAGE, **LAMP_DAMAGE}
UNDAMAGED = "none"
HALVES = ("tuning", "reporting")
KIND_STRIDE = 3
"""Kinds from one turn of an original to its next: without a common divisor with their number, so that
no original has one twice."""

MIN_PRODUCT_PIXELS = 100
SHEET_TILE = 240

Row = dict[str, object]
Truth = dict[str, float]


@dataclass(frozen=True)
class TruthCase:
    """An original and what is done to it."""

    path: Path
    damage: str
    seed: int


@dataclass(frozen=True, eq=False)
class TruthOutcome:
    """What became of a case: measures against the original before and after, and what was promised."""

    case: TruthCase
    action: str
    scores: tuple[float, float]
    before: Truth
    after: Truth
    is_same: bool
    steps: tuple[str, ...]
    trials: tuple[str, ...]
    expected: ExpectedGain | None
    pictures: tuple[Pixels, Pixels, Pixels]

    def gain(self, measure: str) -> float:
        """By how much a measure is nearer to the truth; differences count backwards."""
        sign = -1 if measure == "ciede2000" else 1
        return sign * (self.after[measure] - self.before[measure])

    def is_harmed(self, measure: str) -> bool:
        """Whether a measure fell by more than it may."""
        return self.action == Action.ENHANCED and self.gain(measure) < -HARM[measure]


@lru_cache(maxsize=1)
def _load_enhancer() -> Enhancer:
    return Enhancer(Assessor())


def enhance_case(case: TruthCase) -> TruthOutcome:
    """Damage, enhance and compare."""
    cv2.setNumThreads(1)
    enhancer = _load_enhancer()
    original = Photo.open(case.path, max_side=ASSESSMENT_SIDE).pixels
    damaged = original
    if case.damage != UNDAMAGED:
        damaged = ALL_DAMAGE[case.damage](original, np.random.default_rng(case.seed))
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "in.png"
        cv2.imwrite(str(source), damaged[..., ::-1])
        result = enhancer.enhance(source, Path(folder) / "out.png")
        enhanced = Photo.open(Path(result.output)).pixels
        is_same = source.read_bytes() == Path(result.output).read_bytes()
    product = _find_product(original)
    before = measure_truth(original, damaged, product)
    return TruthOutcome(
        case=case,
        action=result.action,
        scores=(result.score_before or 0.0, result.score_after or 0.0),
        before=before,
        after=before if is_same else measure_truth(original, enhanced, product),
        is_same=is_same,
        steps=result.steps,
        trials=tuple(f"{trial.step}:{trial.outcome.value}" for trial in result.trace),
        expected=result.expected,
        pictures=tuple(_make_tile(pixels) for pixels in (original, damaged, enhanced)),
    )


def measure_truth(original: Pixels, other: Pixels, product: Mask) -> Truth:
    """Measure how near a photo is to its original; CIEDE2000 is the mean over the product."""
    difference = ciede2000(rgb_to_lab(original), rgb_to_lab(other))
    return {
        "psnr": min(psnr(original, other), 100.0),
        "ssim": ssim(original, other),
        "ms_ssim": ms_ssim(original, other),
        "haarpsi": haarpsi(original, other),
        "vsi": vsi(original, other),
        "ciede2000": float(difference[product].mean()),
    }


def _find_product(pixels: Pixels) -> Mask:
    """Find where the original's product is; everywhere where its background does not tell."""
    everywhere = np.ones(pixels.shape[:2], bool)
    product = find_plain_product(make_planes(pixels))
    if product is None:
        return everywhere
    shape = pixels.shape[1], pixels.shape[0]
    mask = cv2.resize(product.mask.astype(np.uint8), shape, interpolation=cv2.INTER_NEAREST) > 0
    return mask if np.count_nonzero(mask) >= MIN_PRODUCT_PIXELS else everywhere


def _make_tile(pixels: Pixels) -> Pixels:
    scale = SHEET_TILE / max(pixels.shape[:2])
    size = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
    tile = np.full((SHEET_TILE, SHEET_TILE, 3), 128, np.uint8)
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    tile[: small.shape[0], : small.shape[1]] = small
    return tile


def list_originals(data: Path, half: str, count: int) -> list[Path]:
    """List about so many undamaged photos of one half: of the validation split, and of other shops."""
    products = {
        original.group: original.path
        for original in read_manifest(data / "products" / "manifest.csv", "val")
    }
    others = {
        rating.group: rating.path
        for rating in read_product_ratings(data)
        if not rating.harm and rating.is_of_shop_kept_apart and rating.group not in products
    }
    return [path for part in (products, others) for path in _thin(part, half, count // 2)]


def _thin(originals: Mapping[str, Path], half: str, count: int) -> list[Path]:
    """Choose originals of one half, spread evenly over the list."""
    chosen = [
        path
        for group, path in originals.items()
        if HALVES[zlib.crc32(group.encode()) % len(HALVES)] == half
    ]
    return [
        chosen[place] for place in np.linspace(0, len(chosen) - 1, min(count, len(chosen)), dtype=int)
    ]


def make_cases(originals: Sequence[Path], turns: int, kinds: Sequence[str]) -> list[TruthCase]:
    """Give each original so many kinds of damage in turn; it is left undamaged too."""
    damaged = [
        TruthCase(path, kinds[(number + turn * KIND_STRIDE) % len(kinds)], turns * number + turn)
        for number, path in enumerate(originals)
        for turn in range(turns)
    ]
    return damaged + [TruthCase(path, UNDAMAGED, 0) for path in originals]


def iter_rows(outcomes: Sequence[TruthOutcome]) -> Iterator[Row]:
    """One row for each kind of damage, one for all damaged photos."""
    damages = [outcome.case.damage for outcome in outcomes]
    for damage in dict.fromkeys(damages):
        yield make_row(damage, [outcome for outcome in outcomes if outcome.case.damage == damage])
    yield make_row("all", [outcome for outcome in outcomes if outcome.case.damage != UNDAMAGED])


def make_row(damage: str, part: Sequence[TruthOutcome]) -> Row:
    """Sum up the photos of one kind of damage."""
    changed = [outcome for outcome in part if outcome.action == Action.ENHANCED]
    harmed = {name: [outcome.is_harmed(name) for outcome in changed] for name in HARM}
    both = [all(pair) for pair in zip(*harmed.values(), strict=True)]
    either = [any(pair) for pair in zip(*harmed.values(), strict=True)]
    repaired = [o.gain("haarpsi") > 0 and o.gain("ciede2000") > 0 for o in changed]
    row: Row = {
        "damage": damage,
        "photos": len(part),
        "enhanced": len(changed),
        "unchanged_bytes": sum(outcome.is_same for outcome in part),
        "reshoot": sum(outcome.action == Action.RESHOOT for outcome in part),
        "score_before": _mean([outcome.scores[0] for outcome in part]),
        "score_after": _mean([outcome.scores[1] for outcome in part]),
        "harmed_by_psnr": _mean(harmed["psnr"]),
        "harmed_by_ssim": _mean(harmed["ssim"]),
        "harmed_by_both": _mean(both),
        "harmed_by_either": _mean(either),
        "repaired_of_all": round(sum(repaired) / len(part), 4),
    }
    for name in part[0].before:
        row[f"{name}_gain"] = _mean([outcome.gain(name) for outcome in changed])
    judged = [outcome for outcome in changed if outcome.expected is not None]
    score_gains = [outcome.scores[1] - outcome.scores[0] for outcome in changed]
    for name in ("haarpsi", "psnr", "ssim", "ciede2000"):
        promised = [getattr(outcome.expected, name) for outcome in judged]
        row[f"promised_and_{name}"] = _correlate(promised, [outcome.gain(name) for outcome in judged])
    for name in ("haarpsi", "psnr"):
        row[f"score_and_{name}"] = _correlate(score_gains, [outcome.gain(name) for outcome in changed])
    return row


def _mean(values: Sequence[float] | Sequence[bool]) -> float | str:
    return round(float(np.mean(values)), 4) if len(values) else ""


def _correlate(one: Sequence[float], other: Sequence[float]) -> float | str:
    """Rank correlation; nothing of fewer than five photos."""
    return round(float(spearmanr(one, other)[0]), 3) if len(one) >= 5 else ""


def write_sheet(outcomes: Sequence[TruthOutcome], path: Path) -> None:
    """Write what was changed: original, damaged, enhanced, three photos a row."""
    changed = [outcome for outcome in outcomes if outcome.action == Action.ENHANCED]
    strips = [np.hstack(outcome.pictures) for outcome in changed]
    strips += [np.full_like(strips[0], 255)] * (-len(strips) % 3) if strips else []
    rows = [np.hstack(strips[start : start + 3]) for start in range(0, len(strips), 3)]
    if rows:
        cv2.imwrite(str(path), np.vstack(rows)[..., ::-1])


def iter_details(outcomes: Sequence[TruthOutcome]) -> Iterator[Row]:
    """One row for each photo: what was done to it and how much nearer to the truth it came."""
    for outcome in outcomes:
        yield {
            "file": outcome.case.path.name,
            "damage": outcome.case.damage,
            "action": outcome.action,
            "steps": " ".join(outcome.steps),
            "trials": " ".join(outcome.trials),
            "score_gain": round(outcome.scores[1] - outcome.scores[0], 2),
            **{name: round(outcome.gain(name), 4) for name in outcome.before},
        }


def write_details(outcomes: Sequence[TruthOutcome], path: Path) -> None:
    """Write the rows of single photos, for who tunes."""
    rows = list(iter_details(outcomes))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def run_cases(cases: Sequence[TruthCase], workers: int) -> list[TruthOutcome]:
    """Run all cases, some at a time."""
    outcomes = []
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        for number, outcome in enumerate(pool.map(enhance_case, cases), start=1):
            outcomes.append(outcome)
            print(f"\r{number} of {len(cases)} photos", end="", file=sys.stderr)
    return outcomes


def main(arguments: argparse.Namespace) -> None:
    """Run all cases and write one row for each kind; the tuning half is only printed."""
    originals = list_originals(arguments.data, arguments.half, arguments.limit)
    cases = make_cases(originals, arguments.turns, list(DAMAGE_SETS[arguments.damage]))
    if arguments.kinds:
        cases = [case for case in cases if case.damage in {*arguments.kinds, UNDAMAGED}]
    outcomes = run_cases(cases, arguments.workers)
    rows = list(iter_rows(outcomes))
    for row in rows:
        print(row)
    if arguments.half == "reporting":
        suffix = "" if arguments.damage == "foreign" else f"_{arguments.damage}"
        suffix += "_some" if arguments.kinds else ""
        print(write_results(f"enhancement_truth{suffix}", rows))
    if arguments.details is not None:
        write_details(outcomes, arguments.details)
    if arguments.sheet is not None:
        write_sheet(outcomes, arguments.sheet)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--half", choices=HALVES, default="reporting")
    parser.add_argument("--limit", type=int, default=40, help="about this many originals")
    parser.add_argument("--turns", type=int, default=4, help="kinds of damage for each original")
    parser.add_argument("--damage", choices=list(DAMAGE_SETS), default="foreign")
    parser.add_argument("--kinds", nargs="+", help="only these kinds, of the photos that have them")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--sheet", type=Path, help="a PNG of what was changed")
    parser.add_argument("--details", type=Path, help="a CSV with a row for each photo")
    main(parser.parse_args())
