"""The columns of a feed recognised by their names, whoever wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice

from packshot.errors import InvalidInput
from packshot.sources.formats.records import Cells, Record, cell_to_text

MAIN = "main"
ADDITIONAL = "additional"


def _split_words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Names that shops and their programs use. Of two columns in one feed the one named first here is taken:
# beside image_link, the column url is the product's page.
_SYNONYMS: Mapping[str, Sequence[str]] = {
    "location": _split_words("""
        image_link main_image_url main_image_link main_image image_url image_src
        image_path image_file image images image_links image_urls photo_url photo_path
        photo_file photo photos picture_url picture pictures 主图链接 主图 图片链接 图片 location
        path file filename file_name file_path filepath uri url
    """),
    "sku": _split_words("""
        sku id item_id offer_id product_id variant_sku item_sku seller_sku
        product_code article article_number asin gtin ean 货号 商品编码 商品编号 商品id
    """),
    "role": _split_words("""
        role image_role image_type photo_role photo_type is_main main 图片类型
    """),
    "category": _split_words("""
        category product_category product_type google_product_category categories 类目
        分类
    """),
    "seller": _split_words("""
        seller seller_id seller_name merchant merchant_id vendor vendor_id owner shop
        store supplier 卖家 店铺 商家
    """),
    "label": _split_words("""
        label class class_label class_name 标签
    """),
    "split": _split_words("""
        split subset partition 划分
    """),
}
_GALLERY_COLUMNS = frozenset({"images", "image_links", "image_urls", "photos", "pictures"})
_PHOTO_WORD = r"(?:product_)?(?:image|photo|picture)s?"
_ADDITIONAL_COLUMN = re.compile(
    rf"(?:additional|other|extra|more|alternate)_{_PHOTO_WORD}(?:_(?:link|url|src|path|file)s?)?(?:_?\d+)?"
    rf"|{_PHOTO_WORD}(?:_(?:link|url|src|path|file))?_?\d+"
)
_MAIN_PHOTO_COLUMN = re.compile(r"main|主图|^image_link$")
_SAMPLE_ROWS = 100
"""Rows at the beginning of a feed whose columns are looked at: JSON and XML name only those that a row
has."""
_MAX_SAMPLE_WEIGHT = 4_000_000
"""Letters in the sample, where each cell counts for `_CELL_WEIGHT` besides: no more rows are looked at,
and held. Of one byte each, 4 MB; a judgement."""

_CELL_WEIGHT = 50
"""Letters that a cell, and an entry of a list, count for besides their own: what an object of Python
takes."""
_MAX_ADDITIONAL_COLUMNS = 200
"""Columns with further photos of a product; shops take 10 to 50."""
_MAX_LISTED_NAMES = 20
"""Names of columns that a message lists; of more it shows the first. Some lines of a terminal."""
_SEPARATORS = re.compile(r"[,|\n]")
_YES = frozenset({"true", "yes", "1", "y", "是"})
_NO = frozenset({"false", "no", "0", "n", "否"})


@dataclass(frozen=True)
class Columns:
    """The columns of a feed by what they hold.

    Attributes:
        by_field: Of each field that was found the name of the column.
        additional: Names of columns with further photos of the same product, in their order.

    Example:
        >>> columns = Columns({"location": "image_link", "sku": "id"}, ("additional_image_link",))
        >>> row = {"id": 7, "image_link": "mug.jpg", "additional_image_link": "back.jpg,top.jpg"}
        >>> columns.read_text(row, "sku"), list(columns.iter_photos(row))
        ('7', [('mug.jpg', 'main'), ('back.jpg', 'additional'), ('top.jpg', 'additional')])
    """

    by_field: Mapping[str, str]
    additional: tuple[str, ...] = ()

    def read_text(self, cells: Cells, field: str) -> str:
        """Read what a row says about a field; empty where it says nothing."""
        return cell_to_text(cells.get(self.by_field.get(field, "")))

    def iter_photos(self, cells: Cells) -> Iterator[tuple[str, str]]:
        """Yield locations in a row as they stand there, each once, with roles; at least one, or ""."""
        locations = _split_locations(
            cells.get(self.by_field.get("location", "")), split=self._is_gallery
        )
        if self.additional:
            photo_cells = [cells[name] for name in self.additional if cells.get(name) is not None]
            locations += [place for cell in photo_cells for place in _split_locations(cell, split=True)]
        given_role = _normalise_role(self.read_text(cells, "role"))
        first_role = given_role or (MAIN if self._has_main_photo or len(locations) > 1 else "")
        for position, location in enumerate(dict.fromkeys(locations) or ("",)):
            yield location, ADDITIONAL if position else first_role

    @cached_property
    def _is_gallery(self) -> bool:
        """True if a cell holds all photos of a product."""
        return normalise_column_name(self.by_field.get("location", "")) in _GALLERY_COLUMNS

    @cached_property
    def _has_main_photo(self) -> bool:
        """True if the photos come as one main and others."""
        match = _MAIN_PHOTO_COLUMN.search(normalise_column_name(self.by_field.get("location", "")))
        return match is not None or bool(self.additional)


def find_columns(names: Iterable[str], column_by_field: Mapping[str, str] | None = None) -> Columns:
    """Recognise the columns of a feed.

    Args:
        names: Of the columns, in order.
        column_by_field: Names of columns by field, where the user says so: ``location`` (or ``image``),
            ``sku``, ``role``, ``category``, ``seller``, ``label``, ``split``.

    Raises:
        InvalidInput: A field or column that does not exist, or no column with photos.

    Example:
        >>> find_columns(["g:id", "url", "Image Link", "product type"]).by_field
        {'location': 'Image Link', 'sku': 'g:id', 'category': 'product type'}
    """
    unique_names = list(dict.fromkeys(names))
    chosen = _resolve_chosen_columns(unique_names, column_by_field or {})
    for field, synonyms in _SYNONYMS.items():
        if field not in chosen and (name := _find_best_column(unique_names, synonyms)):
            chosen[field] = name
    used_names = frozenset(chosen.values())
    additional_names = (
        name
        for name in unique_names
        if name not in used_names and _ADDITIONAL_COLUMN.fullmatch(normalise_column_name(name))
    )
    additional = tuple(islice(additional_names, _MAX_ADDITIONAL_COLUMNS))
    if "location" not in chosen and not additional:
        raise InvalidInput(
            f"no column with photos among {_format_names(unique_names)};"
            " say which it is as location=COLUMN"
        )
    return Columns(chosen, additional)


def iter_with_columns(
    records: Iterator[Record], name: str, column_by_field: Mapping[str, str] | None = None
) -> Iterator[tuple[Record, Columns]]:
    """Yield rows with the meaning of their columns, which the first rows tell; read no further ahead.

    Args:
        records: Of a table.
        name: Of the table, for errors.
        column_by_field: As in `find_columns`.

    Raises:
        InvalidInput: As `find_columns`.

    Example:
        >>> rows = iter([Record(2, {"photo": "mug.jpg", "sku": "M1"})])
        >>> [(row.line, columns.by_field) for row, columns in iter_with_columns(rows, "feed.csv")]
        [(2, {'location': 'photo', 'sku': 'sku'})]
    """
    sample = _read_sample(records)
    if not sample:
        return
    try:
        columns = find_columns((column for record in sample for column in record.cells), column_by_field)
    except InvalidInput as error:
        raise InvalidInput(f"{name}: {error}") from error
    yield from ((record, columns) for record in chain(sample, records))


def _read_sample(records: Iterator[Record]) -> list[Record]:
    """Read the rows whose columns are looked at."""
    sample, weight = [], 0
    for record in islice(records, _SAMPLE_ROWS):
        sample.append(record)
        weight += sum(map(_cell_weight, record.cells.items()))
        if weight > _MAX_SAMPLE_WEIGHT:
            break
    return sample


def _cell_weight(cell: tuple[str, object]) -> int:
    name, value = cell
    size = len(value) if isinstance(value, str | list | tuple | dict) else 0
    return _CELL_WEIGHT + len(name) + (size if isinstance(value, str) else _CELL_WEIGHT * size)


def normalise_column_name(name: str) -> str:
    """Normalise a column's name: without case, spaces, and the ``g:`` of Google's feeds.

    Example:
        >>> normalise_column_name("g:Image Link")
        'image_link'
    """
    return re.sub(r"\W+", "_", name.strip().casefold()).strip("_").removeprefix("g_")


def _resolve_chosen_columns(names: Sequence[str], column_by_field: Mapping[str, str]) -> dict[str, str]:
    chosen = {}
    for given_field, column in column_by_field.items():
        field = "location" if given_field == "image" else given_field
        if field not in _SYNONYMS:
            raise InvalidInput(
                f"{given_field} is no field of a feed; the fields are {_format_names(list(_SYNONYMS))}"
            )
        matches = [name for name in names if name == column] or [
            n for n in names if normalise_column_name(n) == normalise_column_name(column)
        ]
        if not matches:
            raise InvalidInput(f"no column {column} among {_format_names(names)}")
        chosen[field] = matches[0]
    return chosen


def _find_best_column(names: Sequence[str], synonyms: Sequence[str]) -> str | None:
    by_normal = {normalise_column_name(name): name for name in reversed(names)}
    return next((by_normal[synonym] for synonym in synonyms if synonym in by_normal), None)


def _split_locations(value: object, *, split: bool) -> list[str]:
    if isinstance(value, list | tuple):
        return [text for text in map(cell_to_text, value) if text]
    text = cell_to_text(value)
    parts = _SEPARATORS.split(text) if split else [text]
    return [part.strip() for part in parts if part.strip()]


def _normalise_role(text: str) -> str:
    role = text.lower()
    if role in _YES:
        return MAIN
    return ADDITIONAL if role in _NO else role


def _format_names(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MAX_LISTED_NAMES])
    return f"{shown}, …" if len(names) > _MAX_LISTED_NAMES else shown or "none"
