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
from packshot.assess.atlas import DEFAULT_ATLAS, Atlas
from packshot.assess.ratings import RatedPhoto, read_ratings
from packshot.encode import CONTENT_MODEL, DISTORTION_MODEL, Model
from packshot.encode.measured import MEASURED
from packshot.train.datasets.damaged import KIND_NAMES, Original, make_shards, read_manifest
from packshot.train.datasets.rated import near_duplicate_groups, validation_mask
from packshot.train.datasets.views import Views, load_views, write_damaged, write_rated
from packshot.train.export import export, halve_large_weights
from packshot.train.features import CONTENT_SIZE, Features, features
from packshot.train.networks.distortion import Projection, ProjectionHead
from packshot.train.networks.efficientnet_lite import folded, load_pretrained
from packshot.train.networks.statistics import ViewNetwork
from packshot.train.recipes.atlas import HeldOut, calibrated, examples, vectors
from packshot.train.recipes.distortion import ProjectionRecipe, train_projection
from packshot.train.recipes.encoders import export_content, export_native
from packshot.train.recipes.limits import kind_limits
from packshot.train.recipes.readouts import fit_readouts
from packshot.train.recipes.trunk import Pool, TrunkRecipe, TunedEncoder, tune_trunk
from packshot.train.saved import load_network

Say = Callable[[str], None]

PEOPLE = "rated by people (BIQ2021)"
ENSEMBLE = "full-reference ensemble"
REFERENCE = "photos rated by people"
VALIDATION_SHARE = 0.15
NEAR_DUPLICATE = 0.8
NATIVE_FILE = "native.onnx"
PROJECTION_FILE = "projection.pt"
_CALIBRATION_PHOTOS = 120
_HELD_SEED = 7_000_000
_GOOD = 65


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
    """Views of both sets, the rated ones split by near-duplicate groups.

    Attributes:
        rated: Photos rated by people.
        held: (N,) which of them are for validation.
        rated_names: Their file names.
        damaged: Damaged originals.
        originals: By group number of `damaged`.
        damaged_held: Damaged originals of the manifest's validation split.
        calibration: Photos whose activations set quantisation ranges.
    """

    rated: Views
    held: Mask
    rated_names: list[str]
    damaged: Views
    originals: Sequence[Original]
    damaged_held: Views
    calibration: Sequence[Path]


def make_everything(
    inputs: Inputs, work: Path, weights: Path, versions: int, workers: int, say: Say
) -> None:
    """Run each step whose result is not there yet.

    Args:
        inputs: Data and the pre-trained checkpoint.
        work: Intermediate results.
        weights: Models and atlas.
        versions: Damaged versions of each original.
        workers: Processes for damaging, threads for everything else.
        say: Told about progress.
    """
    work.mkdir(parents=True, exist_ok=True)
    weights.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(workers)
    prepared = prepare(inputs, work, weights, versions, workers, say)
    recipe = ProjectionRecipe()
    before, after = work / "untouched", work / "tuned"
    untouched = ViewNetwork(load_pretrained(str(inputs.checkpoint))).eval()
    exported(untouched, prepared, before, say)
    found = extracted(prepared, before, workers, say)
    first = trained_on(found, prepared, before / PROJECTION_FILE, recipe, say)
    tuned = tuned_trunk(untouched, first, prepared, after, TrunkRecipe(), say)
    exported(tuned, prepared, after, say)
    found = extracted(prepared, after, workers, say)
    final = trained_on(found, prepared, after / PROJECTION_FILE, recipe, say)
    write_models(final, after / NATIVE_FILE, weights)
    say("writing the atlas")
    atlas = assemble(prepared, final, weights)
    atlas.save(weights / DEFAULT_ATLAS)
    say(f"done: {len(atlas.scores)} examples in {len(atlas.header.groups)} groups")


def prepare(
    inputs: Inputs, work: Path, weights: Path, versions: int, workers: int, say: Say
) -> Prepared:
    """Content encoder, damaged versions and views."""
    rated = read_ratings(inputs.ratings, inputs.photos, inputs.scale)
    originals = read_manifest(inputs.products, "train")
    calibration = _calibration(rated, originals)
    if not (weights / CONTENT_MODEL).exists():
        say("exporting the content encoder")
        trunk = ViewNetwork(load_pretrained(str(inputs.checkpoint))).eval()
        export_content(trunk, calibration, weights / CONTENT_MODEL)
    content = Model.from_path(weights / CONTENT_MODEL, workers)
    say("views of the photos rated by people")
    write_rated(rated, content, work / "rated")
    held = read_manifest(inputs.products, "val")
    for name, part, seed in (("damaged", originals, 0), ("damaged_held", held, _HELD_SEED)):
        say(f"damaging {len(part)} originals")
        shards = list(make_shards(part, work / f"{name}_shards", versions, workers, seed))
        write_damaged(shards, content, work / name)
    rated_views = load_views(work / "rated")
    groups = near_duplicate_groups(rated_views.content.astype(np.float32), NEAR_DUPLICATE)
    return Prepared(
        rated=replace(rated_views, groups=groups.astype(np.int32)),
        held=validation_mask(groups, VALIDATION_SHARE, seed=0),
        rated_names=[photo.path.name for photo in rated],
        damaged=load_views(work / "damaged"),
        originals=originals,
        damaged_held=load_views(work / "damaged_held"),
        calibration=calibration,
    )


@dataclass(frozen=True, eq=False)
class Extracted:
    """Features of every photo by one native trunk; groups of the two sets are numbered apart."""

    rated: Features
    damaged: Features
    damaged_held: Features


@dataclass(frozen=True, eq=False)
class Trained:
    """A projection and the features it was trained on."""

    features: Extracted
    projection: Projection


def exported(trunk: ViewNetwork, prepared: Prepared, folder: Path, say: Say) -> None:
    """Write the folder's native trunk, if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / NATIVE_FILE).exists():
        say(f"exporting {folder / NATIVE_FILE}")
        export_native(trunk, prepared.calibration, folder / NATIVE_FILE)


def extracted(prepared: Prepared, folder: Path, threads: int, say: Say) -> Extracted:
    """Features by the folder's native trunk, kept there."""
    model = Model.from_path(folder / NATIVE_FILE, threads)
    rated = _kept(folder / "rated.npz", say, lambda: features(prepared.rated, model))
    damaged = _kept(folder / "damaged.npz", say, lambda: features(prepared.damaged, model))
    held = _kept(folder / "damaged_held.npz", say, lambda: features(prepared.damaged_held, model))
    return Extracted(rated, replace(damaged, groups=damaged.groups + len(rated.scores)), held)


def trained_on(
    found: Extracted, prepared: Prepared, saved: Path, recipe: ProjectionRecipe, say: Say
) -> Trained:
    """A projection trained on features, from its file if it is there."""
    if not saved.exists():
        say(f"training {saved}")
        projection = train_projection(
            found.rated.chosen(~prepared.held),
            found.damaged,
            recipe,
            len(KIND_NAMES),
            lambda step, loss: say(f"  step {step}: loss {loss:.4f}"),
        )
        if recipe.readouts:
            fit_readouts(projection, found.rated.chosen(~prepared.held), found.damaged)
        torch.save(projection, saved)
    kept = load_network(saved)
    assert isinstance(kept, Projection)
    return Trained(found, kept.eval())


def tuned_trunk(
    untouched: ViewNetwork,
    first: Trained,
    prepared: Prepared,
    folder: Path,
    recipe: TrunkRecipe,
    say: Say,
) -> ViewNetwork:
    """The trunk after tuning, from its file if it is there."""
    saved = folder / "encoder.pt"
    if saved.exists():
        encoder = load_network(saved)
        assert isinstance(encoder, TunedEncoder)
        return encoder.trunk
    folder.mkdir(parents=True, exist_ok=True)
    say("tuning the trunk")
    chosen = np.flatnonzero(~prepared.held)
    start = [vectors(first.projection, part) for part in (first.features.rated, first.features.damaged)]
    encoder = tune_trunk(
        Pool(prepared.rated, chosen, prepared.damaged),
        TunedEncoder(ViewNetwork(folded(untouched.trunk)), first.projection),
        np.concatenate([start[0][chosen], start[1]]),
        recipe,
        folder / "checkpoint.pt",
        say,
    )
    torch.save(encoder, saved)
    return encoder.trunk


def write_models(trained: Trained, native: Path, weights: Path) -> None:
    """The distortion encoder: native trunk and projection in one."""
    projection = trained.projection
    head = native.with_name("projection.onnx")
    outputs = ["distortion", "kinds", "level"]
    measured = 2 * len(MEASURED)
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
    merged = _merge(onnx.load(str(native)), onnx.load(str(head)))
    halve_large_weights(merged)
    stated = {"kinds": KIND_NAMES, "measured": MEASURED, "limits": _limits(trained)}
    properties = {name: json.dumps(value) for name, value in stated.items()}
    onnx.helper.set_model_props(merged, properties)
    onnx.save(merged, str(weights / DISTORTION_MODEL))


def _limits(trained: Trained) -> dict[str, float]:
    """From undamaged products not trained on, and from everyday photos that people rate well."""
    pristine = trained.features.damaged_held.values[trained.features.damaged_held.levels == 0]
    good = trained.features.rated.values[trained.features.rated.scores >= _GOOD]
    return kind_limits(trained.projection, [pristine, good])


def assemble(prepared: Prepared, trained: Trained, weights: Path) -> Atlas:
    """The atlas of everything, calibrated on the held-out photos."""
    models = tuple(
        Model.from_path(weights / name).fingerprint for name in (CONTENT_MODEL, DISTORTION_MODEL)
    )
    rated = examples(
        trained.projection,
        replace(trained.features.rated, groups=prepared.rated.groups),
        prepared.rated_names,
        [f"rated:{number}" for number in prepared.rated.groups],
        PEOPLE,
    )
    names, groups = _damaged_names(prepared)
    damaged = examples(trained.projection, trained.features.damaged, names, groups, ENSEMBLE)
    sizes = (CONTENT_SIZE, len(rated[0].distortion))
    atlas = Atlas.empty("packshot", (models[0], models[1]), sizes).add(rated + damaged)
    unseen = trained.features.damaged_held
    labels = [f"held:{group}" for group in unseen.groups]
    held = HeldOut(
        rated=[example for example, keep in zip(rated, prepared.held, strict=True) if keep],
        damaged=examples(trained.projection, unseen, labels, labels, ENSEMBLE),
    )
    return calibrated(atlas, held, REFERENCE, PEOPLE)


def _damaged_names(prepared: Prepared) -> tuple[list[str], list[str]]:
    """Names and groups of the damaged versions."""
    names, groups = [], []
    for group, kind, level in zip(
        prepared.damaged.groups, prepared.damaged.kinds, prepared.damaged.levels, strict=True
    ):
        original = prepared.originals[int(group)]
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
