"""Search results as JSON lines, CSV, a table for the terminal, or a page of thumbnails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TextIO

from rich.text import Text

from packshot.render.lines import CsvTable, JsonLines, RowSink
from packshot.render.renderer import Makers, Renderer
from packshot.render.search_page import SearchPage
from packshot.render.search_words import describe_metadata, format_nearness
from packshot.render.terminal import BorderlessTable, make_console
from packshot.report import SearchResult, Status
from packshot.texts import load_texts

_COLUMN_NAMES = ("path", "status", "error", "rank", "id", "found", "distance", "likeness", "metadata")


class SearchRows(CsvTable[SearchResult]):
    """A row for each photo found.

    Example:
        >>> import io
        >>> from packshot.report import Neighbour
        >>> hits = (Neighbour(id="M1", path="mug.jpg", distance=0.25, likeness=0.75),)
        >>> SearchRows(stream := io.StringIO()).add(SearchResult(path="cup.jpg", status="ok", hits=hits))
        >>> stream.getvalue().splitlines()[1]
        'cup.jpg,ok,,1,M1,mug.jpg,0.25,0.75,'
    """

    def __init__(self, stream: TextIO | RowSink) -> None:
        super().__init__(stream, _COLUMN_NAMES)

    def add(self, result: SearchResult) -> None:
        """Write the rows of one photo asked about, one even where nothing was found."""
        for rank in range(max(len(result.hits), 1)):
            self._rank = rank
            super().add(result)

    def _iter_cells(self, result: SearchResult) -> Iterator[object]:
        yield from (result.path, result.status, result.error)
        if not result.hits:
            yield from [None] * (len(_COLUMN_NAMES) - 3)
            return
        hit = result.hits[self._rank]
        yield from (self._rank + 1, hit.id, hit.path, hit.distance, hit.likeness)
        yield describe_metadata(hit)


class SearchTable(Renderer[SearchResult]):
    """A table, printed when all is known.

    Example:
        >>> import io
        >>> from packshot.report import Neighbour
        >>> hits = (Neighbour(id="M1", path="mug.jpg", distance=0.25, likeness=0.75),)
        >>> with SearchTable(stream := io.StringIO(), "en") as table:
        ...     table.add(SearchResult(path="cup.jpg", status=Status.OK, hits=hits))
        >>> stream.getvalue().splitlines()[1].split()
        ['cup.jpg', '75.0', '%', 'M1']
    """

    def __init__(self, stream: TextIO, language: str) -> None:
        self._console = make_console(stream)
        self._texts = load_texts(language)
        labels = self._texts.labels
        self._table = BorderlessTable()
        self._table.add_text_column(labels["photo"])
        self._table.add_text_column(labels["likeness"], justify="right")
        self._table.add_text_column(labels["found"])
        self._table.add_text_column(labels["metadata"])

    def add(self, result: SearchResult) -> None:
        """Remember the rows of one photo asked about."""
        name = Text(result.path)
        if result.status is not Status.OK:
            self._table.add_row(name, "", Text(result.error or "", style="red"), "")
        for hit in result.hits:
            self._table.add_row(name, format_nearness(hit), Text(hit.id), Text(describe_metadata(hit)))
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
