"""Recipe 5: from features of rated photos to the distortion encoder and the atlas that ship.

What a photo of the atlas is said to read was read by lines that were fitted to other products.
Calibration, confidence and limits are set on photos that nothing was trained on
(`packshot.train.datasets.product_ratings.find_part`): the networks know their own photos too well. A
third part takes no part in anything, and is what benchmarks report on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch

from packshot.arrays import Float16Array, Float32Array, Float64Array, IndexArray, Mask
from packshot.assess.atlas import Atlas, Calibrated, Example, Scale
from packshot.assess.ratings import RatedPhoto
from packshot.assess.retrieval import RetrievalOptions
from packshot.assess.scoring import ScoringResult, compute_score
from packshot.encode import FaultModel, PhotoEncoding
from packshot.report import AspectScore
from packshot.train.datasets.damaged import KIND_NAMES
from packshot.train.datasets.product_ratings import FAULTS, Part, ProductRating
from packshot.train.features import CONTENT_SIZE, Features
from packshot.train.networks.distortion import QUALITY_MARGIN, Projection, join_code
from packshot.train.networks.kernel_head import KernelHead
from packshot.train.networks.quality_head import QualityHead
from packshot.train.progress import Progress
from packshot.train.recipes.calibration import (
    JudgedAspect,
    fit_aspect,
    fit_costs,
    fit_fault_limit,
    fit_logistic_line,
)
from packshot.train.recipes.distortion import ProjectionRecipe, train_projection
from packshot.train.recipes.readouts import Lines, LineTargets, fit_lines, set_readouts

DAMAGED_WEIGHT: Final = 0.05
"""Weight of a damaged original among rated photos: its label is reckoned, not rated. Of .05, .25 and .6
the one whose readings were in the best order on the photos held out."""

_PRODUCT_SHARPNESS: Final = 0.67
_PRODUCT_LEAN: Final = 3.0
"""The log odds that a line gives a product photo, plus the lean, times the sharpness, are what the
scales are mixed by: a photo that may be one is judged as one. Of ten pairs the one that cost products
and photos rated by people the least, .005 and .01 SROCC, on the photos held out."""

_MIN_NAMED: Final = 20
"""Photos that a pass must name for a fault: of fewer one cannot say how many a limit would find."""

_RARE_FALSE_ALARMS: Final = 0.002
"""Share of the photos, 0..1, that may reach the limit of such a fault: it is told where it is sure."""

PEOPLE_ORIGIN: Final = "rated by people (BIQ2021)"
RATED_ORIGIN: Final = "rated by a vision-language model"
DAMAGED_ORIGIN: Final = "rated original, less what damage costs"


@dataclass(frozen=True, eq=False)
class RatedProducts:
    """Rated product photos with their features.

    Attributes:
        photos: What is known of each.
        features: (N, F).

    Example:
        >>> RatedProducts([], np.empty((0, 4), np.float16)).is_in(Part.TRAINING).shape
        (0,)
    """

    photos: Sequence[ProductRating]
    features: Float16Array

    def is_in(self, part: Part) -> Mask:
        """(N,) photos of a part."""
        return np.array([photo.part is part for photo in self.photos], bool)

    @property
    def ratings(self) -> Float64Array:
        """(N, 3) overall, technical, presentation, 0..100."""
        return np.array([photo.ratings for photo in self.photos], float).reshape(-1, 3)

    @property
    def faults(self) -> Float64Array:
        """(N, Y) share of the passes that name each fault."""
        return np.array([photo.faults for photo in self.photos], float).reshape(-1, len(FAULTS))

    def select(self, rows: Mask) -> RatedProducts:
        """Return the photos where a mask is True."""
        kept = [photo for photo, keep in zip(self.photos, rows, strict=True) if keep]
        return RatedProducts(kept, self.features[rows])


@dataclass(frozen=True, eq=False)
class RatedByPeople:
    """Photos of anything, rated by people, with their features.

    Attributes:
        photos: Files and scores.
        features: (N, F).
        groups: (N,) near duplicates have one number.
        parts: Part of each.

    Example:
        >>> RatedByPeople([], np.empty((0, 4), np.float16), np.empty(0, int), []).photos
        []
    """

    photos: Sequence[RatedPhoto]
    features: Float16Array
    groups: IndexArray
    parts: Sequence[Part]

    def is_in(self, part: Part) -> Mask:
        """(N,) photos of a part."""
        return np.array([one is part for one in self.parts], bool)

    @property
    def scores(self) -> Float64Array:
        """(N,) 0..100."""
        return np.array([photo.score for photo in self.photos], float)

    def select(self, rows: Mask) -> RatedByPeople:
        """Return the photos where a mask is True."""
        kept = [photo for photo, keep in zip(self.photos, rows, strict=True) if keep]
        parts = [part for part, keep in zip(self.parts, rows, strict=True) if keep]
        return RatedByPeople(kept, self.features[rows], self.groups[rows], parts)


@dataclass(frozen=True, eq=False)
class DamagedProducts:
    """Originals damaged on purpose, with the ratings reckoned for each version.

    Attributes:
        names: (N,) of each version.
        groups: (N,) the product of each.
        features: (N, F).
        ratings: (N, 3) the original's ratings less what the damage costs, 0..100.
        kinds: (N,) indices into `KIND_NAMES`.
        levels: (N,) 0..5.

    Example:
        >>> none = np.empty(0, int)
        >>> DamagedProducts([], [], np.empty((0, 4)), np.empty((0, 3)), none, none).names
        []
    """

    names: Sequence[str]
    groups: Sequence[str]
    features: Float16Array
    ratings: Float64Array
    kinds: IndexArray
    levels: IndexArray

    def select(self, rows: Mask) -> DamagedProducts:
        """Return the versions where a mask is True."""
        names = [name for name, keep in zip(self.names, rows, strict=True) if keep]
        groups = [group for group, keep in zip(self.groups, rows, strict=True) if keep]
        rest = (self.features[rows], self.ratings[rows], self.kinds[rows], self.levels[rows])
        return DamagedProducts(names, groups, *rest)


@dataclass(frozen=True, eq=False)
class QualityData:
    """Everything that is trained on.

    Example:
        >>> [name for name in QualityData.__dataclass_fields__]
        ['products', 'people', 'damaged']
    """

    products: RatedProducts
    people: RatedByPeople
    damaged: DamagedProducts

    def select(self, part: Part) -> QualityData:
        """Return a part; damaged products are in that of their product."""
        other = {photo.group: photo.part for photo in self.products.photos}
        usable = [other.get(group, Part.TRAINING) is part for group in self.damaged.groups]
        return QualityData(
            self.products.select(self.products.is_in(part)),
            self.people.select(self.people.is_in(part)),
            self.damaged.select(np.array(usable, bool)),
        )


@dataclass(frozen=True, eq=False)
class QualityModel:
    """A projection with its readouts, the faults it sees, and the atlas it goes with.

    Attributes:
        projection: In evaluation mode.
        faults: In the order of its outputs.
        readings: What lines fitted without a photo's product read off it: (N, 3) of products, (M, 3) of
            damaged ones, (P, 1) of photos rated by people; 0..1.

    Example:
        >>> [name for name in QualityModel.__dataclass_fields__]
        ['projection', 'faults', 'readings']
    """

    projection: Projection
    faults: tuple[FaultModel, ...]
    readings: tuple[Float64Array, Float64Array, Float64Array]


def train_quality(
    data: QualityData,
    calibration: QualityData,
    recipe: ProjectionRecipe,
    progress: Progress,
    taught: QualityHead | KernelHead | None = None,
    content_size: int = CONTENT_SIZE,
) -> QualityModel:
    """Train the projection, then fit its readouts.

    Args:
        data: What may be trained on.
        calibration: What sets chances and limits.
        recipe: Of the projection.
        progress: Told about progress.
        taught: Head of the network that the features of the whole view are of; None leaves all to lines.
        content_size: Numbers of its content vector.
    """
    groups = _number_groups(data)
    rated = _make_features(data, groups)
    damaged = _make_damaged_features(data.damaged, groups[1])
    projection = train_projection(
        rated,
        damaged,
        recipe,
        len(KIND_NAMES),
        lambda step, loss: progress(f"  step {step}: loss {loss:.4f}"),
        faults=len(FAULTS),
        content=content_size,
    )
    projection.taught = taught
    products, damaged_part = data.products, data.damaged
    progress("readings of product photos")
    weights = np.concatenate(
        [np.ones(len(products.photos)), np.full(len(damaged_part.names), DAMAGED_WEIGHT)]
    )
    ratings = np.concatenate([products.ratings, damaged_part.ratings]) / 100
    features = np.concatenate([products.features, damaged_part.features])
    quality = fit_lines(projection, LineTargets(features, ratings, np.concatenate(groups[:2]), weights))
    progress("readings of photos of anything")
    people = data.people
    ones = np.ones(len(people.photos))
    liked = fit_lines(
        projection, LineTargets(people.features, people.scores[:, None] / 100, groups[2], ones)
    )
    progress("faults")
    known = np.ones(len(products.photos))
    seen = fit_lines(projection, LineTargets(products.features, products.faults, groups[0], known))
    kind = _fit_domain(projection, data, groups)
    rows = [(line, float(offset)) for line, offset in zip(quality.weights, quality.offsets, strict=True)]
    set_readouts(projection, [*rows, (liked.weights[0], float(liked.offsets[0]))], _stack(seen, kind))
    faults = _calibrate_chances(projection, (seen, kind), data, calibration)
    progress(
        f"penalties: {quality.strength:g}, {liked.strength:g}, {seen.strength:g}, {kind.strength:g}"
    )
    count = len(products.photos)
    return QualityModel(
        projection,
        faults,
        (quality.predictions[:count], quality.predictions[count:], liked.predictions),
    )


def _fit_domain(
    projection: Projection, data: QualityData, groups: tuple[IndexArray, IndexArray, IndexArray]
) -> Lines:
    """Fit the line that tells product photos from photos of anything, both weighing the same."""
    products, people = data.products, data.people
    counts = len(products.photos), len(people.photos)
    targets = np.concatenate([np.ones(counts[0]), np.zeros(counts[1])])[:, None]
    weights = np.concatenate([np.full(count, sum(counts) / 2 / count) for count in counts])
    features = np.concatenate([products.features, people.features])
    rows = LineTargets(features, targets, np.concatenate([groups[0], groups[2]]), weights)
    return fit_lines(projection, rows)


def _stack(seen: Lines, kind: Lines) -> Lines:
    return Lines(
        np.concatenate([seen.weights, kind.weights]),
        np.concatenate([seen.offsets, kind.offsets]),
        np.empty((0, len(seen.offsets) + 1)),
        seen.strength,
    )


def _calibrate_chances(
    projection: Projection, lines: tuple[Lines, Lines], data: QualityData, calibration: QualityData
) -> tuple[FaultModel, ...]:
    """Turn lines into chances, by logistic curves; set limits and costs of faults."""
    seen, kind = lines
    known, other = data.products, calibration.products
    values = np.concatenate([seen.predictions, seen.read(projection, other.features)])
    truth = np.concatenate([known.faults, other.faults])
    curves = [fit_logistic_line(values[:, y], truth[:, y]) for y in range(truth.shape[1])]
    both = np.concatenate([other.features, calibration.people.features])
    is_product = np.arange(len(both)) < len(other.photos)
    slope, intercept = fit_logistic_line(kind.read(projection, both)[:, 0], is_product.astype(float))
    curves.append((_PRODUCT_SHARPNESS * slope, _PRODUCT_SHARPNESS * (intercept + _PRODUCT_LEAN)))
    _set_curves(projection, np.array(curves).T)
    told = [read_chances(projection, part.features) for part in (known, other)]
    told[0] = told[0] if projection.taught is not None else _apply(curves, seen.predictions)
    costs = fit_costs(np.concatenate(told), 100 - np.concatenate([known.ratings, other.ratings])[:, 0])
    # What was taught the photos themselves says nothing of how often it is wrong on others.
    parts = [(told[1], other.faults)]
    if projection.taught is None:
        parts.append((told[0], known.faults))
    limits = [
        float(np.mean([fit_fault_limit(chances[:, y], named[:, y]) for chances, named in parts]))
        if np.count_nonzero(truth[:, y]) >= _MIN_NAMED
        else fit_fault_limit(np.concatenate(told)[:, y], truth[:, y], _RARE_FALSE_ALARMS)
        for y in range(truth.shape[1])
    ]
    return tuple(
        FaultModel(code, round(limit, 4), round(float(cost), 2))
        for code, limit, cost in zip(FAULTS.values(), limits, costs, strict=True)
    )


def _set_curves(projection: Projection, curves: Float64Array) -> None:
    """Set (2, Y + 1) slopes and intercepts of lines; a taught head's log odds are averaged with them."""
    readouts, taught = projection.readouts, projection.taught
    share = 0.0 if taught is None else taught.share
    readouts.slopes.copy_(torch.from_numpy((1 - share) * curves[0]))
    readouts.intercepts.copy_(torch.from_numpy((1 - share) * curves[1]))
    readouts.taught_slopes.fill_(share)


def read_chances(projection: Projection, features: Float16Array) -> Float64Array:
    """Read (N, Y) chances of faults off (N, F) features."""
    return np.array([one.faults for one in encode_features(projection, features)], float)


def _apply(curves: Sequence[tuple[float, float]], values: Float64Array) -> Float64Array:
    """(N, Y) chances that lines' values stand for."""
    slopes, intercepts = np.array(curves[: values.shape[1]]).T
    return np.asarray(1 / (1 + np.exp(-(values * slopes + intercepts))), np.float64)


def _number_groups(data: QualityData) -> tuple[IndexArray, IndexArray, IndexArray]:
    """Number the groups of products, of damaged products, and of people's photos, apart from these."""
    names = [photo.group for photo in data.products.photos] + list(data.damaged.groups)
    numbers = np.unique(names, return_inverse=True)[1]
    count = len(data.products.photos)
    first = int(numbers.max(initial=-1)) + 1
    return numbers[:count], numbers[count:], data.people.groups + first


def _make_features(data: QualityData, groups: tuple[IndexArray, IndexArray, IndexArray]) -> Features:
    """Return what the projection takes as photos rated as they are: products, then people's."""
    scores = np.concatenate([data.products.ratings[:, 0], data.people.scores]).astype(np.float32)
    unknown = np.full(len(scores), -1)
    return Features(
        values=np.concatenate([data.products.features, data.people.features]),
        scores=scores,
        kinds=unknown.astype(np.int16),
        levels=unknown.astype(np.int8),
        groups=np.concatenate([groups[0], groups[2]]).astype(np.int32),
    )


def _make_damaged_features(damaged: DamagedProducts, groups: IndexArray) -> Features:
    return Features(
        values=damaged.features,
        scores=damaged.ratings[:, 0].astype(np.float32),
        kinds=damaged.kinds.astype(np.int16),
        levels=damaged.levels.astype(np.int8),
        groups=groups.astype(np.int32),
    )


_BATCH: Final = 2048
"""Rows encoded at a time, for memory's sake."""


def encode_features(
    projection: Projection, features: Float16Array, readings: Float64Array | None = None, column: int = 0
) -> list[PhotoEncoding]:
    """Encode photos from their features.

    Args:
        projection: In evaluation mode.
        features: (N, F).
        readings: (N, R) readings, 0..1, that replace its own from `column` on: those of lines that were
            fitted without the photo.
        column: First of `READINGS` that is replaced.

    Example:
        >>> from packshot.train.networks.distortion import ProjectionShape
        >>> projection = Projection(ProjectionShape(CONTENT_SIZE, 8, 4, 2, faults=1)).eval()
        >>> encodings = encode_features(projection, np.zeros((2, CONTENT_SIZE), np.float16))
        >>> encodings[0].readings.tolist(), encodings[0].distortion.shape
        ([50.0, 50.0, 50.0, 50.0], (12,))
    """
    encodings = []
    for start in range(0, len(features), _BATCH):
        rows = torch.from_numpy(features[start : start + _BATCH]).float()
        with torch.no_grad():
            output = projection(rows)
        read = output.readouts.readings.clone()
        if readings is not None:
            part = torch.from_numpy(readings[start : start + _BATCH])
            read[:, column : column + part.shape[1]] = part.clamp(-QUALITY_MARGIN, 1 + QUALITY_MARGIN)
        codes = join_code(output.vector, replace(output.readouts, readings=read)).numpy()
        kinds = output.kinds.softmax(1).numpy()
        for row in range(len(rows)):
            encodings.append(
                PhotoEncoding(
                    content=rows[row, : projection.shape.content].numpy(),
                    distortion=codes[row],
                    kinds=kinds[row],
                    level=0.0,
                    readings=100 * read[row].numpy(),
                    faults=output.readouts.faults[row].numpy(),
                    product=float(output.readouts.product[row]),
                )
            )
    return encodings


def make_atlas_examples(data: QualityData, model: QualityModel) -> list[Example]:
    """Make the examples of the atlas, each with readings by lines fitted without its product."""
    projection, readings = model.projection, model.readings
    products = encode_features(projection, data.products.features, readings[0])
    damaged = encode_features(projection, data.damaged.features, readings[1])
    people = encode_features(projection, data.people.features, readings[2], column=3)
    first = {photo.group: one.content for photo, one in zip(data.products.photos, products, strict=True)}
    examples = [
        _make_example(
            photo.path.stem, photo.group, one, photo.ratings, RATED_ORIGIN, content=first[photo.group]
        )
        for photo, one in zip(data.products.photos, products, strict=True)
    ]
    for row, one in enumerate(damaged):
        kind, level = KIND_NAMES[data.damaged.kinds[row]], int(data.damaged.levels[row])
        if level > 0:
            group = data.damaged.groups[row]
            examples.append(
                _make_example(
                    data.damaged.names[row],
                    group,
                    one,
                    data.damaged.ratings[row],
                    DAMAGED_ORIGIN,
                    content=first.get(group, one.content),
                    kind=kind,
                    level=level,
                )
            )
    examples += [
        Example(
            photo.path.name,
            f"people:{group}",
            one.content,
            one.distortion,
            float(np.clip(photo.score, 0, 100)),
            PEOPLE_ORIGIN,
            technical=float(np.clip(photo.score, 0, 100)),
            readings=np.repeat(one.readings[3:], 3),
            scale=Scale.PEOPLE,
        )
        for photo, group, one in zip(data.people.photos, data.people.groups, people, strict=True)
    ]
    return examples


def _make_example(
    name: str,
    group: str,
    encoding: PhotoEncoding,
    ratings: Float32Array | Float64Array,
    origin: str,
    content: Float32Array,
    kind: str | None = None,
    level: int | None = None,
) -> Example:
    overall, technical, presentation = (float(value) for value in np.clip(ratings, 0, 100))
    return Example(
        name,
        group,
        content,
        encoding.distortion,
        overall,
        origin,
        kind,
        level,
        technical,
        presentation,
        encoding.readings[:3],
    )


def calibrate_quality(
    atlas: Atlas, projection: Projection, calibration: QualityData, known: RatedProducts, reference: str
) -> Atlas:
    """Calibrate an atlas by scoring photos that nothing was trained on.

    Args:
        atlas: Without calibration.
        projection: Encodes them.
        calibration: They.
        known: Product photos of the atlas; those that were not harmed are the reference set.
        reference: Its name.
    """
    products, people = calibration.products, calibration.people
    groups = [photo.group for photo in products.photos]
    judged = _judge(atlas, projection, products.features, groups, product=1.0)
    aspects = {
        name: fit_aspect(_read_aspect(judged, column), products.ratings[:, column])
        for column, name in enumerate(list(Calibrated)[:3])
    }
    names = [f"people:{group}" for group in people.groups]
    liked, as_products = (_judge(atlas, projection, people.features, names, one) for one in (0.0, 1.0))
    for column, name in ((0, Calibrated.OVERALL), (1, Calibrated.TECHNICAL)):
        read = _read_aspect(as_products, column).raw
        points = np.array([aspects[name].calibration(value) for value in read])
        truth = match_scales(people.scores, points)
        low, high = match_scales(people.scores, points, np.array([0.0, 100.0])).tolist()
        aspects[_BROUGHT_TO[name]] = fit_aspect(_read_aspect(liked, column), truth, (low, high))
    everyone = [one.evidence for one in (*judged, *liked)]
    content = np.array([float(one.content.max()) for one in everyone])
    nearness = np.array([float(one.weights @ one.distortion) for one in everyone])
    calibrated = atlas.with_header(
        aspects={name.value: model.model_dump() for name, model in aspects.items()},
        minimum_content=float(np.quantile(content, _REJECTED_SHARE)) * 0.9,
        minimum_distortion=float(np.quantile(nearness, _REJECTED_SHARE)) - 0.02,
        reference=reference,
    )
    unharmed = known.select(np.array([not photo.harm for photo in known.photos], bool))
    groups = [photo.group for photo in unharmed.photos]
    scores = [one.score for one in _judge(calibrated, projection, unharmed.features, groups)]
    return calibrated.with_header(reference_scores=tuple(np.sort(scores).round(2).tolist()))


_BROUGHT_TO: Final = {
    Calibrated.OVERALL: Calibrated.PEOPLE,
    Calibrated.TECHNICAL: Calibrated.PEOPLE_TECHNICAL,
}
"""What people say is brought to each of these scales by."""


def match_scales(
    scores: Float64Array, points: Float64Array, values: Float64Array | None = None
) -> Float64Array:
    """Bring scores to the scale of other points of the same photos: to their mean and deviation.

    The order stays. Whether a photo is of a product is often not certain, and what both scales say is
    averaged: if their levels differed, the chance would order the photos, not the ratings.

    Args:
        scores: (N,).
        points: (N,) of the same photos.
        values: (M,) other scores to bring to the same scale; None for `scores`.

    Returns:
        (M,), 0..100.

    Example:
        >>> match_scales(np.array([20.0, 50, 80]), np.array([40.0, 30, 50])).round(2).tolist()
        [30.0, 40.0, 50.0]
    """
    deviation = float(points.std() / max(scores.std(), 1e-6))
    moved = points.mean() + deviation * ((scores if values is None else values) - scores.mean())
    return np.asarray(np.clip(moved, 0, 100), np.float64)


_REJECTED_SHARE: Final = 0.005
"""Share of photos of the kind that is known, 0..1, that are less like the atlas than the limits of
trust. A judgement."""


def _judge(
    atlas: Atlas,
    projection: Projection,
    features: Float16Array,
    groups: Sequence[str],
    product: float | None = None,
) -> list[ScoringResult]:
    """Judge photos; as photos of products or of anything for certain where `product` is 1 or 0."""
    options = RetrievalOptions()
    encodings = encode_features(projection, features)
    if product is not None:
        encodings = [replace(one, product=product) for one in encodings]
    return [
        compute_score(atlas, encoding, options, group)
        for encoding, group in zip(encodings, groups, strict=True)
    ]


def _read_aspect(judged: Sequence[ScoringResult], column: int) -> JudgedAspect:
    """Collect what evidence alone says of an aspect: an atlas without calibration gives it as it is."""
    read = [(one.score, _get_score(one.technical), _get_score(one.presentation)) for one in judged]
    nearness = np.array([float(one.evidence.weights @ one.evidence.distortion) for one in judged])
    spread = np.array([one.spread for one in judged])
    return JudgedAspect(np.array(read, float)[:, column], nearness, spread)


def _get_score(aspect: AspectScore | None) -> float:
    return float("nan") if aspect is None else aspect.score
