"""What a photo loses points by, as tables and pages tell it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise

from packshot.report import AspectScore, Assessment, Cause
from packshot.texts import load_texts

MAX_CAUSES = 6
"""Causes that are told one by one; what is left is told together. A judgement: as many colours are told
apart, and as many lines read."""


_RATINGS = frozenset({Cause.RATED_LOW, Cause.OWN_RATING})
"""Causes that are no fault."""


@dataclass(frozen=True)
class LostPoints:
    """What a photo loses by one cause, or by several small ones together.

    Attributes:
        code: Of the cause; empty for several.
        title: In the reader's words.
        points: Of the score, in whole tenths.
        number: Its place, from 1.

    Example:
        >>> LostPoints("blurred", "The photo is not sharp", points=18.0, number=1).tone
        1
    """

    code: str
    title: str
    points: float
    number: int

    @property
    def tone(self) -> int:
        """Number of its colour; 0 where it does not say what is wrong with this photo."""
        return 0 if self.code in _RATINGS else self.number


def list_lost_points(assessment: Assessment, language: str) -> tuple[LostPoints, ...]:
    """List what a photo loses points by, most first; empty where that is not told.

    Points are rounded so that with the score, rounded to tenths, they make 100. A fault that is no
    finding is told as what it is, a chance.

    Example:
        >>> causes = (Cause(code="blurred", points=18.04), Cause(code="rated-low", points=6.96))
        >>> photo = Assessment(path="mug.jpg", status="ok", score=75.0, causes=causes)
        >>> for lost in list_lost_points(photo, "en"):
        ...     print(lost.title, lost.points)
        The photo is not sharp (possibly) 18.0
        No single fault (similar photos are rated no higher) 7.0
    """
    if assessment.score is None:
        return ()
    causes = _join_small_causes(assessment.causes)
    _, *points = round_together(assessment.score, (cause.points for cause in causes), step=0.1)
    found = {finding.code for finding in assessment.findings}
    titles = (_find_title(cause.code, cause.code in found, language) for cause in causes)
    return tuple(
        LostPoints(cause.code, title, lost, number)
        for number, (cause, title, lost) in enumerate(zip(causes, titles, points, strict=True), start=1)
    )


def _join_small_causes(causes: tuple[Cause, ...]) -> tuple[Cause, ...]:
    """Put all that are too many into one without a code."""
    if len(causes) <= MAX_CAUSES:
        return causes
    told, rest = causes[: MAX_CAUSES - 1], causes[MAX_CAUSES - 1 :]
    return (*told, Cause(code="", points=sum(cause.points for cause in rest)))


def _find_title(code: str, is_found: bool, language: str) -> str:
    texts = load_texts(language)
    if not code:
        return texts.labels["other_causes"]
    is_certain = is_found or code in _RATINGS
    return texts.cause(code) if is_certain else texts.label("perhaps", title=texts.cause(code))


def round_together(score: float, lost_points: Iterable[float], step: float) -> tuple[float, ...]:
    """Round a score and what it lacks to multiples of a step, so that what they add up to stays.

    Each begins where the one before it ends: ends are rounded, and a length is the distance of two.

    Args:
        score: 0..100.
        lost_points: Of each cause.
        step: Points, such as 0.1, or 5 for a bar of twenty characters.

    Example:
        >>> round_together(33.34, [33.33, 33.33], step=0.1), round_together(71, [15, 14], step=5)
        ((33.3, 33.4, 33.3), (70, 15, 15))
    """
    ends = [round(end / step) for end in accumulate(lost_points, initial=score)]
    return tuple(round((end - start) * step, 2) for start, end in pairwise((0, *ends)))


def describe_aspects(assessment: Assessment, language: str, explain: bool = False) -> str:
    """Describe the scores of both aspects in a line; empty where there are none.

    Args:
        assessment: Of a photo.
        language: Of words.
        explain: Tell how sure they are too.

    Example:
        >>> from packshot.report import AspectScore
        >>> technical = AspectScore(score=81.5, confidence=0.7)
        >>> photo = Assessment(path="mug.jpg", status="ok", score=75.0, technical=technical)
        >>> describe_aspects(photo, "en", explain=True)
        'Technical quality 81.5 (Confidence 70 %)'
    """
    texts = load_texts(language)
    parts = []
    for name, aspect in iter_aspects(assessment):
        confidence = texts.label("confidence", value=f"{aspect.confidence * 100:.0f}")
        parts.append(
            f"{texts.labels[name]} {aspect.score:.1f}" + (f" ({confidence})" if explain else "")
        )
    return " / ".join(parts)


def iter_aspects(assessment: Assessment) -> Iterator[tuple[str, AspectScore]]:
    """Yield the aspects that have a score, by the names of their labels.

    Example:
        >>> list(iter_aspects(Assessment(path="mug.jpg", status="ok", score=75.0)))
        []
    """
    pairs = (("technical", assessment.technical), ("presentation", assessment.presentation))
    yield from ((name, aspect) for name, aspect in pairs if aspect is not None)
