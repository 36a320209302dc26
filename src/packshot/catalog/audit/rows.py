"""From what is known of a photo to its row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from packshot.names import plain
from packshot.report import (
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

_LIKELY = 0.5
_GRAVITY = tuple(Decision)


def judged_row(
    row: FeedRow, assessment: Assessment, verdicts: Mapping[str, Verdict], fail_under: float | None
) -> AuditRow:
    """The row of a photo that was assessed."""
    facts, findings = assessment.facts, assessment.findings
    severities = [finding.severity for finding in findings]
    return AuditRow(
        **told(row),
        status=AuditStatus.OK,
        score=assessment.score,
        verdict=overall_verdict(assessment, verdicts, fail_under),
        grade=assessment.grade,
        percentile=assessment.percentile,
        confidence=assessment.confidence,
        verdicts={name: str(verdict.decision) for name, verdict in verdicts.items()},
        failed_rules=_rules(verdicts, Decision.FAIL),
        warned_rules=_rules(verdicts, Decision.WARN),
        manual_rules=_rules(verdicts, Decision.MANUAL),
        findings=tuple(finding.code for finding in findings),
        errors=severities.count(Severity.ERROR),
        warnings=severities.count(Severity.WARNING),
        remedies=_remedies(verdicts, findings),
        damage=_damage(assessment.distortions),
        format=facts.format if facts else "",
        byte_size=facts.byte_size if facts else None,
        width=facts.width if facts else None,
        height=facts.height if facts else None,
        sha256=facts.sha256 if facts else "",
        measurements={name: found.value for name, found in assessment.measurements.items()},
    )


def broken_row(
    row: FeedRow, status: AuditStatus, reason: str, sha256: str = "", byte_size: int | None = None
) -> AuditRow:
    """The row of an input that could not be assessed."""
    return AuditRow(**told(row), status=status, reason=plain(reason), sha256=sha256, byte_size=byte_size)


def told(row: FeedRow) -> dict[str, Any]:
    """What the feed says, as `AuditRow` names it."""
    texts = {name: plain(getattr(row, name)) for name in ("sku", "role", "category", "seller", "label")}
    return {"number": row.number, "path": plain(row.location), **texts}


def overall_verdict(
    assessment: Assessment, verdicts: Mapping[str, Verdict], fail_under: float | None
) -> Decision:
    """The gravest of the policies and the bar; without policies, of the findings and the bar."""
    decisions = [verdict.decision for verdict in verdicts.values() if verdict.decision is not None]
    if not verdicts:
        decisions = [_of_finding(finding) for finding in assessment.findings]
    if fail_under is not None and (assessment.score or 0.0) < fail_under:
        decisions.append(Decision.FAIL)
    return min(decisions, key=_GRAVITY.index, default=Decision.PASS)


def _of_finding(finding: Finding) -> Decision:
    decided = {Severity.ERROR: Decision.FAIL, Severity.WARNING: Decision.WARN}
    return decided.get(finding.severity, Decision.PASS)


def _rules(verdicts: Mapping[str, Verdict], decision: Decision) -> tuple[str, ...]:
    return tuple(
        f"{name}:{outcome.rule}"
        for name, verdict in verdicts.items()
        for outcome in verdict.decided(decision)
    )


def _remedies(verdicts: Mapping[str, Verdict], findings: Sequence[Finding]) -> tuple[str, ...]:
    """What to do, each said once."""
    broken = [
        outcome.remedy
        for verdict in verdicts.values()
        for outcome in verdict.decided(Decision.FAIL, Decision.WARN)
    ]
    texts = [*broken, *(finding.remedy for finding in findings)]
    return tuple(dict.fromkeys(filter(None, texts)))


def _damage(distortions: Sequence[Distortion]) -> str:
    likely = distortions[0] if distortions else None
    return likely.kind if likely and likely.probability >= _LIKELY and likely.kind != "pristine" else ""
