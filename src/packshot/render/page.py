"""Self-contained pages of cards: what the reports for the browser share."""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path, PurePath
from typing import Final, NamedTuple, Self, TextIO
from urllib.parse import quote

import cv2
import jinja2
import numpy as np
from markupsafe import Markup

from packshot.distribution import read_version as installed_version
from packshot.errors import UnreadablePhoto
from packshot.files import translate_write_errors
from packshot.names import escape_undecodable
from packshot.photo import Photo
from packshot.render.page_folder import CARDS_IN_FILE, PageFolder, parse_card_data, picture_name
from packshot.render.renderer import Output, Renderer, RenderOptions, Result
from packshot.report import Status
from packshot.texts import load_texts

BINS = 10
"""Of a histogram of scores: ten points each."""
_JPEG_QUALITY = 82
"""Quality of thumbnails, 1..100: a compromise of size and looks, a judgement."""

MAX_EMBEDDED: Final = 500
"""Cards, and thumbnails, that a page holds itself; with more it has a folder beside it. 12.5 MB of
assessments: small enough to mail, and to open in any browser. A judgement."""
CARDS_SHOWN: Final = 25
"""Cards that a page with a folder shows at once. A judgement: some screens full, and drawn at once."""
_TAIL_LENGTH: Final = 6
"""Last characters of a name that stay in one line with its extension. A judgement."""

Bar = tuple[int, float]
"""Of a histogram: count, and height 0..1 relative to the tallest."""


@dataclass(frozen=True)
class Picture:
    """A small JPEG inside a page, or beside it.

    Attributes:
        uri: ``data:image/jpeg;base64,...``, or what stands for it until the page is written.
        width: In pixels.
        height: In pixels.
        link: Where the photo itself is, as a page links to it; empty where that is not known.

    Example:
        >>> picture = make_thumbnail(Path("examples/photos/mug.jpg"), 200)
        >>> picture.width, picture.height, picture.uri[:22]
        (200, 200, 'data:image/jpeg;base64')
    """

    uri: str
    width: int
    height: int
    link: str = ""


class _Span(NamedTuple):
    """Where something lies in the spool: first byte, and bytes."""

    start: int
    length: int


@dataclass(frozen=True)
class _CardLocation:
    """The location of a rendered card in the spool."""

    rank: float
    span: _Span


class CardPage(Output, ABC):
    """A page of cards in the order of their ranks.

    Cards are taken as they come and wait in a temporary file with their thumbnails: memory holds one
    card at a time, however many photos there are. With more than `MAX_EMBEDDED` of them, a page whose
    file is known keeps cards and thumbnails in a folder beside it, see `PageFolder`.

    Example:
        >>> import io
        >>> from packshot.render.search_page import SearchPage
        >>> isinstance(SearchPage(io.StringIO(), RenderOptions()), CardPage)
        True
    """

    def __init__(self, stream: TextIO, options: RenderOptions) -> None:
        self._stream = stream
        self._language = options.language
        self._file_of = options.file_of
        self._page_file = options.page_file
        self._texts = load_texts(self._language)
        self._cards: list[_CardLocation] = []
        self._unreadable: list[tuple[str, str]] = []
        self._models: Mapping[str, str] = {}
        self._thumbnails: list[_Span] = []
        self._token = f"packshot-picture-{secrets.token_hex(8)}-"
        self._folder: PageFolder | None = None

    def _add_card(self, card: str, rank: float) -> None:
        """Keep a card that was rendered."""
        span = self._write_to_spool(card.encode("utf-8", "replace"))
        self._cards.append(_CardLocation(rank, span))

    def __enter__(self) -> Self:
        with translate_write_errors(tempfile.gettempdir()):
            self._spool = tempfile.TemporaryFile(prefix="packshot-report-")
        return self

    def _close(self) -> None:
        with suppress(OSError):  # What found no space when it was written finds none now.
            self._spool.close()

    def _write_to_spool(self, data: bytes) -> _Span:
        with translate_write_errors(tempfile.gettempdir()):
            start = self._spool.seek(0, 2)
            self._spool.write(data)
            self._spool.flush()
        return _Span(start, len(data))

    def _read_from_spool(self, span: _Span) -> bytes:
        self._spool.seek(span.start)
        return self._spool.read(span.length)

    def _thumbnail(self, path: str, side: int) -> Picture | None:
        """Make a photo of `side` pixels or less, by the name in its record; see `make_thumbnail`.

        Its address is filled in when it is known whether the page has a folder.
        """
        file = self._file_of(path)
        encoded = _encode_thumbnail(file, side)
        if encoded is None:
            return None
        return self._keep_thumbnail(*encoded, link_photo(path, file, self._page_file))

    def _keep_thumbnail(self, jpeg: bytes, width: int, height: int, link: str) -> Picture:
        """Keep a small JPEG of so many pixels; a click on it goes to the photo where it has a link."""
        self._thumbnails.append(self._write_to_spool(jpeg))
        return Picture(f"{self._token}{len(self._thumbnails) - 1}-", width, height, link)

    @abstractmethod
    def _render_page(self) -> Iterator[str]:
        """Yield the page in pieces; `_render_template` fills in what all pages have."""

    def _finish(self) -> None:
        if self._page_file is None or max(len(self._cards), len(self._thumbnails)) <= MAX_EMBEDDED:
            self._stream.writelines(self._render_page())
            return
        with PageFolder(self._page_file) as self._folder:
            self._write_folder(self._folder)
            self._stream.writelines(self._render_page())

    def _write_folder(self, folder: PageFolder) -> None:
        for number, span in enumerate(self._thumbnails):
            folder.add_picture(number, self._read_from_spool(span))
        cards = self._iter_cards()
        batches = iter(lambda: list(islice(cards, CARDS_IN_FILE)), [])
        for number, batch in enumerate(batches):
            folder.add_cards(number, batch)

    def _render_template(self, template: str, **values: object) -> Iterator[str]:
        shown = self._iter_cards() if self._folder is None else islice(self._iter_cards(), CARDS_SHOWN)
        yield from load_template(template).generate(
            language=self._language,
            words=self._texts,
            cards=shown,
            stored=None if self._folder is None else self._iter_stored_rows(self._folder.name),
            folder="" if self._folder is None else self._folder.name,
            cards_shown=CARDS_SHOWN,
            count=len(self._cards),
            unreadable=self._unreadable,
            models=self._models,
            version=installed_version(),
            **values,
        )

    def _iter_cards(self) -> Iterator[Markup]:
        for card in sorted(self._cards, key=lambda card: card.rank):
            html = self._read_from_spool(card.span).decode()
            html = re.sub(rf"{self._token}(\d+)-", self._fill_in_thumbnail, html)
            yield Markup(html)  # noqa: S704 - rendered and escaped above

    def _fill_in_thumbnail(self, place: re.Match[str]) -> str:
        number = int(place[1])
        if self._folder is None:
            return _encode_data_uri(self._read_from_spool(self._thumbnails[number]))
        return f"{quote(self._folder.name)}/{picture_name(number)}"

    def _iter_stored_rows(self, folder: str) -> Iterator[Markup]:
        """Yield, as JSON, what scripts sort and filter by: a list of values for each card, in order."""
        rows = (parse_card_data(card) for card in self._iter_cards())
        columns: list[str] = []
        for number, row in enumerate(rows):
            if not number:
                columns = list(row)
                sizes = {"page": CARDS_SHOWN, "file": CARDS_IN_FILE}
                head = {"folder": quote(folder), "columns": columns, **sizes}
                yield _to_script_json(head)[:-1] + Markup(',"rows":[')
            else:
                yield Markup(",")
            yield _to_script_json([row.get(column, "") for column in columns])
        yield Markup("]}")


class Page(CardPage, Renderer[Result]):
    """A page of one card a photo, and a list of the unreadable.

    Example:
        >>> import io
        >>> from packshot.render.search_page import SearchPage
        >>> from packshot.report import SearchResult
        >>> with SearchPage(stream := io.StringIO(), RenderOptions()) as page:
        ...     page.add(SearchResult(path="mug.jpg", status=Status.OK))
        >>> stream.getvalue()[:15], "mug.jpg" in stream.getvalue()
        ('<!doctype html>', True)
    """

    def add(self, result: Result) -> None:
        """Render a card."""
        if result.status is not Status.OK:
            self._unreadable.append((result.path, result.error or ""))
            return
        self._count(result)
        self._add_card(self._render_card(result), self._compute_rank(result))

    @abstractmethod
    def _count(self, result: Result) -> None:
        """Count a photo that could be read."""

    @abstractmethod
    def _render_card(self, result: Result) -> str:
        """Render the card of a photo."""

    @abstractmethod
    def _compute_rank(self, result: Result) -> float:
        """Compute the rank of a card: those of low rank come first."""


def _to_script_json(value: object) -> Markup:
    """Write JSON that cannot end the element of a page that it stands in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return Markup(text)  # noqa: S704 - of an element that takes no markup, and cannot be ended


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
    encoded = _encode_thumbnail(path, side)
    if encoded is None:
        return None
    jpeg, width, height = encoded
    return Picture(_encode_data_uri(jpeg), width, height)


def _encode_thumbnail(path: Path, side: int) -> tuple[bytes, int, int] | None:
    """Encode a photo of `side` pixels or less as JPEG, with width and height; None if unreadable."""
    try:
        pixels = Photo.open(path, max_side=side).pixels
    except UnreadablePhoto:
        return None
    options = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    _, data = cv2.imencode(".jpg", np.ascontiguousarray(pixels[..., ::-1]), options)
    height, width = pixels.shape[:2]
    return data.tobytes(), width, height


def _encode_data_uri(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()


def link_photo(location: str, file: Path, page: Path | None) -> str:
    """Return the address by which a page links to a photo; empty where it has none that lasts.

    Args:
        location: What records call the photo: a path, or an address of the web.
        file: Where its bytes are now; a copy that was fetched goes away.
        page: The file of the page; None for one in the current folder.

    Example:
        >>> link_photo("photos/a b.jpg", Path("photos/a b.jpg"), Path("out/report.html"))
        '../photos/a%20b.jpg'
        >>> link_photo("https://shop.example/a.jpg", Path("/tmp/copy"), None)
        'https://shop.example/a.jpg'
        >>> link_photo("s3://shop/a.jpg", Path("/tmp/copy"), None)
        ''
    """
    if re.match(r"https?://", location, re.IGNORECASE):
        return location
    if not _is_same_path(location, file):
        return ""
    folder = Path() if page is None else page.parent
    try:
        relative = os.path.relpath(file, folder)
    except ValueError:  # Another drive.
        return file.absolute().as_uri()
    return quote(os.fsencode(PurePath(relative).as_posix()))


def _is_same_path(location: str, file: Path) -> bool:
    return os.path.normpath(location) == os.path.normpath(file)


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
    environment.filters["name"] = mark_name
    return environment.get_template(name)


def _to_printable(value: object) -> object:
    """Make a value fit for a page: text that can be written."""
    return (
        escape_undecodable(value) if isinstance(value, str) and not isinstance(value, Markup) else value
    )


def mark_name(name: str) -> Markup:
    """Write a file's name so that no line breaks within its end: never "mug.jp" and "g".

    Example:
        >>> str(mark_name("red-mug-front.jpg")), str(mark_name("<b>.png"))
        ('red-mug<span class="end">-front.jpg</span>', '<span class="end">&lt;b&gt;.png</span>')
    """
    path = PurePath(name)
    head, tail = path.stem[:-_TAIL_LENGTH], path.stem[-_TAIL_LENGTH:]
    if len(path.suffix) > 2 * _TAIL_LENGTH:
        return Markup("{}").format(name)
    shown = [escape_undecodable(part) for part in (head, tail + path.suffix)]
    return Markup('{}<span class="end">{}</span>').format(*shown)


def _format_bytes(size: int) -> str:
    """Write a file's size as people read it."""
    if size >= 1e6:
        return f"{size / 1e6:.1f} MB"
    return f"{max(size / 1e3, 0.1):.3g} kB" if size else "0 kB"
