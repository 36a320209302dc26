"""Fits the weights of `packshot.catalog.rank.comparing`: which of a set of copies is the original?

A conditional logistic model on sets of training originals and their damaged versions, and on parts of
those sets, so that the weights hold for two copies as for seven. Evidence of an original's own group in
the atlas is left out.
"""

from __future__ import annotations

import argparse
from dataclasses import fields
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from best_photo import looked_at
from packshot.assess.assessor import Assessor
from packshot.catalog.rank.comparing import Version, Weights, merits
from packshot.train.datasets.damaged import read_manifest

SIZES = (2, 3, 4, 7)
PARTS = 3
RIDGE = 0.03
FITTED = [field.name for field in fields(Weights) if field.name != "resolution"]

Floats = NDArray[np.float64]


def evidence(versions: list[Version]) -> Floats:
    """(N, K) what each weight is multiplied with: merits are linear in the weights."""
    none = dict.fromkeys([*FITTED, "resolution"], 0.0)
    columns = [merits(versions, aligned=True, weights=Weights(**none | {name: 1.0})) for name in FITTED]
    return np.array(columns).T


def parts_of(versions: list[Version], generator: np.random.Generator) -> list[list[Version]]:
    """The original with some of its versions, a few choices of each size."""
    found = []
    for size in SIZES:
        choices = list(combinations(versions[1:], size - 1))
        chosen = generator.permutation(len(choices))[:PARTS]
        found += [[versions[0], *choices[number]] for number in chosen]
    return found


def fit(sets: list[Floats]) -> Floats:
    """Weights, none below 0, under which the first of each set is the likeliest."""

    def loss(weights: Floats) -> tuple[float, Floats]:
        value, slope = RIDGE * float(weights @ weights) / 2, RIDGE * weights
        for rows in sets:
            odds = rows @ weights
            shares = np.exp(odds - odds.max())
            shares /= shares.sum()
            value -= float(np.log(shares[0])) / len(sets)
            slope = slope + (shares @ rows - rows[0]) / len(sets)
        return value, slope

    start = np.full(len(FITTED), 0.1)
    bounds = [(0, None)] * len(FITTED)
    return np.asarray(minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B").x)


def main(data: Path, originals: int) -> None:
    """Look at training sets, fit, print."""
    generator = np.random.default_rng(0)
    every = read_manifest(data / "products" / "manifest.csv", "train")
    assessor = Assessor()
    sets: list[Floats] = []
    for number in generator.permutation(len(every))[:originals]:
        versions = looked_at(assessor, every[number].path, int(number))
        sets += [evidence(part) for part in parts_of(versions, generator)]
    weights = fit(sets)
    first = np.mean([int(np.argmax(rows @ weights)) == 0 for rows in sets])
    print({name: round(float(value), 2) for name, value in zip(FITTED, weights, strict=True)})
    print(f"the original first in {first:.4f} of {len(sets)} training sets")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--originals", type=int, default=180)
    options = parser.parse_args()
    main(options.data, options.originals)
