"""What a report says about a photo whose findings alone do not say it."""

from __future__ import annotations

from packshot.report import Assessment, Grade
from packshot.texts import distortion_remedy, load_texts

_FINE = frozenset({Grade.EXCELLENT, Grade.GOOD})
_LIKELY = 0.5


def is_low(assessment: Assessment) -> bool:
    """True where "nothing to improve" would contradict the score."""
    return assessment.grade not in _FINE


def likely_remedy(assessment: Assessment, language: str) -> str:
    """The remedy for the likeliest kind of damage; empty where none is likely enough to advise on."""
    for likely in assessment.distortions[:1]:
        remedy = distortion_remedy(likely, language)
        if likely.probability >= _LIKELY and remedy:
            words = load_texts(language)
            return words.labels["likely_remedy"].format(kind=words.kind(likely.kind), remedy=remedy)
    return ""


def without_findings(assessment: Assessment, language: str) -> str:
    """One sentence for a photo without findings."""
    labels = load_texts(language).labels
    if not is_low(assessment):
        return labels["no_findings"]
    return likely_remedy(assessment, language) or labels["no_findings_low"]
