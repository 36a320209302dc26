"""Groups of duplicates as one self-contained page, the photos of a group side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import TextIO

from packshot.render.page import Page, Picture, page_template
from packshot.render.renderer import RenderOptions
from packshot.report import Duplicate, DuplicateGroup, DuplicateKind
from packshot.texts.duplicates import describe_duplicate, group_kind_name

THUMBNAIL_SIDE = 240


@dataclass(frozen=True)
class Shown:
    """A photo of a group as the page shows it.

    Attributes:
        photo: What is known of it.
        file: Its path.
        picture: None if it can no longer be read.
        difference: From the keeper, in words; empty for the keeper.
    """

    photo: Duplicate
    file: PurePath
    picture: Picture | None
    difference: str


class DuplicatesPage(Page[DuplicateGroup]):
    """A page of one card a group, in the order in which they come: copies, then products."""

    def __init__(self, stream: TextIO, options: RenderOptions) -> None:
        super().__init__(stream, options)
        self._copies = 0
        self._products = 0
        self._superfluous = 0
        self._bytes = 0

    def _tally(self, group: DuplicateGroup) -> None:
        if group.kind is DuplicateKind.SAME_PRODUCT:
            self._products += 1
            return
        self._copies += 1
        self._superfluous += len(group.photos) - 1
        self._bytes += sum(photo.byte_size for photo in group.photos[1:])

    def _card(self, group: DuplicateGroup) -> str:
        return page_template("duplicates_card.html.j2").render(
            group=group,
            kind=group_kind_name(group.kind or DuplicateKind.MIXED, self._language),
            photos=[self._shown(photo) for photo in group.photos],
            words=self._words,
        )

    def _shown(self, photo: Duplicate) -> Shown:
        difference = describe_duplicate(photo, self._language) if photo.kind else ""
        return Shown(
            photo, PurePath(photo.path), self._thumbnail(photo.path, THUMBNAIL_SIDE), difference
        )

    def _rank(self, group: DuplicateGroup) -> float:
        return group.group or 0

    def _page(self) -> Iterator[str]:
        return self._rendered(
            "duplicates_report.html.j2",
            copies=self._copies,
            products=self._products,
            superfluous=self._superfluous,
            size=self._bytes,
        )
