"""Rankings as JSON lines, CSV, a table for the terminal, or a page for the browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import Final, TextIO

from rich.text import Text

from packshot.render.lines import CsvTable, JsonLines, RowSink
from packshot.render.ranking_page import RankingPage
from packshot.render.renderer import Makers, Renderer
from packshot.render.terminal import BorderlessTable, make_console
from packshot.report import Decision, RankedPhoto, Ranking
from packshot.texts import load_texts

_PRODUCT_FIELDS = ("sku", "best", "current", "swap", "reason")
_LISTING_FIELDS = ("title", "description")
_PHOTO_FIELDS = (
    *("path", "rank", "score", "score_margin", "decision", "pleasant", "duplicate_of", "tied"),
    *("status", "error"),
)
_DECISION_STYLES = {
    Decision.FAIL: "red",
    Decision.WARN: "yellow",
    Decision.MANUAL: "yellow",
    Decision.PASS: "green",
}


class RankingRows(CsvTable[Ranking]):
    """A row for each photo of each product; one for a product without photos.

    Example:
        >>> import io
        >>> order = RankedPhoto(path="b.jpg", rank=1), RankedPhoto(path="a.jpg", rank=2)
        >>> rows = RankingRows(stream := io.StringIO())
        >>> rows.add(Ranking(sku="M1", best="b.jpg", current="a.jpg", swap=True, reason="", order=order))
        >>> [line.split(",")[5:7] for line in stream.getvalue().splitlines()]
        [['path', 'rank'], ['b.jpg', '1'], ['a.jpg', '2']]
    """

    def __init__(self, stream: TextIO | RowSink) -> None:
        super().__init__(stream, (*_PRODUCT_FIELDS, *_PHOTO_FIELDS, "reasons", *_LISTING_FIELDS))

    def add(self, result: Ranking) -> None:
        """Write the rows of one product."""
        for photo in result.order or (None,):
            self._photo = photo
            super().add(result)

    def _iter_cells(self, result: Ranking) -> Iterator[object]:
        yield from (getattr(result, name) for name in _PRODUCT_FIELDS)
        yield from (getattr(self._photo, name, None) for name in _PHOTO_FIELDS)
        yield "; ".join(self._photo.reasons) if self._photo else None
        yield from (getattr(result, name) for name in _LISTING_FIELDS)


class RankingTable(Renderer[Ranking]):
    """A table for people, products with a swap first, printed when all is known.

    Example:
        >>> import io
        >>> with RankingTable(stream := io.StringIO(), "en") as table:
        ...     table.add(Ranking(sku="M1", best=None, current=None, swap=False, reason="no photo"))
        >>> stream.getvalue().splitlines()[1].split()
        ['M1', 'no', 'photo']
    """

    def __init__(self, stream: TextIO, language: str) -> None:
        self._console = make_console(stream)
        self._texts = load_texts(language)
        self._ranking_texts = self._texts.ranking
        self._rankings: list[Ranking] = []

    def add(self, result: Ranking) -> None:
        """Remember a product."""
        self._rankings.append(result)

    def _finish(self) -> None:
        if not self._rankings:
            self._console.print(self._ranking_texts["none"])
            return
        table = BorderlessTable()
        table.add_text_column(self._ranking_texts["product"])
        table.add_text_column(self._texts.labels["photo"])
        table.add_text_column(self._ranking_texts["proposal"])
        for ranking in sorted(self._rankings, key=lambda ranking: not ranking.swap):
            photos = Text("\n").join(map(self._format_photo, ranking.order))
            style = "yellow" if ranking.swap else ""
            table.add_row(Text(ranking.sku), photos, Text(ranking.reason, style=style))
        self._console.print(table)

    def _format_photo(self, photo: RankedPhoto) -> Text:
        name = PurePath(photo.path).name
        if photo.score is None:
            return Text(f"-  {name}: {self._texts.labels[photo.status]}", style="red")
        position = self._ranking_texts["copy-mark"] if photo.rank is None else f"{photo.rank}."
        line = Text(f"{position} {name}  {photo.score:.0f}", style="dim" if photo.rank is None else "")
        if photo.decision is not None:
            decision_text = self._ranking_texts[f"decision-{photo.decision}"]
            line.append(f" {decision_text}", style=_DECISION_STYLES[photo.decision])
        return line


MAKERS: Final[Makers[Ranking]] = {
    "table": lambda stream, options: RankingTable(stream, options.language),
    "jsonl": lambda stream, _: JsonLines(stream),
    "csv": lambda stream, _: RankingRows(stream),
    "html": RankingPage,
}
