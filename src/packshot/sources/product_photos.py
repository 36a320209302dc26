"""The photos of a product in their order, from the rows of a feed that are about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from packshot.sources.formats.records import Cells, Record
from packshot.sources.locations import Place
from packshot.sources.roles import ADDITIONAL, MAIN, MainPhoto

if TYPE_CHECKING:
    from packshot.sources.columns import Columns

_MAX_PRODUCT_ROWS: Final = 2000
"""Rows of one product that are held together; what follows is taken for another product. Shops allow a
few hundred variants and photos. A judgement."""

_LAST: Final = float("inf")


@dataclass(frozen=True, slots=True)
class ProductPhoto:
    """A photo of a product.

    Attributes:
        location: As it stands in the feed; empty for a photo that should be there and is not.
        role: ``main``, ``additional``, the feed's own word, or empty.
        row: Which of the product's rows names it, from 0.
        position: Among the photos of its product; None where nothing is said.
        is_own: It stands in the column of main photos, or of all.

    Example:
        >>> ProductPhoto("mug.jpg", "main").row
        0
    """

    location: str
    role: str
    row: int = 0
    position: float | None = None
    is_own: bool = False


def iter_products(rows: Iterable[tuple[Record, Columns]]) -> Iterator[tuple[list[Record], Columns]]:
    """Yield the rows of each product, where rows that follow one another may be of one product.

    Example:
        >>> from packshot.sources.columns import find_columns
        >>> columns = find_columns(["Handle", "Image Src", "Image Position"])
        >>> handles = ("mug", "mug", "bowl")
        >>> rows = [(Record(line, {"Handle": name}), columns) for line, name in enumerate(handles, 2)]
        >>> [[record.line for record in records] for records, _ in iter_products(rows)]
        [[2, 3], [4]]
    """
    records: list[Record] = []
    product = ""
    columns: Columns | None = None
    for record, record_columns in rows:
        if not record_columns.groups_rows:
            yield from [(records, columns)] if records and columns is not None else []
            records = []
            yield [record], record_columns
            continue
        own = record_columns.read_product(record.cells)
        continues = record_columns.continues_product(record.cells) or (own == product and own != "")
        if columns is record_columns and continues and 0 < len(records) < _MAX_PRODUCT_ROWS:
            records.append(record)
            continue
        if records and columns is not None:
            yield records, columns
        records, product, columns = [record], own, record_columns
    if records and columns is not None:
        yield records, columns


def list_photos(rows: Sequence[Cells], columns: Columns) -> list[ProductPhoto]:
    """List the photos of a product, each once, the main one first; at least one, or one without a place.

    Positions decide the order where there are any. Rows without a photo that are about a product with
    photos name none, where the export has such rows; elsewhere each is a photo that is missing.

    Args:
        rows: Of one product.
        columns: What they hold.

    Example:
        >>> from packshot.sources.columns import find_columns
        >>> columns = find_columns(["sku", "image", "position"])
        >>> rows = [{"image": "back.jpg", "position": 2}, {"image": "mug.jpg", "position": 1}]
        >>> [(photo.location, photo.role, photo.row) for photo in list_photos(rows, columns)]
        [('mug.jpg', 'main', 1), ('back.jpg', 'additional', 0)]
    """
    photos = [photo for row, cells in enumerate(rows) for photo in _read_row(cells, row, columns)]
    named = [photo for photo in photos if photo.location]
    if not named:
        return [replace(photos[0], role=photos[0].role or _role_of_missing(columns))]
    is_main_missing = columns.main_photo is MainPhoto.COLUMN and not any(one.is_own for one in named)
    missing = [ProductPhoto("", MAIN, named[0].row)] if is_main_missing else []
    empty = [] if columns.platform is not None else [photo for photo in photos if not photo.location]
    return [*missing, *_assign_roles(_order(_drop_repeated(named)), columns, is_main_missing), *empty]


def _read_row(cells: Cells, row: int, columns: Columns) -> list[ProductPhoto]:
    """Read the photos of a row; one without a place where it has none."""
    role, position = columns.read_role(cells), columns.read_position(cells)
    own = [
        _make_photo(place, ADDITIONAL if number and role else role, row, position, is_own=True)
        for number, place in enumerate(columns.read_main(cells))
    ]
    further = [_make_photo(place, "", row, None) for place in columns.read_additional(cells)]
    return [*own, *further] or [ProductPhoto("", role, row)]


def _make_photo(
    place: Place, role: str, row: int, position: float | None, *, is_own: bool = False
) -> ProductPhoto:
    if place.is_main is not None:
        role = MAIN if place.is_main else ADDITIONAL
    own_position = position if place.position is None else place.position
    return ProductPhoto(place.location, role, row, own_position, is_own)


def _role_of_missing(columns: Columns) -> str:
    return "" if columns.main_photo in (MainPhoto.UNSAID, MainPhoto.NONE) else MAIN


def _drop_repeated(photos: Iterable[ProductPhoto]) -> list[ProductPhoto]:
    """Keep each photo once, with all that its rows say of it."""
    kept: dict[str, ProductPhoto] = {}
    for photo in photos:
        known = kept.setdefault(photo.location, photo)
        positions = [p for p in (known.position, photo.position) if p is not None]
        kept[photo.location] = replace(
            known,
            role=MAIN if MAIN in (known.role, photo.role) else known.role or photo.role,
            position=min(positions, default=None),
            is_own=known.is_own or photo.is_own,
        )
    return list(kept.values())


def _order(photos: list[ProductPhoto]) -> list[ProductPhoto]:
    """Put photos in order: the one that is called main, then by position; else as they stand."""

    def find_rank(photo: ProductPhoto) -> tuple[bool, float]:
        return photo.role != MAIN, _LAST if photo.position is None else photo.position

    return sorted(photos, key=find_rank)


def _assign_roles(
    photos: list[ProductPhoto], columns: Columns, is_main_missing: bool
) -> list[ProductPhoto]:
    first, *others = photos
    role = ADDITIONAL if is_main_missing else _find_first_role(first, others, columns)
    return [
        replace(first, role=first.role or role),
        *(replace(photo, role=photo.role or ADDITIONAL) for photo in others),
    ]


def _find_first_role(first: ProductPhoto, others: list[ProductPhoto], columns: Columns) -> str:
    """Find the role of a product's first photo, where the feed gives it none."""
    match columns.main_photo:
        case MainPhoto.COLUMN:
            return MAIN
        case MainPhoto.NONE:
            return ADDITIONAL
        case MainPhoto.UNSAID:
            return MAIN if others and not any(photo.role for photo in others) else ""
    is_later = columns.platform is None and not others and (first.position or 0) > 1
    return ADDITIONAL if is_later else MAIN
