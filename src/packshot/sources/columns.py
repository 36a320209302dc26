"""Which column of a feed says what, whoever wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice

from packshot.errors import InvalidInput
from packshot.sources.formats.records import Cells, Record, as_text

MAIN = "main"
ADDITIONAL = "additional"


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Of two columns in one feed the one named first here is taken: beside image_link, the column url
# is the product's page.
_SYNONYMS: Mapping[str, Sequence[str]] = {
    "location": _words("""
        image_link main_image_url main_image_link main_image image_url image_src
        image_path image_file image images image_links image_urls photo_url photo_path
        photo_file photo photos picture_url picture pictures 主图链接 主图 图片链接 图片 location
        path file filename file_name file_path filepath uri url
    """),
    "sku": _words("""
        sku id item_id offer_id product_id variant_sku item_sku seller_sku
        product_code article article_number asin gtin ean 货号 商品编码 商品编号 商品id
    """),
    "role": _words("""
        role image_role image_type photo_role photo_type is_main main 图片类型
    """),
    "category": _words("""
        category product_category product_type google_product_category categories 类目
        分类
    """),
    "seller": _words("""
        seller seller_id seller_name merchant merchant_id vendor vendor_id owner shop
        store supplier 卖家 店铺 商家
    """),
    "label": _words("""
        label class class_label class_name 标签
    """),
    "split": _words("""
        split subset partition 划分
    """),
}
_GALLERIES = frozenset({"images", "image_links", "image_urls", "photos", "pictures"})
_KIND = r"(?:product_)?(?:image|photo|picture)s?"
_FURTHER = re.compile(
    rf"(?:additional|other|extra|more|alternate)_{_KIND}(?:_(?:link|url|src|path|file)s?)?(?:_?\d+)?"
    rf"|{_KIND}(?:_(?:link|url|src|path|file))?_?\d+"
)
_NAMES_A_MAIN_PHOTO = re.compile(r"main|主图|^image_link$")
_LOOKED_AT = 100
_WEIGHT_LOOKED_AT = 4_000_000
"""Letters and cells, each of which counts for so many: no more rows are looked at, and held."""

_CELL = 50
_MOST_FURTHER = 200
"""Columns with further photos of a product; shops take 10 to 50."""
_SEPARATORS = re.compile(r"[,|\n]")
_YES = frozenset({"true", "yes", "1", "y", "是"})
_NO = frozenset({"false", "no", "0", "n", "否"})


@dataclass(frozen=True)
class Columns:
    """Where in a feed to look for what.

    Attributes:
        by_field: Of each field that was found the name of the column.
        further: Names of columns with further photos of the same product, in their order.
    """

    by_field: Mapping[str, str]
    further: tuple[str, ...] = ()

    def text(self, cells: Cells, field: str) -> str:
        """What a row says about a field; empty where it says nothing."""
        return as_text(cells.get(self.by_field.get(field, "")))

    def photos(self, cells: Cells) -> Iterator[tuple[str, str]]:
        """Locations in a row as they stand there, each once, with roles; at least one, maybe empty."""
        places = _places(cells.get(self.by_field.get("location", "")), split=self._is_gallery)
        if self.further:
            told_in = [cells[name] for name in self.further if cells.get(name) is not None]
            places += [place for cell in told_in for place in _places(cell, split=True)]
        told = _role(self.text(cells, "role"))
        first = told or (MAIN if self._tells_main or len(places) > 1 else "")
        for position, place in enumerate(dict.fromkeys(places) or ("",)):
            yield place, ADDITIONAL if position else first

    @cached_property
    def _is_gallery(self) -> bool:
        """Whether a cell holds all photos of a product."""
        return normal(self.by_field.get("location", "")) in _GALLERIES

    @cached_property
    def _tells_main(self) -> bool:
        """Whether the photos come as one main and others."""
        named = _NAMES_A_MAIN_PHOTO.search(normal(self.by_field.get("location", "")))
        return named is not None or bool(self.further)


def find_columns(names: Iterable[str], given: Mapping[str, str] | None = None) -> Columns:
    """Recognise the columns of a feed.

    Args:
        names: Of the columns, in order.
        given: Names of columns by field, where the user says so: ``location`` (or ``image``), ``sku``,
            ``role``, ``category``, ``seller``, ``label``, ``split``.

    Raises:
        InvalidInput: A field or column that does not exist, or no column with photos.
    """
    there = list(dict.fromkeys(names))
    chosen = _given(there, given or {})
    for field, synonyms in _SYNONYMS.items():
        if field not in chosen and (name := _best(there, synonyms)):
            chosen[field] = name
    taken = frozenset(chosen.values())
    found = (name for name in there if name not in taken and _FURTHER.fullmatch(normal(name)))
    further = tuple(islice(found, _MOST_FURTHER))
    if "location" not in chosen and not further:
        raise InvalidInput(
            f"no column with photos among {_listing(there)}; say which it is as location=COLUMN"
        )
    return Columns(chosen, further)


def with_columns(
    records: Iterator[Record], name: str, given: Mapping[str, str] | None = None
) -> Iterator[tuple[Record, Columns]]:
    """Rows with what their columns mean, which the first ones tell; the others are read when wanted.

    Args:
        records: Of a table.
        name: Of the table, for errors.
        given: As in `find_columns`.

    Raises:
        InvalidInput: As `find_columns`.
    """
    first = _first(records)
    if not first:
        return
    try:
        columns = find_columns((column for record in first for column in record.cells), given)
    except InvalidInput as error:
        raise InvalidInput(f"{name}: {error}") from error
    yield from ((record, columns) for record in chain(first, records))


def _first(records: Iterator[Record]) -> list[Record]:
    """The rows whose columns are looked at."""
    found, weight = [], 0
    for record in islice(records, _LOOKED_AT):
        found.append(record)
        weight += sum(map(_weight, record.cells.items()))
        if weight > _WEIGHT_LOOKED_AT:
            break
    return found


def _weight(cell: tuple[str, object]) -> int:
    name, value = cell
    size = len(value) if isinstance(value, str | list | tuple | dict) else 0
    return _CELL + len(name) + (size if isinstance(value, str) else _CELL * size)


def normal(name: str) -> str:
    """A column's name without what makes no difference: case, spaces, the ``g:`` of Google's feeds."""
    return re.sub(r"\W+", "_", name.strip().casefold()).strip("_").removeprefix("g_")


def _given(names: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    chosen = {}
    for told, column in given.items():
        field = "location" if told == "image" else told
        if field not in _SYNONYMS:
            raise InvalidInput(
                f"{told} is no field of a feed; the fields are {_listing(list(_SYNONYMS))}"
            )
        same = [name for name in names if name == column] or [
            n for n in names if normal(n) == normal(column)
        ]
        if not same:
            raise InvalidInput(f"no column {column} among {_listing(names)}")
        chosen[field] = same[0]
    return chosen


def _best(names: Sequence[str], synonyms: Sequence[str]) -> str | None:
    by_normal = {normal(name): name for name in reversed(names)}
    return next((by_normal[synonym] for synonym in synonyms if synonym in by_normal), None)


def _places(value: object, *, split: bool) -> list[str]:
    if isinstance(value, list | tuple):
        return [text for text in map(as_text, value) if text]
    text = as_text(value)
    parts = _SEPARATORS.split(text) if split else [text]
    return [part.strip() for part in parts if part.strip()]


def _role(told: str) -> str:
    role = told.lower()
    if role in _YES:
        return MAIN
    return ADDITIONAL if role in _NO else role


def _listing(names: Sequence[str]) -> str:
    shown = ", ".join(names[:20])
    return f"{shown}, …" if len(names) > 20 else shown or "none"
