"""Score of a photo from its vectors, with the evidence that it rests on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from packshot.arrays import Float32Array, IndexArray
from packshot.assess.atlas import Atlas
from packshot.assess.retrieval import (
    RetrievalOptions,
    best_similarities,
    evidence_weights,
    find_best_versions,
    find_largest,
    normalise_rows,
    similarity,
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
"""Lower end of each grade in points: bands of twenty, by convention."""


@dataclass(frozen=True)
class RetrievedEvidence:
    """Evidence kept by docs/methods.md, equations 1.2, 1.5 and 1.8.

    Attributes:
        examples: (K,) example indices, nearest in distortion first.
        content: (K,) content similarity of each one's group.
        distortion: (K,) distortion similarity of each.
        weights: (K,) share of each in the score, summing to 1.

    Example:
        >>> import numpy as np
        >>> from packshot.assess.atlas import Example
        >>> up, right = np.array([0, 1], np.float32), np.array([1, 0], np.float32)
        >>> atlas = Atlas.create_empty("mine", ("ab", "cd"), (2, 2)).with_examples(
        ...     [Example("a", "a", up, up, 80.0, "mine"), Example("b", "b", up, right, 30.0, "mine")]
        ... )
        >>> retrieve(atlas, up, up, RetrievalOptions(neighbours=1)).examples.tolist()
        [0]
    """

    examples: IndexArray
    content: Float32Array
    distortion: Float32Array
    weights: Float32Array


@dataclass(frozen=True)
class ScoringResult:
    """A score and how far to trust it.

    Attributes:
        score: 0..100, calibrated.
        raw_score: 0..100, the aggregate of docs/methods.md, equation 1.6, 1.7 or 1.9.
        spread: Weighted standard deviation of the evidence's scores, in points.
        percentile: Share of the reference set, 0..100, that scores no better; None without one.
        confidence: 0..1, chance to lie within ten points of people's rating.
        is_known: False where no evidence is near enough ("cannot tell").
        evidence: The evidence, by index.

    Example:
        >>> import numpy as np
        >>> from packshot.assess.atlas import Example
        >>> up, right = np.array([0, 1], np.float32), np.array([1, 0], np.float32)
        >>> atlas = Atlas.create_empty("mine", ("ab", "cd"), (2, 2)).with_examples(
        ...     [Example("a", "a", up, up, 80.0, "mine"), Example("b", "b", up, right, 30.0, "mine")]
        ... )
        >>> compute_score(atlas, up, right, RetrievalOptions()).grade.value
        'poor'
    """

    score: float
    raw_score: float
    spread: float
    percentile: float | None
    confidence: float
    is_known: bool
    evidence: RetrievedEvidence

    @property
    def grade(self) -> Grade:
        """Grade of the score."""
        return find_grade(self.score) if self.is_known else Grade.UNKNOWN


def find_grade(score: float) -> Grade:
    """Return the grade of a score of 0..100: bands of twenty points.

    Example:
        >>> find_grade(79.9).value, find_grade(80).value
        ('good', 'excellent')
    """
    return next(name for lower, name in _GRADES if score >= lower)


def retrieve(
    atlas: Atlas,
    content: Float32Array,
    distortion: Float32Array,
    options: RetrievalOptions,
    exclude_group: str | None = None,
) -> RetrievedEvidence:
    """Retrieve the best version of each of the groups most alike (docs/methods.md, 1.1 to 1.5, 1.10).

    Args:
        atlas: Rated examples; must hold at least one besides the excluded group.
        content: (C,) content vector of the photo.
        distortion: (D,) distortion vector of the photo.
        options: How many, by which distance, weighted how.
        exclude_group: Group never used: the photo's own original.

    Raises:
        AtlasError: No example is left to compare with.

    Example:
        >>> import numpy as np
        >>> from packshot.assess.atlas import Example
        >>> up, right = np.array([0, 1], np.float32), np.array([1, 0], np.float32)
        >>> atlas = Atlas.create_empty("mine", ("ab", "cd"), (2, 2)).with_examples(
        ...     [Example("a", "a", up, up, 80.0, "mine"), Example("b", "b", up, right, 30.0, "mine")]
        ... )
        >>> retrieve(atlas, up, up, RetrievalOptions()).weights.round(2).tolist()
        [1.0, 0.0]
    """
    content_similarities = similarity(normalise_rows(content), atlas.content_rows, options.distance)
    own_group = atlas.group_index_by_name.get(exclude_group) if exclude_group is not None else None
    if own_group is not None:
        content_similarities[own_group] = -np.inf
    if not _can_use_damaged_groups(atlas, content_similarities, options):
        content_similarities = np.where(
            atlas.groups_with_damage, np.float32(-np.inf), content_similarities
        )
    groups = find_largest(
        content_similarities, min(options.pool, int(np.isfinite(content_similarities).sum()))
    )
    distortion_similarities = similarity(
        normalise_rows(distortion), atlas.distortion_rows, options.distance
    )
    best = best_similarities(distortion_similarities, atlas.group_starts)
    groups = groups[np.isfinite(best[groups])]
    if len(groups) == 0:
        raise AtlasError(f"the atlas {atlas.header.name} has no rated example to compare with")
    kept = groups[find_largest(best[groups], options.neighbours)]
    examples, kept_similarities = (
        find_best_versions(distortion_similarities, atlas.group_indices, kept),
        content_similarities[kept],
    )
    evidence_shares = evidence_weights(kept_similarities, distortion_similarities[examples], options)
    return RetrievedEvidence(
        examples, kept_similarities, distortion_similarities[examples], evidence_shares
    )


def _can_use_damaged_groups(
    atlas: Atlas, content_similarities: Float32Array, options: RetrievalOptions
) -> bool:
    """Return whether originals damaged on purpose may be evidence: only for a photo like them.

    Their scores come from a full-reference ensemble. For photos of other things people's ratings are
    the better evidence, and vectors of the two mix: see docs/decisions/0004-pool-then-neighbours.md.
    """
    has_damage = atlas.groups_with_damage
    if has_damage.all() or not has_damage.any():
        return bool(has_damage.all())
    nearest = find_largest(content_similarities, options.nearest_groups)
    return bool(has_damage[nearest].mean() >= options.damaged_share)


def compute_score(
    atlas: Atlas,
    content: Float32Array,
    distortion: Float32Array,
    options: RetrievalOptions,
    exclude_group: str | None = None,
) -> ScoringResult:
    """Compute a photo's score from its two vectors (docs/methods.md, equations 1.6 to 1.9 and 1.13).

    Args:
        atlas: Rated examples.
        content: (C,) content vector of the photo.
        distortion: (D,) distortion vector of the photo.
        options: See `RetrievalOptions`.
        exclude_group: Group never used: the photo's own original.

    Raises:
        AtlasError: No example is left to compare with.

    Example:
        >>> import numpy as np
        >>> from packshot.assess.atlas import Example
        >>> up, right = np.array([0, 1], np.float32), np.array([1, 0], np.float32)
        >>> atlas = Atlas.create_empty("mine", ("ab", "cd"), (2, 2)).with_examples(
        ...     [Example("a", "a", up, up, 80.0, "mine"), Example("b", "b", up, right, 30.0, "mine")]
        ... )
        >>> round(compute_score(atlas, up, up, RetrievalOptions()).score, 2)
        80.0
    """
    retrieved = retrieve(atlas, content, distortion, options, exclude_group)
    scores = atlas.scores[retrieved.examples]
    raw = float(retrieved.weights @ scores)
    deviation = float(np.sqrt(retrieved.weights @ (scores - raw) ** 2))
    nearness = float(retrieved.weights @ retrieved.distortion)
    score = _calibrate(atlas, retrieved, raw)
    trust = atlas.header.trust
    known = bool(
        retrieved.content.max() >= trust.minimum_content and nearness >= trust.minimum_distortion
    )
    return ScoringResult(
        score=score,
        raw_score=raw,
        spread=deviation,
        percentile=_percentile(score, atlas),
        confidence=trust.confidence(nearness, deviation),
        is_known=known,
        evidence=retrieved,
    )


def _calibrate(atlas: Atlas, retrieved: RetrievedEvidence, raw: float) -> float:
    """Calibrate a score: each sort of evidence by its share of the weight (equation 1.13)."""
    damaged_share = float(retrieved.weights[atlas.levels[retrieved.examples] >= 0].sum())
    header = atlas.header
    return damaged_share * header.damaged_calibration(raw) + (1 - damaged_share) * header.calibration(
        raw
    )


def build_evidence(atlas: Atlas, retrieved: RetrievedEvidence, count: int) -> tuple[Evidence, ...]:
    """Build records of the `count` heaviest pieces of evidence, heaviest first.

    Example:
        >>> import numpy as np
        >>> from packshot.assess.atlas import Example
        >>> up, right = np.array([0, 1], np.float32), np.array([1, 0], np.float32)
        >>> atlas = Atlas.create_empty("mine", ("ab", "cd"), (2, 2)).with_examples(
        ...     [Example("a", "a", up, up, 80.0, "mine"), Example("b", "b", up, right, 30.0, "mine")]
        ... )
        >>> evidence = build_evidence(atlas, retrieve(atlas, up, up, RetrievalOptions()), count=1)
        >>> [(one.example, one.score) for one in evidence]
        [('a', 80.0)]
    """
    order = find_largest(retrieved.weights, count)
    return tuple(_build_evidence_record(atlas, retrieved, int(position)) for position in order)


def _build_evidence_record(atlas: Atlas, retrieved: RetrievedEvidence, position: int) -> Evidence:
    example = int(retrieved.examples[position])
    kind, level = int(atlas.kinds[example]), int(atlas.levels[example])
    return Evidence(
        example=atlas.header.examples[example],
        group=atlas.header.groups[int(atlas.group_of[example])],
        origin=atlas.header.origins[int(atlas.origins[example])],
        score=round(float(atlas.scores[example]), 2),
        kind=atlas.header.kinds[kind] if kind >= 0 else None,
        level=level if level >= 0 else None,
        content_similarity=round(float(retrieved.content[position]), 4),
        distortion_similarity=round(float(retrieved.distortion[position]), 4),
        weight=round(float(min(retrieved.weights[position], 1.0)), 4),
    )


def _percentile(score: float, atlas: Atlas) -> float | None:
    reference = atlas.reference_scores
    if len(reference) == 0:
        return None
    return float(np.searchsorted(reference, score, side="right") / len(reference) * 100)
