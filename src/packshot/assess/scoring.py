"""From a photo's vectors to its score, with the evidence that the score rests on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from packshot.arrays import Float32Array, IndexArray
from packshot.assess.atlas import Atlas
from packshot.assess.retrieval import (
    RetrievalOptions,
    best_similarities,
    best_versions,
    largest,
    similarity,
    unit_rows,
    weights,
)
from packshot.errors import AtlasError
from packshot.report import Evidence, Grade

_GRADES = (
    (80.0, Grade.EXCELLENT),
    (60.0, Grade.GOOD),
    (40.0, Grade.FAIR),
    (20.0, Grade.POOR),
    (0.0, Grade.BAD),
)


@dataclass(frozen=True)
class Retrieved:
    """What equations 2 and 5 kept.

    Attributes:
        examples: (K,) example indices, nearest in distortion first.
        content: (K,) content similarity of each one's group.
        distortion: (K,) distortion similarity of each.
        weights: (K,) share of each in the score, summing to 1.
    """

    examples: IndexArray
    content: Float32Array
    distortion: Float32Array
    weights: Float32Array


@dataclass(frozen=True)
class Judgement:
    """A score and how far to trust it.

    Attributes:
        score: 0..100, calibrated.
        raw: 0..100, the plain aggregate of equation 6 or 7.
        spread: Weighted standard deviation of the evidence's scores, in points.
        percentile: Share of the reference set, 0..100, that scores no better; None without one.
        confidence: 0..1, chance to lie within ten points of people's rating.
        known: False where no evidence is near enough ("cannot tell").
        retrieved: The evidence, by index.
    """

    score: float
    raw: float
    spread: float
    percentile: float | None
    confidence: float
    known: bool
    retrieved: Retrieved

    @property
    def grade(self) -> Grade:
        """The score in words."""
        return grade(self.score) if self.known else Grade.UNKNOWN


def grade(score: float) -> Grade:
    """The word for a score of 0..100: bands of twenty points."""
    return next(name for lower, name in _GRADES if score >= lower)


def retrieve(
    atlas: Atlas,
    content: Float32Array,
    distortion: Float32Array,
    options: RetrievalOptions,
    excluded: str | None = None,
) -> Retrieved:
    """Equations 1, 2, 4, 5: the best version of each of the groups most alike.

    Args:
        atlas: Rated examples; must hold at least one besides the excluded group.
        content: (C,) content vector of the photo.
        distortion: (D,) distortion vector of the photo.
        options: How many, by which distance, weighted how.
        excluded: Group never used: the photo's own original.

    Raises:
        AtlasError: No example is left to compare with.
    """
    alike = similarity(unit_rows(content), atlas.content_rows, options.distance)
    own = atlas.group_numbers.get(excluded) if excluded is not None else None
    if own is not None:
        alike[own] = -np.inf
    if not _damage_serves(atlas, alike, options):
        alike = np.where(atlas.damaged_groups, np.float32(-np.inf), alike)
    groups = largest(alike, min(options.pool, int(np.isfinite(alike).sum())))
    damage = similarity(unit_rows(distortion), atlas.distortion_rows, options.distance)
    best = best_similarities(damage, atlas.group_starts)
    groups = groups[np.isfinite(best[groups])]
    if len(groups) == 0:
        raise AtlasError(f"the atlas {atlas.header.name} has no rated example to compare with")
    kept = groups[largest(best[groups], options.neighbours)]
    examples, near = best_versions(damage, atlas.group_index, kept), alike[kept]
    shares = weights(near, damage[examples], options)
    return Retrieved(examples, near, damage[examples], shares)


def _damage_serves(atlas: Atlas, alike: Float32Array, options: RetrievalOptions) -> bool:
    """Whether originals damaged on purpose may be evidence: not for a photo that looks unlike them.

    Their scores come from a full-reference ensemble. For photos of other things people's ratings are
    the better evidence, and vectors of the two mix: see docs/decisions/0004-pool-then-neighbours.md.
    """
    damaged = atlas.damaged_groups
    if damaged.all() or not damaged.any():
        return bool(damaged.all())
    nearest = largest(alike, options.alike)
    return bool(damaged[nearest].mean() >= options.damaged_share)


def judge(
    atlas: Atlas,
    content: Float32Array,
    distortion: Float32Array,
    options: RetrievalOptions,
    excluded: str | None = None,
) -> Judgement:
    """The score of a photo from its two vectors (equations 6 and 7, then calibration).

    Args:
        atlas: Rated examples.
        content: (C,) content vector of the photo.
        distortion: (D,) distortion vector of the photo.
        options: See `RetrievalOptions`.
        excluded: Group never used: the photo's own original.

    Raises:
        AtlasError: No example is left to compare with.
    """
    found = retrieve(atlas, content, distortion, options, excluded)
    scores = atlas.scores[found.examples]
    raw = float(found.weights @ scores)
    deviation = float(np.sqrt(found.weights @ (scores - raw) ** 2))
    nearness = float(found.weights @ found.distortion)
    score = _calibrated(atlas, found, raw)
    trust = atlas.header.trust
    known = bool(found.content.max() >= trust.minimum_content and nearness >= trust.minimum_distortion)
    return Judgement(
        score=score,
        raw=raw,
        spread=deviation,
        percentile=_percentile(score, atlas),
        confidence=trust.confidence(nearness, deviation),
        known=known,
        retrieved=found,
    )


def _calibrated(atlas: Atlas, found: Retrieved, raw: float) -> float:
    """The published score: each sort of evidence calibrates by its share of the weight."""
    damaged = float(found.weights[atlas.levels[found.examples] >= 0].sum())
    header = atlas.header
    return damaged * header.damaged_calibration(raw) + (1 - damaged) * header.calibration(raw)


def evidence(atlas: Atlas, found: Retrieved, count: int) -> tuple[Evidence, ...]:
    """The `count` heaviest pieces of evidence as records, heaviest first."""
    order = largest(found.weights, count)
    return tuple(_piece(atlas, found, int(place)) for place in order)


def _piece(atlas: Atlas, found: Retrieved, place: int) -> Evidence:
    example = int(found.examples[place])
    kind, level = int(atlas.kinds[example]), int(atlas.levels[example])
    return Evidence(
        example=atlas.header.examples[example],
        group=atlas.header.groups[int(atlas.group_of[example])],
        origin=atlas.header.origins[int(atlas.origins[example])],
        score=round(float(atlas.scores[example]), 2),
        kind=atlas.header.kinds[kind] if kind >= 0 else None,
        level=level if level >= 0 else None,
        content_similarity=round(float(found.content[place]), 4),
        distortion_similarity=round(float(found.distortion[place]), 4),
        weight=round(float(min(found.weights[place], 1.0)), 4),
    )


def _percentile(score: float, atlas: Atlas) -> float | None:
    reference = atlas.reference_scores
    if len(reference) == 0:
        return None
    return float(np.searchsorted(reference, score, side="right") / len(reference) * 100)
