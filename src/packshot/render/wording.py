"""What a report says about a photo whose findings alone do not say it."""

from __future__ import annotations

from packshot.report import Assessment, Grade
from packshot.texts import distortion_remedy, load_texts

_GOOD_GRADES = frozenset({Grade.EXCELLENT, Grade.GOOD})
_MIN_PROBABILITY = 0.5


def is_low_grade(assessment: Assessment) -> bool:
    """True where "nothing to improve" would contradict the score."""
    return assessment.grade not in _GOOD_GRADES


def find_likely_remedy(assessment: Assessment, language: str) -> str:
    """The remedy for the likeliest kind of damage; empty where none is likely enough to advise on."""
    for distortion in assessment.distortions[:1]:
        remedy = distortion_remedy(distortion, language)
        if distortion.probability >= _MIN_PROBABILITY and remedy:
            assessment_texts = load_texts(language)
            return assessment_texts.labels["likely_remedy"].format(
                kind=assessment_texts.kind(distortion.kind), remedy=remedy
            )
    return ""


def describe_without_findings(assessment: Assessment, language: str) -> str:
    """One sentence for a photo without findings."""
    labels = load_texts(language).labels
    if not is_low_grade(assessment):
        return labels["no_findings"]
    return find_likely_remedy(assessment, language) or labels["no_findings_low"]
