"""Findings in a seller's words, from one table of texts for each language."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from packshot.errors import InvalidInput
from packshot.measure.scores import PROPERTIES
from packshot.report import Finding, Region, Severity

LANGUAGES = ("en", "zh")

_UNITS = {"ratio": "x", "chroma": "CIE chroma", "degrees": "°"}


@dataclass(frozen=True)
class FindingText:
    """What a finding says; `reason` may hold ``{value}`` and ``{limit}``."""

    title: str
    reason: str
    remedy: str


@dataclass(frozen=True)
class Texts:
    """All texts of one language.

    Attributes:
        findings: By finding code.
        kinds: Names of distortion kinds.
        grades: Names of grades.
        measurements: Names of measurements.
        labels: Words of reports.
    """

    findings: Mapping[str, FindingText]
    kinds: Mapping[str, str]
    grades: Mapping[str, str]
    measurements: Mapping[str, str]
    labels: Mapping[str, str]


@cache
def texts(language: str) -> Texts:
    """The table of a language.

    Raises:
        InvalidInput: A language that is not there.
    """
    if language not in LANGUAGES:
        raise InvalidInput(f"no texts in {language!r}; there are: {', '.join(LANGUAGES)}")
    source = files("packshot.assess.texts").joinpath(f"{language}.toml")
    table = tomllib.loads(source.read_text(encoding="utf-8"))
    findings = {code: FindingText(**entry) for code, entry in table["findings"].items()}
    return Texts(findings, table["kinds"], table["grades"], table["measurements"], table["labels"])


def finding(
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
    entry = texts(language).findings.get(code)
    if entry is None:
        raise InvalidInput(f"no text for the finding {code!r}")
    return Finding(
        code=code,
        severity=severity,
        reason=entry.reason.format(value=shown(measurement, value), limit=shown(measurement, limit)),
        remedy=entry.remedy,
        measurement=measurement,
        value=value,
        limit=limit,
        region=region,
    )


def shown(measurement: str | None, value: float | None) -> str:
    """A value with its unit as people read it."""
    if value is None:
        return ""
    unit = PROPERTIES[measurement].unit if measurement in PROPERTIES else ""
    digits = f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{digits} {_UNITS.get(unit, unit)}".strip()
