"""What is known of a product's photos before they are put in order."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from packshot.report import Assessment, Status

CONFIDENT_WITHIN = 10.0
"""Points of people's rating that `Assessment.confidence` is the chance to lie within."""

_LEAST_CONFIDENCE, _MOST_CONFIDENCE = 0.05, 0.99
_CLEARLY = math.log(9)
_KNOWN_TO_LIE_WITHIN = 50.0


@dataclass(frozen=True)
class Candidate:
    """A photo that might be the main one.

    Attributes:
        assessment: Of it; also of one that cannot be read.
        present: The shop shows it first now.
        verdict: ``pass``, ``warn``, ``fail`` or ``manual``; None where no policy was named.
        failures: Why it fails or is warned of, in a seller's words.
        merit: Log odds by direct comparison with its copies: between two of one group the difference
            says how likely the one is the better; None where it was compared with none.
        combed: How uneven its histogram is; see `packshot.catalog.rank.tones`.
    """

    assessment: Assessment
    present: bool = False
    verdict: str | None = None
    failures: tuple[str, ...] = ()
    merit: float | None = None
    combed: float = 0.0

    @property
    def path(self) -> str:
        """Of the file."""
        return self.assessment.path

    @property
    def readable(self) -> bool:
        """Whether there is a picture."""
        return self.assessment.status is Status.OK

    @property
    def fails(self) -> bool:
        """Whether the policy refuses it."""
        return self.verdict == "fail"

    @property
    def score(self) -> float:
        """0..100."""
        return self.assessment.score or 0.0

    @property
    def pleasant(self) -> float | None:
        """0..1, the chance that people find it pleasant; None where that was not asked."""
        emotion = self.assessment.emotion
        return None if emotion is None else emotion.positive_probability

    @property
    def certainty(self) -> float:
        """Half width in points of the band around the score that holds two ratings out of three."""
        confidence = self.assessment.confidence or 0.0
        confidence = min(max(confidence, _LEAST_CONFIDENCE), _MOST_CONFIDENCE)
        width = CONFIDENT_WITHIN / NormalDist().inv_cdf((1 + confidence) / 2)
        return min(width, _KNOWN_TO_LIE_WITHIN)

    @property
    def pixels(self) -> int:
        """Of the file."""
        facts = self.assessment.facts
        return 0 if facts is None else facts.width * facts.height

    @property
    def byte_size(self) -> int:
        """Of the file."""
        facts = self.assessment.facts
        return 0 if facts is None else facts.byte_size


@dataclass(frozen=True)
class Copy:
    """Two photos of which one is a copy of the other, or both of a third.

    Attributes:
        first: Path of the one.
        second: Path of the other.
    """

    first: str
    second: str


def clearly_better(one: Candidate, other: Candidate) -> bool:
    """Whether the difference of two scores is more than their uncertainty."""
    return one.score - other.score > math.hypot(one.certainty, other.certainty)


def clearly_better_copy(one: Candidate, other: Candidate) -> bool:
    """Whether of two copies of one photo direct comparison prefers the first nine times out of ten."""
    if one.merit is None or other.merit is None:
        return clearly_better(one, other)
    return one.merit - other.merit > _CLEARLY
