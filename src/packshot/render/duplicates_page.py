"""Groups of duplicates as one self-contained page, the photos of a group side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import TextIO

from packshot.render.page import Page, Picture, load_template
from packshot.render.renderer import RenderOptions
from packshot.report import Duplicate, DuplicateGroup, DuplicateKind
from packshot.texts.duplicates import describe_duplicate, group_kind_name

THUMBNAIL_SIDE = 240
"""Pixels of the long side of a photo in a card. A judgement: large enough to see it, small enough for
thousands on a page."""


@dataclass(frozen=True)
class DuplicateView:
    """A photo of a group as the page shows it.

    Attributes:
        photo: What is known of it.
        file: Its path.
        picture: None if it can no longer be read.
        difference: From the keeper, in words; empty for the keeper.

    Example:
        >>> size = dict(width=800, height=800, byte_size=60_000)
        >>> photo = Duplicate(path="shoes/b.jpg", kind="exact", likeness=1, **size)
        >>> DuplicateView(photo, PurePath(photo.path), None, describe_duplicate(photo, "en")).difference
        'the same file'
    """

    photo: Duplicate
    file: PurePath
    picture: Picture | None
    difference: str


class DuplicatesPage(Page[DuplicateGroup]):
    """A page of one card a group, in the order in which they come: copies, then variants.

    Example:
        >>> import io
        >>> copies = dict(paths=("mug.jpg", "b.jpg"), keep="mug.jpg", reason="same file")
        >>> with DuplicatesPage(stream := io.StringIO(), RenderOptions()) as page:
        ...     page.add(DuplicateGroup(group=1, kind="exact", **copies))
        >>> "same file" in stream.getvalue()
        True
    """

    def __init__(self, stream: TextIO, options: RenderOptions) -> None:
        super().__init__(stream, options)
        self._copy_group_count = 0
        self._variant_group_count = 0
        self._superfluous_count = 0
        self._superfluous_bytes = 0

    def _count(self, group: DuplicateGroup) -> None:
        if group.kind is DuplicateKind.VARIANT:
            self._variant_group_count += 1
            return
        self._copy_group_count += 1
        self._superfluous_count += len(group.photos) - 1
        self._superfluous_bytes += sum(photo.byte_size for photo in group.photos[1:])

    def _render_card(self, group: DuplicateGroup) -> str:
        return load_template("duplicates_card.html.j2").render(
            group=group,
            kind=group_kind_name(group.kind or DuplicateKind.MIXED, self._language),
            photos=[self._build_view(photo) for photo in group.photos],
            words=self._texts,
        )

    def _build_view(self, photo: Duplicate) -> DuplicateView:
        difference = describe_duplicate(photo, self._language) if photo.kind else ""
        return DuplicateView(
            photo, PurePath(photo.path), self._thumbnail(photo.path, THUMBNAIL_SIDE), difference
        )

    def _compute_rank(self, group: DuplicateGroup) -> float:
        return group.group or 0

    def _render_page(self) -> Iterator[str]:
        return self._render_template(
            "duplicates_report.html.j2",
            copies=self._copy_group_count,
            variants=self._variant_group_count,
            superfluous=self._superfluous_count,
            size=self._superfluous_bytes,
        )
