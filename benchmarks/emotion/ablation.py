r"""What each part of the emotion network brings, cross-validated by theme (the source's Table 2).

    python -m benchmarks.emotion.ablation --work build/emotion --checkpoint efficientnet-lite2.pth \\
      --backbone lite0=efficientnet-lite0.pth --backbone alexnet=alexnet.ckpt --backbone vgg16=vgg16.ckpt

All variants learn on the same two views, plain and mirrored. ResNet-101 has no weights that can be had.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.emotion.accuracy import compute_figures
from benchmarks.emotion.data import add_arguments, prepare_from_arguments
from benchmarks.support.record import write_results
from packshot.train.networks.emotion.network import EmotionShape
from packshot.train.recipes.emotion import EmotionData
from packshot.train.recipes.emotion_training import EmotionRecipe
from packshot.train.recipes.emotion_validation import cross_validate

VIEWS = 2
SIDES = {"vgg16": 224, "alexnet": 224}
Row = dict[str, object]
Variant = tuple[EmotionShape, EmotionRecipe]


def make_variants(inputs: int) -> dict[str, Variant]:
    """Networks and recipes by what they leave out."""
    shape, recipe = EmotionShape(inputs), EmotionRecipe()
    return {
        "full": (shape, recipe),
        "no perception module": (replace(shape, branches=0), recipe),
        "one branch": (replace(shape, branches=1), recipe),
        "without K_RE": (shape, replace(recipe, consistency=0.0)),
        "without K_PM": (shape, replace(recipe, perception=0.0)),
        "without label smoothing": (shape, replace(recipe, smoothing=False)),
        "without side loss on composites": (shape, replace(recipe, side=0.0)),
        "without descent, fits alone": (shape, replace(recipe, steps=0)),
    }


def measure_variant(prepared: EmotionData, variant: Variant, seeds: int) -> Row:
    """Means over seeds."""
    rows = []
    for seed in range(seeds):
        shape, recipe = variant
        predictions = cross_validate(prepared.maps, prepared.labels, shape, replace(recipe, seed=seed))
        pointed = predictions.pointing_shares.mean(0).tolist()
        pointing = {"positive_pointed": pointed[0], "negative_pointed": pointed[1]}
        rows.append(compute_figures(predictions.valence, predictions.fold, prepared.labels) | pointing)
    return {name: round(float(np.mean([float(str(r[name])) for r in rows])), 4) for name in rows[0]}


def iter_rows(arguments: argparse.Namespace) -> Iterator[Row]:
    """A row for each variant, then one for each other backbone."""
    prepared = prepare_from_arguments(arguments, views=VIEWS)
    for name, variant in make_variants(prepared.projection.outputs).items():
        fixed: Row = {"backbone": "lite2", "variant": name, "views": VIEWS, "seeds": arguments.seeds}
        yield fixed | measure_variant(prepared, variant, arguments.seeds)
    for pair in arguments.backbone:
        name, _, path = pair.partition("=")
        backbone_arguments = argparse.Namespace(**vars(arguments) | {"checkpoint": Path(path)})
        other = prepare_from_arguments(backbone_arguments, name, SIDES.get(name, 288), VIEWS)
        fixed = {"backbone": name, "variant": "full", "views": VIEWS, "seeds": arguments.seeds}
        full = make_variants(other.projection.outputs)["full"]
        yield fixed | measure_variant(other, full, arguments.seeds)


def main(arguments: argparse.Namespace) -> None:
    """Write the table, anew after every row: a run that is stopped has written what it knows."""
    rows: list[Row] = []
    for row in iter_rows(arguments):
        rows.append(row)
        print(row, file=sys.stderr)
        print(write_results("emotion_ablation", rows), file=sys.stderr)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_arguments(parser)
    parser.add_argument("--backbone", action="append", default=[], help="NAME=CHECKPOINT; repeatable")
    main(parser.parse_args())
