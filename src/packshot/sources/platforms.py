"""Exports of shop systems and marketplaces, known by their columns (``platforms.toml``)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from packshot.sources.column_names import number_of_column, read_table

_FIELDS: Final = (
    "location", "sku", "role", "position", "category", "seller", "title", "description", "product"
)  # fmt: skip


@dataclass(frozen=True)
class Platform:
    """What is known of one export; all names of columns are normalised.

    Attributes:
        key: In ``platforms.toml``.
        name: As people know it.
        known_by: Sets of columns, each of which tells the export.
        not_by: Columns that tell another one.
        fields: Names by field, the best first.
        gallery: Columns with further photos: alternatives, of which the first that is there is taken;
            ``#`` stands for a number.
        flag: Beside a numbered photo: whether it is the main one.
        order: Beside a numbered photo: its position.
        continues: By column, words of rows that belong to the product of the row before.
        blank_continues: A row without the name of its product belongs to that before.
        first_is_main: What is listed first is the main photo.
        main_photo: `fields` names a column of main photos: where it is empty there is none.
        words: Roles by the words that stand for them.
        described_by: Key of the export, in the same file, that has the words about its products.

    Example:
        >>> shop = find_platform(["handle", "title", "image_src", "image_position"])
        >>> shop.name, shop.fields["position"]
        ('Shopify', ('image_position',))
    """

    key: str
    name: str
    known_by: tuple[frozenset[str], ...]
    not_by: frozenset[str]
    fields: Mapping[str, tuple[str, ...]]
    gallery: tuple[tuple[str, ...], ...]
    flag: tuple[str, ...]
    order: tuple[str, ...]
    continues: Mapping[str, frozenset[str]]
    blank_continues: bool
    first_is_main: bool
    main_photo: bool
    words: Mapping[str, str]
    described_by: str

    def find_gallery(self, names: Sequence[str]) -> list[str]:
        """Find the columns with further photos, in their order.

        Args:
            names: Normalised, of the feed.
        """
        found: list[str] = []
        for alternatives in self.gallery:
            matches = (find_numbered(template, names) for template in alternatives)
            found += next((names for names in matches if names), [])
        return list(dict.fromkeys(found))


def find_platform(names: Sequence[str]) -> Platform | None:
    """Find the export that has such columns; None for a feed of its own making.

    Args:
        names: Normalised.

    Example:
        >>> find_platform(["sku", "base_image", "additional_images"]).key
        'magento'
        >>> find_platform(["sku", "path"]) is None
        True
    """
    present = frozenset(names)
    found = (
        (max((len(known) for known in one.known_by if known <= present), default=0), one)
        for one in load_platforms()
        if not one.not_by & present
    )
    best_size, best = max(found, key=lambda pair: pair[0])
    return best if best_size else None


@cache
def load_platforms() -> tuple[Platform, ...]:
    """Read all that are known.

    Example:
        >>> len(load_platforms()) > 20
        True
    """
    return tuple(_parse(key, entry) for key, entry in read_table("platforms.toml").items())


def is_described_elsewhere(key: str) -> bool:
    """Return whether another export has further photos of this one's products, without words.

    Example:
        >>> is_described_elsewhere("opencart"), is_described_elsewhere("shopify")
        (True, False)
    """
    return any(one.described_by == key for one in load_platforms())


def find_numbered(template: str, names: Sequence[str]) -> list[str]:
    """Find the columns that a template names, by their numbers.

    Example:
        >>> find_numbered("image_#_url", ["image_2_url", "sku", "image_1_url", "image_url"])
        ['image_1_url', 'image_2_url']
    """
    if "#" not in template:
        return [template] if template in names else []
    pattern = re.compile(re.escape(template).replace(r"\#", r"\d{1,6}"))
    return sorted(filter(pattern.fullmatch, names), key=number_of_column)


def _parse(key: str, entry: Mapping[str, Any]) -> Platform:
    fields = {field: tuple(entry[field].split()) for field in _FIELDS if field in entry}
    words = {word: role for role in ("main", "other") for word in entry.get(f"{role}_words", "").split()}
    return Platform(
        key=key,
        name=entry["name"],
        known_by=tuple(frozenset(names.split()) for names in entry["known_by"]),
        not_by=frozenset(entry.get("not_by", "").split()),
        fields=fields,
        gallery=tuple(tuple(one.split("|")) for one in entry.get("gallery", ())),
        flag=_split_alternatives(entry.get("flag", "")),
        order=_split_alternatives(entry.get("order", "")),
        continues={column: frozenset(one.split()) for column, one in entry.get("continues", {}).items()},
        blank_continues=entry.get("blank_continues", False),
        first_is_main=entry.get("first_is_main", False),
        main_photo=entry.get("main_photo", False),
        words={word: "additional" if role == "other" else role for word, role in words.items()},
        described_by=entry.get("described_by", ""),
    )


def _split_alternatives(text: str) -> tuple[str, ...]:
    return tuple(text.split("|")) if text else ()
