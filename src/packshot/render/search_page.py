"""Search results as one self-contained page of thumbnails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from packshot.render.page import Page, load_template
from packshot.render.search_words import describe_metadata, format_nearness
from packshot.report import SearchResult

THUMBNAIL_SIDE = 240
"""Pixels of the long side of a photo in a card. A judgement: large enough to see it, small enough for
thousands on a page."""


class SearchPage(Page[SearchResult]):
    """A page with a card for each photo asked about, in the order asked.

    Example:
        >>> import io
        >>> from packshot.render.renderer import RenderOptions
        >>> with SearchPage(stream := io.StringIO(), RenderOptions()) as page:
        ...     page.add(SearchResult(path="examples/photos/mug.jpg", status="ok"))
        >>> "data:image/jpeg" in stream.getvalue()
        True
    """

    def _count(self, result: SearchResult) -> None:
        self._models = result.models

    def _render_card(self, result: SearchResult) -> str:
        return load_template("search_card.html.j2").render(
            result=result,
            rank=self._compute_rank(result),
            file=PurePath(result.path),
            picture=self._thumbnail(result.path, THUMBNAIL_SIDE),
            hits=[(hit, self._thumbnail(hit.path, THUMBNAIL_SIDE)) for hit in result.hits],
            nearness=format_nearness,
            described=describe_metadata,
            words=self._texts,
        )

    def _compute_rank(self, result: SearchResult) -> float:
        return len(self._cards)

    def _render_page(self) -> Iterator[str]:
        return self._render_template("search_report.html.j2")
