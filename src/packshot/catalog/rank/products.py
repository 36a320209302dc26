"""The rows of a feed gathered by product."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from packshot.sources import FeedRow, is_remote

_MAIN_ROLES = frozenset({"main", "primary", "hero", "true", "yes", "1"})
"""Words of feeds for the main photo, in lower case."""


@dataclass(frozen=True)
class Product:
    """A product and its photos.

    Attributes:
        sku: What it is called.
        photos: Where its photos are, in the order of the feed, each once.
        current: The one that is shown first now; None if it has none.
        category: As the feed says; may be empty.
        title: Likewise.
        description: Likewise.

    Example:
        >>> product = Product("M-1", ("front.jpg", "back.jpg"), current="front.jpg")
        >>> product.current in product.photos
        True
    """

    sku: str
    photos: tuple[str, ...]
    current: str | None
    category: str = ""
    title: str = ""
    description: str = ""


def group_products(rows: Iterable[FeedRow], *, by_folder: bool = False) -> list[Product]:
    """Group rows by product, in the order in which products first come.

    The present main photo is the first that the feed calls so, else the product's first.

    Args:
        rows: Of a feed; a row without a photo makes a product known, not a photo.
        by_folder: The folder of a photo is its product; else the feed's ``sku`` is, and the folder only
            of rows without one.

    Example:
        >>> rows = [FeedRow(0, "a.jpg", sku="M-1"), FeedRow(1, "b.jpg", sku="M-1", role="main")]
        >>> [(product.sku, product.photos, product.current) for product in group_products(rows)]
        [('M-1', ('a.jpg', 'b.jpg'), 'b.jpg')]
    """
    rows_by_sku: dict[str, list[FeedRow]] = {}
    for row in rows:
        sku = "" if by_folder else row.sku
        rows_by_sku.setdefault(sku or _find_folder(row), []).append(row)
    return [_build_product(sku, product_rows) for sku, product_rows in rows_by_sku.items()]


def _find_folder(row: FeedRow) -> str:
    """Return the folder of a photo: a path, or the address without its last part."""
    if is_remote(row.location):
        return row.location.rpartition("/")[0]
    return str(Path(row.location).parent) if row.location else ""


def _build_product(sku: str, rows: list[FeedRow]) -> Product:
    photo_rows = [row for row in rows if row.location]
    photos = tuple(dict.fromkeys(row.location for row in photo_rows))
    main_locations = (row.location for row in photo_rows if row.role.strip().lower() in _MAIN_ROLES)
    category, title, description = (
        next((text for row in rows if (text := getattr(row, name))), "")
        for name in ("category", "title", "description")
    )
    current = next(main_locations, photos[0] if photos else None)
    return Product(sku, photos, current, category, title, description)
