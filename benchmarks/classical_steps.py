"""How much do the classical steps give back, each by itself and together?

    python benchmarks/classical_steps.py [--data ../shared/data] [--limit 40]

Validation originals of `products/`, evenly taken. Each step on the damage it is meant for, at three
levels, given nothing but the damaged pixels; then every method of Table 6, and the steps together with
and without the guards, on the realistic mix (`damage_mix`). Measured against the original: PSNR, SSIM,
mean CIEDE2000; harmed are photos that end more than 0.05 dB below where they began. The row "none" is
the damaged photo. Clean originals are run through the pipeline as well: how many of them does it touch?

Writes `results/classical_steps.csv`.
"""

from __future__ import annotations

import argparse
import csv
import math
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.damage_mix import damaged
from packshot.arrays import Pixels
from packshot.distort import distort
from packshot.enhance.baselines import (
    clahe,
    guided_smoothing,
    histogram_equalisation,
    non_local_means,
)
from packshot.enhance.classical import (
    plan_deblock,
    plan_denoise,
    plan_exposure,
    plan_haze,
    plan_sharpen,
    plan_white_balance,
    restore,
)
from packshot.enhance.product_steps import plan_whiten
from packshot.enhance.step import Planner
from packshot.measure.reference import psnr, ssim
from packshot.measure.reference.ciede2000 import mean_ciede2000
from packshot.photo import Photo
from benchmarks.record import write

SIDE = 768
HARMED = 0.05
Method = Callable[[Pixels], Pixels]
MEANT_FOR: dict[str, tuple[Planner, tuple[str, ...]]] = {
    "deblock": (plan_deblock, ("jpeg",)),
    "denoise": (plan_denoise, ("white-noise", "multiplicative-noise")),
    "white-balance": (plan_white_balance, ("wrong-white-balance",)),
    "expose": (plan_exposure, ("low-light", "darken")),
    "take-off-haze": (plan_haze, ("veil",)),
    "sharpen": (plan_sharpen, ("gaussian-blur", "lens-blur", "motion-blur")),
    "whiten-background": (plan_whiten, ("uneven-light",)),
}
LEVELS = (1, 2, 3)


@dataclass(frozen=True)
class Pair:
    """An original and what was made of it."""

    original: Pixels
    damaged: Pixels


def main() -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--limit", type=int, default=40, help="most photos")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    originals = dict(validation(arguments.data / "products", arguments.limit))
    rows = [*single_steps(originals), *mixes(originals), clean(originals)]
    path = write("classical_steps", rows)
    for row in rows:
        print(*row.values(), sep="\t")
    print(path)


def validation(products: Path, limit: int) -> Iterator[tuple[str, Pixels]]:
    """Names and pixels of at most so many originals, evenly taken."""
    with (products / "manifest.csv").open(newline="") as file:
        names = [row["file"] for row in csv.DictReader(file) if row["split"] == "val"]
    chosen = np.unique(np.linspace(0, len(names) - 1, min(limit, len(names))).round().astype(int))
    for name in (names[i] for i in chosen):
        yield name, Photo.open(products / name, max_side=SIDE).pixels


def single_steps(originals: dict[str, Pixels]) -> Iterator[dict[str, object]]:
    """Each step on what it is meant for."""
    for name, (planner, kinds) in MEANT_FOR.items():
        for kind in kinds:
            for level in LEVELS:
                pairs = [
                    Pair(pixels, distort(pixels, kind, level, seed(file)))
                    for file, pixels in originals.items()
                ]
                yield row(name, f"{kind}:{level}", pairs, planned(planner))


def mixes(originals: dict[str, Pixels]) -> Iterator[dict[str, object]]:
    """Table 6 and the pipeline on the realistic mix."""
    pairs = [Pair(pixels, damaged(pixels, seed(file))[0]) for file, pixels in originals.items()]
    methods: dict[str, Method] = {
        "none": lambda pixels: pixels,
        "HE": histogram_equalisation,
        "CLAHE": clahe,
        "NLM": non_local_means,
        "GF": guided_smoothing,
        "pipeline": lambda pixels: restore(pixels)[0],
        "pipeline, guarded": guarded,
    }
    for name, (planner, _) in MEANT_FOR.items():
        methods[f"{name} alone"] = planned(planner)
    for name, method in methods.items():
        yield row(name, "mix", pairs, method)


def clean(originals: dict[str, Pixels]) -> dict[str, object]:
    """The pipeline on photos that need nothing."""
    return row(
        "pipeline, guarded", "none", [Pair(pixels, pixels) for pixels in originals.values()], guarded
    )


def planned(planner: Planner) -> Method:
    """One step, where it does not abstain."""

    def apply(pixels: Pixels) -> Pixels:
        step = planner(pixels)
        return pixels if step is None else step.apply(pixels)

    return apply


def guarded(pixels: Pixels) -> Pixels:
    """The pipeline, less every step that the guards refuse."""
    return restore(pixels, guard=True)[0]


def row(method: str, damage: str, pairs: Sequence[Pair], apply: Method) -> dict[str, object]:
    """Means over pairs, before and after."""
    begun = time.perf_counter()
    results = [apply(pair.damaged) for pair in pairs]
    seconds = time.perf_counter() - begun
    changed = [not np.array_equal(p.damaged, r) for p, r in zip(pairs, results, strict=True)]
    before = list(measured((p.original, p.damaged) for p in pairs))
    after = list(measured((p.original, r) for p, r in zip(pairs, results, strict=True)))
    gains = [b[0] - a[0] for a, b in zip(before, after, strict=True) if math.isfinite(a[0])]
    megapixels = sum(pair.damaged.size / 3e6 for pair in pairs)
    return {
        "method": method,
        "damage": damage,
        "photos": len(pairs),
        "changed": sum(changed),
        "harmed": sum(gain < -HARMED for gain in gains) if gains else sum(changed),
        **means("before", before),
        **means("after", after),
        "seconds_per_megapixel": round(seconds / megapixels, 3),
    }


def measured(pairs: Iterable[tuple[Pixels, Pixels]]) -> Iterator[tuple[float, float, float]]:
    """PSNR, SSIM and mean CIEDE2000."""
    for original, other in pairs:
        yield psnr(original, other), ssim(original, other), mean_ciede2000(original, other)


def means(when: str, values: Sequence[tuple[float, float, float]]) -> dict[str, object]:
    """Columns of one moment; PSNR over the photos that differ from their original."""
    differing = [v[0] for v in values if math.isfinite(v[0])]
    return {
        f"psnr_{when}": round(float(np.mean(differing)), 2) if differing else "inf",
        f"ssim_{when}": round(float(np.mean([v[1] for v in values])), 4),
        f"ciede2000_{when}": round(float(np.mean([v[2] for v in values])), 2),
    }


def seed(name: str) -> int:
    """Of a photo's damage: by its name alone."""
    return zlib.crc32(name.encode())


if __name__ == "__main__":
    main()
