"""Search results as JSON lines, CSV, a table for the terminal, or a page of thumbnails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import TextIO

from rich.text import Text

from packshot.assess.advice import texts
from packshot.catalog.lines import CsvTable, JsonLines
from packshot.catalog.page import Page, page_template, thumbnail
from packshot.catalog.rendering import Renderer, made_for
from packshot.catalog.terminal import Columns, console_for
from packshot.report import Neighbour, SearchResult, Status

THUMBNAIL_SIDE = 240
_COLUMNS = ("path", "status", "error", "rank", "id", "found", "distance", "likeness", "metadata")


def search_renderer(name: str, stream: TextIO, language: str) -> Renderer[SearchResult]:
    """The renderer of a format: ``table``, ``jsonl``, ``csv`` or ``html``.

    Raises:
        InvalidInput: An unknown format or language.
    """
    makers: dict[str, Callable[[], Renderer[SearchResult]]] = {
        "table": lambda: SearchTable(stream, language),
        "jsonl": lambda: JsonLines(stream),
        "csv": lambda: SearchRows(stream),
        "html": lambda: SearchPage(stream, language),
    }
    return made_for(name, language, makers, stream)


class SearchRows(CsvTable[SearchResult]):
    """A row for each photo found."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream, _COLUMNS)

    def add(self, result: SearchResult) -> None:
        """Write the rows of one photo asked about, one even where nothing was found."""
        for rank in range(max(len(result.hits), 1)):
            self._rank = rank
            super().add(result)

    def _cells(self, result: SearchResult) -> Iterator[object]:
        yield from (result.path, result.status, result.error)
        if not result.hits:
            yield from [None] * (len(_COLUMNS) - 3)
            return
        found = result.hits[self._rank]
        yield from (self._rank + 1, found.id, found.path, found.distance, found.likeness)
        yield described(found)


class SearchTable(Renderer[SearchResult]):
    """A table, printed when all is known."""

    def __init__(self, stream: TextIO, language: str) -> None:
        self._console = console_for(stream)
        self._words = texts(language)
        labels = self._words.labels
        self._table = Columns()
        self._table.column(labels["photo"])
        self._table.column(labels["likeness"], justify="right")
        self._table.column(labels["found"])
        self._table.column(labels["metadata"])

    def add(self, result: SearchResult) -> None:
        """Remember the rows of one photo asked about."""
        name = Text(result.path)
        if result.status is not Status.OK:
            self._table.add_row(name, "", Text(result.error or "", style="red"), "")
        for found in result.hits:
            self._table.add_row(name, nearness(found), Text(found.id), Text(described(found)))
            name = Text("")

    def _finish(self) -> None:
        if self._table.row_count:
            self._console.print(self._table)


class SearchPage(Page[SearchResult]):
    """A page with a card for each photo asked about, in the order asked."""

    def _tally(self, result: SearchResult) -> None:
        self._models = result.models

    def _card(self, result: SearchResult) -> str:
        return page_template("search_card.html.j2").render(
            result=result,
            rank=self._rank(result),
            file=PurePath(result.path),
            picture=thumbnail(result.path, THUMBNAIL_SIDE),
            hits=[(found, thumbnail(found.path, THUMBNAIL_SIDE)) for found in result.hits],
            nearness=nearness,
            described=described,
            words=self._words,
        )

    def _rank(self, result: SearchResult) -> float:
        return len(self._cards)

    def _page(self) -> Iterator[str]:
        return self._rendered("search_report.html.j2")


def nearness(found: Neighbour) -> str:
    """How like it is: likeness in percent, else the distance."""
    return f"{found.distance:.4g}" if found.likeness is None else f"{found.likeness * 100:.1f} %"


def described(found: Neighbour) -> str:
    """The user's metadata in one line."""
    return ", ".join(f"{key}: {value}" for key, value in found.metadata.items())
