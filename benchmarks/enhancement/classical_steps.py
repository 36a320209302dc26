"""How much do the classical steps give back, each by itself and together?

    python -m benchmarks.enhancement.classical_steps [--data ../shared/data] [--limit 40]

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

from benchmarks.support.damage_mix import apply_damage_mix
from benchmarks.support.record import write_results
from packshot.arrays import Pixels
from packshot.distort import distort
from packshot.enhance.baselines import (
    clahe,
    equalise_histogram,
    non_local_means,
    smooth_with_guided_filter,
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
from packshot.enhance.fidelity import FidelityMemory
from packshot.enhance.product_steps import plan_whiten
from packshot.enhance.step import Planner
from packshot.measure.reference import psnr, ssim
from packshot.measure.reference.ciede2000 import mean_ciede2000
from packshot.photo import Photo

SIDE = 768
HARM_THRESHOLD_DB = 0.05
Method = Callable[[Pixels], Pixels]
DAMAGE_BY_STEP: dict[str, tuple[Planner, tuple[str, ...]]] = {
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
    originals = dict(iter_validation_photos(arguments.data / "products", arguments.limit))
    rows = [*measure_single_steps(originals), *measure_mixes(originals), measure_clean(originals)]
    path = write_results("classical_steps", rows)
    for row in rows:
        print(*row.values(), sep="\t")
    print(path)


def iter_validation_photos(products: Path, limit: int) -> Iterator[tuple[str, Pixels]]:
    """Names and pixels of at most so many originals, evenly taken."""
    with (products / "manifest.csv").open(newline="") as file:
        names = [row["file"] for row in csv.DictReader(file) if row["split"] == "val"]
    chosen = np.unique(np.linspace(0, len(names) - 1, min(limit, len(names))).round().astype(int))
    for name in (names[i] for i in chosen):
        yield name, Photo.open(products / name, max_side=SIDE).pixels


def measure_single_steps(originals: dict[str, Pixels]) -> Iterator[dict[str, object]]:
    """Each step on what it is meant for."""
    for name, (planner, kinds) in DAMAGE_BY_STEP.items():
        for kind in kinds:
            for level in LEVELS:
                pairs = [
                    Pair(pixels, distort(pixels, kind, level, derive_seed(file)))
                    for file, pixels in originals.items()
                ]
                yield measure_method(name, f"{kind}:{level}", pairs, make_method(planner))


def measure_mixes(originals: dict[str, Pixels]) -> Iterator[dict[str, object]]:
    """Table 6 and the pipeline on the realistic mix."""
    pairs = [
        Pair(pixels, apply_damage_mix(pixels, derive_seed(file))[0])
        for file, pixels in originals.items()
    ]
    methods: dict[str, Method] = {
        "none": lambda pixels: pixels,
        "HE": equalise_histogram,
        "CLAHE": clahe,
        "NLM": non_local_means,
        "GF": smooth_with_guided_filter,
        "pipeline": lambda pixels: restore(pixels)[0],
        "pipeline, guarded": restore_with_guard,
    }
    for name, (planner, _) in DAMAGE_BY_STEP.items():
        methods[f"{name} alone"] = make_method(planner)
    for name, method in methods.items():
        yield measure_method(name, "mix", pairs, method)


def measure_clean(originals: dict[str, Pixels]) -> dict[str, object]:
    """The pipeline on photos that need nothing."""
    return measure_method(
        "pipeline, guarded",
        "none",
        [Pair(pixels, pixels) for pixels in originals.values()],
        restore_with_guard,
    )


def make_method(planner: Planner) -> Method:
    """One step, where it does not abstain."""

    def apply(pixels: Pixels) -> Pixels:
        step = planner(pixels)
        return pixels if step is None else step.apply(pixels)

    return apply


def restore_with_guard(pixels: Pixels) -> Pixels:
    """The pipeline, less every step that the guards refuse."""
    return restore(pixels, guard=FidelityMemory())[0]


def measure_method(method: str, damage: str, pairs: Sequence[Pair], apply: Method) -> dict[str, object]:
    """Means over pairs, before and after."""
    started = time.perf_counter()
    results = [apply(pair.damaged) for pair in pairs]
    seconds = time.perf_counter() - started
    changed = [not np.array_equal(p.damaged, r) for p, r in zip(pairs, results, strict=True)]
    before = list(iter_quality((p.original, p.damaged) for p in pairs))
    after = list(iter_quality((p.original, r) for p, r in zip(pairs, results, strict=True)))
    gains = [b[0] - a[0] for a, b in zip(before, after, strict=True) if math.isfinite(a[0])]
    megapixels = sum(pair.damaged.size / 3e6 for pair in pairs)
    return {
        "method": method,
        "damage": damage,
        "photos": len(pairs),
        "changed": sum(changed),
        "harmed": sum(gain < -HARM_THRESHOLD_DB for gain in gains) if gains else sum(changed),
        **format_means("before", before),
        **format_means("after", after),
        "seconds_per_megapixel": round(seconds / megapixels, 3),
    }


def iter_quality(pairs: Iterable[tuple[Pixels, Pixels]]) -> Iterator[tuple[float, float, float]]:
    """PSNR, SSIM and mean CIEDE2000."""
    for original, other in pairs:
        yield psnr(original, other), ssim(original, other), mean_ciede2000(original, other)


def format_means(when: str, values: Sequence[tuple[float, float, float]]) -> dict[str, object]:
    """Columns of one moment; PSNR over the photos that differ from their original."""
    differing = [v[0] for v in values if math.isfinite(v[0])]
    return {
        f"psnr_{when}": round(float(np.mean(differing)), 2) if differing else "inf",
        f"ssim_{when}": round(float(np.mean([v[1] for v in values])), 4),
        f"ciede2000_{when}": round(float(np.mean([v[2] for v in values])), 2),
    }


def derive_seed(name: str) -> int:
    """Of a photo's damage: by its name alone."""
    return zlib.crc32(name.encode())


if __name__ == "__main__":
    main()
