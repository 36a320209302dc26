"""Names of columns brought into one form; those that are known are in ``column_names.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from packshot.sources.invisible import strip_invisible

_QUALIFIERS: Final = re.compile(r"\[[^\]]*=[^\]]*\]|#\d+(?:\.(?:value|media_location))?")
"""What Amazon's listings templates add to the name of an attribute: marketplace, language, number."""

_LOCALE: Final = re.compile(r"-[a-z]{2,3}_[A-Z]{2}(?:-\w+)?$|\([a-z]{2}-[a-z]{2}\)$")
"""What Akeneo and OpenCart add: the language, and the channel."""

_WORD_BORDER: Final = re.compile(
    r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z](?!\b)(?!$))(?![A-Z]s(?![a-z]))"
)
_PHOTO_WORD: Final = r"(?:product_)?(?:image|photo|picture|bild|foto|画像|图片)s?"
_ADDITIONAL: Final = re.compile(
    rf"(?:additional|other|extra|more|alternate|alternative|secondary|gallery|weitere|zusatz|secondaire)s?_"
    rf"{_PHOTO_WORD}(?:_(?:link|url|src|path|file)s?)?(?:_?\d+)?"
    rf"|product_secondary_image(?:_url)?s?(?:_?\d+)?"
    rf"|{_PHOTO_WORD}(?:_(?:link|url|src|path|file))?_?\d+"
    rf"|{_PHOTO_WORD}_?\d+_(?:link|url|src|path|file)"
)
_NUMBERED: Final = re.compile(r"\D*(\d+)\D*")


@dataclass(frozen=True)
class ColumnNames:
    """Names of columns that are known.

    Attributes:
        by_field: Of each field, the best first.
        galleries: Of columns with all photos of a product.
        main: Of columns with the main photo alone.

    Example:
        >>> names = load_column_names()
        >>> names.by_field["split"], "base_image" in names.main
        (('split', 'subset', 'partition', '划分'), True)
    """

    by_field: Mapping[str, Sequence[str]]
    galleries: frozenset[str]
    main: frozenset[str]


@cache
def load_column_names() -> ColumnNames:
    """Read the names that are known.

    Example:
        >>> load_column_names().by_field["location"][0]
        'image_link'
    """
    table = read_table("column_names.toml")
    return ColumnNames(
        {field: tuple(names.split()) for field, names in table["fields"].items()},
        frozenset(table["photos"]["galleries"].split()),
        frozenset(table["photos"]["main"].split()),
    )


def read_table(name: str) -> dict[str, Any]:
    """Read a TOML file beside this module.

    Example:
        >>> sorted(read_table("column_names.toml"))
        ['fields', 'photos']
    """
    return tomllib.loads(files("packshot.sources").joinpath(name).read_text(encoding="utf-8"))


@cache
def normalise_column_name(name: str) -> str:
    """Normalise a column's name: without case, spaces, marks, and what programs add to it.

    That is the ``g:`` of Google's feeds, the marketplace of Amazon's, the language of Akeneo's and
    OpenCart's; words that begin with a capital are parted.

    Example:
        >>> [normalise_column_name(name) for name in ("g:Image Link", "mainImageUrl", "name-en_US-shop")]
        ['image_link', 'main_image_url', 'name']
        >>> normalise_column_name("main_product_image_locator[marketplace_id=A1]#1.media_location")
        'main_product_image_locator'
    """
    plain = _LOCALE.sub("", _QUALIFIERS.sub("", strip_invisible(name)))
    words = _WORD_BORDER.sub("_", plain).casefold()
    return re.sub(r"[\W_]+", "_", words).strip("_").removeprefix("g_")


def is_additional_column(normal_name: str) -> bool:
    """Return whether a column holds further photos, by its normalised name.

    Example:
        >>> [is_additional_column(name) for name in ("other_image_url_2", "image3", "image_alt_text")]
        [True, True, False]
    """
    return _ADDITIONAL.fullmatch(normal_name) is not None


def number_of_column(normal_name: str) -> int:
    """Return the number in a column's name; 0 where there is none, or more than one.

    Example:
        >>> number_of_column("image_12_url"), number_of_column("image")
        (12, 0)
    """
    found = _NUMBERED.fullmatch(normal_name)
    return int(found[1][:9]) if found else 0
