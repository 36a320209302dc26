"""The report as one self-contained page."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from importlib.resources import files
from pathlib import PurePath
from typing import Self, TextIO

import cv2
import jinja2
import numpy as np
from markupsafe import Markup

from packshot.assess.advice import remedy_for, shown, texts
from packshot.catalog.rendering import Renderer
from packshot.catalog.wording import is_low, likely_remedy
from packshot.errors import UnreadablePhoto
from packshot.photo import Photo
from packshot.report import Assessment, Finding, Region, Severity, Status

THUMBNAIL_SIDE = 320
_QUALITY = 82
_BINS = 10
_HEAT_BGR = (40, 40, 235)
_MOST_HEAT = 0.72
_FAINTEST_HEAT = 0.08


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


@dataclass(frozen=True)
class _Card:
    """Where a rendered card lies in the spool."""

    score: float
    start: int
    length: int


class HtmlReport(Renderer):
    """A page whose cards are sorted from the worst to the best photo.

    Cards are rendered as results come and wait in a temporary file: memory holds one card at a time,
    however many photos there are.
    """

    def __init__(self, stream: TextIO, language: str) -> None:
        self._stream = stream
        self._language = language
        self._words = texts(language)
        self._cards: list[_Card] = []
        self._unreadable: list[Assessment] = []
        self._to_fix = 0
        self._models: dict[str, str] = {}

    def add(self, assessment: Assessment) -> None:
        """Render a card."""
        if assessment.status is Status.UNREADABLE:
            self._unreadable.append(assessment)
            return
        self._to_fix += any(f.severity is Severity.ERROR for f in assessment.findings)
        self._models = assessment.models
        card = self._rendered(assessment).encode("utf-8", "replace")
        start = self._spool.seek(0, 2)
        self._spool.write(card)
        self._cards.append(_Card(assessment.score or 0.0, start, len(card)))

    def __enter__(self) -> Self:
        self._spool = tempfile.TemporaryFile(prefix="packshot-report-")
        return self

    def _close(self) -> None:
        self._spool.close()

    def _rendered(self, photo: Assessment) -> str:
        return _template("card.html.j2").render(
            photo=photo,
            file=PurePath(photo.path),
            thumbnail=thumbnail(photo.path),
            heat=heat(photo.damage_map),
            marks=marks(photo.findings),
            low=is_low(photo),
            likely_remedy=likely_remedy(photo, self._language),
            words=self._words,
            language=self._language,
            shown=shown,
            remedy_for=remedy_for,
        )

    def _finish(self) -> None:
        scores = [card.score for card in self._cards]
        page = _template("report.html.j2").generate(
            language=self._language,
            words=self._words,
            cards=self._from_worst_to_best(),
            count=len(scores),
            mean=sum(scores) / len(scores) if scores else None,
            histogram=histogram(scores),
            to_fix=self._to_fix,
            unreadable=self._unreadable,
            models=self._models,
            version=_version(),
        )
        self._stream.writelines(page)

    def _from_worst_to_best(self) -> Iterator[Markup]:
        for card in sorted(self._cards, key=lambda card: card.score):
            self._spool.seek(card.start)
            yield Markup(self._spool.read(card.length).decode())  # noqa: S704 - rendered and escaped above


def histogram(scores: list[float]) -> list[tuple[int, float]]:
    """Ten bars of ten points: count, and height 0..1 relative to the tallest."""
    counts, _ = np.histogram(scores, bins=_BINS, range=(0, 100))
    tallest = max(int(counts.max()), 1)
    return [(int(count), float(count / tallest)) for count in counts]


def thumbnail(path: str) -> str | None:
    """A small JPEG of the photo as a data URI; None if it can no longer be read."""
    try:
        pixels = Photo.open(path, max_side=THUMBNAIL_SIDE).pixels
    except UnreadablePhoto:
        return None
    options = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    _, data = cv2.imencode(".jpg", np.ascontiguousarray(pixels[..., ::-1]), options)
    return "data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode()


def heat(damage: tuple[tuple[float, ...], ...]) -> str | None:
    """A damage map as a tiny see-through PNG, which browsers enlarge smoothly; None if all is well.

    Args:
        damage: Rows of 0..1, top to bottom.
    """
    cells = np.array(damage, np.float32)
    if not cells.size or cells.max() < _FAINTEST_HEAT:
        return None
    image = np.empty((*cells.shape, 4), np.uint8)
    image[..., :3] = _HEAT_BGR
    image[..., 3] = np.rint(np.clip(cells, 0, 1) * _MOST_HEAT * 255)
    _, data = cv2.imencode(".png", image)
    return "data:image/png;base64," + base64.b64encode(data.tobytes()).decode()


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


@cache
def _template(name: str) -> jinja2.Template:
    source = files("packshot.catalog").joinpath("templates", name).read_text(encoding="utf-8")
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["bytes"] = _bytes
    return environment.from_string(source)


def _bytes(size: int) -> str:
    """A file's size as people read it."""
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{max(size / 1e3, 0.1):.3g} kB"


def _version() -> str:
    try:
        return metadata.version("packshot")
    except metadata.PackageNotFoundError:
        return "0"
