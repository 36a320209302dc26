"""The words about a photo whose findings alone do not say what is wrong."""

from __future__ import annotations

from packshot.report import Assessment, Cause, Finding, Grade
from packshot.texts import distortion_remedy, load_texts

_GOOD_GRADES = frozenset({Grade.EXCELLENT, Grade.GOOD})
_MIN_PROBABILITY = 0.5
"""Probability of a kind of damage from which its remedy is advised: likelier than not. A judgement."""


def is_low_grade(assessment: Assessment) -> bool:
    """Return whether "nothing to improve" would contradict the score.

    Example:
        >>> is_low_grade(Assessment(path="mug.jpg", status="ok", grade=Grade.POOR))
        True
    """
    return assessment.grade not in _GOOD_GRADES


def is_weak_guess(assessment: Assessment) -> bool:
    """Return whether no rated photo is like this one, which is why nothing can be told of it.

    Example:
        >>> is_weak_guess(Assessment(path="mug.jpg", status="ok", grade=Grade.UNKNOWN))
        True
    """
    codes = {finding.code for finding in assessment.findings}
    return assessment.grade is Grade.UNKNOWN and Finding.NOT_A_PRODUCT not in codes


def has_possible_fault(assessment: Assessment) -> bool:
    """Return whether a photo loses points by a fault, found or not.

    Example:
        >>> from packshot.report import Cause
        >>> tilted = Assessment(path="a.jpg", status="ok", causes=(Cause(code="tilted", points=3.0),))
        >>> has_possible_fault(tilted), has_possible_fault(Assessment(path="b.jpg", status="ok"))
        (True, False)
    """
    ratings = (Cause.RATED_LOW, Cause.OWN_RATING)
    return any(cause.code not in ratings for cause in assessment.causes)


def find_likely_remedy(assessment: Assessment, language: str) -> str:
    """Find the remedy for the likeliest kind of damage; empty where none is likely enough to advise on.

    Example:
        >>> from packshot.report import Distortion
        >>> blocky = Distortion(kind="jpeg", probability=0.9, level=3)
        >>> photo = Assessment(path="mug.jpg", status="ok", distortions=(blocky,))
        >>> print(find_likely_remedy(photo, "en"))
        Most likely JPEG blocks: Upload the camera's original, or save as JPEG with quality 90 or more.
    """
    for distortion in assessment.distortions[:1]:
        remedy = distortion_remedy(distortion, language)
        if distortion.probability >= _MIN_PROBABILITY and remedy:
            assessment_texts = load_texts(language)
            return assessment_texts.labels["likely_remedy"].format(
                kind=assessment_texts.kind(distortion.kind), remedy=remedy
            )
    return ""


def describe_without_findings(assessment: Assessment, language: str) -> str:
    """Describe a photo without findings in one sentence.

    Example:
        >>> describe_without_findings(Assessment(path="mug.jpg", status="ok", grade=Grade.GOOD), "en")
        'Nothing to improve.'
    """
    labels = load_texts(language).labels
    if not is_low_grade(assessment):
        return labels["no_certain_findings" if has_possible_fault(assessment) else "no_findings"]
    return find_likely_remedy(assessment, language) or labels["no_findings_low"]
