"""All recipes in order: content network, damage, native trunk, projection, models, atlas."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from packshot.arrays import Float16Array, Float64Array
from packshot.assess.atlas import SHIPPED_ATLAS, Atlas
from packshot.assess.ratings import RatedPhoto, read_ratings
from packshot.encode import CONTENT_MODEL, DISTORTION_MODEL, Model
from packshot.files import atomic_write_bytes
from packshot.train.array_files import write_array
from packshot.train.datasets.damaged import (
    KIND_NAMES,
    Original,
    load_shard,
    make_shards,
    read_manifest,
)
from packshot.train.datasets.hash_split import falls_in_share
from packshot.train.datasets.lettering import Fonts
from packshot.train.datasets.looks import Looks, compute_look_features, write_looks, write_shard_looks
from packshot.train.datasets.oasis import EmotionPhoto, read_oasis
from packshot.train.datasets.pool import ExtraFolder, plan_pool, write_drawn, write_pool
from packshot.train.datasets.product_ratings import FAULTS, Part, ProductRating, read_product_ratings
from packshot.train.datasets.rated import group_near_duplicates
from packshot.train.datasets.teacher_features import write_teacher_features
from packshot.train.features import CONTENT_SIZE
from packshot.train.networks.efficientnet_lite import EfficientNetLite, load_imagenet_weights
from packshot.train.networks.quality_head import QualityHead
from packshot.train.networks.statistics import WHOLE_NUMBERS, ViewNetwork
from packshot.train.progress import Progress
from packshot.train.recipes.damage_costs import UNRATED_ORIGINAL, fit_damage_costs, rate_damaged
from packshot.train.recipes.distortion import ProjectionRecipe
from packshot.train.recipes.distortion_model import write_distortion_model
from packshot.train.recipes.encoders import export_content, export_native, load_exported_trunk
from packshot.train.recipes.large import EMBEDDING_SIZE, fit_large_head, write_large_content
from packshot.train.recipes.limits import fit_kind_limits
from packshot.train.recipes.native import NativeLessons, make_native, make_trunk_recipe
from packshot.train.recipes.quality import (
    DamagedProducts,
    QualityData,
    QualityModel,
    RatedByPeople,
    RatedProducts,
    calibrate_quality,
    make_atlas_examples,
    train_quality,
)
from packshot.train.recipes.student import StudentRecipe, teach_student
from packshot.train.recipes.student_targets import StudentData, is_person_held_out

REFERENCE_NAME = "product photos of ten shops"
NEAR_DUPLICATE_SIMILARITY = 0.8
"""Cosine of centred content vectors above which two photos are in one group. A judgement."""

START_SHARE = 0.5
"""Share of the weights of a network that is taught further that stays as it was: see
`packshot.train.recipes.student.StudentRecipe.start_share`. Even parts, not tuned."""

NATIVE_FILE = "native.onnx"
HEAD_FILE = "head.pt"
LARGE_FILE = "large.onnx"
COSTS_FILE = "costs.json"
_UNTOUCHED_FILE = "untouched.onnx"
_CALIBRATION_PHOTOS = 120
"""Photos whose activations set the ranges of quantisation (`weights/content.md`)."""

_MIN_GOOD_SCORE = 65
"""Points from which on a photo that people rated counts as undamaged for the limits of kinds."""


@dataclass(frozen=True)
class TrainingInputs:
    """Data that everything is made from; see ``packshot train everything --help``.

    Attributes:
        checkpoint: EfficientNet-Lite0, an ImageNet state dictionary.
        teacher: CLIP's image encoder, an ONNX file.
        product_ratings: Table of rated product photos.
        products: Manifest of originals to damage.
        ratings: Table of photos rated by people.
        photos: Folder of those.
        scale: Their ratings that mean 0 and 100.
        pleasantness: Table of photos with their valence.
        pleasant_photos: Folder of those.
        fonts: Folder of font files.
        extra: Folders of more product photos.
        native: A file that holds an exported trunk of the native view; None to tune one.
        start: An exported content network that the student goes on from; None for the checkpoint.
        is_large: The teacher itself becomes the content network (`packshot.train.recipes.large`).

    Example:
        >>> inputs = TrainingInputs(*map(Path, "abcdef"), (1.0, 5.0), *map(Path, "ghi"))
        >>> inputs.scale, inputs.native
        ((1.0, 5.0), None)
    """

    checkpoint: Path
    teacher: Path
    product_ratings: Path
    products: Path
    ratings: Path
    photos: Path
    scale: tuple[float, float]
    pleasantness: Path
    pleasant_photos: Path
    fonts: Path
    extra: tuple[ExtraFolder, ...] = ()
    native: Path | None = None
    start: Path | None = None
    is_large: bool = False


@dataclass(frozen=True)
class Workshop:
    """Where and how work is done.

    Attributes:
        work: Folder of intermediate results.
        workers: Processes, or threads.
        progress: Told about progress.

    Example:
        >>> Workshop(Path("build"), 2, print).looks("people").as_posix()
        'build/looks/people'
    """

    work: Path
    workers: int
    progress: Progress

    def looks(self, name: str) -> Path:
        """Folder of the looks of a set."""
        return self.work / "looks" / name


@dataclass(frozen=True, eq=False)
class RatedPhotos:
    """All photos with labels.

    Example:
        >>> RatedPhotos(products=[], people=[RatedPhoto(Path("a.jpg"), 70)], pleasant=[]).paths
        [PosixPath('a.jpg')]
    """

    products: list[ProductRating]
    people: list[RatedPhoto]
    pleasant: list[EmotionPhoto]

    @property
    def paths(self) -> list[Path]:
        """The files of all."""
        products = [photo.path for photo in self.products]
        people = [photo.path for photo in self.people]
        return [*products, *people, *(photo.path for photo in self.pleasant)]

    def select_calibration(self, count: int = _CALIBRATION_PHOTOS) -> list[Path]:
        """Select photos for quantisation, evenly: half products not held out, half rated by people."""
        products = [photo.path for photo in self.products if not photo.is_held_out]
        parts = (products, [photo.path for photo in self.people])
        return [
            part[place]
            for part in parts
            for place in np.linspace(0, len(part) - 1, min(count // 2, len(part))).astype(int)
        ]


def make_everything(
    inputs: TrainingInputs, work: Path, weights: Path, versions: int, workers: int, progress: Progress
) -> None:
    """Run each step whose result is not there yet.

    Args:
        inputs: Data and the pre-trained networks.
        work: Intermediate results.
        weights: Models and atlas.
        versions: Damaged versions of each original.
        workers: Processes for damaging and looking, threads for everything else.
        progress: Told about progress.
    """
    work.mkdir(parents=True, exist_ok=True)
    weights.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(workers)
    shop = Workshop(work, workers, progress)
    rated = RatedPhotos(
        read_product_ratings(inputs.product_ratings),
        read_ratings(inputs.ratings, inputs.photos, inputs.scale),
        read_oasis(inputs.pleasantness, inputs.pleasant_photos),
    )
    content = make_content(inputs, rated, shop)
    damage = make_damage(inputs, rated, versions, shop)
    looks = look_at_all(inputs, rated, damage, shop)
    native = _load_or_make_native(inputs, rated, damage, looks, content, shop)
    features = compute_all_features(looks, content.path, native, shop)
    joined = join_data(rated, damage, features, content.size)
    data, calibration = (joined.select(part) for part in (Part.TRAINING, Part.CALIBRATION))
    progress("training the projection and its readouts")
    taught = content.head or fit_large_head(data)
    model = train_quality(data, calibration, ProjectionRecipe(), progress, taught, content.size)
    good = data.people.features[data.people.scores >= _MIN_GOOD_SCORE]
    limits = fit_kind_limits(model.projection, [features.pristine, good])
    atomic_write_bytes(content.path.read_bytes(), weights / CONTENT_MODEL)
    write_distortion_model(model, native, limits, weights / DISTORTION_MODEL)
    progress("writing the atlas")
    atlas = build_atlas(data, calibration, model, weights)
    atlas.save(weights / SHIPPED_ATLAS)
    progress(f"done: {len(atlas.scores)} examples in {len(atlas.header.groups)} groups")


@dataclass(frozen=True, eq=False)
class ContentNetwork:
    """The content network as it is exported.

    Attributes:
        path: The ONNX file.
        size: Numbers of its content vector.
        head: What it says of ratings and faults by itself; None where that is fitted to its features.

    Example:
        >>> ContentNetwork(Path("content.onnx"), 1280, QualityHead(4, faults=2)).path.name
        'content.onnx'
    """

    path: Path
    size: int
    head: QualityHead | None


def make_content(inputs: TrainingInputs, rated: RatedPhotos, shop: Workshop) -> ContentNetwork:
    """Teach and export the content network, if that was not done; the large one is not taught."""
    if inputs.is_large:
        target = shop.work / LARGE_FILE
        write_large_content(inputs.teacher, target)
        return ContentNetwork(target, EMBEDDING_SIZE, None)
    target, head = shop.work / CONTENT_MODEL, shop.work / HEAD_FILE
    if not target.exists():
        data = make_student_data(inputs, rated, shop)
        trunk = load_start(inputs)
        shop.progress("teaching the content network")
        recipe = StudentRecipe() if inputs.start is None else StudentRecipe(start_share=START_SHARE)
        network = teach_student(data, trunk, recipe, shop.work / "student", shop.progress)
        shop.progress("exporting the content network")
        torch.save(network.quality.state_dict(), head)
        draft = target.with_suffix(".draft.onnx")
        export_content(network.view, rated.select_calibration(), draft)
        draft.replace(target)
    return ContentNetwork(target, CONTENT_SIZE, load_head(head))


def load_start(inputs: TrainingInputs) -> EfficientNetLite:
    """Load the trunk that the student begins with."""
    if inputs.start is not None:
        return load_exported_trunk(inputs.start)
    return load_imagenet_weights(str(inputs.checkpoint))


def load_head(path: Path) -> QualityHead:
    """Load what `make_content` wrote.

    Example:
        >>> torch.save(QualityHead(WHOLE_NUMBERS, len(FAULTS)).state_dict(), "head.pt")
        >>> load_head(Path("head.pt")).training
        False
    """
    head = QualityHead(WHOLE_NUMBERS, len(FAULTS))
    head.load_state_dict(torch.load(path, weights_only=True))
    return head.eval()


def make_student_data(inputs: TrainingInputs, rated: RatedPhotos, shop: Workshop) -> StudentData:
    """Show the teacher all rated photos and those of a pool that is made for it."""
    shop.progress("showing rated photos to the teacher")
    seen = write_teacher_features(
        rated.paths, inputs.teacher, shop.work / "teacher_rated.npy", shop.workers, shop.progress
    )
    planned, fonts = plan_pool(rated.products, inputs.extra), Fonts.from_folder(inputs.fonts)
    shop.progress(f"making a pool of {len(planned)} photos")
    pool = write_pool(planned, shop.work / "pool", fonts, shop.workers)
    originals = [photo.path for photo in rated.products if not photo.is_held_out]
    drawn = write_drawn(originals, shop.work / "drawn", fonts, shop.workers)
    shop.progress("showing the pool to the teacher")
    unrated, unreal = (
        write_teacher_features(
            paths, inputs.teacher, shop.work / f"teacher_{name}.npy", shop.workers, shop.progress
        )
        for name, paths in (("pool", pool), ("drawn", drawn))
    )
    count = len(rated.products)
    features = np.concatenate([seen[:count], unrated, seen[count:], unreal])
    return StudentData(rated.products, pool, rated.people, rated.pleasant, features, drawn)


@dataclass(frozen=True, eq=False)
class Damage:
    """Originals, damaged on purpose.

    Attributes:
        originals: In the order of the shards' numbers.
        shards: Files of `packshot.train.datasets.damaged`.
        costs: (3,) what damage costs, by `ASPECTS`.

    Example:
        >>> Damage([], [], np.array([0.6, 0.8, 0.1])).costs.shape
        (3,)
    """

    originals: Sequence[Original]
    shards: Sequence[Path]
    costs: Float64Array


def make_damage(inputs: TrainingInputs, rated: RatedPhotos, versions: int, shop: Workshop) -> Damage:
    """Damage originals, in a random order, so that the first shards alone are a fair sample."""
    listed = read_manifest(inputs.products, "train")
    originals = random.Random(0).sample(listed, len(listed))  # noqa: S311 - not for secrets
    shop.progress(f"damaging {len(originals)} originals")
    shards = list(make_shards(originals, shop.work / "damaged_shards", versions, shop.workers))
    return Damage(originals, shards, load_or_fit_costs(rated.products, shop))


def load_or_fit_costs(products: Sequence[ProductRating], shop: Workshop) -> Float64Array:
    """Load or fit what damage costs.

    Example:
        >>> Path(COSTS_FILE).write_text("[0.6, 0.8, 0.1]")
        15
        >>> load_or_fit_costs([], Workshop(Path("."), 0, print)).tolist()
        [0.6, 0.8, 0.1]
    """
    path = shop.work / COSTS_FILE
    if not path.exists():
        shop.progress("fitting what damage costs")
        costs = fit_damage_costs(products, shop.workers)
        atomic_write_bytes(json.dumps(costs.tolist()).encode(), path)
    return np.array(json.loads(path.read_text()), np.float64)


@dataclass(frozen=True, eq=False)
class AllLooks:
    """Looks of every set.

    Attributes:
        products: Rated products.
        people: Photos rated by people.
        damaged: Damaged originals and they themselves.
        pristine: Originals of the manifest's validation split, undamaged.

    Example:
        >>> [name for name in AllLooks.__dataclass_fields__]
        ['products', 'people', 'damaged', 'pristine']
    """

    products: Looks
    people: Looks
    damaged: Looks
    pristine: Looks


def look_at_all(inputs: TrainingInputs, rated: RatedPhotos, damage: Damage, shop: Workshop) -> AllLooks:
    """Look at every photo, unless that was done."""
    shop.progress("looking at all photos")
    held = [original.path for original in read_manifest(inputs.products, "val")]
    sets = {
        "products": [photo.path for photo in rated.products],
        "people": [photo.path for photo in rated.people],
        "pristine": held,
    }
    looks = {name: write_looks(paths, shop.looks(name), shop.workers) for name, paths in sets.items()}
    return AllLooks(damaged=write_shard_looks(damage.shards, shop.looks("damaged")), **looks)


@dataclass(frozen=True, eq=False)
class AllFeatures:
    """Features of every set, (N, F) each; see `AllLooks`.

    Example:
        >>> rows = np.zeros((2, 40), np.float16)
        >>> AllFeatures(rows, rows, rows, rows).people.shape
        (2, 40)
    """

    products: Float16Array
    people: Float16Array
    damaged: Float16Array
    pristine: Float16Array


def compute_all_features(looks: AllLooks, content: Path, native: Path, shop: Workshop) -> AllFeatures:
    """Compute the features of every set by two exported networks, once for each pair of networks."""
    models = Model.from_path(content, shop.workers), Model.from_path(native, shop.workers)
    folder = shop.work / "features" / f"{models[0].fingerprint}-{models[1].fingerprint}"
    parts: dict[str, Float16Array] = {}
    for name, part in vars(looks).items():
        path = folder / f"{name}.npy"
        if not path.exists():
            shop.progress(f"computing features: {name}")
            write_array(compute_look_features(part, *models), path)
        parts[name] = np.load(path)
    return AllFeatures(**parts)


def _load_or_make_native(
    inputs: TrainingInputs,
    rated: RatedPhotos,
    damage: Damage,
    looks: AllLooks,
    content: ContentNetwork,
    shop: Workshop,
) -> Path:
    """Take the trunk of the native view from a file, or tune it, if that was not done."""
    target, untouched = shop.work / NATIVE_FILE, shop.work / _UNTOUCHED_FILE
    if target.exists():
        return target
    calibration = rated.select_calibration()
    if inputs.native is not None:
        taken = ViewNetwork(load_exported_trunk(inputs.native)).eval()
        draft = target.with_suffix(".draft.onnx")
        export_native(taken, calibration, draft)
        draft.replace(target)
        return target
    trunk = load_imagenet_weights(str(inputs.checkpoint))
    if not untouched.exists():
        draft = untouched.with_suffix(".draft.onnx")
        export_native(ViewNetwork(trunk).eval(), calibration, draft)
        draft.replace(untouched)
    features = compute_all_features(looks, content.path, untouched, shop)
    data = join_data(rated, damage, features, content.size)
    shop.progress("tuning the trunk of the native view")
    lessons = NativeLessons(data, looks.people, looks.damaged, calibration)
    make_native(lessons, trunk, (ProjectionRecipe(), make_trunk_recipe()), target, shop.progress)
    return target


def join_data(
    rated: RatedPhotos, damage: Damage, features: AllFeatures, content_size: int = CONTENT_SIZE
) -> QualityData:
    """Join labels and features of every set; the first `content_size` are the content vector."""
    content = features.people[:, :content_size].astype(np.float32)
    groups = group_near_duplicates(content, NEAR_DUPLICATE_SIMILARITY)
    return QualityData(
        RatedProducts(rated.products, features.products),
        RatedByPeople(rated.people, features.people, groups, list(map(find_people_part, rated.people))),
        join_damaged(damage, rated.products, features.damaged),
    )


def find_people_part(photo: RatedPhoto) -> Part:
    """Find what a photo rated by people serves for, by its name: the same for every network.

    Example:
        >>> photos = [RatedPhoto(Path(f"{number}.jpg"), 50) for number in range(400)]
        >>> parts = [find_people_part(photo) for photo in photos]
        >>> [parts.count(part) > 20 for part in Part], parts.count(Part.TRAINING) > 320
        ([True, True, True], True)
    """
    if not is_person_held_out(photo):
        return Part.TRAINING
    return Part.CALIBRATION if falls_in_share(f"part {photo.path.name}", 50) else Part.VALIDATION


def join_damaged(
    damage: Damage, products: Sequence[ProductRating], features: Float16Array
) -> DamagedProducts:
    """Join damaged versions with the ratings reckoned for them.

    Args:
        damage: Shards with their originals.
        products: Rated ones; an original among them keeps its rating, another gets `UNRATED_ORIGINAL`.
        features: (N, F) of all versions, in the order of the shards.
    """
    ratings_by_path = {photo.path: photo.ratings for photo in products}
    names, groups = list[str](), list[str]()
    ratings, kinds, levels = [], [], []
    for path in damage.shards:
        original, shard = damage.originals[int(path.stem)], load_shard(path)
        base = ratings_by_path.get(original.path.resolve(), np.array(UNRATED_ORIGINAL, np.float32))
        ratings.append(rate_damaged(base, shard.scores, damage.costs))
        kinds.append(shard.kinds.astype(np.intp))
        levels.append(shard.levels.astype(np.intp))
        groups += [original.group] * len(shard.kinds)
        names += [
            f"{original.path.stem} {KIND_NAMES[kind]} {level}"
            for kind, level in zip(shard.kinds, shard.levels, strict=True)
        ]
    columns = np.concatenate(ratings), np.concatenate(kinds), np.concatenate(levels)
    return DamagedProducts(names, groups, features, *columns)


def build_atlas(
    data: QualityData, calibration: QualityData, model: QualityModel, weights: Path
) -> Atlas:
    """Build the atlas of everything that was trained on, calibrated on photos that were not.

    Args:
        data: What the model was trained on.
        calibration: What sets calibration and confidence.
        model: The projection with its readouts.
        weights: Folder of the models whose fingerprints it bears.
    """
    examples = make_atlas_examples(data, model)
    content, distortion = (
        Model.from_path(weights / name).fingerprint for name in (CONTENT_MODEL, DISTORTION_MODEL)
    )
    sizes = len(examples[0].content), len(examples[0].distortion)
    atlas = Atlas.create_empty("packshot", (content, distortion), sizes).with_examples(examples)
    return calibrate_quality(atlas, model.projection, calibration, data.products, REFERENCE_NAME)
