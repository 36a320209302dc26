"""How the emotion network agrees with raters, cross-validated by theme, beside a plain ridge regression.

    python -m benchmarks.emotion.accuracy --work build/emotion

The working folder is that of `packshot train emotion`: what each fold said is read from there, and is
trained anew where it is missing. The floor is ridge regression of mean valence on EfficientNet-Lite0's
stage statistics and embedding at 288 pixels, where the folder has them (`lite0-statistics.npy`). Also
draws positive against negative intensity of held-out photos (the source's Figure 6).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from benchmarks.emotion.data import add_arguments, prepare_from_arguments
from benchmarks.support.record import write_results
from packshot.arrays import Float64Array, IndexArray
from packshot.train.datasets.oasis import EmotionLabels, split_by_theme
from packshot.train.networks.emotion.network import EmotionShape
from packshot.train.recipes.emotion import EmotionData
from packshot.train.recipes.emotion_training import EmotionRecipe
from packshot.train.recipes.emotion_validation import Predictions, cross_validate, find_best_threshold

Row = dict[str, object]

PICTURE_PATH = Path(__file__).parents[2] / "docs" / "images" / "emotion-intensities.png"
RIDGE_STRENGTHS = (0.3, 1.0, 3.0)


def compute_figures(predicted: Float64Array, fold: IndexArray, labels: EmotionLabels) -> Row:
    """Agreement of held-out predictions; the bar of each fold is taken from the other folds."""
    positive, negative = labels.valence >= 4.5, labels.valence <= 3.5
    clear = positive | negative
    above = np.zeros(len(predicted), bool)
    for number in np.unique(fold):
        out, others = fold == number, (fold != number) & clear
        above[out] = predicted[out] >= find_best_threshold(predicted[others], positive[others])
    balanced = (above[positive].mean() + (~above[negative]).mean()) / 2
    return {
        "spearman": round(float(spearmanr(predicted, labels.valence)[0]), 4),
        "balanced_accuracy": round(float(balanced), 4),
        "mean_absolute_error": round(float(np.abs(predicted - labels.valence).mean()), 4),
    }


def predict_by_ridge(
    features: Float64Array, labels: EmotionLabels, seed: int, strength: float
) -> Predictions:
    """Held-out predictions of ridge regression on standardised features."""
    fold = split_by_theme(labels.themes, 5, seed)
    predicted = np.zeros(len(fold))
    for number in range(5):
        out = fold == number
        rows = features[~out]
        mean, deviation = rows.mean(0), rows.std(0) + 1e-6
        scaled = (features - mean) / deviation / np.sqrt(features.shape[1])
        training_rows, target = scaled[~out], labels.valence[~out]
        weights = np.linalg.solve(
            training_rows @ training_rows.T + strength * np.eye(len(training_rows)),
            target - target.mean(),
        )
        predicted[out] = scaled[out] @ training_rows.T @ weights + target.mean()
    return Predictions(predicted, np.zeros((len(fold), 2)), fold, np.zeros((5, 2)))


def iter_ridge_rows(
    name: str, features: Float64Array, labels: EmotionLabels, seeds: int
) -> Iterator[Row]:
    """The best of a few strengths for each seed: a floor that flatters itself."""
    for seed in range(seeds):
        tried = (predict_by_ridge(features, labels, seed, strength) for strength in RIDGE_STRENGTHS)
        found = [compute_figures(one.valence, one.fold, labels) for one in tried]
        best = max(found, key=lambda row: float(str(row["spearman"])))
        yield {"method": name, "seed": seed} | best


def make_network_rows(
    prepared: EmotionData, work: Path, seeds: int
) -> tuple[list[Row], list[Predictions]]:
    """A row for each seed, and what was said."""
    shape = EmotionShape(prepared.projection.outputs)
    rows: list[Row] = []
    predictions = []
    for seed in range(seeds):
        recipe = replace(EmotionRecipe(), seed=seed)
        predicted = cross_validate(prepared.maps, prepared.labels, shape, recipe, work / "folds")
        difference = predicted.intensities[:, 0] - predicted.intensities[:, 1]
        agrees = spearmanr(difference, prepared.labels.valence)[0]
        own: Row = {"intensity_spearman": round(float(agrees), 4)}
        row = {"method": "emotion network", "seed": seed}
        rows.append(row | compute_figures(predicted.valence, predicted.fold, prepared.labels) | own)
        predictions.append(predicted)
    return rows, predictions


def iter_summary_rows(rows: list[Row]) -> Iterator[Row]:
    """Mean and deviation over the seeds of each method."""
    for method in dict.fromkeys(row["method"] for row in rows):
        own = [row for row in rows if row["method"] == method]
        columns = [name for name in own[0] if name not in ("method", "seed")]
        for label, take in (("mean", np.mean), ("deviation", np.std)):
            values = {n: round(float(take([float(str(row[n])) for row in own])), 4) for n in columns}
            yield {"method": method, "seed": label} | values


def draw_intensities(predictions: list[Predictions], labels: EmotionLabels, path: Path) -> None:
    """Positive against negative intensity of every held-out photo, coloured by the raters' valence."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    both = np.mean([one.intensities for one in predictions], axis=0)
    figure, axes = plt.subplots(figsize=(6, 5), dpi=110)
    marks = axes.scatter(both[:, 0], both[:, 1], c=labels.valence, cmap="cividis", s=14, vmin=1, vmax=7)
    figure.colorbar(marks, label="raters' mean valence, 1 to 7")
    axes.set(xlabel="positive intensity", ylabel="negative intensity", xlim=(0, 1), ylim=(0, 1))
    axes.set_title("OASIS photos, each read by a network that saw none of its theme")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, bbox_inches="tight", metadata={"Software": None})


def main(arguments: argparse.Namespace) -> None:
    """Write the table and the picture."""
    prepared = prepare_from_arguments(arguments)
    rows: list[Row] = []
    floor = arguments.work / "lite0-statistics.npy"
    if floor.exists():
        name = "ridge, Lite0 statistics and embedding (floor)"
        rows += iter_ridge_rows(
            name, np.load(floor).astype(np.float64), prepared.labels, arguments.seeds
        )
    network_table, predictions = make_network_rows(prepared, arguments.work, arguments.seeds)
    complete = [*rows, *network_table]
    columns = dict.fromkeys(name for row in network_table for name in row)
    table = [{name: row.get(name, "") for name in columns} for row in complete]
    table += [
        {name: row.get(name, "") for name in columns}
        for part in (rows, network_table)
        for row in iter_summary_rows(list(part))
    ]
    print(write_results("emotion_accuracy", table), file=sys.stderr)
    draw_intensities(predictions, prepared.labels, PICTURE_PATH)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_arguments(parser)
    main(parser.parse_args())
