"""Recipe 6: the atlas that ships, its calibration, and the limits of trust in its scores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from packshot.arrays import Float32Array, Float64Array, Mask
from packshot.assess.atlas import Atlas, ConfidenceModel, Example, ScoreCalibration
from packshot.assess.retrieval import RetrievalOptions
from packshot.assess.scoring import ScoringResult, compute_score
from packshot.train.datasets.damaged import KIND_NAMES
from packshot.train.features import CONTENT_SIZE, Features
from packshot.train.networks.distortion import Projection, ProjectionOutput

_BATCH = 4096
"""Rows projected at a time, for memory's sake."""

_CLOSE_POINTS = 10.0
"""Points, 0..100, within which a score counts as right: what a confidence is the chance of."""

_REJECTED_SHARE = 0.005
"""Share of held-out photos, 0..1, that are less like the atlas than the limits of trust. A judgement."""

_ITERATIONS = 400
"""Steps of Newton's method, more than enough."""

_PHOTOS_PER_KNOT = 80
"""Photos whose mean rating makes a knot of the calibration. A judgement."""

_UNDAMAGED_SHARE = 0.25
"""Share of undamaged photos in shops, 0..1, for the weights of held-out originals: a quarter, a guess
(decision 6)."""

_MAX_KNOTS = 12
"""Knots of a calibration at most. A judgement."""

_MIN_KNOT_STEP = 0.5
"""Points of raw score between two knots at least."""

_SLOPE_SHARE = 0.1
"""Share of the raw score in the calibrated one, 0..1: a flat stretch would make unequal photos equal. A
judgement."""


def compute_codes(projection: Projection, features: Features) -> Float32Array:
    """Compute (N, D + 4) distortion vectors of features, as they ship.

    Example:
        >>> from packshot.train.networks.distortion import ProjectionShape
        >>> projection = Projection(ProjectionShape(inputs=40, hidden=16, vector=8, kinds=5)).eval()
        >>> rows, labels = np.zeros((3, 40), np.float16), np.zeros(3)
        >>> features = Features(values=rows, scores=labels, kinds=labels, levels=labels, groups=labels)
        >>> compute_codes(projection, features).shape
        (3, 12)
    """
    return torch.cat([reading.code for reading in _iter_outputs(projection, features)]).numpy()


def compute_vectors(projection: Projection, features: Features) -> Float32Array:
    """Compute (N, D) projected vectors of features, without the readouts.

    Example:
        >>> from packshot.train.networks.distortion import ProjectionShape
        >>> projection = Projection(ProjectionShape(inputs=40, hidden=16, vector=8, kinds=5)).eval()
        >>> rows, labels = np.zeros((3, 40), np.float16), np.zeros(3)
        >>> features = Features(values=rows, scores=labels, kinds=labels, levels=labels, groups=labels)
        >>> compute_vectors(projection, features).shape
        (3, 8)
    """
    return torch.cat([reading.vector for reading in _iter_outputs(projection, features)]).numpy()


def _iter_outputs(projection: Projection, features: Features) -> Iterator[ProjectionOutput]:
    with torch.no_grad():
        for start in range(0, len(features.values), _BATCH):
            rows = torch.from_numpy(features.values[start : start + _BATCH]).float()
            yield projection(rows)


def make_examples(
    projection: Projection, features: Features, names: list[str], groups: list[str], origin: str
) -> list[Example]:
    """Make atlas examples of features; a group's content vector is that of its first photo.

    Example:
        >>> from packshot.train.networks.distortion import ProjectionShape
        >>> projection = Projection(ProjectionShape(CONTENT_SIZE, hidden=16, vector=8, kinds=5)).eval()
        >>> unknown = np.full(2, -1, np.int8)
        >>> values, scores = np.zeros((2, CONTENT_SIZE), np.float16), np.array([40.0, 71.5], np.float32)
        >>> features = Features(
        ...     values=values, scores=scores, kinds=unknown, levels=unknown, groups=np.arange(2)
        ... )
        >>> examples = make_examples(projection, features, ["a.jpg", "b.jpg"], ["a", "b"], "people")
        >>> [(example.name, example.score, example.kind) for example in examples]
        [('a.jpg', 40.0, None), ('b.jpg', 71.5, None)]
    """
    codes = compute_codes(projection, features)
    content = features.values[:, :CONTENT_SIZE].astype(np.float32)
    first = {group: row for row, group in reversed(list(enumerate(groups)))}
    return [
        Example(
            name=names[row],
            group=groups[row],
            content=content[first[groups[row]]],
            distortion=codes[row],
            score=float(np.clip(features.scores[row], 0, 100)),
            origin=origin,
            kind=KIND_NAMES[kind] if kind >= 0 else None,
            level=int(features.levels[row]) if features.levels[row] >= 0 else None,
        )
        for row, kind in enumerate(features.kinds)
    ]


def judge_examples(
    atlas: Atlas, examples: list[Example], options: RetrievalOptions
) -> Iterator[tuple[ScoringResult, float]]:
    """Yield judgement and true score of examples, their own groups left out of the evidence.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> def make(name, score):
        ...     content, distortion = (rng.normal(size=size).astype(np.float32) for size in (8, 4))
        ...     return Example(name, name, content, distortion, score, "people", None, None)
        >>> examples = [make(f"{number}.jpg", 10.0 * number) for number in range(9)]
        >>> atlas = Atlas.create_empty("small", ("one", "two"), (8, 4)).with_examples(examples)
        >>> judged = list(judge_examples(atlas, examples[:2], RetrievalOptions()))
        >>> [truth for _, truth in judged], all(0 <= result.raw_score <= 100 for result, _ in judged)
        ([0.0, 10.0], True)
    """
    for example in examples:
        judgement = compute_score(atlas, example.content, example.distortion, options, example.group)
        yield judgement, example.score


@dataclass(frozen=True)
class ValidationExamples:
    """Photos the projection was not trained on.

    Attributes:
        rated: Rated by people.
        damaged: Versions of originals that are not in the atlas.

    Example:
        >>> ValidationExamples(rated=[], damaged=[]).rated
        []
    """

    rated: list[Example]
    damaged: list[Example]


def calibrate_atlas(atlas: Atlas, validation: ValidationExamples, reference: str, name: str) -> Atlas:
    """Calibrate an atlas on held-out photos: scores, trust and reference set.

    Args:
        atlas: Without calibration.
        validation: What to calibrate on.
        reference: What the percentiles refer to.
        name: Origin whose scores make the reference set.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> def make(name, score, level):
        ...     content, distortion = (rng.normal(size=size).astype(np.float32) for size in (8, 4))
        ...     return Example(name, name, content, distortion, score, "people", None, level)
        >>> examples = [make(f"{number}.jpg", float(number), number % 2) for number in range(100)]
        >>> atlas = Atlas.create_empty("small", ("one", "two"), (8, 4)).with_examples(examples)
        >>> validation = ValidationExamples(rated=examples, damaged=examples)
        >>> header = calibrate_atlas(atlas, validation, "these photos", "people").header
        >>> header.reference, header.reference_scores[:3]
        ('these photos', (0.0, 1.0, 2.0))
    """
    judged = list(judge_examples(atlas, validation.rated, RetrievalOptions()))
    damaged = list(judge_examples(atlas, validation.damaged, RetrievalOptions()))
    pristine = np.array([example.level == 0 for example in validation.damaged])
    fits = (
        fit_calibration(*_split_scores(judged)),
        fit_calibration(*_split_scores(damaged), _compute_weights(pristine)),
    )
    rated = atlas.origins == atlas.header.origins.index(name)
    return atlas.with_header(
        calibration=fits[0].model_dump(),
        damaged_calibration=fits[1].model_dump(),
        trust=fit_trust(judged, _mark_close(judged, fits[0])).model_dump(),
        reference=reference,
        reference_scores=tuple(np.sort(atlas.scores[rated]).round(2).tolist()),
    )


def _compute_weights(pristine: Mask) -> Float64Array:
    """Return weights by which undamaged photos are as frequent as in shops, not as rare as here."""
    odds = _UNDAMAGED_SHARE / (1 - _UNDAMAGED_SHARE)
    return np.where(pristine, odds * (1 / pristine.mean() - 1), 1.0)


def _split_scores(judged: list[tuple[ScoringResult, float]]) -> tuple[Float64Array, Float64Array]:
    """Return aggregated and true scores."""
    raw = np.array([judgement.raw_score for judgement, _ in judged])
    return raw, np.array([score for _, score in judged])


def _mark_close(judged: list[tuple[ScoringResult, float]], calibration: ScoreCalibration) -> Mask:
    raw, truth = _split_scores(judged)
    return np.abs(np.array([calibration(value) for value in raw]) - truth) <= _CLOSE_POINTS


def fit_calibration(
    raw: Float64Array, truth: Float64Array, weights: Float64Array | None = None
) -> ScoreCalibration:
    """Fit mean ratings of equally many photos at a time, kept increasing, with 0 and 100 as the ends.

    Args:
        raw: (N,) aggregated scores.
        truth: (N,) ratings.
        weights: (N,) how much each counts; alike by default.

    Example:
        >>> raw = np.linspace(30, 70, 400)  # retrieval shrinks towards the mean
        >>> calibration = fit_calibration(raw, 2 * raw - 50)
        >>> [round(calibration(value)) for value in (40, 50, 60)]
        [31, 50, 69]
    """
    count = int(np.clip(len(raw) // _PHOTOS_PER_KNOT, 2, _MAX_KNOTS))
    photo_weights = np.ones_like(raw) if weights is None else weights
    bins = np.array_split(np.argsort(raw, kind="stable"), count)
    means = np.array([np.average(truth[rows], weights=photo_weights[rows]) for rows in bins])
    centres = np.array([np.average(raw[rows], weights=photo_weights[rows]) for rows in bins])
    shares = np.array([photo_weights[rows].sum() for rows in bins])
    level = fit_isotonic(means, shares)
    rising = (1 - _SLOPE_SHARE) * level + _SLOPE_SHARE * centres
    inside = np.concatenate([[True], np.diff(centres) > _MIN_KNOT_STEP])
    return ScoreCalibration(
        raw=(0.0, *centres[inside].round(3).tolist(), 100.0),
        score=(0.0, *np.clip(rising[inside], 1, 99).round(3).tolist(), 100.0),
    )


def fit_isotonic(values: Float64Array, weights: Float64Array) -> Float64Array:
    """Return the nearest non-decreasing values by weighted squares (pool adjacent violators).

    Args:
        values: (N,).
        weights: (N,) positive.

    Example:
        >>> fit_isotonic(np.array([1.0, 3.0, 2.0, 4.0]), np.ones(4)).tolist()
        [1.0, 2.5, 2.5, 4.0]
    """
    blocks: list[tuple[float, float, int]] = []
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        block = (value, weight, 1)
        while blocks and blocks[-1][0] > block[0]:
            mean, heavy, size = blocks.pop()
            total = heavy + block[1]
            block = ((mean * heavy + block[0] * block[1]) / total, total, size + block[2])
        blocks.append(block)
    return np.concatenate([np.full(size, value) for value, _, size in blocks])


def fit_trust(judged: list[tuple[ScoringResult, float]], close: Mask) -> ConfidenceModel:
    """Fit a logistic regression of "within ten points" on nearness and spread of the evidence.

    Args:
        judged: Judgements of held-out photos.
        close: (N,) whether each came within ten points.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> def make(name, score):
        ...     content, distortion = (rng.normal(size=size).astype(np.float32) for size in (8, 4))
        ...     return Example(name, name, content, distortion, score, "people", None, None)
        >>> examples = [make(f"{number}.jpg", 10.0 * number) for number in range(9)]
        >>> atlas = Atlas.create_empty("small", ("one", "two"), (8, 4)).with_examples(examples)
        >>> judged = list(judge_examples(atlas, examples, RetrievalOptions()))
        >>> near = np.array([one.evidence.weights @ one.evidence.distortion for one, _ in judged])
        >>> trust = fit_trust(judged, close=near > np.median(near))
        >>> trust.confidence(near.max(), deviation=10) > trust.confidence(near.min(), deviation=10)
        True
    """
    retrievals = [judgement.evidence for judgement, _ in judged]
    nearness = np.array([float(f.weights @ f.distortion) for f in retrievals])
    content = np.array([float(f.content.max()) for f in retrievals])
    spread = np.array([judgement.spread for judgement, _ in judged])
    weights = _fit_logistic(np.stack([np.ones_like(nearness), nearness, spread], axis=1), close)
    return ConfidenceModel(
        bias=weights[0],
        nearness=weights[1],
        spread=weights[2],
        minimum_content=float(np.quantile(content, _REJECTED_SHARE)) * 0.9,
        minimum_distortion=float(np.quantile(nearness, _REJECTED_SHARE)) - 0.02,
    )


def _fit_logistic(columns: Float64Array, labels: Mask) -> list[float]:
    """Fit weights by Newton's method with a little ridge."""
    weights = np.zeros(columns.shape[1])
    for _ in range(_ITERATIONS):
        chance = 1 / (1 + np.exp(-columns @ weights))
        gradient = columns.T @ (labels - chance) - 1e-2 * weights
        curvature = (columns * (chance * (1 - chance))[:, None]).T @ columns
        weights = weights + np.linalg.solve(curvature + 1e-2 * np.eye(len(weights)), gradient)
    return [float(w) for w in weights]
