"""Fit the curves of the full-reference ensemble on damaged product photos.

    python -m benchmarks.measurements.fit_reference_ensemble SHARDS [--originals 60]

SHARDS is a folder written by `packshot.train.datasets.damaged.make_shards` from pristine photos of
a training split: each shard holds one original, its damaged versions, and their MDSI, VSI, HaarPSI
and FSIMc. For each measure alone, the two parameters of its curve are those that bring its mean
mapped quality at damage levels 1 to 5 (every kind of damage counting alike) nearest to 85, 70, 52,
36 and 22, and its standard deviation over all of them nearest to 31 (about what such level means
leave a single measure), by least squares. So the four agree in location and spread before they are
averaged.
Nobody rated anything: the targets are a convention that uses the scale evenly.

Prints the constants for `packshot/measure/reference/ensemble.py`, and how well the curves agree;
writes the same as `benchmarks/results/reference_ensemble.csv`.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.support.agreement import srocc
from benchmarks.support.record import write_results
from packshot.arrays import Float64Array, Int8Array, Int16Array
from packshot.measure.reference.ensemble import SCALES, Scale
from packshot.train.datasets.damaged import load_shard

TARGETS = np.array([85.0, 70.0, 52.0, 36.0, 22.0])
TARGET_DEVIATION = 31.0
MEASURES = ("mdsi", "vsi", "haarpsi", "fsim")
QUANTILES = (5, 25, 50, 75, 95)


@dataclass(frozen=True, eq=False)
class DamagedMeasures:
    """Measures of damaged photos: distances (N, 4), in the order of `MEASURES`; kinds, levels (N,)."""

    distances: Float64Array
    kinds: Int16Array
    levels: Int8Array

    def level_means(self, qualities: Float64Array) -> Float64Array:
        """Mean of (N,) per level, (5,), every kind counting alike."""
        return np.array([self._mean_over_kinds(qualities, level) for level in range(1, 6)])

    def _mean_over_kinds(self, qualities: Float64Array, level: int) -> float:
        here = self.levels == level
        kinds = np.unique(self.kinds[here])
        return float(np.mean([qualities[here & (self.kinds == kind)].mean() for kind in kinds]))


def read_shards(folder: Path, originals: int) -> DamagedMeasures:
    """Read the damaged versions of the first shards; the originals themselves say nothing."""
    shards = [load_shard(path) for path in sorted(folder.glob("[0-9]*[0-9].npz"))[:originals]]
    if not shards:
        raise SystemExit(f"{folder}: no shards, make them with packshot.train first")
    measures = np.concatenate([shard.measures for shard in shards]).astype(np.float64)
    levels = np.concatenate([shard.levels for shard in shards])
    kinds = np.concatenate([shard.kinds for shard in shards])
    distances = np.column_stack((measures[:, 0], 1 - measures[:, 1:]))
    is_damaged = levels > 0
    print(f"{len(shards)} originals, {is_damaged.sum()} damaged versions")
    return DamagedMeasures(np.maximum(distances[is_damaged], 0.0), kinds[is_damaged], levels[is_damaged])


def map_qualities(distances: Float64Array, scale: Scale) -> Float64Array:
    """Map many distances."""
    return np.array([scale.quality(float(distance)) for distance in distances])


def fit_scale(damaged: DamagedMeasures, distances: Float64Array) -> Scale:
    """Search half and steepness on a grid that narrows five times about the best point."""
    best = Scale(float(np.median(distances)), 1.5)
    for reach in 3.0 ** -np.arange(0.0, 5.0):
        factors = np.exp(np.linspace(-reach, reach, 9))
        grid = [Scale(best.half * a, best.steepness * b) for a in factors for b in factors]
        best = min(grid, key=lambda scale: compute_misfit(damaged, distances, scale))
    return best


def compute_misfit(damaged: DamagedMeasures, distances: Float64Array, scale: Scale) -> float:
    """Sum of squared differences of the level means and the spread from what is aimed at."""
    mapped = 100 / (1 + (distances / scale.half) ** scale.steepness)
    errors = damaged.level_means(mapped) - TARGETS
    return float((errors**2).sum() + (mapped.std() - TARGET_DEVIATION) ** 2)


def make_row(
    name: str, scale: Scale | None, damaged: DamagedMeasures, mapped: Float64Array
) -> dict[str, str]:
    """One row of the table."""
    means = enumerate(damaged.level_means(mapped), start=1)
    quantiles = zip(QUANTILES, np.percentile(mapped, QUANTILES), strict=True)
    return {
        "measure": name,
        "half": f"{scale.half:.4g}" if scale else "",
        "steepness": f"{scale.steepness:.4g}" if scale else "",
        **{f"level_{level}": f"{mean:.1f}" for level, mean in means},
        **{f"p{percent:02d}": f"{quantile:.1f}" for percent, quantile in quantiles},
        "std": f"{mapped.std():.1f}",
        "damaged_versions": str(len(mapped)),
    }


def main() -> None:
    """Fit, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shards", type=Path)
    parser.add_argument("--originals", type=int, default=60)
    arguments = parser.parse_args()
    damaged = read_shards(arguments.shards, arguments.originals)
    columns = dict(zip(MEASURES, damaged.distances.T, strict=True))
    scales = {name: fit_scale(damaged, column) for name, column in columns.items()}
    mapped = {name: map_qualities(columns[name], scale) for name, scale in scales.items()}
    score = np.mean(list(mapped.values()), axis=0)
    shipped = [map_qualities(columns[name], getattr(SCALES, name)) for name in MEASURES]
    rows = [make_row(name, scales[name], damaged, mapped[name]) for name in MEASURES]
    rows.append(make_row("ensemble", None, damaged, score))
    rows.append(make_row("as shipped", None, damaged, np.mean(shipped, axis=0)))
    for cells in (rows[0], *(one.values() for one in rows)):
        print("  ".join(f"{cell:>10}" for cell in cells))
    print(write_results("reference_ensemble", rows))
    for name, values in mapped.items():
        gap = np.abs(values - score).mean()
        print(f"{name}: rank correlation {srocc(values, score):.3f}, mean gap {gap:.1f}")
    worst = score[damaged.levels == 5]
    print(f"level 5, quantiles {QUANTILES}:", np.percentile(worst, QUANTILES).round(1))


if __name__ == "__main__":
    main()
