"""Do the attention maps point at the right photo of two side by side? By mass, on held-out themes.

    python -m benchmarks.emotion.maps --work build/emotion --checkpoint efficientnet-lite2.pth

A positive and a negative photo of themes that the network has not seen are put side by side as pixels,
and squeezed to one view; a map points right when more than half of its mass lies on its photo's half.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch

from benchmarks.emotion.data import add_arguments, prepare_from_arguments
from benchmarks.support.record import write_results
from packshot.arrays import Float32Array, Float64Array, IndexArray, Pixels
from packshot.encode.model import Model
from packshot.encode.views import to_whole_view
from packshot.photo import Photo
from packshot.train.datasets.oasis import MAX_NEGATIVE, MIN_POSITIVE, split_by_theme
from packshot.train.networks.emotion.network import EmotionNetwork, EmotionShape
from packshot.train.recipes.emotion import EmotionData
from packshot.train.recipes.emotion_features import DECODED_SIDE
from packshot.train.recipes.emotion_training import EmotionRecipe, EmotionTrainingSet, train_emotion

FOLDS, SEED, SIDE = 5, 0, 288
Row = dict[str, object]


def make_composite(left: Path, right: Path) -> Pixels:
    """Two photos of one height side by side, as the network's view."""
    photos = [Photo.open(path, max_side=DECODED_SIDE).pixels for path in (left, right)]
    height = min(pixels.shape[0] for pixels in photos)
    sizes = [(round(p.shape[1] * height / p.shape[0]), height) for p in photos]
    halves = [
        cv2.resize(p, size, interpolation=cv2.INTER_AREA) for p, size in zip(photos, sizes, strict=True)
    ]
    # Each half gets the same share of the view, whatever the photo's shape.
    squeezed = [to_whole_view(np.asarray(half, np.uint8), SIDE) for half in halves]
    return to_whole_view(np.concatenate(squeezed, axis=1), SIDE)


def compute_left_shares(network: EmotionNetwork, features: Float32Array) -> Float64Array:
    """Share of each map's mass on the left half, (B, 2); the middle column counts half."""
    with torch.inference_mode():
        maps = network(torch.from_numpy(features)).perception.maps.double().numpy()
    width = maps.shape[-1]
    on_left = np.clip(width / 2 - np.arange(width), 0, 1)
    return np.asarray((maps * on_left).sum((2, 3)) / maps.sum((2, 3)))


def iter_fold_rows(prepared: EmotionData, model: Model, pairs: int) -> Iterator[Row]:
    """A row for each fold."""
    fold_of_photo = split_by_theme(prepared.labels.themes, FOLDS, SEED)
    shape = EmotionShape(prepared.projection.outputs)
    for fold in range(FOLDS):
        rows, held_out_rows = (
            np.flatnonzero(fold_of_photo != fold),
            np.flatnonzero(fold_of_photo == fold),
        )
        data = EmotionTrainingSet(prepared.maps, prepared.labels, rows)
        network = train_emotion(data, shape, EmotionRecipe(seed=SEED), lambda line: None)
        right = measure_pointing(prepared, model, network, held_out_rows, pairs)
        yield {"fold": fold, "composites": pairs} | right


def measure_pointing(
    prepared: EmotionData, model: Model, network: EmotionNetwork, held_out_rows: IndexArray, pairs: int
) -> Row:
    """Return how often each map points right on composites of held-out photos."""
    generator = np.random.default_rng(SEED)
    valence = prepared.labels.valence[held_out_rows]
    positive = generator.choice(held_out_rows[valence >= MIN_POSITIVE], pairs)
    negative = generator.choice(held_out_rows[valence <= MAX_NEGATIVE], pairs)
    swapped = generator.random(pairs) < 0.5
    views = [
        make_composite(prepared.paths[n if turned else p], prepared.paths[p if turned else n])
        for p, n, turned in zip(positive, negative, swapped, strict=True)
    ]
    raw = np.concatenate([model.run(pixels=view[None])["features"] for view in views])
    with torch.inference_mode():
        features = prepared.projection(torch.from_numpy(raw)).numpy()
    left = compute_left_shares(network, features)
    hits = (left > 0.5) == np.stack([~swapped, swapped], axis=1)
    names = ("positive_right", "negative_right")
    return {name: round(float(hit), 4) for name, hit in zip(names, hits.mean(0), strict=True)}


def main(arguments: argparse.Namespace) -> None:
    """Write the table."""
    prepared = prepare_from_arguments(arguments)
    model = Model.from_path(arguments.work / f"lite2-{SIDE}" / "backbone.onnx")
    rows = list(iter_fold_rows(prepared, model, arguments.pairs))
    columns = ("positive_right", "negative_right")
    means = {name: round(float(np.mean([float(str(row[name])) for row in rows])), 4) for name in columns}
    total: Row = {"fold": "all", "composites": FOLDS * arguments.pairs} | means
    print(write_results("emotion_maps", [*rows, total]), file=sys.stderr)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_arguments(parser)
    parser.add_argument("--pairs", type=int, default=60, help="composites of each fold")
    main(parser.parse_args())
