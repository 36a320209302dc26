"""Rankings as one self-contained page: a strip of photos for each product, swaps first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import TextIO

from packshot.render.page import Page, Picture, page_template
from packshot.render.renderer import RenderOptions
from packshot.report import RankedPhoto, Ranking

THUMBNAIL_SIDE = 220


@dataclass(frozen=True)
class Shown:
    """A photo as the page shows it.

    Attributes:
        photo: What is known of it.
        file: Its path.
        picture: None if it cannot be read.
        present: It is shown first now.
        becomes: It should be.
    """

    photo: RankedPhoto
    file: PurePath
    picture: Picture | None
    present: bool
    becomes: bool


class RankingPage(Page[Ranking]):
    """A page of one card a product."""

    def __init__(self, stream: TextIO, options: RenderOptions) -> None:
        super().__init__(stream, options)
        self._swaps = 0
        self._failing = 0
        self._single = 0

    def _tally(self, ranking: Ranking) -> None:
        self._swaps += ranking.swap
        self._failing += bool(ranking.order) and ranking.order[0].verdict == "fail"
        self._single += len(ranking.order) == 1

    def _card(self, ranking: Ranking) -> str:
        return page_template("ranking_card.html.j2").render(
            ranking=ranking,
            photos=[self._shown(ranking, photo) for photo in ranking.order],
            words=self._words,
        )

    def _shown(self, ranking: Ranking, photo: RankedPhoto) -> Shown:
        return Shown(
            photo,
            PurePath(photo.path),
            None if photo.error else self._thumbnail(photo.path, THUMBNAIL_SIDE),
            present=photo.path == ranking.present,
            becomes=ranking.swap and photo.path == ranking.best,
        )

    def _rank(self, ranking: Ranking) -> float:
        return 0.0 if ranking.swap else 1.0

    def _page(self) -> Iterator[str]:
        return self._rendered(
            "ranking_report.html.j2",
            swaps=self._swaps,
            failing=self._failing,
            single=self._single,
        )
