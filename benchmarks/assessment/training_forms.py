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

from benchmarks.support.agreement import compute_agreement
from benchmarks.support.record import write_results
from packshot.assess.atlas import Atlas, Example
from packshot.assess.retrieval import RetrievalOptions
from packshot.assess.scoring import compute_score
from packshot.distort import find_family, list_families
from packshot.train.datasets.damaged import KIND_NAMES, read_manifest
from packshot.train.recipes.atlas import make_examples
from packshot.train.recipes.distortion import ProjectionRecipe
from packshot.train.recipes.everything import (
    ENSEMBLE_ORIGIN,
    PEOPLE_ORIGIN,
    PROJECTION_FILE,
    TrainedProjection,
    TrainingData,
    TrainingInputs,
    build_atlas,
    extract_features,
    load_or_train_projection,
    prepare_training_data,
)
from packshot.train.recipes.limits import family_probabilities

RETRIEVALS = {
    "source, J=10": RetrievalOptions.from_paper(10),
    "shipped": RetrievalOptions(),
}


def main(inputs: TrainingInputs, work: Path, weights: Path, versions: int) -> None:
    """Train what is missing, judge everything, write one row for each form, retrieval and set."""
    prepared = prepare_training_data(inputs, work, weights, 35, 2, print)
    types = [original.product_type for original in read_manifest(inputs.products, "val")]
    rows = []
    for name, trained in _iter_forms(prepared, work):
        accuracy = _compute_kind_accuracy(trained)
        atlas = build_atlas(prepared, trained, weights)
        for retrieval, options in RETRIEVALS.items():
            for subject, scores, truth in _iter_judgements(
                atlas, prepared, trained, types, options, versions
            ):
                columns = {"training": name, "retrieval": retrieval, "set": subject}
                figures = compute_agreement(scores, truth) | {"kind_accuracy": round(accuracy, 4)}
                rows.append(columns | figures)
                print(rows[-1])
    print(write_results("training_forms", rows))


def _iter_forms(prepared: TrainingData, work: Path) -> Iterator[tuple[str, TrainedProjection]]:
    before = extract_features(prepared, work / "untouched", 2, print)
    kinds_only, shipped = ProjectionRecipe.kinds_only(), ProjectionRecipe()
    saved = work / "untouched" / "kinds_only.pt"
    yield "kinds only", load_or_train_projection(before, prepared, saved, kinds_only, print)
    saved = work / "untouched" / PROJECTION_FILE
    yield "scores too", load_or_train_projection(before, prepared, saved, shipped, print)
    after = extract_features(prepared, work / "tuned", 2, print)
    saved = work / "tuned" / PROJECTION_FILE
    yield "tuned trunk", load_or_train_projection(after, prepared, saved, shipped, print)


def _iter_judgements(
    atlas: Atlas,
    prepared: TrainingData,
    trained: TrainedProjection,
    types: list[str],
    options: RetrievalOptions,
    versions: int,
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Name of a set, its scores and their truth."""
    validation_rows = np.flatnonzero(prepared.is_validation)
    groups = [f"rated:{prepared.rated.groups[row]}" for row in validation_rows]
    rated = trained.features.rated.select(prepared.is_validation)
    people = make_examples(trained.projection, rated, groups, groups, PEOPLE_ORIGIN)
    reduced_atlas = atlas.without_groups(frozenset(groups))
    yield "people (BIQ2021)", _compute_scores(reduced_atlas, people, options), rated.scores
    chosen = _mark_first_versions(trained.features.damaged_validation.groups, versions)
    damaged = trained.features.damaged_validation.select(chosen)
    names = [f"held:{group}" for group in damaged.groups]
    found = _compute_scores(
        atlas, make_examples(trained.projection, damaged, names, names, ENSEMBLE_ORIGIN), options
    )
    kinds = np.array([types[group] for group in damaged.groups])
    for product_type in sorted(set(types)):
        part = kinds == product_type
        yield f"damaged {product_type}", found[part], damaged.scores[part]


def _mark_first_versions(groups: np.ndarray, versions: int) -> np.ndarray:
    """True for the first `versions` rows of each group: the original, then its damaged versions."""
    place = np.arange(len(groups)) - np.searchsorted(groups, groups)
    return place < versions


def _compute_scores(atlas: Atlas, queries: list[Example], options: RetrievalOptions) -> np.ndarray:
    return np.array(
        [compute_score(atlas, one.content, one.distortion, options).score for one in queries]
    )


def _compute_kind_accuracy(trained: TrainedProjection) -> float:
    """Share of damaged, held-out photos whose likeliest family is the right one."""
    damaged = trained.features.damaged_validation.select(trained.features.damaged_validation.levels > 0)
    names = [group[0].value for group in list_families()]
    truth = [names.index(find_family(KIND_NAMES[kind])) for kind in damaged.kinds]
    chosen = family_probabilities(trained.projection, damaged.values).argmax(axis=1)
    return float(np.mean(chosen == np.array(truth)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    root = Path(__file__).parents[2]
    parser.add_argument("--data", type=Path, default=root.parent / "shared" / "data")
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=root / ".cache" / "work")
    parser.add_argument("--weights", type=Path, default=root / "src" / "packshot" / "weights")
    parser.add_argument("--versions", type=int, default=36, help="of each held-out original")
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    data = arguments.data
    rated = data / "biq2021"
    inputs = TrainingInputs(
        arguments.checkpoint,
        data / "products" / "manifest.csv",
        rated / "mos.csv",
        rated / "images",
        (0, 1),
    )
    main(inputs, arguments.work, arguments.weights, arguments.versions)
