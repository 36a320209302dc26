"""Rankings as one self-contained page: a strip of photos for each product, swaps first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import TextIO

from packshot.render.page import Page, Picture, load_template
from packshot.render.renderer import RenderOptions
from packshot.report import Decision, RankedPhoto, Ranking

THUMBNAIL_SIDE = 220
"""Pixels of the long side of a photo in a card. A judgement: large enough to see it, small enough for
thousands on a page."""


@dataclass(frozen=True)
class RankedPhotoView:
    """A photo as the page shows it.

    Attributes:
        photo: What is known of it.
        file: Its path.
        picture: None if it cannot be read.
        is_current: It is shown first now.
        is_proposed: It should be.
        reasons: For its place, each once, and none that the product's own reason tells.

    Example:
        >>> photo = RankedPhoto(path="shoes/b.jpg", rank=1)
        >>> view = RankedPhotoView(photo, PurePath(photo.path), None, is_current=False, is_proposed=True)
        >>> view.file.name, view.is_proposed
        ('b.jpg', True)
    """

    photo: RankedPhoto
    file: PurePath
    picture: Picture | None
    is_current: bool
    is_proposed: bool
    reasons: tuple[str, ...] = ()


class RankingPage(Page[Ranking]):
    """A page of one card a product.

    Example:
        >>> import io
        >>> with RankingPage(stream := io.StringIO(), RenderOptions()) as page:
        ...     page.add(Ranking(sku="M1", best=None, current=None, swap=False, reason="no photo"))
        >>> "no photo" in stream.getvalue()
        True
    """

    def __init__(self, stream: TextIO, options: RenderOptions) -> None:
        super().__init__(stream, options)
        self._swap_count = 0
        self._failing_count = 0
        self._single_photo_count = 0

    def _count(self, ranking: Ranking) -> None:
        self._swap_count += ranking.swap
        self._failing_count += bool(ranking.order) and ranking.order[0].decision == Decision.FAIL
        self._single_photo_count += len(ranking.order) == 1

    def _render_card(self, ranking: Ranking) -> str:
        return load_template("ranking_card.html.j2").render(
            ranking=ranking,
            photos=[self._build_view(ranking, photo) for photo in ranking.order],
            words=self._texts,
        )

    def _build_view(self, ranking: Ranking, photo: RankedPhoto) -> RankedPhotoView:
        return RankedPhotoView(
            photo,
            PurePath(photo.path),
            None if photo.error else self._thumbnail(photo.path, THUMBNAIL_SIDE),
            is_current=photo.path == ranking.current,
            is_proposed=ranking.swap and photo.path == ranking.best,
            reasons=tuple(dict.fromkeys(r for r in photo.reasons if r not in ranking.reason)),
        )

    def _compute_rank(self, ranking: Ranking) -> float:
        return 0.0 if ranking.swap else 1.0

    def _render_page(self) -> Iterator[str]:
        return self._render_template(
            "ranking_report.html.j2",
            swaps=self._swap_count,
            failing=self._failing_count,
            single=self._single_photo_count,
        )
