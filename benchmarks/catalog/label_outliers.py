"""Swapped labels found again: precision and recall of `packshot clean` against the usual way.

5 % of the labels of product photos are swapped for another of the set, in several ways of chance. The
usual way is confident learning (Northcutt, Jiang and Chuang, 2021): probabilities by cross-validation,
here of the nearest neighbours (leave-one-out) and, where scikit-learn is installed, of a random forest,
with cleanlab's own choice where that is installed; a photo is remarked on where another class reaches
its own mean self-confidence and is the likeliest.

A trap: the type of these photos is tied to where they come from (furniture is nearly all white studio
work of two shops), so that a type is in part found by its source. Rows tell: types within the one source
that has two of them, and subtypes, which sources share less; and one column without any swap.

Precision and recall are those of all seeds' remarks and swaps together: a seed in which nothing is
remarked on adds no remark, right or wrong, and its swaps count as not found. ``seeds_with_remarks``
tells how many seeds a precision rests on; it is empty where there is no remark at all.
``average_precision`` is the mean over the seeds.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from benchmarks.support.record import write_results
from packshot.arrays import Float64Array, Mask, TextArray
from packshot.catalog.clean.labels import fit_label_model
from packshot.catalog.clean.naming import CERTAIN_PROBABILITY, REPORT_PROBABILITY
from packshot.encode import ContentEncoder

SWAPPED_SHARE = 0.05
SEEDS = 10
NEIGHBOURS = 10
MIN_SUBTYPE_PHOTOS = 8
_SHARPNESS = 0.07


@dataclass(frozen=True, eq=False)
class LabelFindings:
    """The findings of a method: how suspicious a label is, which are remarked on, the likelier class."""

    suspicion: Float64Array
    is_flagged: Mask
    likelier: TextArray


Method = Callable[[Float64Array, TextArray], LabelFindings]


def make_packshot_method(threshold: float) -> Method:
    """`packshot clean`, remarking from a probability on."""

    def method(vectors: Float64Array, labels: TextArray) -> LabelFindings:
        model = fit_label_model(vectors, labels.tolist())
        wrong = np.nan_to_num(model.wrong_probability)
        likelier = np.array([*model.classes, ""])[model.likelier_class]
        return LabelFindings(wrong, wrong >= threshold, likelier)

    return method


def find_by_neighbours(vectors: Float64Array, labels: TextArray) -> LabelFindings:
    """Confident learning on the shares of the nearest neighbours."""
    similarity = vectors @ vectors.T
    np.fill_diagonal(similarity, -1)
    near = np.argsort(-similarity, axis=1)[:, :NEIGHBOURS]
    weight = np.exp(np.take_along_axis(similarity, near, axis=1) / _SHARPNESS)
    names = np.unique(labels)
    shares = np.stack([(weight * (labels[near] == name)).sum(axis=1) for name in names], axis=1)
    return apply_confident_learning(shares / shares.sum(axis=1, keepdims=True), labels)


def find_by_forest(vectors: Float64Array, labels: TextArray) -> LabelFindings:
    """Confident learning on a random forest's probabilities, by five-fold cross-validation."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.model_selection import cross_val_predict

    trees = RandomForestClassifier(100, random_state=0, n_jobs=1)
    chances = cross_val_predict(trees, vectors, labels, cv=5, method="predict_proba")
    found = apply_confident_learning(chances, labels)
    if find_spec("cleanlab") is None:
        return found
    from cleanlab.filter import find_label_issues

    own = np.unique(labels, return_inverse=True)[1]
    return replace(found, is_flagged=find_label_issues(own, chances, n_jobs=1))


def apply_confident_learning(probabilities: Float64Array, labels: TextArray) -> LabelFindings:
    """The confident joint's off-diagonal."""
    names, own = np.unique(labels, return_inverse=True)
    rows = np.arange(len(own))
    thresholds = np.array([probabilities[own == number, number].mean() for number in range(len(names))])
    reached = np.where(probabilities >= thresholds, probabilities, -1)
    likelier = reached.argmax(axis=1)
    is_flagged = (likelier != own) & (reached.max(axis=1) >= 0)
    others = probabilities.copy()
    others[rows, own] = -1
    return LabelFindings(-probabilities[rows, own], is_flagged, names[others.argmax(axis=1)])


def swap_labels(
    labels: TextArray, share: float, generator: np.random.Generator
) -> tuple[TextArray, Mask]:
    """Labels of which some became another, and which."""
    swapped_labels, names = labels.copy(), np.unique(labels)
    chosen = generator.permutation(len(labels))[: round(share * len(labels))]
    for number in chosen:
        swapped_labels[number] = generator.choice(names[names != labels[number]])
    return swapped_labels, swapped_labels != labels


def average_precision(suspicion: Float64Array, truth: Mask) -> float:
    """Mean over the swaps of the precision at each."""
    hits = truth[np.argsort(-suspicion, kind="stable")]
    return float((np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits].mean())


def _iter_rows(vectors: Float64Array, labels: TextArray, task: str) -> Iterator[dict[str, object]]:
    methods: dict[str, Method] = {
        f"packshot, from {REPORT_PROBABILITY:g}": make_packshot_method(REPORT_PROBABILITY),
        f"packshot, from {CERTAIN_PROBABILITY:g}": make_packshot_method(CERTAIN_PROBABILITY),
        f"confident learning, {NEIGHBOURS} neighbours": find_by_neighbours,
    }
    if find_spec("sklearn") is not None:
        name = "cleanlab" if find_spec("cleanlab") else "confident learning"
        methods[f"{name}, random forest"] = find_by_forest
    columns = {"task": task, "photos": len(labels), "classes": len(np.unique(labels))}
    for name, method in methods.items():
        seeds = 1 if method is find_by_forest else SEEDS
        counts = [_count_hits(method, vectors, labels, seed) for seed in range(seeds)]
        row = columns | {"method": name, "seeds": seeds} | _compute_figures(counts)
        if method is not find_by_forest:
            row["remarked_without_swaps"] = int(method(vectors, labels).is_flagged.sum())
        print(row, flush=True)
        yield row


@dataclass(frozen=True)
class Counts:
    """The counts of a method on the swaps of one seed."""

    average_precision: float
    swaps: int
    remarks: int
    hits: int
    right_class: int


def _count_hits(method: Method, vectors: Float64Array, labels: TextArray, seed: int) -> Counts:
    swapped_labels, truth = swap_labels(labels, SWAPPED_SHARE, np.random.default_rng(seed))
    found = method(vectors, swapped_labels)
    hits = found.is_flagged & truth
    return Counts(
        average_precision(found.suspicion, truth),
        swaps=int(truth.sum()),
        remarks=int(found.is_flagged.sum()),
        hits=int(hits.sum()),
        right_class=int((found.likelier[hits] == labels[hits]).sum()),
    )


def _compute_figures(counts: Sequence[Counts]) -> dict[str, object]:
    """Of all seeds together."""
    swaps, remarks, hits, right = (
        sum(getattr(one, name) for one in counts) for name in ("swaps", "remarks", "hits", "right_class")
    )
    return {
        "seeds_with_remarks": sum(one.remarks > 0 for one in counts),
        "average_precision": round(float(np.mean([one.average_precision for one in counts])), 4),
        "remarks": remarks,
        "precision": round(hits / remarks, 4) if remarks else "",
        "recall": round(hits / swaps, 4),
        "right_class_proposed": round(right / hits, 4) if hits else "",
    }


def main(data: Path) -> None:
    """Encode all photos, swap and look, write a row for each task and method."""
    with (data / "products" / "manifest.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    encoder = ContentEncoder.load_shipped()
    vectors = np.stack([encoder.encode_file(data / "products" / row["file"]) for row in rows])
    vectors = vectors.astype(np.float64) / np.linalg.norm(vectors, axis=1, keepdims=True)
    types = np.array([row["type"] for row in rows])
    sources = np.array([row["source"] for row in rows])
    subtypes = np.array([f"{row['type']}: {row['subtype']}" for row in rows])
    sizes = Counter(subtypes.tolist())
    many = np.array([sizes[name] >= MIN_SUBTYPE_PHOTOS for name in subtypes])
    one_source = (sources == "flipkart") & np.isin(types, ("beauty", "electronics"))
    table = [
        *_iter_rows(vectors, types, "type"),
        *_iter_rows(vectors[one_source], types[one_source], "type, one source"),
        *_iter_rows(vectors[many], subtypes[many], "subtype"),
    ]
    print(write_results("label_outliers", table))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    main(parser.parse_args().data)
