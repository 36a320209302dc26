"""Findings of the assessor that matter for a training set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from packshot.assess.distortion_findings import MIN_PROBABILITY
from packshot.catalog.clean.inspection import SampleInspection
from packshot.catalog.clean.samples import Sample
from packshot.measure.limits import LIMITS
from packshot.report import Finding, Problem, Proposal, Remedy, Severity

PROBLEMS: Final[Mapping[str, Problem]] = {
    "blurred": Problem.BLURRED,
    "motion-blur": Problem.BLURRED,
    "distortion-gaussian-blur": Problem.BLURRED,
    "distortion-lens-blur": Problem.BLURRED,
    "distortion-motion-blur": Problem.BLURRED,
    "product-blurred": Problem.OUT_OF_FOCUS,
    "distortion-defocused-product": Problem.OUT_OF_FOCUS,
    "too-bright": Problem.OVER_EXPOSED,
    "clipped-highlights": Problem.OVER_EXPOSED,
    "distortion-brighten": Problem.OVER_EXPOSED,
    "distortion-blown-highlights": Problem.OVER_EXPOSED,
    "too-dark": Problem.UNDER_EXPOSED,
    "distortion-darken": Problem.UNDER_EXPOSED,
    "distortion-low-light": Problem.UNDER_EXPOSED,
}
"""By the code of a finding; other findings do not spoil a training set."""

_WARNING_CONFIDENCE, _ERROR_CONFIDENCE, _MAX_CONFIDENCE = 0.5, 0.9, 0.99
"""Confidence, 0..1, at the limit of a warning, at that of an error, and at most. A convention: a place
between the limits, not a calibrated probability (decision 21)."""


def propose_quality_changes(sample: Sample, inspection: SampleInspection) -> Iterator[Proposal]:
    """Propose to drop a photo that cannot be read; else propose by the gravest problem of each sort.

    Args:
        sample: The photo.
        inspection: What was found out about it.

    Example:
        >>> from pathlib import Path
        >>> from packshot.sources import FeedRow, LocalCopy
        >>> sample = Sample("mug.jpg", Path("mug.jpg"), "mug", "", FeedRow(0, "mug.jpg"))
        >>> blurred = Finding(code="blurred", severity="error", reason="soft", remedy="Hold still.")
        >>> inspection = SampleInspection(LocalCopy("mug.jpg", Path("mug.jpg")), findings=(blurred,))
        >>> for proposal in propose_quality_changes(sample, inspection):
        ...     proposal.problem.value, proposal.action.value
        ('blurred', 'drop')
    """
    if inspection.error:
        yield Proposal(
            path=sample.path,
            problem=Problem.UNREADABLE,
            action=Remedy.DROP,
            reason=inspection.error,
            confidence=1.0,
            label=sample.label,
            split=sample.split,
        )
        return
    worst_findings: dict[Problem, Finding] = {}
    for finding in sorted(inspection.findings, key=lambda one: list(Severity).index(one.severity)):
        if finding.code in PROBLEMS and finding.severity is not Severity.INFO:
            worst_findings.setdefault(PROBLEMS[finding.code], finding)
    yield from (_build_proposal(sample, problem, finding) for problem, finding in worst_findings.items())


def _build_proposal(sample: Sample, problem: Problem, finding: Finding) -> Proposal:
    is_error = finding.severity is Severity.ERROR
    return Proposal(
        path=sample.path,
        problem=problem,
        action=Remedy.DROP if is_error else Remedy.REVIEW,
        reason=finding.reason,
        confidence=compute_confidence(finding),
        measurement=finding.measurement,
        value=finding.value,
        limit=finding.limit,
        label=sample.label,
        split=sample.split,
    )


def compute_confidence(finding: Finding) -> float:
    """Return how surely a photo is spoilt, 0..1, by how far its value lies beyond the limits.

    0.5 at the limit of a warning, 0.9 at that of an error, on a straight line between and beyond. What
    the network sees counts with its chance, damage that it recognises with the least that is reported.

    Example:
        >>> limit = next(limit for limit in LIMITS if limit.code == "blurred")
        >>> finding = Finding(
        ...     code="blurred", severity="warning", reason="", remedy="", measurement="sharpness"
        ... )
        >>> values = (limit.warning, (limit.warning + limit.error) / 2, limit.error)
        >>> [compute_confidence(finding.model_copy(update={"value": value})) for value in values]
        [0.5, 0.7, 0.9]
    """
    limit = next((one for one in LIMITS if _is_limit_of(finding, one.code, one.measurement)), None)
    if limit is None or finding.value is None or None in (limit.warning, limit.error):
        return MIN_PROBABILITY if finding.probability is None else finding.probability
    warning, error = limit.warning or 0.0, limit.error or 0.0
    excess = (finding.value - warning) / (error - warning)
    return round(
        min(
            max(
                _WARNING_CONFIDENCE + (_ERROR_CONFIDENCE - _WARNING_CONFIDENCE) * excess,
                _WARNING_CONFIDENCE,
            ),
            _MAX_CONFIDENCE,
        ),
        3,
    )


def _is_limit_of(finding: Finding, code: str, measurement: str) -> bool:
    return finding.code == code and finding.measurement == measurement
