"""The report of assessments as one self-contained page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import TextIO

from packshot.render.attention_overlay import encode_heat_map
from packshot.render.cause_words import iter_aspects, list_lost_points
from packshot.render.emotion_words import build_sides, format_percent
from packshot.render.page import Page, histogram, load_template, mean
from packshot.render.renderer import RenderOptions
from packshot.render.wording import (
    find_likely_remedy,
    has_possible_fault,
    is_low_grade,
    is_weak_guess,
)
from packshot.report import Assessment, Finding, Region, Severity
from packshot.texts import distortion_remedy, format_measurement

THUMBNAIL_SIDE = 320
"""Pixels of the long side of a photo in a card. A judgement: large enough to see it, small enough for
thousands on a page."""


@dataclass(frozen=True)
class Mark:
    """A place on a thumbnail, with the numbers of the findings that lie there.

    Attributes:
        region: In fractions of the photo.
        severity: Of the gravest of them.
        numbers: 1 for the first finding of the photo.

    Example:
        >>> Mark(Region(x=0.1, y=0.2, width=0.3, height=0.3), Severity.ERROR, numbers=(1, 3)).numbers
        (1, 3)
    """

    region: Region
    severity: Severity
    numbers: tuple[int, ...]


class AssessmentPage(Page[Assessment]):
    """A page whose cards are sorted from the worst to the best photo.

    Example:
        >>> import io
        >>> from packshot.report import Status
        >>> with AssessmentPage(stream := io.StringIO(), RenderOptions()) as page:
        ...     page.add(Assessment(path="mug.jpg", status=Status.UNREADABLE, error="the file is empty"))
        >>> "the file is empty" in stream.getvalue()
        True
    """

    def __init__(self, stream: TextIO, options: RenderOptions) -> None:
        super().__init__(stream, options)
        self._scores: list[float] = []
        self._error_count = 0
        self._has_emotion = False

    def _count(self, photo: Assessment) -> None:
        self._scores.append(photo.score or 0.0)
        self._error_count += any(f.severity is Severity.ERROR for f in photo.findings)
        self._models = photo.models
        self._has_emotion = self._has_emotion or photo.emotion is not None

    def _render_card(self, photo: Assessment) -> str:
        return load_template("assessment_card.html.j2").render(
            photo=photo,
            file=PurePath(photo.path),
            thumbnail=self._thumbnail(photo.path, THUMBNAIL_SIDE),
            heat=encode_heat_map(photo.damage_map),
            marks=build_marks(photo.findings),
            sides=() if photo.emotion is None else build_sides(photo.emotion),
            percent=format_percent,
            aspects=list(iter_aspects(photo)),
            causes=list_lost_points(photo, self._language),
            low=is_low_grade(photo),
            weak_guess=is_weak_guess(photo),
            possible_fault=has_possible_fault(photo),
            likely_remedy=find_likely_remedy(photo, self._language),
            words=self._texts,
            language=self._language,
            shown=format_measurement,
            remedy_for=distortion_remedy,
        )

    def _compute_rank(self, photo: Assessment) -> float:
        return photo.score or 0.0

    def _render_page(self) -> Iterator[str]:
        return self._render_template(
            "assessment_report.html.j2",
            mean=mean(self._scores),
            histogram=histogram(self._scores),
            to_fix=self._error_count,
            tells_feelings=self._has_emotion,
        )


def build_marks(findings: tuple[Finding, ...]) -> list[Mark]:
    """Mark the places of findings, those at the same place with one mark.

    Example:
        >>> place = Region(x=0.1, y=0.2, width=0.3, height=0.3)
        >>> words = dict(reason="", remedy="", region=place)
        >>> blurred = Finding(code="product-blurred", severity=Severity.WARNING, **words)
        >>> small = Finding(code="product-too-small", severity=Severity.ERROR, **words)
        >>> [(mark.severity.value, mark.numbers) for mark in build_marks((blurred, small))]
        [('error', (1, 2))]
    """
    numbers_by_region: dict[tuple[float, ...], list[int]] = {}
    for number, finding in enumerate(findings):
        if finding.region is not None:
            numbers_by_region.setdefault(tuple(finding.region.model_dump().values()), []).append(number)
    return [
        _build_mark([findings[n] for n in numbers], numbers) for numbers in numbers_by_region.values()
    ]


def _build_mark(findings: list[Finding], numbers: list[int]) -> Mark:
    order = list(Severity)
    worst = min((finding.severity for finding in findings), key=order.index)
    region = findings[0].region
    if region is None:
        raise ValueError("a mark needs a finding with a place")
    return Mark(region, worst, tuple(number + 1 for number in numbers))
