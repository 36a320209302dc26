"""The row of an audit: made from a photo's assessment and verdicts, or from the reason it has none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from packshot.names import escape_undecodable
from packshot.report import (
    AspectScore,
    Assessment,
    AuditRow,
    AuditStatus,
    Decision,
    Distortion,
    Finding,
    Severity,
    Verdict,
)
from packshot.sources import FeedRow

_MIN_PROBABILITY = 0.5
"""Probability by the network, 0..1, from which on a kind of damage stands in the row: it is likelier
than all others together."""

_DECISIONS_BY_SEVERITY = tuple(Decision)
"""The gravest first."""


def build_assessed_row(
    row: FeedRow, assessment: Assessment, verdicts: Mapping[str, Verdict], fail_under: float | None
) -> AuditRow:
    """Build the row of a photo that was assessed.

    Args:
        row: Of the feed.
        assessment: Of the photo.
        verdicts: By the names of policies.
        fail_under: Score below which a photo fails, 0..100; None for none.

    Example:
        >>> assessment = Assessment(path="mug.jpg", status="ok", score=48.0)
        >>> row = build_assessed_row(FeedRow(0, "mug.jpg", sku="M-1"), assessment, {}, fail_under=60)
        >>> row.sku, row.score, row.decision.value
        ('M-1', 48.0, 'fail')
    """
    facts, findings = assessment.facts, assessment.findings
    severities = [finding.severity for finding in findings]
    return AuditRow(
        **extract_feed_fields(row),
        status=AuditStatus.OK,
        score=assessment.score,
        technical=_get_score(assessment.technical),
        presentation=_get_score(assessment.presentation),
        causes=assessment.causes,
        decision=combine_decisions(assessment, verdicts, fail_under),
        grade=assessment.grade,
        percentile=assessment.percentile,
        confidence=assessment.confidence,
        decisions={name: verdict.decision for name, verdict in verdicts.items() if verdict.decision},
        failed_rules=_collect_rules(verdicts, Decision.FAIL),
        warned_rules=_collect_rules(verdicts, Decision.WARN),
        manual_rules=_collect_rules(verdicts, Decision.MANUAL),
        findings=tuple(finding.code for finding in findings),
        errors=severities.count(Severity.ERROR),
        warnings=severities.count(Severity.WARNING),
        remedies=_collect_remedies(verdicts, findings),
        damage=_find_likely_damage(assessment.distortions),
        format=facts.format if facts else "",
        byte_size=facts.byte_size if facts else None,
        width=facts.width if facts else None,
        height=facts.height if facts else None,
        sha256=facts.sha256 if facts else "",
        measurements={name: measurement.value for name, measurement in assessment.measurements.items()},
    )


def failed_row(
    row: FeedRow, status: AuditStatus, reason: str, sha256: str = "", byte_size: int | None = None
) -> AuditRow:
    """Build the row of an input that could not be assessed.

    Args:
        row: Of the feed.
        status: Why there is no assessment.
        reason: The same in words.
        sha256: Of the bytes, where there are any.
        byte_size: Likewise.

    Example:
        >>> row = failed_row(FeedRow(7, "gone.jpg"), AuditStatus.MISSING, "no such file")
        >>> row.number, row.status.value, row.score
        (7, 'missing', None)
    """
    return AuditRow(
        **extract_feed_fields(row),
        status=status,
        reason=escape_undecodable(reason),
        sha256=sha256,
        byte_size=byte_size,
    )


def extract_feed_fields(row: FeedRow) -> dict[str, Any]:
    """Return what the feed says, as `AuditRow` names it.

    Example:
        >>> fields = extract_feed_fields(FeedRow(2, "mug.jpg", sku="M-1", role="main"))
        >>> fields["number"], fields["path"], fields["sku"], fields["role"]
        (2, 'mug.jpg', 'M-1', 'main')
    """
    texts = {
        name: escape_undecodable(getattr(row, name))
        for name in ("sku", "role", "category", "seller", "label", "title", "description")
    }
    return {"number": row.number, "path": escape_undecodable(row.location), **texts}


def combine_decisions(
    assessment: Assessment, verdicts: Mapping[str, Verdict], fail_under: float | None
) -> Decision:
    """Return the gravest of the policies' decisions, or without policies of the findings'.

    Args:
        assessment: Of a photo.
        verdicts: By the names of policies.
        fail_under: Score below which a photo fails, 0..100; None for none.

    Example:
        >>> blurred = Finding(code="blurred", severity="warning", reason="soft", remedy="Hold still.")
        >>> assessment = Assessment(path="mug.jpg", status="ok", score=48.0, findings=(blurred,))
        >>> [combine_decisions(assessment, {}, least).value for least in (None, 60)]
        ['warn', 'fail']
    """
    decisions = [verdict.decision for verdict in verdicts.values() if verdict.decision is not None]
    if not verdicts:
        decisions = [_finding_to_decision(finding) for finding in assessment.findings]
    if fail_under is not None and (assessment.score or 0.0) < fail_under:
        decisions.append(Decision.FAIL)
    return min(decisions, key=_DECISIONS_BY_SEVERITY.index, default=Decision.PASS)


def _finding_to_decision(finding: Finding) -> Decision:
    decisions = {Severity.ERROR: Decision.FAIL, Severity.WARNING: Decision.WARN}
    return decisions.get(finding.severity, Decision.PASS)


def _collect_rules(verdicts: Mapping[str, Verdict], decision: Decision) -> tuple[str, ...]:
    return tuple(
        f"{name}:{outcome.rule}"
        for name, verdict in verdicts.items()
        for outcome in verdict.select_outcomes(decision)
    )


def _collect_remedies(verdicts: Mapping[str, Verdict], findings: Sequence[Finding]) -> tuple[str, ...]:
    """Return what to do, each said once."""
    rule_remedies = [
        outcome.remedy
        for verdict in verdicts.values()
        for outcome in verdict.select_outcomes(Decision.FAIL, Decision.WARN)
    ]
    remedies = [*rule_remedies, *(finding.remedy for finding in findings)]
    return tuple(dict.fromkeys(filter(None, remedies)))


def _get_score(aspect: AspectScore | None) -> float | None:
    return None if aspect is None else aspect.score


def _find_likely_damage(distortions: Sequence[Distortion]) -> str:
    distortion = distortions[0] if distortions else None
    return (
        distortion.kind
        if distortion and distortion.probability >= _MIN_PROBABILITY and distortion.kind != "pristine"
        else ""
    )
