"""Fits the weights of `packshot.catalog.rank.comparing`: which of a set of copies is the original?

A conditional logistic model on sets of an original and its damaged versions, and on parts of those sets,
so that the weights hold for two copies as for seven. No held-out original is among them. The network
learned from the training originals, and says of those more than it knows of others: fitted on them alone
the weights trust it too much. So the originals are mirrored parts of training photos, and photos that
the network never saw (``oasis``). Some sets are looked at a second time as JPEGs.

What was seen of a set is kept in a folder; a second fit takes seconds.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import combinations
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from benchmarks.catalog.best_photo import load_judged_pixels, write_versions
from benchmarks.support.damaged_sets import make_damaged_set
from packshot.arrays import Float64Array, Pixels
from packshot.assess.assessor import Assessor
from packshot.catalog.rank.comparing import (
    EvidenceWeights,
    compute_centrality_evidence,
    compute_differences,
    compute_own_evidence,
)
from packshot.catalog.rank.ranker import extract_features
from packshot.train.datasets.damaged import read_manifest

PRODUCTS, OTHER_PHOTOS, JPEG_SETS = 220, 330, 130
QUALITIES = (84, 96)
SIZES = {2: 6, 3: 3, 4: 3, 7: 1}
"""How many parts of each size are taken from a set."""

RIDGE, FOLDS = 0.01, 5
SEED = 50000
NAMES = [field.name for field in fields(EvidenceWeights)]
IS_FITTED = [name != "resolution" for name in NAMES]


@dataclass(frozen=True)
class SetSource:
    """A set to be made.

    Attributes:
        name: Of its file.
        photo: The original.
        seed: Of its damage.
        is_mirrored: A part of it is taken, and mirrored.
        quality: As JPEGs of this; None for no loss.
    """

    name: str
    photo: Path
    seed: int
    is_mirrored: bool
    quality: int | None

    @property
    def original(self) -> str:
        """Return what sets of one original have in common: a fold never divides them."""
        return self.name.removesuffix("-jpeg")


@dataclass(frozen=True, eq=False)
class SetEvidence:
    """Observations of a set, the original first: (N, 6) own evidence, (3, N, N) differences."""

    own: Float64Array
    distances: Float64Array

    def select_evidence(self, part: tuple[int, ...]) -> Float64Array:
        """(n, 9) what each weight is multiplied with, among the copies of a part."""
        chosen = list(part)
        return np.hstack(
            [self.own[chosen], compute_centrality_evidence(self.distances[:, chosen][:, :, chosen])]
        )


def iter_sources(data: Path) -> Iterator[SetSource]:
    """Every set, without loss and as JPEGs."""
    training = read_manifest(data / "products" / "manifest.csv", "train")
    others = sorted((data / "oasis" / "images").glob("*.jpg"))
    order = np.random.default_rng(0).permutation(len(training))[::-1]
    places = np.random.default_rng(1).permutation(len(others))
    for number in range(max(PRODUCTS, OTHER_PHOTOS)):
        seed = SEED + int(order[number])
        qualities = [None, int(np.random.default_rng(number).integers(*QUALITIES))]
        for quality in qualities if number < JPEG_SETS else qualities[:1]:
            name = f"{number:04d}" if quality is None else f"{number:04d}-jpeg"
            if number < PRODUCTS:
                photo = training[order[number]].path
                yield SetSource(f"product-{name}", photo, seed, is_mirrored=True, quality=quality)
            if number < OTHER_PHOTOS:
                photo = others[places[number]]
                yield SetSource(f"other-{name}", photo, seed, is_mirrored=False, quality=quality)


def load_evidence(source: SetSource, assessor: Assessor, folder: Path) -> SetEvidence:
    """Return what is kept of a set; it is made and looked at where nothing is."""
    file = folder / f"{source.name}.npz"
    if not file.exists():
        found = _collect_evidence(source, assessor)
        np.savez(file, own=found.own, distances=found.distances)
    with np.load(file) as stored:
        return SetEvidence(stored["own"], stored["distances"])


def _collect_evidence(source: SetSource, assessor: Assessor) -> SetEvidence:
    group = f"product:{source.photo.stem}"
    pixels = load_judged_pixels(source.photo)
    if source.is_mirrored:
        pixels = _mirror_part(pixels, source.seed - SEED)
    with tempfile.TemporaryDirectory() as folder:
        paths = write_versions(make_damaged_set(pixels, source.seed), Path(folder), source.quality)
        versions = [extract_features(assessor, path, exclude_group=group).version for path in paths]
    return SetEvidence(
        compute_own_evidence(versions), compute_differences([version.picture for version in versions])
    )


def _mirror_part(pixels: Pixels, seed: int) -> Pixels:
    """Three fifths to three quarters of a side, somewhere, left and right swapped."""
    generator = np.random.default_rng([seed, 5])
    share = generator.uniform(0.6, 0.75)
    height, width = (int(side * share) for side in pixels.shape[:2])
    top = int(generator.integers(pixels.shape[0] - height + 1))
    left = int(generator.integers(pixels.shape[1] - width + 1))
    return np.ascontiguousarray(pixels[top : top + height, left : left + width][:, ::-1])


def choose_parts(copies: int, generator: np.random.Generator) -> list[tuple[int, ...]]:
    """The original with some of its versions, a few choices of each size."""
    found = []
    for size, count in SIZES.items():
        choices = list(combinations(range(1, copies), size - 1))
        chosen = generator.permutation(len(choices))[:count]
        found += [(0, *choices[number]) for number in chosen]
    return found


def fit_weights(sets: list[Float64Array]) -> Float64Array:
    """Weights, none below 0, under which the first of each set is the likeliest."""
    scale = _compute_deviations(sets)
    scaled = [rows / scale for rows in _group_by_size(sets)]

    def loss(weights: Float64Array) -> tuple[float, Float64Array]:
        value, gradient = RIDGE * float(weights @ weights) / 2, RIDGE * weights
        for rows in scaled:
            odds = rows @ weights
            shares = np.exp(odds - odds.max(axis=1, keepdims=True))
            shares /= shares.sum(axis=1, keepdims=True)
            value -= float(np.log(shares[:, 0]).sum()) / len(sets)
            gradient = gradient + (np.einsum("sn,snk->k", shares, rows) - rows[:, 0].sum(axis=0)) / len(
                sets
            )
        return value, gradient

    bounds = [(0, None) if fitted else (0, 0) for fitted in IS_FITTED]
    start = np.where(IS_FITTED, 0.1, 0.0)
    found = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B").x
    return np.asarray(found / scale)


def _compute_deviations(sets: list[Float64Array]) -> Float64Array:
    """(K,) standard deviation of each piece of evidence within sets; 1 where it never differs."""
    within = np.concatenate([rows - rows.mean(axis=0) for rows in sets])
    deviations = np.asarray(np.sqrt((within**2).mean(axis=0)))
    return np.where(deviations > 0, deviations, 1.0)


def _group_by_size(sets: list[Float64Array]) -> list[Float64Array]:
    """(S, n, K) the sets of each size."""
    sizes = sorted({len(rows) for rows in sets})
    return [np.stack([rows for rows in sets if len(rows) == size]) for size in sizes]


def compute_first_shares(sets: list[list[Float64Array]]) -> dict[int, float]:
    """By size of set, how often the original is first under weights from the other folds' originals."""
    hits: dict[int, list[bool]] = {}
    for fold in range(FOLDS):
        learned = [rows for number, parts in enumerate(sets) if number % FOLDS != fold for rows in parts]
        weights = fit_weights(learned)
        for parts in sets[fold::FOLDS]:
            for rows in parts:
                hits.setdefault(len(rows), []).append(int(np.argmax(rows @ weights)) == 0)
    return {size: round(float(np.mean(found)), 4) for size, found in sorted(hits.items())}


def main(data: Path, folder: Path) -> None:
    """Look at the sets, fit, print."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(0)
    assessor = Assessor()
    together: dict[str, list[Float64Array]] = {}
    for source in iter_sources(data):
        found = load_evidence(source, assessor, folder)
        parts = [found.select_evidence(part) for part in choose_parts(len(found.own), generator)]
        together.setdefault(source.original, []).extend(parts)
        print(f"\r{source.name}", end="", file=sys.stderr)
    sets = list(together.values())
    weights = fit_weights([rows for parts in sets for rows in parts])
    print({name: round(float(value), 2) for name, value in zip(NAMES, weights, strict=True)})
    print(f"the original first, by size of set: {compute_first_shares(sets)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--kept", type=Path, default=Path(".cache/best_photo"))
    arguments = parser.parse_args()
    main(arguments.data, arguments.kept)
