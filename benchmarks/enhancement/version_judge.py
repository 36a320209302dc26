"""How well the judge of versions knows whether a change brought a photo nearer to the truth.

Originals are those of `benchmarks.enhancement.truth`, none of which the judge was taught on. They are
damaged by other code than the damage model, or not at all, and changed by every step of the project and
by four changes of the field's that the judge never saw. Each result is judged against what it was made
of, and compared with its original. "kept" are results that are as certain as the loop
asks of steps that no measured fault calls for.

    python -m benchmarks.enhancement.version_judge

Writes `results/version_judge.csv`: a row for each kind of damage, for each change, and for all.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from scipy.stats import spearmanr

from benchmarks.enhancement.truth import HALVES, HARM, UNDAMAGED, list_originals
from benchmarks.support.foreign_damage import FOREIGN_DAMAGE
from benchmarks.support.record import write_results
from packshot.enhance.baselines import (
    clahe,
    equalise_histogram,
    non_local_means,
    smooth_with_guided_filter,
)
from packshot.enhance.loop import LIMITS
from packshot.enhance.network import EnhancementNetwork
from packshot.enhance.version_judge import VersionJudge
from packshot.photo import Photo
from packshot.report import ExpectedGain
from packshot.train.datasets.version_pairs import Change, Damage, list_step_changes, make_pairs

FIELD_CHANGES: Mapping[str, Change] = {
    "field: histogram equalisation": equalise_histogram,
    "field: CLAHE": clahe,
    "field: non-local means": non_local_means,
    "field: guided filter": smooth_with_guided_filter,
}
"""Changes that the judge was not taught on."""

MEASURES = ("psnr", "ssim", "haarpsi", "ciede2000")
_SIDE = 768
_MOVED = 0.005
"""HaarPSI that a version must differ by for its direction to count."""

Row = dict[str, object]


@dataclass(frozen=True)
class JudgedPair:
    """A pair, what the judge said of it, and the truth."""

    damage: str
    change: str
    expected: ExpectedGain
    gains: dict[str, float]

    @property
    def is_kept(self) -> bool:
        """Whether it is as certain as the loop asks of changes that no measured fault calls for."""
        return min(self.expected.harmless, self.expected.nearer) >= LIMITS.min_certainty_on_request

    @property
    def is_harmed(self) -> bool:
        """Whether a measure fell by more than it may."""
        return any(self.gains[name] < -limit for name, limit in HARM.items())


@lru_cache(maxsize=1)
def _load() -> tuple[VersionJudge, Mapping[str, Change]]:
    cv2.setNumThreads(1)
    steps = list_step_changes(EnhancementNetwork.load_shipped())
    return VersionJudge.load_shipped(), steps | FIELD_CHANGES


def judge_original(path: Path, damages: int, per_damage: int) -> list[JudgedPair]:
    """Damage an original in some ways, change each in some, and judge what came of it."""
    judge, changes = _load()
    generator = np.random.default_rng([zlib.crc32(path.name.encode())])
    chosen: dict[str, Damage] = {UNDAMAGED: lambda pixels, _: pixels}
    for name in generator.choice(sorted(FOREIGN_DAMAGE), damages, replace=False):
        chosen[str(name)] = FOREIGN_DAMAGE[str(name)]
    original = Photo.open(path, max_side=_SIDE).pixels
    return [
        JudgedPair(
            damage,
            pair.change,
            judge.judge(pair.before, pair.after),
            dict(zip(MEASURES, map(float, pair.gains), strict=True)),
        )
        for damage, pair in make_pairs(original, chosen, changes, generator, per_damage)
    ]


def make_row(sort: str, name: str, pairs: Sequence[JudgedPair]) -> Row:
    """Sum up some pairs."""
    moved = [pair for pair in pairs if abs(pair.gains["haarpsi"]) >= _MOVED]
    right = [np.sign(pair.expected.haarpsi) == np.sign(pair.gains["haarpsi"]) for pair in moved]
    kept = [pair for pair in pairs if pair.is_kept]
    row: Row = {
        "sort": sort,
        "name": name,
        "pairs": len(pairs),
        "harmed": _mean([pair.is_harmed for pair in pairs]),
        "right_direction": _mean(right),
        "kept": len(kept),
        "harmed_of_kept": _mean([pair.is_harmed for pair in kept]),
        "kept_of_harmless": _mean([pair.is_kept for pair in pairs if not pair.is_harmed]),
    }
    for measure in MEASURES:
        expected = [getattr(pair.expected, measure) for pair in pairs]
        row[f"correlation_{measure}"] = _correlate(expected, [pair.gains[measure] for pair in pairs])
    return row


def _mean(values: Sequence[bool]) -> float | str:
    return round(float(np.mean(values)), 4) if len(values) else ""


def _correlate(one: Sequence[float], other: Sequence[float]) -> float | str:
    """Rank correlation; nothing of fewer than ten pairs, or where all are equal."""
    if len(one) < 10 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return ""
    return round(float(spearmanr(one, other)[0]), 3)


def iter_rows(pairs: Sequence[JudgedPair]) -> Iterator[Row]:
    """One row for each kind of damage and each change, then for ours, for the field's, and for all."""
    for sort in ("damage", "change"):
        for name in sorted({getattr(pair, sort) for pair in pairs}):
            yield make_row(sort, name, [pair for pair in pairs if getattr(pair, sort) == name])
    yield make_row("all", "our changes", [pair for pair in pairs if pair.change not in FIELD_CHANGES])
    yield make_row("all", "field's changes", [pair for pair in pairs if pair.change in FIELD_CHANGES])
    yield make_row("all", "all", pairs)


def main(arguments: argparse.Namespace) -> None:
    """Judge pairs of all originals; the tuning half is only printed."""
    originals = list_originals(arguments.data, arguments.half, arguments.limit)
    judge = partial(judge_original, damages=arguments.damages, per_damage=arguments.changes)
    pairs: list[JudgedPair] = []
    with ProcessPoolExecutor(arguments.workers, get_context("spawn")) as pool:
        for number, found in enumerate(pool.map(judge, originals), start=1):
            pairs += found
            print(f"\r{number} of {len(originals)} originals", end="", file=sys.stderr)
    rows = list(iter_rows(pairs))
    for row in rows:
        print(row)
    if arguments.half == "reporting":
        print(write_results("version_judge", rows))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--half", choices=HALVES, default="reporting")
    parser.add_argument("--limit", type=int, default=40, help="about this many originals")
    parser.add_argument("--damages", type=int, default=3, help="kinds of damage for each original")
    parser.add_argument("--changes", type=int, default=8, help="changes of each damaged version")
    parser.add_argument("--workers", type=int, default=2)
    main(parser.parse_args())
