"""Score of a photo from its encoding, with the evidence that it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from packshot.arrays import Float32Array, Float64Array, IndexArray, Mask
from packshot.assess.atlas import ASPECTS, Atlas, Calibrated, Scale
from packshot.assess.retrieval import (
    RetrievalOptions,
    best_similarities,
    evidence_weights,
    find_best_versions,
    find_largest,
    normalise_rows,
    similarity,
)
from packshot.encode import PhotoEncoding
from packshot.errors import AtlasError
from packshot.report import AspectScore, Evidence, Finding, Grade, Severity

_GRADES = (
    (80.0, Grade.EXCELLENT),
    (60.0, Grade.GOOD),
    (40.0, Grade.FAIR),
    (20.0, Grade.POOR),
    (0.0, Grade.BAD),
)
"""Lower end of each grade in points: bands of twenty, by convention."""

SAME_PHOTO: Final = 0.9995
"""Cosine of both vectors from which on two photos are one: the same pixels, whatever their file.
Rounding to 16 bits costs less than .0002; the faintest damage of the damage model more than .002."""

OWN_SHARE: Final = 0.95
"""Share of the score, 0..1, that the user's own rating of this very photo has. A judgement."""

PRIOR_RATINGS: Final = 19.0
"""What the atlas weighs against the user's own ratings of other photos, in ratings: one of them moves a
score by a twentieth of what it differs, 5 points at most, and n that agree by n / (n + 19). A
judgement."""

_OWN_TEMPERATURE: Final = 0.03
"""Temperature of the weight of the user's own ratings, in units of cosine. A judgement."""

_CALIBRATIONS: Final = {
    Scale.PRODUCT: (Calibrated.OVERALL, Calibrated.TECHNICAL, Calibrated.PRESENTATION),
    Scale.PEOPLE: (Calibrated.PEOPLE, Calibrated.PEOPLE_TECHNICAL, Calibrated.PEOPLE),
}
"""What each aspect is calibrated by, by scale; nobody rates the presentation of photos of anything."""

FAULTY_SCORE: Final = 59.9
"""Points that a photo with a fault that must be fixed has at most: the upper end of "fair"."""

_MIN_SCALE_SHARE: Final = 0.02
"""Chance below which a scale is left out: it could not move a score by more than two points."""


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
        >>> photo = PhotoEncoding(up, np.array([0.1, 1], np.float32), kinds=np.ones(1), level=0.0)
        >>> retrieve(atlas, photo, RetrievalOptions(neighbours=1)).examples.tolist()
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
        spread: Weighted standard deviation of what the evidence says, in points.
        percentile: Share of the reference set, 0..100, that scores no better; None without one.
        confidence: 0..1, chance to lie within ten points of the rating.
        is_known: False where no evidence is near enough ("cannot tell").
        evidence: The evidence, by index.
        technical: The score of technical quality; None where no evidence tells.
        presentation: The score of the presentation; None where no evidence tells.
        is_own: True where the user's own rating of this very photo decides.

    Example:
        >>> import numpy as np
        >>> from packshot.assess.atlas import Example
        >>> up, right = np.array([0, 1], np.float32), np.array([1, 0], np.float32)
        >>> atlas = Atlas.create_empty("mine", ("ab", "cd"), (2, 2)).with_examples(
        ...     [Example("a", "a", up, up, 80.0, "mine"), Example("b", "b", up, right, 30.0, "mine")]
        ... )
        >>> photo = PhotoEncoding(up, np.array([1, 0.1], np.float32), kinds=np.ones(1), level=0.0)
        >>> compute_score(atlas, photo, RetrievalOptions()).grade.value
        'poor'
    """

    score: float
    raw_score: float
    spread: float
    percentile: float | None
    confidence: float
    is_known: bool
    evidence: RetrievedEvidence
    technical: AspectScore | None = None
    presentation: AspectScore | None = None
    is_own: bool = False

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


def bound_grade(grade: Grade, findings: Sequence[Finding]) -> Grade:
    """Return the grade that a photo gets with its findings.

    With one that must be fixed that is `FAIR` at best; how good a picture is that is no photo of a
    product, nobody rated: `UNKNOWN`.

    Example:
        >>> error = Finding(code="blurred", severity="error", reason="Blurred.", remedy="Hold still.")
        >>> bound_grade(Grade.EXCELLENT, [error]).value, bound_grade(Grade.POOR, [error]).value
        ('fair', 'poor')
        >>> bound_grade(Grade.GOOD, [error.model_copy(update={"code": Finding.NOT_A_PRODUCT})]).value
        'unknown'
    """
    if any(finding.code == Finding.NOT_A_PRODUCT for finding in findings):
        return Grade.UNKNOWN
    return Grade.FAIR if _has_error(findings) and grade in (Grade.EXCELLENT, Grade.GOOD) else grade


def _has_error(findings: Sequence[Finding]) -> bool:
    """Return whether one of them must be fixed."""
    return any(finding.severity is Severity.ERROR for finding in findings)


@dataclass(frozen=True)
class _Likeness:
    """How alike a photo is to each group by content, and to each example by damage.

    What is unlike for certain, for it is of a scale that does not count, is -1.
    """

    content: Float32Array
    distortion: Float32Array

    @classmethod
    def measure(
        cls, atlas: Atlas, photo: PhotoEncoding, options: RetrievalOptions, scales: Iterable[Scale]
    ) -> _Likeness:
        content, distortion = normalise_rows(photo.content), normalise_rows(photo.distortion)
        likeness = cls(
            np.full(len(atlas.content), -1, np.float32), np.full(len(atlas.distortion), -1, np.float32)
        )
        for scale in scales:
            groups = atlas.group_spans[scale]
            examples = slice(*atlas.group_starts[[groups.start, groups.stop]])
            likeness.content[groups] = similarity(content, atlas.content_rows[groups], options.distance)
            likeness.distortion[examples] = similarity(
                distortion, atlas.distortion_rows[examples], options.distance
            )
        return likeness

    def find_same(self, atlas: Atlas) -> Mask:
        """(N,) examples that are this very photo."""
        same = self.distortion >= SAME_PHOTO
        return np.asarray(same & (self.content[atlas.group_indices] >= SAME_PHOTO))


def retrieve(
    atlas: Atlas,
    photo: PhotoEncoding,
    options: RetrievalOptions,
    exclude_group: str | None = None,
    scale: Scale = Scale.PRODUCT,
) -> RetrievedEvidence:
    """Retrieve the best version of each of the groups most alike (docs/methods.md, 1.1 to 1.5, 1.8).

    A photo that is in the atlas is no evidence of itself, nor are the other versions of its original.

    Args:
        atlas: Rated examples; must hold at least one of the scale besides what is excluded.
        photo: The photo's encoding.
        options: How many, by which distance, weighted how.
        exclude_group: Group never used: the photo's own original.
        scale: Which ratings.

    Raises:
        AtlasError: No example is left to compare with.

    Example:
        >>> import numpy as np
        >>> from packshot.assess.atlas import Example
        >>> up, right = np.array([0, 1], np.float32), np.array([1, 0], np.float32)
        >>> atlas = Atlas.create_empty("mine", ("ab", "cd"), (2, 2)).with_examples(
        ...     [Example("a", "a", up, up, 80.0, "mine"), Example("b", "b", up, right, 30.0, "mine")]
        ... )
        >>> photo = PhotoEncoding(up, np.array([0.1, 1], np.float32), kinds=np.ones(1), level=0.0)
        >>> retrieve(atlas, photo, RetrievalOptions()).weights.round(2).tolist()
        [1.0, 0.0]
    """
    likeness = _Likeness.measure(atlas, photo, options, [scale])
    return _retrieve(atlas, likeness, options, exclude_group, scale)


def _retrieve(
    atlas: Atlas,
    likeness: _Likeness,
    options: RetrievalOptions,
    exclude_group: str | None,
    scale: Scale,
) -> RetrievedEvidence:
    is_usable = atlas.usable_examples[scale]
    versions = np.where(is_usable, likeness.distortion, np.float32(-np.inf))
    best = best_similarities(versions, atlas.group_starts)
    own_groups = set(atlas.group_indices[likeness.find_same(atlas) & is_usable & ~atlas.own].tolist())
    own_groups |= {atlas.group_index_by_name.get(exclude_group or "", -1)} - {-1}
    best[list(own_groups)] = -np.inf
    content = np.where(np.isfinite(best), likeness.content, np.float32(-np.inf))
    groups = find_largest(content, min(options.pool, int(np.isfinite(content).sum())))
    if len(groups) == 0:
        raise AtlasError(f"the atlas {atlas.header.name} has no rated example to compare with")
    kept = groups[find_largest(best[groups], options.neighbours)]
    examples = find_best_versions(versions, atlas.group_indices, kept)
    similarities = likeness.content[kept], versions[examples]
    return RetrievedEvidence(examples, *similarities, evidence_weights(*similarities, options))


def compute_score(
    atlas: Atlas,
    photo: PhotoEncoding,
    options: RetrievalOptions,
    exclude_group: str | None = None,
) -> ScoringResult:
    """Compute a photo's scores from its encoding (docs/methods.md, equations 1.6 to 1.14).

    Args:
        atlas: Rated examples.
        photo: The photo's encoding.
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
        >>> photo = PhotoEncoding(up, np.array([0.1, 1], np.float32), kinds=np.ones(1), level=0.0)
        >>> round(compute_score(atlas, photo, RetrievalOptions()).score, 2)
        80.0
    """
    shares = _share_scales(atlas, photo)
    own_scales = {Scale.PRODUCT} if atlas.own.any() else set()
    likeness = _Likeness.measure(atlas, photo, options, sorted({*shares, *own_scales}))
    parts = [
        _ScalePart.gather(atlas, photo, likeness, options, exclude_group, scale, share)
        for scale, share in shares.items()
    ]
    own = _OwnRatings.gather(atlas, photo, likeness)
    overall = own.move(_combine(parts, 0), 0)
    heaviest = max(parts, key=lambda part: part.share)
    raw, spread = heaviest.aggregate(0)
    return ScoringResult(
        score=overall.score,
        raw_score=raw,
        spread=spread,
        percentile=_percentile(overall.score, atlas),
        confidence=overall.confidence,
        is_known=own.is_same or heaviest.is_known,
        evidence=own.join(_join_evidence(parts)),
        technical=own.tell_aspect(_combine(parts, 1), 1),
        presentation=own.tell_aspect(_combine(parts, 2), 2),
        is_own=own.is_same,
    )


def bound_score(result: ScoringResult, findings: Sequence[Finding], atlas: Atlas) -> ScoringResult:
    """Bound a score by its findings, so that they do not contradict each other.

    A photo with a fault that must be fixed is not good, whatever photos like it were rated; only the
    user's own rating of this very photo has the last word.

    Args:
        result: Of `compute_score`.
        findings: Of the same photo.
        atlas: What it was scored against: percentiles are of its reference set.

    Returns:
        The same, or one whose score lies just below what is good.
    """
    if not _has_error(findings) or result.is_own or result.score <= FAULTY_SCORE:
        return result
    return replace(result, score=FAULTY_SCORE, percentile=_percentile(FAULTY_SCORE, atlas))


def _share_scales(atlas: Atlas, photo: PhotoEncoding) -> dict[Scale, float]:
    """Return the share of each scale that the atlas has evidence of."""
    chances = {Scale.PRODUCT: photo.product, Scale.PEOPLE: 1 - photo.product}
    held = {scale: chance for scale, chance in chances.items() if atlas.usable_examples[scale].any()}
    if not held:
        return {Scale.PRODUCT: 1.0}
    kept = {scale: chance for scale, chance in held.items() if chance >= _MIN_SCALE_SHARE} or held
    total = sum(kept.values())
    return {scale: chance / total if total else 1 / len(kept) for scale, chance in kept.items()}


@dataclass(frozen=True)
class _Estimate:
    """A score of one aspect; NaN where nothing tells."""

    score: float
    confidence: float


@dataclass(frozen=True)
class _ScalePart:
    """What the evidence of one scale says of a photo.

    Attributes:
        atlas: The evidence is of.
        retrieved: The evidence.
        told: (K, 3) what each piece says of each aspect of the photo, in points; NaN where nothing.
        scale: Of the ratings.
        share: Of this scale in the score.
    """

    atlas: Atlas
    retrieved: RetrievedEvidence
    told: Float64Array
    scale: Scale
    share: float

    @classmethod
    def gather(
        cls,
        atlas: Atlas,
        photo: PhotoEncoding,
        likeness: _Likeness,
        options: RetrievalOptions,
        exclude_group: str | None,
        scale: Scale,
        share: float,
    ) -> _ScalePart:
        retrieved = _retrieve(atlas, likeness, options, exclude_group, scale)
        told = _transfer_ratings(atlas, retrieved.examples, photo, scale, options.residual_share)
        return cls(atlas, retrieved, told, scale, share)

    @property
    def is_known(self) -> bool:
        """True where the evidence is near enough to tell anything."""
        header, retrieved = self.atlas.header, self.retrieved
        nearness = float(retrieved.weights @ retrieved.distortion)
        near = nearness >= header.minimum_distortion
        return bool(near and retrieved.content.max() >= header.minimum_content)

    def aggregate(self, aspect: int) -> tuple[float, float]:
        """Weighted mean, 0..100, and deviation of what is told of an aspect; NaN where nothing is."""
        values, weights = self.told[:, aspect], self.retrieved.weights.astype(np.float64)
        known = ~np.isnan(values)
        total = float(weights[known].sum())
        if total <= 0:
            return float("nan"), 0.0
        values, weights = values[known], weights[known] / total
        mean = float(weights @ values)
        deviation = float(np.sqrt(weights @ (values - mean) ** 2))
        return float(np.clip(mean, 0, 100)), deviation

    def estimate(self, aspect: int) -> _Estimate:
        """The calibrated score of an aspect, and the chance that it is right."""
        raw, deviation = self.aggregate(aspect)
        if np.isnan(raw):
            return _Estimate(raw, 0.0)
        model = self.atlas.find_aspect(_CALIBRATIONS[self.scale][aspect])
        score = model.calibration(raw)
        nearness = float(self.retrieved.weights @ self.retrieved.distortion)
        return _Estimate(score, model.trust.confidence(nearness, deviation, score))


def _transfer_ratings(
    atlas: Atlas, examples: IndexArray, photo: PhotoEncoding, scale: Scale, residual_share: float | None
) -> Float64Array:
    """Return (K, 3) what ratings say of a photo.

    That is its own reading, and a share of what each rating differs from its own (equation 1.9). An
    aspect of a product photo that nobody rated is what is read; without a reading a rating says what it
    is.
    """
    ratings = atlas.ratings[examples].astype(np.float64)
    if residual_share is None:
        return ratings
    readings = photo.readings.astype(np.float64)
    read = readings[: len(ASPECTS)] if scale is Scale.PRODUCT else np.repeat(readings[-1], len(ASPECTS))
    moved = read + residual_share * (ratings - atlas.readings[examples].astype(np.float64))
    unread = np.isnan(read + atlas.readings[examples].astype(np.float64))
    told = np.where(unread, ratings, moved)
    return np.where(np.isnan(ratings), read, told) if scale is Scale.PRODUCT else told


def _combine(parts: list[_ScalePart], aspect: int) -> _Estimate:
    """Mix what the scales say of an aspect by their shares."""
    estimates = [(part.estimate(aspect), part.share) for part in parts]
    known = [(one, share) for one, share in estimates if not np.isnan(one.score)]
    total = sum(share for _, share in known)
    if not total:
        return _Estimate(float("nan"), 0.0)
    score = sum(one.score * share for one, share in known) / total
    return _Estimate(score, sum(one.confidence * share for one, share in known) / total)


def _join_evidence(parts: list[_ScalePart]) -> RetrievedEvidence:
    """Join the evidence of all scales, weighted by their shares."""
    every = [replace(p.retrieved, weights=p.retrieved.weights * np.float32(p.share)) for p in parts]
    return _concatenate(every)


def _concatenate(parts: list[RetrievedEvidence]) -> RetrievedEvidence:
    names = ("examples", "content", "distortion", "weights")
    return RetrievedEvidence(*(np.concatenate([getattr(p, name) for p in parts]) for name in names))


@dataclass(frozen=True)
class _OwnRatings:
    """What the user's own ratings say of a photo (docs/methods.md, equations 1.19 and 1.20).

    Attributes:
        found: They, as evidence; weights 0..1, not summing to anything.
        told: (K, 3) what each says of each aspect; NaN where nothing.
        is_same: True where they are ratings of this very photo, and these alone count.
    """

    found: RetrievedEvidence
    told: Float64Array
    is_same: bool

    @classmethod
    def gather(cls, atlas: Atlas, photo: PhotoEncoding, likeness: _Likeness) -> _OwnRatings:
        same = np.flatnonzero(likeness.find_same(atlas) & atlas.own)
        examples = same if len(same) else atlas.own_indices
        content = likeness.content[atlas.group_indices[examples]]
        distortion = likeness.distortion[examples]
        weights = np.exp((distortion - 1) / np.float32(_OWN_TEMPERATURE)) * np.clip(content, 0, 1)
        found = RetrievedEvidence(examples, content, distortion, weights.astype(np.float32))
        told = _transfer_ratings(atlas, examples, photo, Scale.PRODUCT, None if len(same) else 1.0)
        unrated = np.isnan(atlas.ratings[examples])
        return cls(found, np.where(unrated, np.nan, np.clip(told, 0, 100)), bool(len(same)))

    def share(self, known: Mask | None = None) -> float:
        """Their share of a score, 0..1."""
        weights = self.found.weights if known is None else self.found.weights[known]
        if not len(weights):
            return 0.0
        total = float(weights.sum())
        return OWN_SHARE if self.is_same else total / (total + PRIOR_RATINGS)

    def move(self, estimate: _Estimate, aspect: int) -> _Estimate:
        """Move an estimate towards them."""
        known = ~np.isnan(self.told[:, aspect])
        weights = self.found.weights[known].astype(np.float64)
        share = self.share(known)
        if share <= 0 or weights.sum() <= 0:
            return estimate
        told = float(weights @ self.told[known, aspect] / weights.sum())
        if np.isnan(estimate.score):
            return _Estimate(told, share)
        score = (1 - share) * estimate.score + share * told
        confidence = max(estimate.confidence, share) if self.is_same else estimate.confidence
        return _Estimate(score, confidence)

    def tell_aspect(self, estimate: _Estimate, aspect: int) -> AspectScore | None:
        """Tell the score of an aspect; none of this very photo where the user rated it as a whole alone.

        What the atlas says of it would tell another story than the score does.
        """
        if self.is_same and np.isnan(self.told[:, aspect]).all():
            return None
        return _round(self.move(estimate, aspect))

    def join(self, others: RetrievedEvidence) -> RetrievedEvidence:
        """Join them to the rest of the evidence; all weights sum to 1."""
        share, total = self.share(), float(self.found.weights.sum())
        if share <= 0 or total <= 0:
            return others
        mine = replace(self.found, weights=self.found.weights * np.float32(share / total))
        rest = replace(others, weights=others.weights * np.float32(1 - share))
        return _concatenate([mine, rest])


def _round(estimate: _Estimate) -> AspectScore | None:
    if np.isnan(estimate.score):
        return None
    return AspectScore(score=round(estimate.score, 2), confidence=round(estimate.confidence, 3))


def build_evidence(atlas: Atlas, retrieved: RetrievedEvidence, count: int) -> tuple[Evidence, ...]:
    """Build records of the `count` heaviest pieces of evidence, heaviest first.

    Example:
        >>> import numpy as np
        >>> from packshot.assess.atlas import Example
        >>> up, right = np.array([0, 1], np.float32), np.array([1, 0], np.float32)
        >>> atlas = Atlas.create_empty("mine", ("ab", "cd"), (2, 2)).with_examples(
        ...     [Example("a", "a", up, up, 80.0, "mine"), Example("b", "b", up, right, 30.0, "mine")]
        ... )
        >>> photo = PhotoEncoding(up, np.array([0.1, 1], np.float32), kinds=np.ones(1), level=0.0)
        >>> evidence = build_evidence(atlas, retrieve(atlas, photo, RetrievalOptions()), count=1)
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
        technical=_round_rating(atlas.technical[example]),
        presentation=_round_rating(atlas.presentation[example]),
        kind=atlas.header.kinds[kind] if kind >= 0 else None,
        level=level if level >= 0 else None,
        content_similarity=round(float(retrieved.content[position]), 4),
        distortion_similarity=round(float(retrieved.distortion[position]), 4),
        weight=round(float(min(retrieved.weights[position], 1.0)), 4),
    )


def _round_rating(rating: np.float32) -> float | None:
    return None if np.isnan(rating) else round(float(rating), 2)


def _percentile(score: float, atlas: Atlas) -> float | None:
    reference = atlas.reference_scores
    if len(reference) == 0:
        return None
    return float(np.searchsorted(reference, score, side="right") / len(reference) * 100)
