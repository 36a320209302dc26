"""The report as one self-contained page."""

from __future__ import annotations

import base64
from functools import cache
from importlib.resources import files
from types import TracebackType
from typing import Self, TextIO

import cv2
import jinja2
import numpy as np

from packshot.assess.advice import shown, texts
from packshot.errors import UnreadablePhoto
from packshot.photo import Photo
from packshot.report import Assessment, Status

THUMBNAIL_SIDE = 360
_QUALITY = 82
_BINS = 10


class HtmlReport:
    """Cards are rendered as results come; only they, not the photos, are kept until the end."""

    def __init__(self, stream: TextIO, language: str) -> None:
        self._stream = stream
        self._language = language
        self._words = texts(language)
        self._cards: list[tuple[float, str]] = []
        self._unreadable: list[Assessment] = []
        self._with_findings = 0

    def add(self, assessment: Assessment) -> None:
        """Render a card."""
        if assessment.status is Status.UNREADABLE:
            self._unreadable.append(assessment)
            return
        self._with_findings += bool(assessment.findings)
        card = _template("card.html.j2").render(
            photo=assessment,
            thumbnail=thumbnail(assessment.path),
            words=self._words,
            shown=shown,
            number=len(self._cards),
        )
        self._cards.append((assessment.score or 0.0, card))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._finish()

    def _finish(self) -> None:
        scores = [score for score, _ in self._cards]
        page = _template("report.html.j2").stream(
            language=self._language,
            words=self._words,
            cards=(card for _, card in sorted(self._cards, key=lambda item: item[0])),
            count=len(self._cards),
            mean=sum(scores) / len(scores) if scores else None,
            histogram=histogram(scores),
            with_findings=self._with_findings,
            unreadable=self._unreadable,
        )
        self._stream.writelines(page)


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


@cache
def _template(name: str) -> jinja2.Template:
    source = files("packshot.catalog").joinpath("templates", name).read_text(encoding="utf-8")
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    return environment.from_string(source)
