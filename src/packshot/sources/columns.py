"""The columns of a feed recognised by their names, whoever wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, groupby, islice
from operator import attrgetter
from typing import Final

from packshot.errors import InvalidInput
from packshot.sources.column_names import (
    is_additional_column,
    load_column_names,
    normalise_column_name,
    number_of_column,
)
from packshot.sources.formats.records import Cells, Record, cell_to_text
from packshot.sources.locations import Place, parse_position, parse_yes_no, read_places
from packshot.sources.platforms import Platform, find_platform
from packshot.sources.product_photos import list_photos
from packshot.sources.roles import ADDITIONAL, MAIN, MainPhoto

_PRODUCT: Final = "product"
_SAMPLE_ROWS: Final = 100
"""Rows at the beginning of a feed whose columns are looked at: JSON and XML name only those that a row
has."""
_MAX_SAMPLE_WEIGHT: Final = 4_000_000
"""Letters in the sample, where each cell counts for `_CELL_WEIGHT` besides: no more rows are looked at,
and held. Of one byte each, 4 MB; a judgement."""

_CELL_WEIGHT: Final = 50
"""Letters that a cell, and an entry of a list, count for besides their own: what an object of Python
takes."""
_MAX_ADDITIONAL_COLUMNS: Final = 200
"""Columns with further photos of a product; shops take 10 to 50."""
_MAX_LISTED_NAMES: Final = 20
"""Names of columns that a message lists; of more it shows the first. Some lines of a terminal."""
_NUMBER: Final = re.compile(r"_?\d+")
_FURTHER_WORDS: Final = re.compile(r"additional|other|extra|more|altern|second|gallery|weitere|zusatz")


@dataclass(frozen=True)
class Columns:
    """The columns of a feed by what they hold.

    Attributes:
        by_field: Of each field that was found the name of the column.
        additional: Names of columns with further photos of the same product, in their order.
        platform: The export that it is, where it is a known one.
        marks: By a column of `additional`, those that tell whether its photo is the main one, and its
            position; empty names for none.
        continuing: By column, words of rows that belong to the product of the row before.
        is_location_named: The user said where photos are.

    Example:
        >>> columns = Columns({"location": "image_link", "sku": "id"}, ("additional_image_link",))
        >>> row = {"id": 7, "image_link": "mug.jpg", "additional_image_link": "back.jpg"}
        >>> columns.read_text(row, "sku"), [place.location for place in columns.read_additional(row)]
        ('7', ['back.jpg'])
    """

    by_field: Mapping[str, str]
    additional: tuple[str, ...] = ()
    platform: Platform | None = None
    marks: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    continuing: Mapping[str, frozenset[str]] = field(default_factory=dict)
    is_location_named: bool = False

    def read_text(self, cells: Cells, field_name: str) -> str:
        """Read what a row says about a field; empty where it says nothing."""
        return cell_to_text(cells.get(self.by_field.get(field_name, "")))

    def iter_photos(self, cells: Cells) -> Iterator[tuple[str, str]]:
        """Yield the photos of a row that is for itself, with their roles; see `list_photos`."""
        return ((photo.location, photo.role) for photo in list_photos([cells], self))

    def read_main(self, cells: Cells) -> list[Place]:
        """Read what stands in the column of main photos, or of all."""
        cell = cells.get(self.by_field.get("location", ""))
        return [] if cell is None else read_places(cell, split=self._is_gallery)

    def read_additional(self, cells: Cells) -> list[Place]:
        """Read the further photos of a row, in the order of their columns."""
        named = ((name, cells[name]) for name in self.additional if cells.get(name) is not None)
        return [place for name, cell in named for place in self._mark(name, cells, read_places(cell))]

    def read_role(self, cells: Cells) -> str:
        """Read the role that a row gives to its photo: ``main``, ``additional``, or the feed's word."""
        role = self.read_text(cells, "role").lower()
        words = {} if self.platform is None else self.platform.words
        answer = parse_yes_no(role)
        return words.get(role) or (role if answer is None else MAIN if answer else ADDITIONAL)

    def read_position(self, cells: Cells) -> float | None:
        """Read the position that a row gives to its photo."""
        return parse_position(self.read_text(cells, "position"))

    def read_product(self, cells: Cells) -> str:
        """Read what rows of one product have in common; empty where each row is for itself."""
        if _PRODUCT in self.by_field:
            return self.read_text(cells, _PRODUCT)
        return self.read_text(cells, "sku") if self.platform is None and self.groups_rows else ""

    def continues_product(self, cells: Cells) -> bool:
        """Return whether a row says that it belongs to the product of the row before."""
        if self.platform is None:
            return False
        if self.platform.blank_continues and _PRODUCT in self.by_field:
            return not self.read_text(cells, _PRODUCT)
        return any(
            cell_to_text(cells.get(name)).casefold() in words for name, words in self.continuing.items()
        )

    @cached_property
    def groups_rows(self) -> bool:
        """True if several rows that follow one another may be one product."""
        has_positions = self.platform is None and {"position", "sku"} <= self.by_field.keys()
        return has_positions or _PRODUCT in self.by_field or bool(self.continuing)

    @cached_property
    def main_photo(self) -> MainPhoto:
        """How the feed tells the main photo."""
        if "location" not in self.by_field:
            return MainPhoto.FIRST if self._is_first_main or self._is_numbered else MainPhoto.NONE
        if self._is_platforms_own and self.platform is not None and self.platform.main_photo:
            return MainPhoto.COLUMN
        if self._is_first_main or (self.groups_rows and "position" in self.by_field):
            return MainPhoto.FIRST
        name = normalise_column_name(self.by_field["location"])
        is_beside_others = bool(self.additional) and not self._is_gallery
        if name in load_column_names().main or is_beside_others:
            return MainPhoto.COLUMN
        return MainPhoto.UNSAID

    @cached_property
    def _is_first_main(self) -> bool:
        return self._is_platforms_own and self.platform is not None and self.platform.first_is_main

    @cached_property
    def _is_platforms_own(self) -> bool:
        """True if photos stand where the export has them, not where the user says."""
        return self.platform is not None and not self.is_location_named

    @cached_property
    def _is_numbered(self) -> bool:
        names = [normalise_column_name(name) for name in self.additional]
        return any(number_of_column(name) and not _FURTHER_WORDS.search(name) for name in names)

    @cached_property
    def _is_gallery(self) -> bool:
        """True if a cell holds all photos of a product, as far as its name tells, or the user."""
        name = normalise_column_name(self.by_field.get("location", ""))
        return self.is_location_named or self._is_first_main or name in load_column_names().galleries

    def _mark(self, name: str, cells: Cells, places: list[Place]) -> list[Place]:
        """Add what the columns beside a numbered photo say of it."""
        if name not in self.marks:
            return places
        flag, order = (cell_to_text(cells.get(column)) for column in self.marks[name])
        return [Place(one.location, parse_position(order), parse_yes_no(flag)) for one in places]


def find_columns(names: Iterable[str], column_by_field: Mapping[str, str] | None = None) -> Columns:
    """Recognise the columns of a feed: of a known export, or by usual names.

    Args:
        names: Of the columns, in order.
        column_by_field: Names of columns by field, where the user says so: ``location`` (or ``image``),
            ``sku``, ``role``, ``position``, ``category``, ``seller``, ``label``, ``split``, ``title``,
            ``description``.

    Raises:
        InvalidInput: A field or column that does not exist, or no column with photos.

    Example:
        >>> find_columns(["g:id", "url", "Image Link", "product type"]).by_field
        {'location': 'Image Link', 'sku': 'g:id', 'category': 'product type'}
    """
    unique_names = list(dict.fromkeys(names))
    by_normal = {normalise_column_name(name): name for name in reversed(unique_names)}
    chosen = _resolve_chosen_columns(unique_names, column_by_field or {})
    is_location_named = "location" in chosen
    platform = find_platform(list(reversed(by_normal)))
    gallery = [] if platform is None else platform.find_gallery(list(reversed(by_normal)))
    for name, synonyms in _iter_synonyms(platform, bool(gallery)):
        if name not in chosen and (column := _find_best_column(by_normal, synonyms)):
            chosen[name] = column
    used_names = frozenset(chosen.values())
    further = [by_normal[name] for name in gallery] or _find_additional(unique_names)
    additional = tuple(name for name in further if name not in used_names)[:_MAX_ADDITIONAL_COLUMNS]
    if "location" not in chosen and not additional:
        raise InvalidInput(
            f"no column with photos among {_format_names(unique_names)};"
            " say which it is as location=COLUMN"
        )
    if platform is None:
        return Columns(chosen, additional, is_location_named=is_location_named)
    marks = _find_marks(platform, additional, by_normal)
    continuing = {by_normal[n]: words for n, words in platform.continues.items() if n in by_normal}
    return Columns(chosen, additional, platform, marks, continuing, is_location_named)


def has_photo_columns(names: Iterable[str], column_by_field: Mapping[str, str] | None = None) -> bool:
    """Return whether cells can be the names of a feed's columns: one of them is known to hold photos.

    Args:
        names: Texts of a row's cells.
        column_by_field: As in `find_columns`.

    Example:
        >>> has_photo_columns(["SKU", "Image Link"]), has_photo_columns(["Our feed of May", ""])
        (True, False)
    """
    unique_names = list(dict.fromkeys(filter(None, names)))
    try:
        find_columns(unique_names, column_by_field)
    except InvalidInput:
        return False
    return True


def iter_with_columns(
    records: Iterator[Record], name: str, column_by_field: Mapping[str, str] | None = None
) -> Iterator[tuple[Record, Columns]]:
    """Yield rows with the meaning of their columns, which the first rows tell; read no further ahead.

    Args:
        records: Of one table, or of several, one after the other, each with columns of its own.
        name: Of the table, for errors.
        column_by_field: As in `find_columns`.

    Raises:
        InvalidInput: As `find_columns`.

    Example:
        >>> rows = iter([Record(2, {"photo": "mug.jpg", "sku": "M1"})])
        >>> [(row.line, columns.by_field) for row, columns in iter_with_columns(rows, "feed.csv")]
        [(2, {'location': 'photo', 'sku': 'sku'})]
    """
    for _, table in groupby(records, key=attrgetter("table")):
        sample = _read_sample(table)
        try:
            columns = find_columns(
                (column for record in sample for column in record.cells), column_by_field
            )
        except InvalidInput as error:
            raise InvalidInput(f"{name}: {error}") from error
        yield from ((record, columns) for record in chain(sample, table))


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


def _iter_synonyms(platform: Platform | None, has_gallery: bool) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield the names of each field, those of the export first.

    Where the export has a gallery, and no column of main photos, no other column is taken for one.
    """
    known = {} if platform is None else platform.fields
    for name, synonyms in load_column_names().by_field.items():
        is_settled = name == "location" and has_gallery
        yield name, (*known.get(name, ()), *(() if is_settled else synonyms))
    if _PRODUCT in known:
        yield _PRODUCT, known[_PRODUCT]


def _find_additional(names: Sequence[str]) -> list[str]:
    """Find columns with further photos; those that are numbered in the order of their numbers."""
    found = [name for name in names if is_additional_column(normalise_column_name(name))]
    stems = [_NUMBER.sub("", normalise_column_name(name)) for name in found]
    rank = {stem: position for position, stem in reversed(list(enumerate(stems)))}
    keys = {
        name: (rank[stem], number_of_column(normalise_column_name(name)))
        for name, stem in zip(found, stems, strict=True)
    }
    return sorted(found, key=keys.__getitem__)


def _find_marks(
    platform: Platform, additional: Sequence[str], by_normal: Mapping[str, str]
) -> dict[str, tuple[str, str]]:
    """Find the columns beside numbered photos."""
    marks = {}
    for name in additional:
        number = str(number_of_column(normalise_column_name(name)))
        flag, order = (
            next((by_normal[one] for t in templates if (one := t.replace("#", number)) in by_normal), "")
            for templates in (platform.flag, platform.order)
        )
        if flag or order:
            marks[name] = (flag, order)
    return marks


def _resolve_chosen_columns(names: Sequence[str], column_by_field: Mapping[str, str]) -> dict[str, str]:
    chosen = {}
    fields = load_column_names().by_field
    for given_field, column in column_by_field.items():
        name = "location" if given_field == "image" else given_field
        if name not in fields:
            raise InvalidInput(
                f"{given_field} is no field of a feed; the fields are {_format_names(list(fields))}"
            )
        matches = [name for name in names if name == column] or [
            n for n in names if normalise_column_name(n) == normalise_column_name(column)
        ]
        if not matches:
            raise InvalidInput(f"no column {column} among {_format_names(names)}")
        chosen[name] = matches[0]
    return chosen


def _find_best_column(by_normal: Mapping[str, str], synonyms: Sequence[str]) -> str | None:
    return next((by_normal[synonym] for synonym in synonyms if synonym in by_normal), None)


def _format_names(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MAX_LISTED_NAMES])
    return f"{shown}, …" if len(names) > _MAX_LISTED_NAMES else shown or "none"
