"""Do the attention maps point at the right photo of two side by side? By mass, on held-out themes.

    python benchmarks/emotion_maps.py --work build/emotion --checkpoint efficientnet-lite2.pth

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

from benchmarks.emotion_data import add_arguments, prepared_from
from packshot.arrays import Float32Array, Float64Array, IndexArray, Pixels
from packshot.encode.model import Model
from packshot.encode.views import whole_view
from packshot.photo import Photo
from packshot.train.datasets.oasis import NEGATIVE_UP_TO, POSITIVE_FROM, theme_folds
from packshot.train.networks.emotion.network import EmotionNetwork, EmotionShape
from packshot.train.recipes.emotion import Prepared
from packshot.train.recipes.emotion_features import SEEN_SIDE
from packshot.train.recipes.emotion_training import EmotionRecipe, Trainable, train_emotion
from benchmarks.record import write

FOLDS, SEED, SIDE = 5, 0, 288
Row = dict[str, object]


def composite(left: Path, right: Path) -> Pixels:
    """Two photos of one height side by side, as the network's view."""
    opened = [Photo.open(path, max_side=SEEN_SIDE).pixels for path in (left, right)]
    height = min(pixels.shape[0] for pixels in opened)
    sizes = [(round(p.shape[1] * height / p.shape[0]), height) for p in opened]
    halves = [
        cv2.resize(p, size, interpolation=cv2.INTER_AREA) for p, size in zip(opened, sizes, strict=True)
    ]
    # Each half gets the same share of the view, whatever the photo's shape.
    squeezed = [whole_view(np.asarray(half, np.uint8), SIDE) for half in halves]
    return whole_view(np.concatenate(squeezed, axis=1), SIDE)


def shares_left(network: EmotionNetwork, features: Float32Array) -> Float64Array:
    """Share of each map's mass on the left half, (B, 2); the middle column counts half."""
    with torch.inference_mode():
        maps = network(torch.from_numpy(features)).perceived.maps.double().numpy()
    width = maps.shape[-1]
    on_left = np.clip(width / 2 - np.arange(width), 0, 1)
    return np.asarray((maps * on_left).sum((2, 3)) / maps.sum((2, 3)))


def fold_rows(prepared: Prepared, model: Model, pairs: int) -> Iterator[Row]:
    """A row for each fold."""
    place = theme_folds(prepared.labels.themes, FOLDS, SEED)
    shape = EmotionShape(prepared.projection.outputs)
    for fold in range(FOLDS):
        rows, out = np.flatnonzero(place != fold), np.flatnonzero(place == fold)
        data = Trainable(prepared.maps, prepared.labels, rows)
        network = train_emotion(data, shape, EmotionRecipe(seed=SEED), lambda line: None)
        right = pointed(prepared, model, network, out, pairs)
        yield {"fold": fold, "composites": pairs} | right


def pointed(
    prepared: Prepared, model: Model, network: EmotionNetwork, out: IndexArray, pairs: int
) -> Row:
    """How often each map points right on composites of held-out photos."""
    generator = np.random.default_rng(SEED)
    valence = prepared.labels.valence[out]
    positive = generator.choice(out[valence >= POSITIVE_FROM], pairs)
    negative = generator.choice(out[valence <= NEGATIVE_UP_TO], pairs)
    swapped = generator.random(pairs) < 0.5
    views = [
        composite(prepared.paths[n if turned else p], prepared.paths[p if turned else n])
        for p, n, turned in zip(positive, negative, swapped, strict=True)
    ]
    raw = np.concatenate([model.run(pixels=view[None])["features"] for view in views])
    with torch.inference_mode():
        features = prepared.projection(torch.from_numpy(raw)).numpy()
    left = shares_left(network, features)
    hits = (left > 0.5) == np.stack([~swapped, swapped], axis=1)
    names = ("positive_right", "negative_right")
    return {name: round(float(hit), 4) for name, hit in zip(names, hits.mean(0), strict=True)}


def main(given: argparse.Namespace) -> None:
    """Write the table."""
    prepared = prepared_from(given)
    model = Model.from_path(given.work / f"lite2-{SIDE}" / "backbone.onnx")
    rows = list(fold_rows(prepared, model, given.pairs))
    columns = ("positive_right", "negative_right")
    means = {name: round(float(np.mean([float(str(row[name])) for row in rows])), 4) for name in columns}
    total: Row = {"fold": "all", "composites": FOLDS * given.pairs} | means
    print(write("emotion_maps", [*rows, total]), file=sys.stderr)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_arguments(parser)
    parser.add_argument("--pairs", type=int, default=60, help="composites of each fold")
    main(parser.parse_args())
