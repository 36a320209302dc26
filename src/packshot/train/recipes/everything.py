"""All recipes in order: content encoder, damage, projection, tuned trunk, models, atlas."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
import torch

from packshot.arrays import Mask
from packshot.assess.atlas import SHIPPED_ATLAS, Atlas
from packshot.assess.ratings import RatedPhoto, read_ratings
from packshot.encode import CONTENT_MODEL, DISTORTION_MODEL, Model
from packshot.encode.measurement_input import MEASUREMENT_NAMES
from packshot.train.datasets.damaged import KIND_NAMES, Original, make_shards, read_manifest
from packshot.train.datasets.rated import group_near_duplicates, make_validation_mask
from packshot.train.datasets.views import Views, load_views, write_damaged_views, write_rated_views
from packshot.train.export import export, halve_large_weights
from packshot.train.features import CONTENT_SIZE, Features, compute_features
from packshot.train.network_files import load_network
from packshot.train.networks.distortion import Projection, ProjectionHead
from packshot.train.networks.efficientnet_lite import fold_normalisation, load_imagenet_weights
from packshot.train.networks.statistics import ViewNetwork
from packshot.train.progress import Progress
from packshot.train.recipes.atlas import (
    ValidationExamples,
    calibrate_atlas,
    compute_vectors,
    make_examples,
)
from packshot.train.recipes.distortion import ProjectionRecipe, train_projection
from packshot.train.recipes.encoders import export_content, export_native
from packshot.train.recipes.limits import fit_kind_limits
from packshot.train.recipes.readouts import fit_readouts
from packshot.train.recipes.trunk import TrainingPool, TrunkRecipe, TunedEncoder, tune_trunk

PEOPLE_ORIGIN = "rated by people (BIQ2021)"
ENSEMBLE_ORIGIN = "full-reference ensemble"
REFERENCE_NAME = "photos rated by people"
VALIDATION_SHARE = 0.15
"""Share of the groups of rated photos, 0..1, that calibrate and are not trained on. A convention."""

NEAR_DUPLICATE_SIMILARITY = 0.8
"""Cosine of centred content vectors above which two photos are in one group. A judgement."""

NATIVE_FILE = "native.onnx"
PROJECTION_FILE = "projection.pt"
_CALIBRATION_PHOTOS = 120
"""Photos whose activations set the ranges of quantisation (`weights/content.md`)."""

_VALIDATION_SEED = 7_000_000
"""Seed of the damage of held-out originals; those to train on begin at 0."""

_MIN_GOOD_SCORE = 65
"""Points from which on a photo that people rated counts as undamaged for the limits of kinds."""


@dataclass(frozen=True)
class TrainingInputs:
    """Data that everything is made from; see ``packshot train everything --help``.

    Example:
        >>> paths = map(Path, ("lite0.pth", "products.csv", "ratings.csv", "photos"))
        >>> inputs = TrainingInputs(*paths, scale=(1.0, 5.0))
        >>> inputs.scale
        (1.0, 5.0)
    """

    checkpoint: Path
    products: Path
    ratings: Path
    photos: Path
    scale: tuple[float, float]


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Views of both sets, the rated ones split by near-duplicate groups.

    Attributes:
        rated: Photos rated by people.
        is_validation: (N,) which of them are for validation.
        rated_names: Their file names.
        damaged: Damaged originals.
        originals: By group number of `damaged`.
        damaged_validation: Damaged originals of the manifest's validation split.
        calibration: Photos whose activations set quantisation ranges.

    Example:
        >>> rows, unknown = np.zeros((2, 40), np.float16), np.full(2, -1)
        >>> labels = dict(scores=np.array([40, 80]), kinds=unknown, levels=unknown, groups=np.arange(2))
        >>> native = np.zeros((2, 384, 384, 3), np.uint8)
        >>> views = Views(native=native, content=rows, context=rows, **labels)
        >>> data = TrainingData(
        ...     rated=views, is_validation=np.array([True, False]), rated_names=["a.jpg", "b.jpg"],
        ...     damaged=views, originals=[], damaged_validation=views, calibration=[],
        ... )
        >>> data.rated.scores[~data.is_validation].tolist()  # what is trained on
        [80]
    """

    rated: Views
    is_validation: Mask
    rated_names: list[str]
    damaged: Views
    originals: Sequence[Original]
    damaged_validation: Views
    calibration: Sequence[Path]


def make_everything(
    inputs: TrainingInputs, work: Path, weights: Path, versions: int, workers: int, progress: Progress
) -> None:
    """Run each step whose result is not there yet.

    Args:
        inputs: Data and the pre-trained checkpoint.
        work: Intermediate results.
        weights: Models and atlas.
        versions: Damaged versions of each original.
        workers: Processes for damaging, threads for everything else.
        progress: Told about progress.
    """
    work.mkdir(parents=True, exist_ok=True)
    weights.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(workers)
    prepared = prepare_training_data(inputs, work, weights, versions, workers, progress)
    recipe = ProjectionRecipe()
    before, after = work / "untouched", work / "tuned"
    untouched = ViewNetwork(load_imagenet_weights(str(inputs.checkpoint))).eval()
    export_trunk(untouched, prepared, before, progress)
    extracted = extract_features(prepared, before, workers, progress)
    first = load_or_train_projection(extracted, prepared, before / PROJECTION_FILE, recipe, progress)
    tuned = load_or_tune_trunk(untouched, first, prepared, after, TrunkRecipe(), progress)
    export_trunk(tuned, prepared, after, progress)
    extracted = extract_features(prepared, after, workers, progress)
    final = load_or_train_projection(extracted, prepared, after / PROJECTION_FILE, recipe, progress)
    write_models(final, after / NATIVE_FILE, weights)
    progress("writing the atlas")
    atlas = build_atlas(prepared, final, weights)
    atlas.save(weights / SHIPPED_ATLAS)
    progress(f"done: {len(atlas.scores)} examples in {len(atlas.header.groups)} groups")


def prepare_training_data(
    inputs: TrainingInputs, work: Path, weights: Path, versions: int, workers: int, progress: Progress
) -> TrainingData:
    """Make content encoder, damaged versions and views."""
    rated = read_ratings(inputs.ratings, inputs.photos, inputs.scale)
    originals = read_manifest(inputs.products, "train")
    calibration = _select_calibration_photos(rated, originals)
    if not (weights / CONTENT_MODEL).exists():
        progress("exporting the content encoder")
        trunk = ViewNetwork(load_imagenet_weights(str(inputs.checkpoint))).eval()
        export_content(trunk, calibration, weights / CONTENT_MODEL)
    content = Model.from_path(weights / CONTENT_MODEL, workers)
    progress("views of the photos rated by people")
    write_rated_views(rated, content, work / "rated")
    validation_originals = read_manifest(inputs.products, "val")
    for name, part, seed in (
        ("damaged", originals, 0),
        ("damaged_held", validation_originals, _VALIDATION_SEED),
    ):
        progress(f"damaging {len(part)} originals")
        shards = list(make_shards(part, work / f"{name}_shards", versions, workers, seed))
        write_damaged_views(shards, content, work / name)
    rated_views = load_views(work / "rated")
    groups = group_near_duplicates(rated_views.content.astype(np.float32), NEAR_DUPLICATE_SIMILARITY)
    return TrainingData(
        rated=replace(rated_views, groups=groups.astype(np.int32)),
        is_validation=make_validation_mask(groups, VALIDATION_SHARE, seed=0),
        rated_names=[photo.path.name for photo in rated],
        damaged=load_views(work / "damaged"),
        originals=originals,
        damaged_validation=load_views(work / "damaged_held"),
        calibration=calibration,
    )


@dataclass(frozen=True, eq=False)
class ExtractedFeatures:
    """Features of every photo by one native trunk; groups of the two sets are numbered apart.

    Example:
        >>> rows, unknown = np.zeros((2, 40), np.float16), np.full(2, -1)
        >>> labels = dict(scores=np.array([40, 80]), kinds=unknown, levels=unknown, groups=np.arange(2))
        >>> part = Features(values=rows, **labels)
        >>> extracted = ExtractedFeatures(rated=part, damaged=part, damaged_validation=part)
        >>> extracted.rated.select(np.array([True, False])).scores.tolist()
        [40]
    """

    rated: Features
    damaged: Features
    damaged_validation: Features


@dataclass(frozen=True, eq=False)
class TrainedProjection:
    """A projection and the features it was trained on.

    Example:
        >>> from packshot.train.networks.distortion import ProjectionShape
        >>> rows, unknown = np.zeros((2, 40), np.float16), np.full(2, -1)
        >>> labels = dict(scores=np.array([40, 80]), kinds=unknown, levels=unknown, groups=np.arange(2))
        >>> part = Features(values=rows, **labels)
        >>> projection = Projection(ProjectionShape(inputs=40, hidden=16, vector=8, kinds=5)).eval()
        >>> trained = TrainedProjection(ExtractedFeatures(part, part, part), projection)
        >>> compute_vectors(trained.projection, trained.features.rated).shape
        (2, 8)
    """

    features: ExtractedFeatures
    projection: Projection


def export_trunk(trunk: ViewNetwork, prepared: TrainingData, folder: Path, progress: Progress) -> None:
    """Write the folder's native trunk, if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / NATIVE_FILE).exists():
        progress(f"exporting {folder / NATIVE_FILE}")
        export_native(trunk, prepared.calibration, folder / NATIVE_FILE)


def extract_features(
    prepared: TrainingData, folder: Path, threads: int, progress: Progress
) -> ExtractedFeatures:
    """Compute features by the folder's native trunk, kept there."""
    model = Model.from_path(folder / NATIVE_FILE, threads)
    rated = _load_or_compute(
        folder / "rated.npz", progress, lambda: compute_features(prepared.rated, model)
    )
    damaged = _load_or_compute(
        folder / "damaged.npz", progress, lambda: compute_features(prepared.damaged, model)
    )
    damaged_validation = _load_or_compute(
        folder / "damaged_held.npz",
        progress,
        lambda: compute_features(prepared.damaged_validation, model),
    )
    return ExtractedFeatures(
        rated, replace(damaged, groups=damaged.groups + len(rated.scores)), damaged_validation
    )


def load_or_train_projection(
    extracted: ExtractedFeatures,
    prepared: TrainingData,
    path: Path,
    recipe: ProjectionRecipe,
    progress: Progress,
) -> TrainedProjection:
    """Load or train a projection on features, from its file if it is there.

    Example:
        >>> from packshot.train.networks.distortion import ProjectionShape
        >>> rows, unknown = np.zeros((2, 40), np.float16), np.full(2, -1)
        >>> labels = dict(scores=np.array([40, 80]), kinds=unknown, levels=unknown, groups=np.arange(2))
        >>> part, path = Features(values=rows, **labels), Path("projection.pt")
        >>> torch.save(Projection(ProjectionShape(inputs=40, hidden=16, vector=8, kinds=5)), path)
        >>> extracted = ExtractedFeatures(part, part, part)
        >>> trained = load_or_train_projection(extracted, None, path, ProjectionRecipe(), print)
        >>> trained.projection.shape.inputs, trained.projection.training
        (40, False)
    """
    if not path.exists():
        progress(f"training {path}")
        projection = train_projection(
            extracted.rated.select(~prepared.is_validation),
            extracted.damaged,
            recipe,
            len(KIND_NAMES),
            lambda step, loss: progress(f"  step {step}: loss {loss:.4f}"),
        )
        if recipe.readouts:
            fit_readouts(projection, extracted.rated.select(~prepared.is_validation), extracted.damaged)
        torch.save(projection, path)
    loaded = load_network(path)
    assert isinstance(loaded, Projection)
    return TrainedProjection(extracted, loaded.eval())


def load_or_tune_trunk(
    untouched: ViewNetwork,
    first: TrainedProjection,
    prepared: TrainingData,
    folder: Path,
    recipe: TrunkRecipe,
    progress: Progress,
) -> ViewNetwork:
    """Load or tune the trunk, from its file if it is there."""
    path = folder / "encoder.pt"
    if path.exists():
        encoder = load_network(path)
        assert isinstance(encoder, TunedEncoder)
        return encoder.trunk
    folder.mkdir(parents=True, exist_ok=True)
    progress("tuning the trunk")
    chosen = np.flatnonzero(~prepared.is_validation)
    start = [
        compute_vectors(first.projection, part)
        for part in (first.features.rated, first.features.damaged)
    ]
    encoder = tune_trunk(
        TrainingPool(prepared.rated, chosen, prepared.damaged),
        TunedEncoder(ViewNetwork(fold_normalisation(untouched.trunk)), first.projection),
        np.concatenate([start[0][chosen], start[1]]),
        recipe,
        folder / "checkpoint.pt",
        progress,
    )
    torch.save(encoder, path)
    return encoder.trunk


def write_models(trained: TrainedProjection, native: Path, weights: Path) -> None:
    """Write the distortion encoder: native trunk and projection in one."""
    projection = trained.projection
    head = native.with_name("projection.onnx")
    outputs = ["distortion", "kinds", "level"]
    measured = 2 * len(MEASUREMENT_NAMES)
    statistics = (projection.shape.inputs - measured) // 2 - CONTENT_SIZE
    sizes = {
        "whole_content": CONTENT_SIZE,
        "whole_statistics": statistics,
        "measured": measured,
        "native_content": CONTENT_SIZE,
        "native_statistics": statistics,
    }
    example = {name: torch.zeros(2, size) for name, size in sizes.items()}
    export(ProjectionHead(projection).eval(), example, outputs, head)
    merged = _merge_models(onnx.load(str(native)), onnx.load(str(head)))
    halve_large_weights(merged)
    metadata = {"kinds": KIND_NAMES, "measured": MEASUREMENT_NAMES, "limits": _compute_limits(trained)}
    properties = {name: json.dumps(value) for name, value in metadata.items()}
    onnx.helper.set_model_props(merged, properties)
    onnx.save(merged, str(weights / DISTORTION_MODEL))


def _compute_limits(trained: TrainedProjection) -> dict[str, float]:
    """Compute limits from undamaged products not trained on, and from photos that people rate well."""
    pristine = trained.features.damaged_validation.values[
        trained.features.damaged_validation.levels == 0
    ]
    good = trained.features.rated.values[trained.features.rated.scores >= _MIN_GOOD_SCORE]
    return fit_kind_limits(trained.projection, [pristine, good])


def build_atlas(prepared: TrainingData, trained: TrainedProjection, weights: Path) -> Atlas:
    """Build the atlas of everything, calibrated on the held-out photos."""
    models = tuple(
        Model.from_path(weights / name).fingerprint for name in (CONTENT_MODEL, DISTORTION_MODEL)
    )
    rated = make_examples(
        trained.projection,
        replace(trained.features.rated, groups=prepared.rated.groups),
        prepared.rated_names,
        [f"rated:{number}" for number in prepared.rated.groups],
        PEOPLE_ORIGIN,
    )
    names, groups = _name_damaged_versions(prepared)
    damaged = make_examples(trained.projection, trained.features.damaged, names, groups, ENSEMBLE_ORIGIN)
    sizes = (CONTENT_SIZE, len(rated[0].distortion))
    atlas = Atlas.create_empty("packshot", (models[0], models[1]), sizes).with_examples(rated + damaged)
    validation_features = trained.features.damaged_validation
    labels = [f"held:{group}" for group in validation_features.groups]
    validation = ValidationExamples(
        rated=[example for example, keep in zip(rated, prepared.is_validation, strict=True) if keep],
        damaged=make_examples(trained.projection, validation_features, labels, labels, ENSEMBLE_ORIGIN),
    )
    return calibrate_atlas(atlas, validation, REFERENCE_NAME, PEOPLE_ORIGIN)


def _name_damaged_versions(prepared: TrainingData) -> tuple[list[str], list[str]]:
    """Return names and groups of the damaged versions."""
    names, groups = [], []
    for group, kind, level in zip(
        prepared.damaged.groups, prepared.damaged.kinds, prepared.damaged.levels, strict=True
    ):
        original = prepared.originals[int(group)]
        groups.append(f"product:{original.path.stem}")
        names.append(f"{original.path.stem} {KIND_NAMES[kind]} {level}")
    return names, groups


def _merge_models(native: onnx.ModelProto, head: onnx.ModelProto) -> onnx.ModelProto:
    """Join both into one graph: pixels through the trunk, its outputs into the projection."""
    trunk = onnx.compose.add_prefix(native, "trunk_", rename_inputs=False)
    merged = onnx.compose.merge_models(
        onnx.version_converter.convert_version(trunk, head.opset_import[0].version)
        if trunk.opset_import[0].version != head.opset_import[0].version
        else trunk,
        head,
        io_map=[
            ("trunk_content", "native_content"),
            ("trunk_statistics", "native_statistics"),
        ],
    )
    for value in merged.graph.input:
        renamed = value.name.removeprefix("whole_")
        for node in merged.graph.node:
            node.input[:] = [renamed if name == value.name else name for name in node.input]
        value.name = renamed
    return merged


def _select_calibration_photos(rated: Sequence[RatedPhoto], originals: Sequence[Original]) -> list[Path]:
    """Select photos of both sets, evenly."""
    paths = ([photo.path for photo in rated], [original.path for original in originals])
    half = _CALIBRATION_PHOTOS // 2
    return [part[i] for part in paths for i in np.linspace(0, len(part) - 1, half).astype(int)]


def _load_or_compute(path: Path, progress: Progress, compute: Callable[[], Features]) -> Features:
    """Load features from a file, made and written first if it is not there."""
    if not path.exists():
        progress(f"computing {path.name}")
        compute().save(path)
    return Features.load(path)
