"""Feeds: what a shop says about its photos, wherever and in whatever format it says it."""

from __future__ import annotations

import io
import logging
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final, cast
from urllib.parse import urlsplit

from packshot import regular_files
from packshot.errors import PackshotError, SourceError
from packshot.sources import stores
from packshot.sources.columns import Columns, has_photo_columns, iter_with_columns
from packshot.sources.compression import open_gzip
from packshot.sources.fetching import Fetcher, location_to_path
from packshot.sources.folders import has_photo_name, iter_photos_below
from packshot.sources.formats import (
    NAMED_READERS,
    READER_BY_SUFFIX,
    SEEKING_READERS,
    Reader,
    Record,
    reader_for,
)
from packshot.sources.formats.records import Cells, cell_to_text
from packshot.sources.notices import tell_main_photo
from packshot.sources.paths import find_files
from packshot.sources.platforms import is_described_elsewhere
from packshot.sources.product_photos import iter_products, list_photos
from packshot.sources.resolving import resolve_location
from packshot.sources.urls import WEB_SCHEMES, scheme_of

_log = logging.getLogger(__name__)
_FACTS: Final = ("category", "seller", "label", "split", "title", "description")
_MAX_DESCRIPTIONS: Final = 100_000
_MAX_DESCRIPTION_LENGTH: Final = 1000
"""Products, and letters of each of their words, that are remembered for another part of the same export:
a hundred megabytes or so. Judgements."""
_MAX_KEPT_LOCATION_LENGTH: Final = 65_536
"""Letters of a location that a row keeps, twice what is fetched: what is longer is refused then."""


@dataclass(frozen=True, slots=True)
class FeedRow:
    """A photo of a feed: one input of an audit.

    Attributes:
        number: 0, 1, ... in the order of the feed, the same in every run over the same feed.
        location: A path, a ``file://`` address, one of an object store, or an http or https URL; empty
            where the feed names no photo.
        sku: Of the product.
        role: ``main``, ``additional``, or the feed's own word in lower case; empty where it says
            nothing.
        category: Of the product.
        seller: Who sells it.
        label: The class that the shop says it is of.
        split: Of a training set: ``train``, ``test``, or the feed's own word.
        title: Of the product.
        description: Of the product, as the feed has it; HTML is HTML.
        line: Where it stands in the table, from 1; 0 where there is none. Two rows that differ in it
            alone are equal.

    Example:
        >>> row = FeedRow(0, "mug.jpg", sku="M1", role="main")
        >>> row.location, row.sku, row.category
        ('mug.jpg', 'M1', '')
    """

    number: int
    location: str
    sku: str = ""
    role: str = ""
    category: str = ""
    seller: str = ""
    label: str = ""
    split: str = ""
    title: str = ""
    description: str = ""
    line: int = field(default=0, compare=False)


def read_feed(
    place: str | os.PathLike[str],
    columns: Mapping[str, str] | None = None,
    fetcher: Fetcher | None = None,
) -> Iterator[FeedRow]:
    r"""Read the photos that a feed names, as a stream; memory does not grow with their number.

    A row with several photos gives several, the main one first; one without gives one with an empty
    location. Relative locations in a table are beside it.

    Args:
        place: A folder (searched for photos, hidden entries skipped), a photo, a glob pattern, or a
            table: CSV and its relatives, JSON lines and arrays, Parquet, XLSX, XML (RSS and Atom of
            Google Merchant), also with ``.gz``. On this machine, in an object store, where a prefix is
            a folder, or, tables and photos, at a URL.
        columns: Names of columns by field (`columns.find_columns`), where they are not the usual ones.
        fetcher: What fetches a table from a URL; another one allows private addresses, for instance.

    Raises:
        SourceError: Nothing there, or it cannot be read; with the line.
        InvalidInput: No column with photos, or a package that is not installed; with what to do.

    Example:
        >>> _ = Path("feed.csv").write_text("sku,image,image_2\nM1,mug.jpg,back.jpg\nB2,https://a.example/b.jpg,\n")
        >>> for row in read_feed("feed.csv"):
        ...     print(row.number, row.sku, row.role, row.location)
        0 M1 main mug.jpg
        1 M1 additional back.jpg
        2 B2 main https://a.example/b.jpg
    """
    place = _resolve_file_url(os.fspath(place))
    reader = reader_for(_strip_query(place))
    if reader is None or os.path.isdir(place):
        return _iter_photo_rows(place)
    return _iter_table_rows(place, reader, columns, fetcher or Fetcher())


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a table that says something about photos.

    Attributes:
        locations: Of the photos.
        cells: What else stands in it, by column, as texts.

    Example:
        >>> TableRow(("mug.jpg",), {"type": "mug"}).cells["type"]
        'mug'
    """

    locations: tuple[str, ...]
    cells: Mapping[str, str]


def read_table(
    place: str | os.PathLike[str],
    columns: Mapping[str, str] | None = None,
    fetcher: Fetcher | None = None,
) -> Iterator[TableRow]:
    r"""Read all columns of a table, in any form that `read_feed` takes.

    Args:
        place: Of the table.
        columns: Names of columns by field, where they are not the usual ones.
        fetcher: What fetches a table from a URL.

    Raises:
        SourceError: No table, or it cannot be read.
        InvalidInput: No column with photos.

    Example:
        >>> _ = Path("kinds.csv").write_text("file,type\nmug.jpg,cup\n")
        >>> list(read_table("kinds.csv"))
        [TableRow(locations=('mug.jpg',), cells={'type': 'cup'})]
    """
    place = _resolve_file_url(os.fspath(place))
    reader = reader_for(_strip_query(place)) or READER_BY_SUFFIX[".csv"]
    records = _iter_records(place, reader, fetcher or Fetcher(), columns or {})
    for record, found in iter_with_columns(records, place, columns):
        places = [photo.location for photo in list_photos([record.cells], found) if photo.location]
        photo_columns = {found.by_field.get("location"), *found.additional}
        yield TableRow(
            tuple(resolve_location(place, location) for location in places),
            {n: cell_to_text(c) for n, c in record.cells.items() if n and n not in photo_columns},
        )


def is_table(place: str | os.PathLike[str]) -> bool:
    """Return whether a feed is a table by its name, and no folder of that name.

    Example:
        >>> is_table("https://shop.example/feed.csv.gz?version=2"), is_table("examples/photos")
        (True, False)
    """
    place = _resolve_file_url(os.fspath(place))
    return reader_for(_strip_query(place)) is not None and not os.path.isdir(place)


def _strip_query(place: str) -> str:
    """Strip what may follow the name of a file in a URL."""
    return urlsplit(place).path if scheme_of(place) in WEB_SCHEMES else place


def _resolve_file_url(place: str) -> str:
    return str(location_to_path(place)) if scheme_of(place) == "file" else place


def _iter_photo_rows(place: str) -> Iterator[FeedRow]:
    return (FeedRow(number, location) for number, location in enumerate(_iter_locations(place)))


def _iter_locations(place: str) -> Iterator[str]:
    if os.path.isdir(place):
        return map(str, iter_photos_below(Path(place)))
    if stores.is_store(place):
        return _iter_store_locations(place)
    if scheme_of(place) in WEB_SCHEMES or has_photo_name(place):
        return iter((place,)) if scheme_of(place) else map(str, find_files(place))
    if os.path.isfile(place):
        raise SourceError(
            f"{place}: neither a photo nor a table; tables end in {', '.join(READER_BY_SUFFIX)}"
        )
    return map(str, find_files(place))


def _iter_store_locations(place: str) -> Iterator[str]:
    if has_photo_name(place) and "*" not in place:
        return iter((place,))
    found = stores.iter_matching_objects(place) if "*" in place else stores.iter_objects_below(place)
    return _check_not_empty(place, (location for location in found if has_photo_name(location)))


def _check_not_empty(place: str, locations: Iterator[str]) -> Iterator[str]:
    for location in locations:
        yield location
        break
    else:
        raise SourceError(f"{place}: no photo there")
    yield from locations


def _iter_table_rows(
    place: str, reader: Reader, column_by_field: Mapping[str, str] | None, fetcher: Fetcher
) -> Iterator[FeedRow]:
    records = _iter_records(place, reader, fetcher, column_by_field or {})
    number = 0
    descriptions = _Descriptions()
    for product, columns in iter_products(iter_with_columns(records, place, column_by_field)):
        for row in _iter_product_rows(place, product, columns, number):
            yield descriptions.complete(row, columns)
            number += 1
    if not number:
        raise SourceError(f"{place}: no rows")


class _Descriptions:
    """Words that one part of an export has about products whose further photos stand in another."""

    def __init__(self) -> None:
        self._by_sku: dict[str, tuple[str, str, str]] = {}

    def complete(self, row: FeedRow, columns: Columns) -> FeedRow:
        """Remember the words of a row, or add what was said of its product before."""
        platform = columns.platform
        if platform is None or not row.sku:
            return row
        if platform.described_by:
            title, description, category = self._by_sku.get(row.sku, ("", "", ""))
            return replace(
                row,
                title=row.title or title,
                description=row.description or description,
                category=row.category or category,
            )
        if is_described_elsewhere(platform.key) and len(self._by_sku) < _MAX_DESCRIPTIONS:
            words = (row.title, row.description, row.category)
            title, description, category = (text[:_MAX_DESCRIPTION_LENGTH] for text in words)
            self._by_sku[row.sku] = (title, description, category)
        return row


def _iter_product_rows(
    place: str, records: Sequence[Record], columns: Columns, first: int
) -> Iterator[FeedRow]:
    rows = [record.cells for record in records]
    photos = list_photos(rows, columns)
    tell_main_photo(place, records[0].line, photos, columns)
    facts_by_row = {row: _read_facts(rows, row, columns) for row in {photo.row for photo in photos}}
    for number, photo in enumerate(photos, start=first):
        location = resolve_location(place, photo.location)[:_MAX_KEPT_LOCATION_LENGTH]
        line = records[photo.row].line
        yield FeedRow(number, location, role=photo.role, line=line, **facts_by_row[photo.row])


def _read_facts(rows: Sequence[Cells], row: int, columns: Columns) -> dict[str, str]:
    """Read what a feed says about a photo's product: in the photo's row, else in the product's first."""
    ordered = [rows[row], *rows]
    facts = {
        name: next(filter(None, (columns.read_text(cells, name) for cells in ordered)), "")
        for name in _FACTS
    }
    product = next(filter(None, map(columns.read_product, rows)), "")
    own = next(filter(None, (columns.read_text(cells, "sku") for cells in rows)), product)
    return {**facts, "sku": own}


def _iter_records(
    place: str, reader: Reader, fetcher: Fetcher, column_by_field: Mapping[str, str]
) -> Iterator[Record]:
    with ExitStack() as stack:
        try:
            file = _open_table(place, reader, fetcher, stack)
            is_header = partial(has_photo_columns, column_by_field=column_by_field)
            yield from reader(file, place, *((is_header,) if reader in NAMED_READERS else ()))
        except PackshotError:
            raise
        except (OSError, EOFError, zlib.error) as error:
            raise SourceError(f"{place}: cannot be read: {error}") from error
        except Exception as error:
            _log.exception("reading the feed %s failed unexpectedly", place)
            raise SourceError(
                f"{place}: cannot be read, which was unexpected: {type(error).__name__}: {error}"
            ) from error


def _open_table(place: str, reader: Reader, fetcher: Fetcher, stack: ExitStack) -> BinaryIO:
    if scheme_of(place) in WEB_SCHEMES:
        file: BinaryIO = io.BytesIO(cast(bytes, fetcher.fetch_with_retries(place).content))
    elif stores.is_store(place):
        file = stack.enter_context(stores.open_object(place))
    else:
        file = stack.enter_context(regular_files.open_file(place))
    if _strip_query(place).lower().endswith(".gz"):
        return stack.enter_context(open_gzip(file, place, spool=reader in SEEKING_READERS))
    return file
