"""All recipes in order: encoders, damage, features, projection, models, atlas."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

from packshot.assess.atlas import DEFAULT_ATLAS, Atlas
from packshot.assess.ratings import RatedPhoto, read_ratings
from packshot.encode import CONTENT_MODEL, DISTORTION_MODEL, Model
from packshot.train.datasets.damaged import KIND_NAMES, Original, make_shards, read_manifest
from packshot.train.datasets.rated import near_duplicate_groups, validation_mask
from packshot.train.export import export, halve_large_weights
from packshot.train.features import (
    CONTENT_SIZE,
    Features,
    ViewEncoders,
    damaged_features,
    joined,
    rated_features,
)
from packshot.train.networks.distortion import Projection, ProjectionHead
from packshot.train.recipes.atlas import calibrated, examples
from packshot.train.recipes.distortion import ProjectionRecipe, train_projection
from packshot.train.recipes.encoders import CONTENT_FILE, NATIVE_FILE, export_encoders

Say = Callable[[str], None]

PEOPLE = "rated by people (BIQ2021)"
ENSEMBLE = "full-reference ensemble"
REFERENCE = "photos rated by people"
VALIDATION_SHARE = 0.15
NEAR_DUPLICATE = 0.8
_CALIBRATION_PHOTOS = 120


@dataclass(frozen=True)
class Inputs:
    """What everything is made from; see ``packshot train everything --help``."""

    checkpoint: Path
    products: Path
    ratings: Path
    photos: Path
    scale: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Prepared:
    """Features of both sets, the rated ones split by near-duplicate groups.

    Attributes:
        rated: Photos rated by people.
        held: (N,) which of them are for validation.
        rated_names: Their file names.
        damaged: Damaged originals.
        originals: By group number of `damaged`.
    """

    rated: Features
    held: NDArray[np.bool_]
    rated_names: list[str]
    damaged: Features
    originals: Sequence[Original]


def make_everything(
    inputs: Inputs, work: Path, weights: Path, versions: int, workers: int, say: Say
) -> None:
    """Run each step whose result is not there yet.

    Args:
        inputs: Data and the pre-trained checkpoint.
        work: Intermediate results.
        weights: Models and atlas.
        versions: Damaged versions of each original.
        workers: Processes for damaging.
        say: Told about progress.
    """
    work.mkdir(parents=True, exist_ok=True)
    weights.mkdir(parents=True, exist_ok=True)
    prepared = prepare(inputs, work, versions, workers, say)
    projection = _projection(prepared, work / "projection.pt", say)
    write_models(projection, work, weights)
    say("writing the atlas")
    atlas = assemble(prepared, projection, weights)
    atlas.save(weights / DEFAULT_ATLAS)
    say(f"done: {len(atlas.scores)} examples in {len(atlas.header.groups)} groups")


def prepare(inputs: Inputs, work: Path, versions: int, workers: int, say: Say) -> Prepared:
    """Encoders, damaged versions and features."""
    rated = read_ratings(inputs.ratings, inputs.photos, inputs.scale)
    originals = read_manifest(inputs.products, "train")
    if not (work / NATIVE_FILE).exists():
        say("exporting the view encoders")
        export_encoders(inputs.checkpoint, _calibration(rated, originals), work)
    encoders = ViewEncoders.load(work, threads=workers)
    rated_set = _kept(work / "rated.npz", say, lambda: rated_features(rated, encoders))

    def damage() -> Features:
        shards = make_shards(originals, work / "shards", versions, workers)
        return joined(list(damaged_features(shards, encoders)))

    damaged = _kept(work / "damaged.npz", say, damage)
    content = rated_set.values[:, :CONTENT_SIZE].astype(np.float32)
    groups = near_duplicate_groups(content, NEAR_DUPLICATE)
    return Prepared(
        rated=replace(rated_set, groups=groups.astype(np.int32)),
        held=validation_mask(groups, VALIDATION_SHARE, seed=0),
        rated_names=[photo.path.name for photo in rated],
        damaged=replace(damaged, groups=damaged.groups + len(rated)),
        originals=originals,
    )


def write_models(projection: Projection, work: Path, weights: Path) -> None:
    """The two models that ship: the content encoder, and native trunk plus projection in one."""
    (weights / CONTENT_MODEL).write_bytes((work / CONTENT_FILE).read_bytes())
    size = projection.shape.inputs
    head = work / "projection.onnx"
    outputs = ["distortion", "kinds", "level"]
    sizes = {"content": CONTENT_SIZE, "statistics": size // 2 - CONTENT_SIZE}
    example = {
        f"{view}_{name}": torch.zeros(2, length)
        for view in ("whole", "native")
        for name, length in sizes.items()
    }
    export(ProjectionHead(projection).eval(), example, outputs, head)
    merged = _merge(onnx.load(str(work / NATIVE_FILE)), onnx.load(str(head)))
    halve_large_weights(merged)
    onnx.helper.set_model_props(merged, {"kinds": json.dumps(KIND_NAMES)})
    onnx.save(merged, str(weights / DISTORTION_MODEL))


def assemble(prepared: Prepared, projection: Projection, weights: Path) -> Atlas:
    """The atlas of everything, calibrated on the held-out photos."""
    models = tuple(
        Model.from_path(weights / name).fingerprint for name in (CONTENT_MODEL, DISTORTION_MODEL)
    )
    rated = examples(
        projection,
        prepared.rated,
        prepared.rated_names,
        [f"rated:{number}" for number in prepared.rated.groups],
        PEOPLE,
    )
    damaged = examples(projection, prepared.damaged, *_damaged_names(prepared), ENSEMBLE)
    sizes = (CONTENT_SIZE, projection.shape.vector)
    atlas = Atlas.empty("packshot", (models[0], models[1]), sizes).add(rated + damaged)
    held = [example for example, keep in zip(rated, prepared.held, strict=True) if keep]
    return calibrated(atlas, held, REFERENCE, PEOPLE)


def _projection(prepared: Prepared, path: Path, say: Say) -> Projection:
    if path.exists():
        saved: Projection = torch.load(path, weights_only=False)
        return saved.eval()
    say("training the projection")
    trained = train_projection(
        prepared.rated.chosen(~prepared.held),
        prepared.damaged,
        ProjectionRecipe(),
        len(KIND_NAMES),
        lambda step, loss: say(f"  step {step}: loss {loss:.4f}"),
    )
    torch.save(trained, path)
    return trained


def _damaged_names(prepared: Prepared) -> tuple[list[str], list[str]]:
    """Names and groups of the damaged versions."""
    first = int(prepared.damaged.groups.min())
    names, groups = [], []
    for group, kind, level in zip(
        prepared.damaged.groups, prepared.damaged.kinds, prepared.damaged.levels, strict=True
    ):
        original = prepared.originals[int(group) - first]
        groups.append(f"product:{original.path.stem}")
        names.append(f"{original.path.stem} {KIND_NAMES[kind]} {level}")
    return names, groups


def _merge(native: onnx.ModelProto, head: onnx.ModelProto) -> onnx.ModelProto:
    """One graph: pixels through the trunk, its outputs into the projection."""
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


def _calibration(rated: Sequence[RatedPhoto], originals: Sequence[Original]) -> list[Path]:
    """Photos of both sets, evenly drawn."""
    paths = ([photo.path for photo in rated], [original.path for original in originals])
    half = _CALIBRATION_PHOTOS // 2
    return [part[i] for part in paths for i in np.linspace(0, len(part) - 1, half).astype(int)]


def _kept(path: Path, say: Say, make: Callable[[], Features]) -> Features:
    """Features from a file, made and written first if it is not there."""
    if not path.exists():
        say(f"computing {path.name}")
        make().save(path)
    return Features.load(path)
