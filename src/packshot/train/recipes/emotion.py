"""Recipe 6: the emotion model, from rated photos and an ImageNet checkpoint to the file that ships.

Every step keeps its result in the working folder and is not done again when it is there: the quantised
backbone, feature maps of each view, what each fold of the cross-validation says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from packshot.arrays import Float16Array, Pixels
from packshot.encode.model import Model
from packshot.encode.views import whole_view
from packshot.files import whole
from packshot.photo import Photo
from packshot.train.datasets.oasis import EmotionLabels, read_oasis
from packshot.train.export import Inputs, export, quantise
from packshot.train.networks.emotion.backbones import LiteBackbone, backbone
from packshot.train.networks.emotion.network import EmotionShape, PixelsToEmotion
from packshot.train.networks.emotion.projection import (
    ProjectedBackbone,
    Projection,
    ProjectionPlan,
    fit_projection,
)
from packshot.train.recipes.emotion_check import calibrate, cross_validate
from packshot.train.recipes.emotion_features import SEEN_SIDE, ViewPlan, cached_maps
from packshot.train.recipes.emotion_model import write_emotion_model
from packshot.train.recipes.emotion_training import (
    EmotionRecipe,
    Maps,
    Report,
    Trainable,
    train_emotion,
)

CALIBRATION_PHOTOS = 48


@dataclass(frozen=True)
class EmotionSetting:
    """With what and where to train.

    Attributes:
        ratings: Table of `read_oasis`.
        images: Folder of the files.
        checkpoint: Weights of the backbone.
        work: Folder for intermediate results.
        name: Of the backbone, see `BACKBONES`.
        plan: Views of each photo.
        seeds: Rounds of cross-validation.
    """

    ratings: Path
    images: Path
    checkpoint: Path | None
    work: Path
    name: str = "lite2"
    plan: ViewPlan = field(default_factory=ViewPlan)
    seeds: int = 3


@dataclass(frozen=True, eq=False)
class Prepared:
    """Rated photos as the network above the backbone sees them.

    Attributes:
        paths: Of N photos.
        labels: Of the photos.
        maps: For each view (N, C, h, w), projected.
        backbone: The float backbone.
        projection: Fitted to these photos, without their labels.
    """

    paths: Sequence[Path]
    labels: EmotionLabels
    maps: Maps
    backbone: nn.Module
    projection: Projection


def prepare(setting: EmotionSetting, report: Report) -> Prepared:
    """Feature maps of all photos and views, from the working folder where they are there.

    Raises:
        SourceError: The table cannot be read.
        ModelError: The checkpoint cannot be read.
        InvalidInput: No such backbone.
    """
    photos = read_oasis(setting.ratings, setting.images)
    paths = [photo.path for photo in photos]
    trunk = backbone(setting.name, setting.checkpoint)
    folder = setting.work / f"{setting.name}-{setting.plan.side}"
    model = _quantised(trunk, setting.plan.side, paths, folder)

    def encode(view: Pixels) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return np.asarray(model.run(pixels=view[None])["features"][0])

    raw = cached_maps(encode, paths, setting.plan, folder, report)
    projection = _fitted(trunk, raw)
    maps = [_projected(projection, view) for view in raw]
    return Prepared(paths, EmotionLabels.of(photos), maps, trunk, projection)


def _quantised(trunk: nn.Module, side: int, paths: Sequence[Path], folder: Path) -> Model:
    """The backbone as it will run, exported once."""
    target = folder / "backbone.onnx"
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        plain = folder / "float.onnx"
        export(trunk, {"pixels": torch.zeros(2, side, side, 3, dtype=torch.uint8)}, ["features"], plain)
        opened = (Photo.open(path, max_side=SEEN_SIDE).pixels for path in evenly(paths))
        inputs: Iterator[Inputs] = ({"pixels": whole_view(pixels, side)[None]} for pixels in opened)
        with whole(target) as draft:
            quantise(plain, draft, inputs, ("evidence.groups",))
        plain.unlink()
    return Model.from_path(target)


def evenly(paths: Sequence[Path], count: int = CALIBRATION_PHOTOS) -> list[Path]:
    """Paths spread over all of them."""
    places = np.linspace(0, len(paths) - 1, min(count, len(paths))).round().astype(int)
    return [paths[place] for place in places]


def _fitted(trunk: nn.Module, raw: Sequence[Float16Array]) -> Projection:
    pooled = np.concatenate([_pool(view) for view in raw])
    apart = isinstance(trunk, LiteBackbone)
    sizes = trunk.sizes if isinstance(trunk, LiteBackbone) else [pooled.shape[1]]
    return fit_projection(torch.from_numpy(pooled), sizes, ProjectionPlan(kept=int(apart)))


def _pool(view: Float16Array) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.stack([np.asarray(one, np.float32).mean((1, 2)) for one in view])


def _projected(projection: Projection, view: Float16Array, batch: int = 16) -> Float16Array:
    parts = []
    with torch.inference_mode():
        for start in range(0, len(view), batch):
            part = torch.from_numpy(np.array(view[start : start + batch], np.float32))
            parts.append(projection(part).half().numpy())
    return np.concatenate(parts)


def make_emotion(setting: EmotionSetting, recipe: EmotionRecipe, target: Path, report: Report) -> None:
    """Train, calibrate on cross-validation by theme, and write the model that ships.

    Args:
        setting: With what.
        recipe: How.
        target: The ONNX file.
        report: Told about progress.
    """
    torch.set_num_threads(1)
    prepared = prepare(setting, report)
    shape, rows = EmotionShape(prepared.projection.outputs), np.arange(len(prepared.paths))
    checked = [
        cross_validate(
            prepared.maps,
            prepared.labels,
            shape,
            replace(recipe, seed=seed),
            setting.work / "folds",
            report=report,
        )
        for seed in range(setting.seeds)
    ]
    found = calibrate(
        np.concatenate([one.valence for one in checked]),
        np.concatenate([one.intensities for one in checked]),
        prepared.labels.taken(np.tile(rows, setting.seeds)),
    )
    network = train_emotion(Trainable(prepared.maps, prepared.labels, rows), shape, recipe, report)
    whole = PixelsToEmotion(ProjectedBackbone(prepared.backbone, prepared.projection), network)
    metadata = {"backbone": setting.name, "recipe": str(asdict(recipe))} | found.metadata()
    side = setting.plan.side
    write_emotion_model(whole.eval(), side, evenly(prepared.paths), metadata, target)
