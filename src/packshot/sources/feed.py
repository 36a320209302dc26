"""Feeds: a row for each photo of a catalogue, with what the shop says about it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from packshot.errors import SourceError
from packshot.sources.paths import expand_named
from packshot.sources.tables import read_rows

_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "location": ("path", "file", "filename", "image", "image_link", "url", "photo"),
    "sku": ("sku", "id", "item_id", "offer_id", "product_id"),
    "role": ("role", "image_type", "main"),
    "category": ("category", "product_type", "google_product_category"),
    "seller": ("seller", "merchant", "vendor", "owner"),
    "label": ("label", "class", "type"),
}


@dataclass(frozen=True)
class FeedRow:
    """One photo of a feed.

    Attributes:
        number: 0, 1, ... in the order of the feed.
        location: Where the photo is; empty where the feed names none.
        sku: Its product.
        role: What it is for, such as ``main``.
        category: Of the product.
        seller: Whose it is.
        label: The class that the shop says.
    """

    number: int
    location: str
    sku: str = ""
    role: str = ""
    category: str = ""
    seller: str = ""
    label: str = ""


def read_feed(place: str, columns: Mapping[str, str] | None = None) -> Iterator[FeedRow]:
    """The rows of a feed, in order.

    Args:
        place: A folder, a glob pattern, or a CSV with a header.
        columns: By field of `FeedRow`, the column that holds it.

    Raises:
        SourceError: It cannot be read, or lacks a column that was named.
    """
    if Path(place).suffix.lower() != ".csv":
        yield from (FeedRow(n, str(found.path)) for n, found in enumerate(expand_named([place])))
        return
    rows = read_rows(Path(place))
    names = _columns(place, list(rows[0]) if rows else [], columns or {})
    for number, row in enumerate(rows):
        told = {field: row[name].strip() for field, name in names.items()}
        location = told.pop("location", "")
        yield FeedRow(number, os.path.join(Path(place).parent, location) if location else "", **told)


def _columns(place: str, header: list[str], wanted: Mapping[str, str]) -> dict[str, str]:
    """The column of every field that has one."""
    missing = [name for name in wanted.values() if name not in header]
    if missing:
        raise SourceError(f"{place} has no column {', '.join(missing)}; there are: {', '.join(header)}")
    by_lower = {name.lower(): name for name in reversed(header)}
    guessed = {
        field: by_lower[name]
        for field, names in _SYNONYMS.items()
        for name in reversed(names)
        if name in by_lower
    }
    return guessed | dict(wanted)
