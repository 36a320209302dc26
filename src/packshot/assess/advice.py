"""Findings in a seller's words."""

from __future__ import annotations

from packshot.errors import InvalidInput
from packshot.report import Finding, Region, Severity
from packshot.texts import format_measurement, load_texts


def build_finding(
    code: str,
    severity: Severity,
    measurement: str | None,
    value: float | None,
    limit: float | None,
    region: Region | None,
    language: str = "en",
    probability: float | None = None,
) -> Finding:
    """Build a finding with its reason and remedy in words.

    Args:
        code: Key of the table.
        severity: How much it matters.
        measurement: What was measured, if anything.
        value: What was found.
        limit: What was expected.
        region: Where.
        language: ``en`` or ``zh``.
        probability: Chance that a careful eye sees it too, 0..1, where a network recognised it.

    Raises:
        InvalidInput: An unknown code or language.

    Example:
        >>> finding = build_finding("noisy", Severity.WARNING, "noise", 9.1, 8.0, None)
        >>> finding.reason
        'Noise of 9.1 grey levels; up to 8 grey levels goes unnoticed.'
        >>> build_finding("noisy", Severity.WARNING, "noise", 9.1, 8.0, None, language="zh").remedy
        '增加光线并降低感光度（ISO 100 至 400），不要事后提亮暗照片。'
        >>> build_finding("noisy", Severity.WARNING, None, None, None, None, probability=0.8).reason
        'The photo looks speckled with grain.'
    """
    entry = load_texts(language).findings.get(code)
    if entry is None:
        raise InvalidInput(f"no text for the finding {code!r}")
    placeholders = {
        "value": format_measurement(measurement, value, language),
        "limit": format_measurement(measurement, limit, language),
    }
    return Finding(
        code=code,
        severity=severity,
        reason=entry.seen if value is None and entry.seen else entry.reason.format(**placeholders),
        remedy=entry.remedy,
        measurement=measurement,
        value=value,
        limit=limit,
        region=region,
        probability=probability,
    )
