"""Locations of photos in a cell: one or several, with what the cell says of each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from packshot.sources.column_names import normalise_column_name
from packshot.sources.folders import has_photo_name, is_photo_location
from packshot.sources.formats.records import LinkedText, cell_to_text
from packshot.sources.invisible import drop_hidden, strip_invisible

_ADDRESS: Final = re.compile(r"(?:[a-z][a-z0-9+.-]{1,40}:)?//|data:", re.IGNORECASE)
"""The beginning of an address: with a scheme, or without one, as pages have it."""

_BETWEEN: Final = re.compile(r"(\s*[,;|\n\r\t]+\s*|\s+(?=[a-z][a-z0-9+.-]{1,40}://|//))", re.IGNORECASE)
"""What may stand between two locations; whether it does, what follows tells."""

_MARKS: Final = '"', "'", "<>", "()", "[]"
_ADDRESS_IN_FORMULA: Final = re.compile(
    r'=\s*(?:_xlfn\.)?(?:IMAGE|HYPERLINK)\(\s*"([^"]+)"', re.IGNORECASE
)
_SOURCE_IN_TAG: Final = re.compile(r"""<img\b[^>]*?\bsrc\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)
_NOTE_OF_PHOTO: Final = re.compile(
    r"\s+!\s+(?:alt|title|desc|caption)\s*:.*$", re.IGNORECASE | re.DOTALL
)
"""What some exporters of WooCommerce write behind an address."""

_MAX_JSON_LETTERS: Final = 65_536
_LOCATION_KEYS: Final = (
    "url", "src", "source", "location", "href", "link", "media_path", "original", "path", "image_url",
    "image", "file", "filename", "uri", "preview",
)  # fmt: skip
_POSITION_KEYS: Final = (
    "position",
    "sort_order",
    "media_sort_key",
    "sort_key",
    "rank",
    "order",
    "sort",
    "ordering",
)
_MAIN_KEYS: Final = (
    "is_main",
    "main",
    "is_thumbnail",
    "is_primary",
    "primary",
    "featured",
    "cover",
    "default",
)
_NO_PHOTO: Final = re.compile(r"video|document|datasheet|manual|pdf|audio|3d|model", re.IGNORECASE)
_YES: Final = frozenset({"true", "yes", "1", "y", "x", "on", "是", "ja", "oui", "sí", "si", "tak"})
_NO: Final = frozenset({"false", "no", "0", "n", "off", "否", "nein", "non", "nie"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a photo is, as a cell says it.

    Attributes:
        location: As it stands there, without what nobody sees.
        position: Among the photos of its product; None where nothing is said.
        is_main: It is the main photo; None where nothing is said.

    Example:
        >>> Place("mug.jpg", position=1.0)
        Place(location='mug.jpg', position=1.0, is_main=None)
    """

    location: str
    position: float | None = None
    is_main: bool | None = None


def read_places(value: object, *, split: bool = True) -> list[Place]:
    """Read the locations in a cell, each as it stands there.

    A text is cut where another location begins: at a comma, semicolon, bar or line end, or at a space
    before an address; never within an address, which may have any of these.

    Args:
        value: A text, a list of texts, or objects that describe photos.
        split: The cell holds several as a rule: cut also what is no address and has no name of a photo.

    Example:
        >>> text = "https://shop.example/w_9,h_9/a.jpg,https://shop.example/b.jpg"
        >>> [place.location for place in read_places(text)]
        ['https://shop.example/w_9,h_9/a.jpg', 'https://shop.example/b.jpg']
        >>> read_places([{"src": "b.jpg", "position": 2}])
        [Place(location='b.jpg', position=2.0, is_main=None)]
    """
    if isinstance(value, Mapping):
        return list(_read_object(value))
    if isinstance(value, list | tuple):
        return [place for entry in value for place in _read_entry(entry)]
    if isinstance(value, LinkedText) and not is_photo_location(strip_invisible(value)):
        return [Place(value.target)]
    text = cell_to_text(value)
    if text.startswith(("[", "{")) and (described := _parse_json(text)) is not None:
        return read_places(described)
    return [Place(location) for location in map(_clean, _split(text, split)) if location]


def parse_yes_no(text: str) -> bool | None:
    """Parse a word that says yes or no; None for any other.

    Example:
        >>> [parse_yes_no(word) for word in ("Y", "false", "front")]
        [True, False, None]
    """
    word = text.strip().casefold()
    return True if word in _YES else False if word in _NO else None


def parse_position(text: str) -> float | None:
    """Parse a position; None where a cell holds none.

    Example:
        >>> parse_position("2"), parse_position("first")
        (2.0, None)
    """
    try:
        position = float(text)
    except ValueError:
        return None
    return position if abs(position) < float("inf") else None


def _read_entry(entry: object) -> Iterator[Place]:
    if isinstance(entry, Mapping):
        yield from _read_object(entry)
    elif location := _clean(cell_to_text(entry)):
        yield Place(location)


def _read_object(described: Mapping[object, object]) -> Iterator[Place]:
    """Read the description of a photo, if it is one."""
    by_name = {normalise_column_name(str(key)): value for key, value in described.items()}
    kind = cell_to_text(by_name.get("type") or by_name.get("media_type") or by_name.get("mime_type"))
    if _NO_PHOTO.search(kind):
        return
    location = next((by_name[key] for key in _LOCATION_KEYS if by_name.get(key)), None)
    if isinstance(location, Mapping):
        yield from _read_object(location)
    elif text := _clean(cell_to_text(location)):
        position = next((by_name[key] for key in _POSITION_KEYS if by_name.get(key) is not None), None)
        flag = next((by_name[key] for key in _MAIN_KEYS if by_name.get(key) is not None), None)
        yield Place(text, parse_position(cell_to_text(position)), parse_yes_no(cell_to_text(flag)))


def _parse_json(text: str) -> object | None:
    """Parse a list or an object that an export wrote into a cell; None for what is none."""
    if len(text) > _MAX_JSON_LETTERS:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, list | dict) else None


def _clean(text: str) -> str:
    """Take a location out of what stands around it: spaces, marks, a formula, a tag."""
    text = _NOTE_OF_PHOTO.sub("", strip_invisible(text))
    wrapped = _ADDRESS_IN_FORMULA.match(text) or _SOURCE_IN_TAG.match(text)
    text = wrapped[1] if wrapped else text
    for marks in _MARKS:
        if len(text) > 1 and text[0] == marks[0] and text[-1] == marks[-1]:
            text = strip_invisible(text[1:-1])
    return drop_hidden(text) if _ADDRESS.match(text) else text


def _split(text: str, split: bool) -> list[str]:
    if _ADDRESS_IN_FORMULA.match(text) or _SOURCE_IN_TAG.match(text):
        return [text]
    pieces = _BETWEEN.split(text)
    if len(pieces) == 1:
        return [text]
    if not any(is_photo_location(piece) or _ADDRESS.match(piece) for piece in pieces[::2]):
        return pieces[::2] if split else [text]
    return _join(pieces, split)


def _join(pieces: list[str], split: bool) -> list[str]:
    """Put together again what was cut within a location; separators lie between the pieces."""
    found = [pieces[0]]
    for between, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        if not piece.strip():
            continue
        if not found[-1].strip() or _begins_another(found[-1], between, piece, split):
            found.append(piece)
        else:
            found[-1] += between + piece
    return found


def _begins_another(before: str, between: str, piece: str, split: bool) -> bool:
    """Return whether a piece begins another location than that before it.

    A relative one may follow an address in a gallery, or after a space: both are whole names of photos.
    """
    before = before.strip().strip("\"'<")
    piece = piece.strip().strip("\"'<")
    if _ADDRESS.match(piece) or "\n" in between:
        return True
    if before.lower().startswith("data:"):
        return False
    if _ADDRESS.match(before):
        is_spaced = between != between.strip()
        end = before.partition("?")[0] if is_spaced else before
        return (split or is_spaced) and has_photo_name(end) and has_photo_name(piece)
    return has_photo_name(before)
