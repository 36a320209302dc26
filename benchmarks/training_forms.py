"""What each part of the training brings: the source's form, this project's losses, the tuned trunk.

Needs the folder in which ``packshot train everything`` worked. Every form is trained on the same
features or a step further, and judged in the same run on the same held-out photos:

* *kinds only*: the source's distortion encoder, cross-entropy on kinds and nothing else (eq. 3);
* *scores too*: the losses that ship, still on the ImageNet trunk as released;
* *tuned trunk*: what ships.

Each by the source's retrieval (content alone picks J = 10 groups, eq. 1-7) and by the shipped one.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from benchmarks.agreement import figures
from packshot.assess.atlas import Atlas, Example
from packshot.assess.retrieval import RetrievalOptions
from packshot.assess.scoring import judge
from packshot.distort import families, family
from packshot.train.datasets.damaged import KIND_NAMES, read_manifest
from packshot.train.recipes.atlas import examples
from packshot.train.recipes.distortion import ProjectionRecipe
from packshot.train.recipes.everything import (
    ENSEMBLE,
    PEOPLE,
    PROJECTION_FILE,
    Inputs,
    Prepared,
    Trained,
    assemble,
    extracted,
    prepare,
    trained_on,
)
from packshot.train.recipes.limits import family_probabilities
from benchmarks.record import write

RETRIEVALS = {
    "source, J=10": RetrievalOptions.source_form(10),
    "shipped": RetrievalOptions(),
}


def main(inputs: Inputs, work: Path, weights: Path, versions: int) -> None:
    """Train what is missing, judge everything, write one row for each form, retrieval and set."""
    prepared = prepare(inputs, work, weights, 35, 2, print)
    types = [original.product_type for original in read_manifest(inputs.products, "val")]
    rows = []
    for name, trained in _forms(prepared, work):
        accuracy = _kind_accuracy(trained)
        atlas = assemble(prepared, trained, weights)
        for retrieval, options in RETRIEVALS.items():
            for subject, scores, truth in _judged(atlas, prepared, trained, types, options, versions):
                asked = {"training": name, "retrieval": retrieval, "set": subject}
                found = figures(scores, truth) | {"kind_accuracy": round(accuracy, 4)}
                rows.append(asked | found)
                print(rows[-1])
    print(write("training_forms", rows))


def _forms(prepared: Prepared, work: Path) -> Iterator[tuple[str, Trained]]:
    before = extracted(prepared, work / "untouched", 2, print)
    kinds_only, shipped = ProjectionRecipe.kinds_only(), ProjectionRecipe()
    saved = work / "untouched" / "kinds_only.pt"
    yield "kinds only", trained_on(before, prepared, saved, kinds_only, print)
    saved = work / "untouched" / PROJECTION_FILE
    yield "scores too", trained_on(before, prepared, saved, shipped, print)
    after = extracted(prepared, work / "tuned", 2, print)
    saved = work / "tuned" / PROJECTION_FILE
    yield "tuned trunk", trained_on(after, prepared, saved, shipped, print)


def _judged(
    atlas: Atlas,
    prepared: Prepared,
    trained: Trained,
    types: list[str],
    options: RetrievalOptions,
    versions: int,
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Name of a set, its scores and their truth."""
    held = np.flatnonzero(prepared.held)
    groups = [f"rated:{prepared.rated.groups[row]}" for row in held]
    rated = trained.features.rated.chosen(prepared.held)
    people = examples(trained.projection, rated, groups, groups, PEOPLE)
    without = atlas.without(frozenset(groups))
    yield "people (BIQ2021)", _scores(without, people, options), rated.scores
    chosen = _spread(trained.features.damaged_held.groups, versions)
    damaged = trained.features.damaged_held.chosen(chosen)
    names = [f"held:{group}" for group in damaged.groups]
    found = _scores(atlas, examples(trained.projection, damaged, names, names, ENSEMBLE), options)
    kinds = np.array([types[group] for group in damaged.groups])
    for product_type in sorted(set(types)):
        part = kinds == product_type
        yield f"damaged {product_type}", found[part], damaged.scores[part]


def _spread(groups: np.ndarray, versions: int) -> np.ndarray:
    """True for the first `versions` rows of each group: the original, then its damaged versions."""
    place = np.arange(len(groups)) - np.searchsorted(groups, groups)
    return place < versions


def _scores(atlas: Atlas, queries: list[Example], options: RetrievalOptions) -> np.ndarray:
    return np.array([judge(atlas, one.content, one.distortion, options).score for one in queries])


def _kind_accuracy(trained: Trained) -> float:
    """Share of damaged, held-out photos whose likeliest family is the right one."""
    damaged = trained.features.damaged_held.chosen(trained.features.damaged_held.levels > 0)
    names = [group[0].value for group in families()]
    truth = [names.index(family(KIND_NAMES[kind])) for kind in damaged.kinds]
    chosen = family_probabilities(trained.projection, damaged.values).argmax(axis=1)
    return float(np.mean(chosen == np.array(truth)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    root = Path(__file__).parents[1]
    parser.add_argument("--data", type=Path, default=root.parent / "shared" / "data")
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=root / ".cache" / "work")
    parser.add_argument("--weights", type=Path, default=root / "src" / "packshot" / "weights")
    parser.add_argument("--versions", type=int, default=36, help="of each held-out original")
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    data = arguments.data
    rated = data / "biq2021"
    sources = Inputs(
        arguments.checkpoint,
        data / "products" / "manifest.csv",
        rated / "mos.csv",
        rated / "images",
        (0, 1),
    )
    main(sources, arguments.work, arguments.weights, arguments.versions)
