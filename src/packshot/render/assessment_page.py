"""The report of assessments as one self-contained page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import TextIO

from packshot.render.attention_overlay import heat
from packshot.render.emotion_words import percent, sides
from packshot.render.page import Page, histogram, mean, page_template
from packshot.render.renderer import RenderOptions
from packshot.render.wording import is_low, likely_remedy
from packshot.report import Assessment, Finding, Region, Severity
from packshot.texts import distortion_remedy, format_measurement

THUMBNAIL_SIDE = 320


@dataclass(frozen=True)
class Mark:
    """A place on a thumbnail, with the numbers of the findings that lie there.

    Attributes:
        region: In fractions of the photo.
        severity: Of the gravest of them.
        numbers: 1 for the first finding of the photo.
    """

    region: Region
    severity: Severity
    numbers: tuple[int, ...]


class AssessmentPage(Page[Assessment]):
    """A page whose cards are sorted from the worst to the best photo."""

    def __init__(self, stream: TextIO, options: RenderOptions) -> None:
        super().__init__(stream, options)
        self._scores: list[float] = []
        self._to_fix = 0
        self._tells_feelings = False

    def _tally(self, photo: Assessment) -> None:
        self._scores.append(photo.score or 0.0)
        self._to_fix += any(f.severity is Severity.ERROR for f in photo.findings)
        self._models = photo.models
        self._tells_feelings = self._tells_feelings or photo.emotion is not None

    def _card(self, photo: Assessment) -> str:
        return page_template("assessment_card.html.j2").render(
            photo=photo,
            file=PurePath(photo.path),
            thumbnail=self._thumbnail(photo.path, THUMBNAIL_SIDE),
            heat=heat(photo.damage_map),
            marks=marks(photo.findings),
            sides=() if photo.emotion is None else sides(photo.emotion),
            percent=percent,
            low=is_low(photo),
            likely_remedy=likely_remedy(photo, self._language),
            words=self._words,
            language=self._language,
            shown=format_measurement,
            remedy_for=distortion_remedy,
        )

    def _rank(self, photo: Assessment) -> float:
        return photo.score or 0.0

    def _page(self) -> Iterator[str]:
        return self._rendered(
            "assessment_report.html.j2",
            mean=mean(self._scores),
            histogram=histogram(self._scores),
            to_fix=self._to_fix,
            tells_feelings=self._tells_feelings,
        )


def marks(findings: tuple[Finding, ...]) -> list[Mark]:
    """The places of findings, those at the same place joined."""
    places: dict[tuple[float, ...], list[int]] = {}
    for number, found in enumerate(findings):
        if found.region is not None:
            places.setdefault(tuple(found.region.model_dump().values()), []).append(number)
    return [_mark([findings[n] for n in numbers], numbers) for numbers in places.values()]


def _mark(findings: list[Finding], numbers: list[int]) -> Mark:
    order = list(Severity)
    gravest = min((found.severity for found in findings), key=order.index)
    region = findings[0].region
    if region is None:
        raise ValueError("a mark needs a finding with a place")
    return Mark(region, gravest, tuple(number + 1 for number in numbers))
