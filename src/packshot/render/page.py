"""Self-contained pages of cards: what the reports for the browser share."""

from __future__ import annotations

import base64
import tempfile
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self, TextIO

import cv2
import jinja2
import numpy as np
from markupsafe import Markup

from packshot.distribution import read_version as installed_version
from packshot.errors import UnreadablePhoto
from packshot.files import translate_write_errors
from packshot.names import escape_undecodable
from packshot.photo import Photo
from packshot.render.renderer import Renderer, RenderOptions, Result
from packshot.report import Status
from packshot.texts import load_texts

BINS = 10
"""Of a histogram of scores: ten points each."""
_JPEG_QUALITY = 82
"""Quality of thumbnails, 1..100: a compromise of size and looks, a judgement."""

Bar = tuple[int, float]
"""Of a histogram: count, and height 0..1 relative to the tallest."""


@dataclass(frozen=True)
class Picture:
    """A small JPEG inside a page.

    Attributes:
        uri: ``data:image/jpeg;base64,...``.
        width: In pixels.
        height: In pixels.

    Example:
        >>> picture = make_thumbnail(Path("examples/photos/mug.jpg"), 200)
        >>> picture.width, picture.height, picture.uri[:22]
        (200, 200, 'data:image/jpeg;base64')
    """

    uri: str
    width: int
    height: int


@dataclass(frozen=True)
class _CardLocation:
    """The location of a rendered card in the spool."""

    rank: float
    start: int
    length: int


class Page(Renderer[Result]):
    """A page of one card a photo, in the order of their ranks, and a list of the unreadable.

    Cards are rendered as results come and wait in a temporary file: memory holds one card at a time,
    however many photos there are.

    Example:
        >>> import io
        >>> from packshot.render.search_page import SearchPage
        >>> from packshot.report import SearchResult
        >>> with SearchPage(stream := io.StringIO(), RenderOptions()) as page:
        ...     page.add(SearchResult(path="mug.jpg", status=Status.OK))
        >>> stream.getvalue()[:15], "mug.jpg" in stream.getvalue()
        ('<!doctype html>', True)
    """

    def __init__(self, stream: TextIO, options: RenderOptions) -> None:
        self._stream = stream
        self._language = options.language
        self._file_of = options.file_of
        self._texts = load_texts(self._language)
        self._cards: list[_CardLocation] = []
        self._unreadable: list[tuple[str, str]] = []
        self._models: dict[str, str] = {}

    def add(self, result: Result) -> None:
        """Render a card."""
        if result.status is not Status.OK:
            self._unreadable.append((result.path, result.error or ""))
            return
        self._count(result)
        card = self._render_card(result).encode("utf-8", "replace")
        with translate_write_errors(tempfile.gettempdir()):
            start = self._spool.seek(0, 2)
            self._spool.write(card)
            self._spool.flush()
        self._cards.append(_CardLocation(self._compute_rank(result), start, len(card)))

    def __enter__(self) -> Self:
        with translate_write_errors(tempfile.gettempdir()):
            self._spool = tempfile.TemporaryFile(prefix="packshot-report-")
        return self

    def _close(self) -> None:
        with suppress(OSError):  # What found no space when it was written finds none now.
            self._spool.close()

    def _thumbnail(self, path: str, side: int) -> Picture | None:
        """Make a photo of `side` pixels or less, by the name in its record; see `make_thumbnail`."""
        return make_thumbnail(self._file_of(path), side)

    @abstractmethod
    def _count(self, result: Result) -> None:
        """Count a photo that could be read."""

    @abstractmethod
    def _render_card(self, result: Result) -> str:
        """Render the card of a photo."""

    @abstractmethod
    def _compute_rank(self, result: Result) -> float:
        """Compute the rank of a card: those of low rank come first."""

    @abstractmethod
    def _render_page(self) -> Iterator[str]:
        """Yield the page in pieces; `_render_template` fills in what all pages have."""

    def _finish(self) -> None:
        self._stream.writelines(self._render_page())

    def _render_template(self, template: str, **values: object) -> Iterator[str]:
        yield from load_template(template).generate(
            language=self._language,
            words=self._texts,
            cards=self._iter_cards(),
            count=len(self._cards),
            unreadable=self._unreadable,
            models=self._models,
            version=installed_version(),
            **values,
        )

    def _iter_cards(self) -> Iterator[Markup]:
        for card in sorted(self._cards, key=lambda card: card.rank):
            self._spool.seek(card.start)
            yield Markup(self._spool.read(card.length).decode())  # noqa: S704 - rendered and escaped above


def mean(scores: list[float]) -> float | None:
    """Compute the mean; None of nothing.

    Example:
        >>> mean([60.0, 71.0]), mean([])
        (65.5, None)
    """
    return sum(scores) / len(scores) if scores else None


def histogram(*series: list[float]) -> list[tuple[Bar, ...]]:
    """Count scores in ten bins of ten points, a bar in each for every series; all share one scale.

    Example:
        >>> histogram([5.0, 72.0, 74.0])[7], histogram([5.0, 72.0, 74.0], [5.0])[0]
        (((2, 1.0),), ((1, 0.5), (1, 0.5)))
    """
    counts = [np.histogram(scores, bins=BINS, range=(0, 100))[0] for scores in series]
    max_count = max(max(int(count.max()) for count in counts), 1)
    return [
        tuple((int(count), float(count / max_count)) for count in bin_counts)
        for bin_counts in zip(*counts, strict=True)
    ]


def make_thumbnail(path: Path, side: int) -> Picture | None:
    """Make a picture of a photo of `side` pixels or less; None if it can no longer be read.

    Example:
        >>> make_thumbnail(Path("examples/photos/mug.jpg"), 200).width
        200
        >>> make_thumbnail(Path("gone.jpg"), 200) is None
        True
    """
    try:
        pixels = Photo.open(path, max_side=side).pixels
    except UnreadablePhoto:
        return None
    options = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    _, data = cv2.imencode(".jpg", np.ascontiguousarray(pixels[..., ::-1]), options)
    height, width = pixels.shape[:2]
    return Picture("data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode(), width, height)


@cache
def load_template(name: str) -> jinja2.Template:
    """Load a template of this package, compiled once.

    Example:
        >>> load_template("search_report.html.j2").name
        'search_report.html.j2'
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("packshot.render"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=_to_printable,
    )
    environment.filters["bytes"] = _format_bytes
    return environment.get_template(name)


def _to_printable(value: object) -> object:
    """Make a value fit for a page: text that can be written."""
    return (
        escape_undecodable(value) if isinstance(value, str) and not isinstance(value, Markup) else value
    )


def _format_bytes(size: int) -> str:
    """Write a file's size as people read it."""
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{max(size / 1e3, 0.1):.3g} kB"
