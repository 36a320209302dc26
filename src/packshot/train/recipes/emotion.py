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
from packshot.encode.views import to_whole_view
from packshot.files import atomic_write
from packshot.photo import Photo
from packshot.train.datasets.oasis import EmotionLabels, read_oasis
from packshot.train.export import ModelInputs, export, quantise
from packshot.train.networks.emotion.backbones import LiteBackbone, load_backbone
from packshot.train.networks.emotion.network import EmotionShape, PixelsToEmotion
from packshot.train.networks.emotion.projection import (
    ChannelProjection,
    ProjectedBackbone,
    ProjectionSettings,
    fit_channel_projection,
)
from packshot.train.progress import Progress
from packshot.train.recipes.emotion_features import DECODED_SIDE, ViewPlan, load_feature_maps
from packshot.train.recipes.emotion_model import write_emotion_model
from packshot.train.recipes.emotion_training import (
    EmotionRecipe,
    EmotionTrainingSet,
    Maps,
    train_emotion,
)
from packshot.train.recipes.emotion_validation import calibrate, cross_validate

CALIBRATION_PHOTOS = 48
"""Photos whose activations set the ranges of quantisation. A judgement."""


@dataclass(frozen=True)
class EmotionSettings:
    """Data and settings of a training run.

    Attributes:
        ratings: Table of `read_oasis`.
        images: Folder of the files.
        checkpoint: Weights of the backbone.
        work: Folder for intermediate results.
        backbone_name: Of the backbone, see `BACKBONES`.
        plan: Views of each photo.
        seeds: Rounds of cross-validation.

    Example:
        >>> ratings, images = Path("oasis.csv"), Path("images")
        >>> settings = EmotionSettings(ratings, images, Path("lite2.pth"), Path("work"))
        >>> settings.backbone_name, settings.plan.count
        ('lite2', 6)
    """

    ratings: Path
    images: Path
    checkpoint: Path | None
    work: Path
    backbone_name: str = "lite2"
    plan: ViewPlan = field(default_factory=ViewPlan)
    seeds: int = 3


@dataclass(frozen=True, eq=False)
class EmotionData:
    """Rated photos as feature maps for the network above the backbone.

    Attributes:
        paths: Of N photos.
        labels: Of the photos.
        maps: For each view (N, C, h, w), projected.
        backbone: The float backbone.
        projection: Fitted to these photos, without their labels.

    Example:
        >>> labels = EmotionLabels(np.array([5.2, 2.1]), np.ones((2, 7)) / 7, np.array(["cup", "dog"]))
        >>> paths, maps = [Path("cup.jpg"), Path("dog.jpg")], [np.zeros((2, 8, 4, 4), np.float16)]
        >>> data = EmotionData(paths, labels, maps, nn.Identity(), ChannelProjection([8], outputs=8))
        >>> [path.name for path, valence in zip(data.paths, data.labels.valence) if valence > 4]
        ['cup.jpg']
    """

    paths: Sequence[Path]
    labels: EmotionLabels
    maps: Maps
    backbone: nn.Module
    projection: ChannelProjection


def prepare_emotion_data(settings: EmotionSettings, progress: Progress) -> EmotionData:
    """Load feature maps of all photos and views, from the working folder where they are there.

    Raises:
        SourceError: The table cannot be read.
        ModelError: The checkpoint cannot be read.
        InvalidInput: No such backbone.
    """
    photos = read_oasis(settings.ratings, settings.images)
    paths = [photo.path for photo in photos]
    trunk = load_backbone(settings.backbone_name, settings.checkpoint)
    folder = settings.work / f"{settings.backbone_name}-{settings.plan.side}"
    model = _load_quantised_backbone(trunk, settings.plan.side, paths, folder)

    def encode(view: Pixels) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return np.asarray(model.run(pixels=view[None])["features"][0])

    raw = load_feature_maps(encode, paths, settings.plan, folder, progress)
    projection = _fit_projection_to_maps(trunk, raw)
    maps = [_project_maps(projection, view) for view in raw]
    return EmotionData(paths, EmotionLabels.from_photos(photos), maps, trunk, projection)


def _load_quantised_backbone(trunk: nn.Module, side: int, paths: Sequence[Path], folder: Path) -> Model:
    """Load the backbone as it will run, exported once."""
    target = folder / "backbone.onnx"
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        plain = folder / "float.onnx"
        export(trunk, {"pixels": torch.zeros(2, side, side, 3, dtype=torch.uint8)}, ["features"], plain)
        photos = (Photo.open(path, max_side=DECODED_SIDE).pixels for path in select_evenly(paths))
        inputs: Iterator[ModelInputs] = (
            {"pixels": to_whole_view(pixels, side)[None]} for pixels in photos
        )
        with atomic_write(target) as draft:
            quantise(plain, draft, inputs, ("evidence.groups",))
        plain.unlink()
    return Model.from_path(target)


def select_evenly(paths: Sequence[Path], count: int = CALIBRATION_PHOTOS) -> list[Path]:
    """Select paths spread over all of them.

    Example:
        >>> [path.name for path in select_evenly([Path(f"{n}.jpg") for n in range(10)], count=3)]
        ['0.jpg', '4.jpg', '9.jpg']
    """
    places = np.linspace(0, len(paths) - 1, min(count, len(paths))).round().astype(int)
    return [paths[place] for place in places]


def _fit_projection_to_maps(trunk: nn.Module, raw: Sequence[Float16Array]) -> ChannelProjection:
    pooled = np.concatenate([_pool_maps(view) for view in raw])
    has_evidence = isinstance(trunk, LiteBackbone)
    sizes = trunk.sizes if isinstance(trunk, LiteBackbone) else [pooled.shape[1]]
    return fit_channel_projection(
        torch.from_numpy(pooled), sizes, ProjectionSettings(passthrough=int(has_evidence))
    )


def _pool_maps(view: Float16Array) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.stack([np.asarray(one, np.float32).mean((1, 2)) for one in view])


def _project_maps(projection: ChannelProjection, view: Float16Array, batch: int = 16) -> Float16Array:
    parts = []
    with torch.inference_mode():
        for start in range(0, len(view), batch):
            part = torch.from_numpy(np.array(view[start : start + batch], np.float32))
            parts.append(projection(part).half().numpy())
    return np.concatenate(parts)


def make_emotion_model(
    settings: EmotionSettings, recipe: EmotionRecipe, target: Path, progress: Progress
) -> None:
    """Train, calibrate on cross-validation by theme, and write the model that ships.

    Args:
        settings: With what.
        recipe: How.
        target: The ONNX file.
        progress: Told about progress.
    """
    torch.set_num_threads(1)
    prepared = prepare_emotion_data(settings, progress)
    shape, rows = EmotionShape(prepared.projection.outputs), np.arange(len(prepared.paths))
    predictions = [
        cross_validate(
            prepared.maps,
            prepared.labels,
            shape,
            replace(recipe, seed=seed),
            settings.work / "folds",
            progress=progress,
        )
        for seed in range(settings.seeds)
    ]
    calibration = calibrate(
        np.concatenate([one.valence for one in predictions]),
        np.concatenate([one.intensities for one in predictions]),
        prepared.labels.select(np.tile(rows, settings.seeds)),
    )
    network = train_emotion(
        EmotionTrainingSet(prepared.maps, prepared.labels, rows), shape, recipe, progress
    )
    complete_network = PixelsToEmotion(
        ProjectedBackbone(prepared.backbone, prepared.projection), network
    )
    metadata = {
        "backbone": settings.backbone_name,
        "recipe": str(asdict(recipe)),
    } | calibration.to_metadata()
    side = settings.plan.side
    write_emotion_model(complete_network.eval(), side, select_evenly(prepared.paths), metadata, target)
