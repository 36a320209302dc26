"""Candidates: a product's photos with all that is known of them before they are put in order."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from packshot.report import Assessment, Decision, Status

CONFIDENCE_HALF_WIDTH = 10.0
"""Points of people's rating: `Assessment.confidence` is the chance to lie within so many of it."""

_MIN_CONFIDENCE, _MAX_CONFIDENCE = 0.05, 0.99
"""Confidences, 0..1, that are reckoned with: at 0 the band would be infinite, at 1 of no width."""
_CLEAR_LOG_ODDS = math.log(9)
"""Log odds from which on of two copies one is clearly better: nine times out of ten. A convention."""

_MAX_SCORE_MARGIN = 50.0
"""Points: the band never reaches beyond the scale from a score in its middle."""


@dataclass(frozen=True)
class RankCandidate:
    """A photo that might be the main one.

    Attributes:
        assessment: Of it; also of one that cannot be read.
        is_current: The shop shows it first now.
        decision: By the policy; None where no policy was named.
        failures: Why it fails or is warned of, in a seller's words.
        log_odds: Log odds by direct comparison with its copies: between two of one group the difference
            says how likely the one is the better; None where it was compared with none.
        histogram_unevenness: How uneven its histogram is; see `packshot.catalog.rank.tones`.

    Example:
        >>> assessment = Assessment(path="mug.jpg", status="ok", score=70.0, confidence=0.683)
        >>> candidate = RankCandidate(assessment, decision=Decision.WARN)
        >>> candidate.is_failing, candidate.score, round(candidate.score_margin, 1)
        (False, 70.0, 10.0)
    """

    assessment: Assessment
    is_current: bool = False
    decision: Decision | None = None
    failures: tuple[str, ...] = ()
    log_odds: float | None = None
    histogram_unevenness: float = 0.0

    @property
    def path(self) -> str:
        """Path of the file."""
        return self.assessment.path

    @property
    def is_readable(self) -> bool:
        """True if there is a picture."""
        return self.assessment.status is Status.OK

    @property
    def is_failing(self) -> bool:
        """True if the policy refuses it."""
        return self.decision == Decision.FAIL

    @property
    def score(self) -> float:
        """Score, 0..100; 0 without one."""
        return self.assessment.score or 0.0

    @property
    def pleasantness(self) -> float | None:
        """Probability that people find it pleasant, 0..1; None where that was not asked."""
        emotion = self.assessment.emotion
        return None if emotion is None else emotion.positive_probability

    @property
    def score_margin(self) -> float:
        """Half width in points of the band around the score that holds two ratings out of three."""
        confidence = self.assessment.confidence or 0.0
        confidence = min(max(confidence, _MIN_CONFIDENCE), _MAX_CONFIDENCE)
        width = CONFIDENCE_HALF_WIDTH / NormalDist().inv_cdf((1 + confidence) / 2)
        return min(width, _MAX_SCORE_MARGIN)

    @property
    def pixel_count(self) -> int:
        """Pixels of the file."""
        facts = self.assessment.facts
        return 0 if facts is None else facts.width * facts.height

    @property
    def byte_size(self) -> int:
        """Bytes of the file."""
        facts = self.assessment.facts
        return 0 if facts is None else facts.byte_size


@dataclass(frozen=True)
class CopyPair:
    """Two photos of which one is a copy of the other, or both of a third.

    Attributes:
        first: Path of the one.
        second: Path of the other.

    Example:
        >>> pair = CopyPair("mug.jpg", "mug-small.jpg")
        >>> pair.first, pair.second
        ('mug.jpg', 'mug-small.jpg')
    """

    first: str
    second: str


def is_clearly_better(one: RankCandidate, other: RankCandidate) -> bool:
    """Return whether the difference of two scores is more than their uncertainty.

    Example:
        >>> def rate(path, score):
        ...     return RankCandidate(Assessment(path=path, status="ok", score=score, confidence=0.7))
        >>> best, close, poor = rate("a.jpg", 80.0), rate("b.jpg", 72.0), rate("c.jpg", 50.0)
        >>> is_clearly_better(best, close), is_clearly_better(best, poor)
        (False, True)
    """
    return one.score - other.score > math.hypot(one.score_margin, other.score_margin)


def is_clearly_better_copy(one: RankCandidate, other: RankCandidate) -> bool:
    """Return whether of two copies direct comparison prefers the first nine times out of ten.

    Copies that were not compared are told apart by `is_clearly_better`.

    Example:
        >>> assessment = Assessment(path="mug.jpg", status="ok", score=70.0)
        >>> whole, blurred, small = (RankCandidate(assessment, log_odds=x) for x in (3.0, 0.5, 2.0))
        >>> is_clearly_better_copy(whole, blurred), is_clearly_better_copy(whole, small)
        (True, False)
    """
    if one.log_odds is None or other.log_odds is None:
        return is_clearly_better(one, other)
    return one.log_odds - other.log_odds > _CLEAR_LOG_ODDS
