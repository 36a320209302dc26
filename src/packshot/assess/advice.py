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
) -> Finding:
    """A finding with its reason and remedy in words.

    Args:
        code: Key of the table.
        severity: How much it matters.
        measurement: What was measured, if anything.
        value: What was found.
        limit: What was expected.
        region: Where.
        language: ``en`` or ``zh``.

    Raises:
        InvalidInput: An unknown code or language.
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
        reason=entry.reason.format(**placeholders),
        remedy=entry.remedy,
        measurement=measurement,
        value=value,
        limit=limit,
        region=region,
    )
