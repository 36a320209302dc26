"""Search results as one self-contained page of thumbnails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from packshot.render.page import Page, page_template
from packshot.render.search_words import describe_metadata, format_nearness
from packshot.report import SearchResult

THUMBNAIL_SIDE = 240


class SearchPage(Page[SearchResult]):
    """A page with a card for each photo asked about, in the order asked."""

    def _tally(self, result: SearchResult) -> None:
        self._models = result.models

    def _card(self, result: SearchResult) -> str:
        return page_template("search_card.html.j2").render(
            result=result,
            rank=self._rank(result),
            file=PurePath(result.path),
            picture=self._thumbnail(result.path, THUMBNAIL_SIDE),
            hits=[(found, self._thumbnail(found.path, THUMBNAIL_SIDE)) for found in result.hits],
            nearness=format_nearness,
            described=describe_metadata,
            words=self._words,
        )

    def _rank(self, result: SearchResult) -> float:
        return len(self._cards)

    def _page(self) -> Iterator[str]:
        return self._rendered("search_report.html.j2")
