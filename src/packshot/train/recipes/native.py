"""The trunk of the native view, tuned on the squares that looks keep, by `packshot.train.recipes.trunk`.

The trunk that ships was tuned on random squares of 256 pixels of larger ones. Looks keep squares of
224, so here a square is seen whole, every other time mirrored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from packshot.arrays import ByteArray, Float16Array, Float32Array
from packshot.encode.views import NATIVE_SIDE
from packshot.train.datasets.damaged import KIND_NAMES
from packshot.train.datasets.looks import Looks
from packshot.train.datasets.product_ratings import Part
from packshot.train.datasets.views import Views
from packshot.train.features import CONTENT_SIZE, Features
from packshot.train.networks.distortion import Projection
from packshot.train.networks.efficientnet_lite import EfficientNetLite, fold_normalisation
from packshot.train.networks.statistics import STAGE_NUMBERS, ViewNetwork
from packshot.train.progress import Progress
from packshot.train.recipes.distortion import ProjectionRecipe, train_projection
from packshot.train.recipes.encoders import export_native
from packshot.train.recipes.quality import DamagedProducts, QualityData, RatedByPeople
from packshot.train.recipes.trunk import TrainingPool, TrunkRecipe, TunedEncoder, tune_trunk

_BATCH = 4096
"""Rows projected at a time, for memory's sake."""


@dataclass(frozen=True, eq=False)
class NativeLessons:
    """What the trunk of the native view learns from.

    Attributes:
        data: Everything, with features by the untouched trunk.
        people: Looks of the photos rated by people.
        damaged: Looks of the damaged products.
        calibration: Photos whose activations set the ranges of quantisation.

    Example:
        >>> [name for name in NativeLessons.__dataclass_fields__]
        ['data', 'people', 'damaged', 'calibration']
    """

    data: QualityData
    people: Looks
    damaged: Looks
    calibration: Sequence[Path]


def make_native(
    lessons: NativeLessons,
    trunk: EfficientNetLite,
    recipes: tuple[ProjectionRecipe, TrunkRecipe],
    target: Path,
    progress: Progress,
) -> None:
    """Tune the trunk of the native view and export it; goes on from a checkpoint beside the target.

    Args:
        lessons: What to learn from.
        trunk: Pre-trained, in evaluation mode; not changed.
        recipes: Of the projection that it starts with, and of the tuning.
        target: The ONNX file.
        progress: Told about progress.
    """
    is_taught = lessons.data.people.is_in(Part.TRAINING)
    usable = set(lessons.data.select(Part.TRAINING).damaged.groups)
    is_usable = np.array([group in usable for group in lessons.data.damaged.groups], bool)
    people = make_people_features(lessons.data.people)
    damaged = make_damaged_features(lessons.data.damaged.select(is_usable), len(people.scores))
    rated = people.select(is_taught)
    projection = train_projection(
        rated,
        damaged,
        recipes[0],
        len(KIND_NAMES),
        lambda step, loss: progress(f"  step {step}: loss {loss:.4f}"),
    )
    vectors = [compute_vectors(projection, part.values) for part in (rated, damaged)]
    pool = TrainingPool(
        _make_views(lessons.people.native, people),
        np.flatnonzero(is_taught),
        _make_views(lessons.damaged.native[is_usable], damaged),
    )
    encoder = TunedEncoder(ViewNetwork(fold_normalisation(trunk)), projection)
    checkpoint = target.with_suffix(".pt")
    tuned = tune_trunk(pool, encoder, np.concatenate(vectors), recipes[1], checkpoint, progress)
    draft = target.with_suffix(".draft.onnx")
    export_native(tuned.trunk.eval(), lessons.calibration, draft)
    draft.replace(target)


def make_trunk_recipe() -> TrunkRecipe:
    """Make the recipe for squares of the native view as looks keep them.

    Example:
        >>> make_trunk_recipe().crop
        224
    """
    return TrunkRecipe(crop=NATIVE_SIDE)


def make_people_features(people: RatedByPeople) -> Features:
    """Make what the projection takes of photos rated by people.

    Example:
        >>> make_people_features(RatedByPeople([], np.empty((0, 4)), np.empty(0, int), [])).scores
        array([], dtype=float32)
    """
    unknown = np.full(len(people.photos), -1)
    return Features(
        values=people.features,
        scores=people.scores.astype(np.float32),
        kinds=unknown.astype(np.int16),
        levels=unknown.astype(np.int8),
        groups=people.groups.astype(np.int32),
    )


def make_damaged_features(damaged: DamagedProducts, first: int) -> Features:
    """Make what the projection takes of damaged products, their groups numbered from `first` on.

    Example:
        >>> zero = np.zeros(2, int)
        >>> rest = np.empty((2, 4)), np.ones((2, 3)), zero, zero
        >>> damaged = DamagedProducts(["a 1", "a 2"], ["a", "a"], *rest)
        >>> make_damaged_features(damaged, 7).groups.tolist()
        [7, 7]
    """
    numbers = np.unique(list(damaged.groups), return_inverse=True)[1]
    return Features(
        values=damaged.features,
        scores=damaged.ratings[:, 0].astype(np.float32),
        kinds=damaged.kinds.astype(np.int16),
        levels=damaged.levels.astype(np.int8),
        groups=(numbers + first).astype(np.int32),
    )


def compute_vectors(projection: Projection, values: Float16Array) -> Float32Array:
    """Compute (N, D) projected vectors of (N, F) features, without the readings.

    Example:
        >>> from packshot.train.networks.distortion import ProjectionShape
        >>> projection = Projection(ProjectionShape(inputs=40, hidden=16, vector=8, kinds=5)).eval()
        >>> compute_vectors(projection, np.zeros((3, 40), np.float16)).shape
        (3, 8)
    """
    parts = []
    with torch.no_grad():
        for start in range(0, len(values), _BATCH):
            rows = torch.from_numpy(values[start : start + _BATCH]).float()
            parts.append(projection(rows).vector.numpy())
    return np.concatenate(parts)


def _make_views(native: ByteArray, features: Features) -> Views:
    """Join squares with the features of whole views; those of the native view are not needed."""
    whole = features.values[:, : -(CONTENT_SIZE + STAGE_NUMBERS)]
    return Views(
        native=native,
        content=whole[:, :CONTENT_SIZE],
        context=whole[:, CONTENT_SIZE:],
        scores=features.scores,
        kinds=features.kinds,
        levels=features.levels,
        groups=features.groups,
    )
