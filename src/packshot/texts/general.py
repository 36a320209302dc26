"""The words that all records share: findings, grades, measurements, and the labels of reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from packshot.report import MEASUREMENTS, OVERLAYS, Cause, Distortion
from packshot.texts.loader import load_table

DISTORTION_PREFIX: Final = "distortion-"
"""Of the codes of findings about kinds of damage."""

_LIKELIER_THAN_NOT: Final = 0.5
"""Chance from which on it is told as a number: "should fix, 3 % likely" reads as a contradiction."""

_ENLARGEMENTS: Final = ("upscaling", "enlargement")


@dataclass(frozen=True)
class FindingText:
    """The words of a finding; `reason` may hold ``{value}`` and ``{limit}``.

    Attributes:
        title: What is wrong.
        reason: Why that is said.
        remedy: What to do about it.
        seen: The reason where nothing was measured, without numbers; empty where `reason` has none.

    Example:
        >>> entry = load_texts("en").findings["blurred"]
        >>> entry.title, entry.seen
        ('The photo is not sharp', 'Edges and fine detail look soft.')
    """

    title: str
    reason: str
    remedy: str
    seen: str = ""


@dataclass(frozen=True)
class Texts:
    """All texts of one language.

    Attributes:
        findings: By finding code.
        kinds: Names of distortion kinds, ``pristine`` included.
        grades: Names of grades.
        severities: Names of severities.
        measurements: Names of measurements.
        units: What to write behind a value, by unit; may be empty.
        origins: Names of where ratings came from and of reference sets, for those that ship.
        actions: What became of a photo that was to be enhanced.
        steps: Names of the steps of enhancing.
        outcomes: Why a step was kept or not, by code.
        abstentions: Why frame or background were not changed, by code.
        labels: Words of reports; may hold placeholders.
        duplicates: Words of groups of duplicates, by kind or place; may hold placeholders.
        cleaning: Words of proposals for a training set; may hold placeholders.
        ranking: Words of the order of a product's photos; may hold placeholders.
        emotion: Words about how photos feel; may hold placeholders.

    Example:
        >>> texts = load_texts("en")
        >>> texts.title("blurred"), texts.title("own-rule"), texts.grades["good"]
        ('The photo is not sharp', 'own-rule', 'Good')
    """

    findings: Mapping[str, FindingText]
    kinds: Mapping[str, str]
    grades: Mapping[str, str]
    severities: Mapping[str, str]
    measurements: Mapping[str, str]
    units: Mapping[str, str]
    origins: Mapping[str, str]
    actions: Mapping[str, str]
    steps: Mapping[str, str]
    outcomes: Mapping[str, str]
    abstentions: Mapping[str, str]
    labels: Mapping[str, str]
    duplicates: Mapping[str, str]
    cleaning: Mapping[str, str]
    ranking: Mapping[str, str]
    emotion: Mapping[str, str]

    def label(self, name: str, **values: str) -> str:
        """Return a word of reports, its placeholders filled."""
        return self.labels[name].format(**values)

    def title(self, code: str) -> str:
        """Return the title of a finding; one that a policy of one's own brings is called by its code."""
        return self.findings[code].title if code in self.findings else code

    def cause(self, code: str) -> str:
        """Return the title of what a photo loses points by: a finding's, or how it is rated.

        Example:
            >>> load_texts("en").cause("blurred"), load_texts("en").cause("rated-low")
            ('The photo is not sharp', 'No single fault (similar photos are rated no higher)')
        """
        labels = {Cause.RATED_LOW: "rated_low", Cause.OWN_RATING: "own_rating"}
        return self.labels[labels[code]] if code in labels else self.title(code)

    def chance(self, probability: float) -> str:
        """Return how likely a fault is that a network recognised; in per cent where that says yes.

        Args:
            probability: Chance that a careful eye sees it too, 0..1. Rare faults are findings from a
                few per cent on (`packshot.encode.FaultModel.limit`).

        Example:
            >>> load_texts("en").chance(0.81), load_texts("en").chance(0.03)
            ('81 % likely', 'not certain')
        """
        if probability < _LIKELIER_THAN_NOT:
            return self.labels["not_certain"]
        return self.label("likely", value=f"{100 * probability:.0f}")

    def step(self, name: str) -> str:
        """Return the name of a step of enhancing; one without a text names itself."""
        return self.steps.get(name, name)

    def kind(self, name: str) -> str:
        """Return the name of a distortion kind; one that an atlas of one's own brings names itself."""
        return self.kinds.get(name, name)

    def origin(self, name: str) -> str:
        """Return where a rating came from; an atlas of one's own brings its own names."""
        return self.origins.get(name, name)


@cache
def load_texts(language: str) -> Texts:
    """Read the words of a language, once.

    Raises:
        InvalidInput: A language that is not there.

    Example:
        >>> load_texts("en").grades["good"]
        'Good'
    """
    findings = {code: FindingText(**entry) for code, entry in load_table("findings", language).items()}
    return Texts(
        findings=findings,
        **load_table("assessment", language),
        **load_table("enhancement", language),
        **{
            area: load_table(area, language) for area in ("duplicates", "cleaning", "ranking", "emotion")
        },
    )


def distortion_remedy(distortion: Distortion, language: str = "en") -> str:
    """Return what to do about a likely distortion; empty for kinds that the table does not know.

    Example:
        >>> print(distortion_remedy(Distortion(kind="jpeg", probability=0.9, level=3)))
        Upload the camera's original, or save as JPEG with quality 90 or more.
    """
    entry = load_texts(language).findings.get(DISTORTION_PREFIX + distortion.kind)
    return "" if entry is None else entry.remedy


def format_measurement(measurement: str | None, value: float | None, language: str = "en") -> str:
    """Write a value with its unit as people read it.

    Args:
        measurement: A key of `MEASUREMENTS` or `OVERLAYS`; others are written without a unit.
        value: In the unit of that measurement; None is written as nothing.
        language: Of the unit's name.

    Example:
        >>> format_measurement("clipped_highlights", 45.6)
        '45.6 %'
    """
    if value is None:
        return ""
    digits = f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{digits} {load_texts(language).units[_unit(measurement)]}".strip()


def _unit(measurement: str | None) -> str:
    """Return the key of the unit's name; an enlargement is the one ratio that is read as "times"."""
    if measurement in _ENLARGEMENTS:
        return "times"
    if measurement in MEASUREMENTS:
        return MEASUREMENTS[measurement].unit or "ratio"
    return OVERLAYS.get(measurement or "") or "ratio"
