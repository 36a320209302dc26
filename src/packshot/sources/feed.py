"""The rows of a feed: one for each photo that a shop lists."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from packshot.sources.paths import expand


@dataclass(frozen=True)
class FeedRow:
    """One input.

    Attributes:
        number: 0, 1, ... in the order of the feed, stable between runs.
        location: A path or an address; empty where the feed names none.
        sku: Of the product.
        role: Such as main.
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
    """The rows of a folder or CSV."""
    if not place.endswith(".csv"):
        for number, path in enumerate(expand([place])):
            yield FeedRow(number, str(path))
        return
    with open(place, newline="", encoding="utf-8-sig") as file:
        for number, row in enumerate(csv.DictReader(file, restval="")):
            found = {name: row.get((columns or {}).get(name, name), "") for name in _NAMES}
            path = row.get("path", "")
            yield FeedRow(number, str(Path(place).parent / path) if path else "", **found)


_NAMES = ("sku", "role", "category", "seller", "label")
