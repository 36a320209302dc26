"""Search results as JSON lines, CSV, a table for the terminal, or a page of thumbnails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TextIO

from rich.text import Text

from packshot.render.lines import CsvTable, JsonLines
from packshot.render.renderer import Makers, Renderer
from packshot.render.search_page import SearchPage
from packshot.render.search_words import describe_metadata, format_nearness
from packshot.render.terminal import Columns, console_for
from packshot.report import SearchResult, Status
from packshot.texts import load_texts

_COLUMNS = ("path", "status", "error", "rank", "id", "found", "distance", "likeness", "metadata")


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
        yield describe_metadata(found)


class SearchTable(Renderer[SearchResult]):
    """A table, printed when all is known."""

    def __init__(self, stream: TextIO, language: str) -> None:
        self._console = console_for(stream)
        self._words = load_texts(language)
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
            self._table.add_row(
                name, format_nearness(found), Text(found.id), Text(describe_metadata(found))
            )
            name = Text("")

    def _finish(self) -> None:
        if self._table.row_count:
            self._console.print(self._table)


MAKERS: Final[Makers[SearchResult]] = {
    "table": lambda stream, options: SearchTable(stream, options.language),
    "jsonl": lambda stream, _: JsonLines(stream),
    "csv": lambda stream, _: SearchRows(stream),
    "html": SearchPage,
}
