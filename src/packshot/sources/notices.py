"""What a user should know of a feed that was read, and what was not read: told once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from packshot.sources.roles import MAIN, MainPhoto

if TYPE_CHECKING:
    from packshot.sources.columns import Columns
    from packshot.sources.product_photos import ProductPhoto

_log = logging.getLogger(__name__)

_told: Final[set[tuple[str, str]]] = set()
_REMEMBERED: Final = 1000
"""Notices that are remembered, so as not to be said again: feeds are read more than once."""


def tell_main_photo(place: str, line: int, photos: Sequence[ProductPhoto], columns: Columns) -> None:
    """Tell where a feed does not say which photo of a product is the main one.

    Args:
        place: Of the feed.
        line: Where the product begins.
        photos: Of the product.
        columns: Of the feed.

    Example:
        >>> from packshot.sources.columns import find_columns
        >>> from packshot.sources.product_photos import ProductPhoto
        >>> columns = find_columns(["image_link"])
        >>> tell_main_photo("feed.csv", 2, [ProductPhoto("mug.jpg", "main")], columns)
    """
    name = columns.by_field.get("location", "")
    if columns.main_photo is MainPhoto.NONE:
        names = ", ".join(columns.additional[:3])
        notice = (
            f"no column with main photos, only further ones ({names}); none is called the main photo:"
            " say which column has them as image=COLUMN"
        )
    elif columns.main_photo is MainPhoto.UNSAID and len(photos) > 1 and photos[0].role == MAIN:
        notice = (
            f"the column {name} holds several photos and nothing says which is the main one; the first"
            " is taken for it"
        )
    elif columns.main_photo is MainPhoto.COLUMN and len(photos) > 1 and not photos[0].location:
        notice = (
            f"line {line}, and perhaps others, has further photos and no main photo, {name} is empty:"
            " it counts as missing"
        )
    else:
        return
    tell(place, notice, kind=columns.main_photo)


def tell_passed_over(place: str, first: int, line: int) -> None:
    """Tell that rows above the names of columns were passed over.

    Args:
        place: Of the feed, and its sheet if it has several.
        first: The first such line.
        line: Of the names.

    Example:
        >>> tell_passed_over("feed.csv", 1, 3)
    """
    passed = f"line {first} is" if line - first == 1 else f"lines {first} to {line - 1} are"
    tell(place, f"the names of columns stand in line {line}; {passed} not read")


def tell(place: str, notice: str, kind: str = "") -> None:
    """Tell something about a feed, once in a process.

    Args:
        place: Of the feed.
        notice: What it is.
        kind: Of several notices of one kind only the first is told.

    Example:
        >>> tell("feed.xlsx", "the sheet Charts was not read")
    """
    key = (place, kind or notice)
    if key in _told:
        return
    if len(_told) >= _REMEMBERED:
        _told.clear()
    _told.add(key)
    _log.warning("%s: %s", place, notice)


def forget() -> None:
    """Forget what was told.

    Example:
        >>> forget()
    """
    _told.clear()
