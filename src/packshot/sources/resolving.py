"""Locations as they stand in a feed, made independent of where the feed lies."""

from __future__ import annotations

import os
import re
from pathlib import PureWindowsPath
from typing import Final
from urllib.parse import urljoin

from packshot.sources import stores
from packshot.sources.urls import WEB_SCHEMES, is_data_address, scheme_of

_DRIVE: Final = re.compile(r"[a-z]:[\\/]|\\\\", re.IGNORECASE)
"""The beginning of an absolute path of Windows: a drive, or another machine."""
_SHOWN_DATA_LETTERS: Final = 60
"""Letters of an address that holds a photo itself, of which a row keeps the beginning."""


def resolve_location(place: str, location: str) -> str:
    r"""Make a location as it stands in a feed independent of where the feed lies.

    Relative ones lie beside the feed. Backslashes part folders, as on Windows, unless a file has them
    in its name. An absolute path that is not there is looked for below the feed: shop systems write so
    what lies in their folder of photos.

    Args:
        place: Of the feed: a path, or an address.
        location: From a row.

    Example:
        >>> resolve_location("https://shop.example/feeds/feed.csv", r"..\photos\mug.jpg")
        'https://shop.example/photos/mug.jpg'
        >>> resolve_location("feeds/feed.csv", "//cdn.shop.example/mug.jpg")
        'https://cdn.shop.example/mug.jpg'
    """
    if is_data_address(location):
        return location[:_SHOWN_DATA_LETTERS]
    if not location or scheme_of(location):
        return location
    if location.startswith("//"):
        return f"https:{location}"
    if scheme_of(place) in WEB_SCHEMES:
        return _join_url(place, _turn_backslashes(location))
    if stores.is_store(place):
        return stores.resolve_relative(place, _turn_backslashes(location))
    return _resolve_path(os.path.dirname(place), location)


def _resolve_path(folder: str, location: str) -> str:
    path = os.path.join(folder, location)
    if os.name != "nt" and "\\" in location and not _exists(path):
        if _DRIVE.match(location):
            return location
        path = os.path.join(folder, location := _turn_backslashes(location))
    if os.path.isabs(location) and not _exists(path):
        below = os.path.join(folder, location.lstrip("/\\"))
        return below if _exists(below) else path
    return path


def _turn_backslashes(location: str) -> str:
    return PureWindowsPath(location).as_posix() if "\\" in location else location


def _exists(path: str) -> bool:
    try:
        return os.path.lexists(path)
    except ValueError:
        return False


def _join_url(place: str, location: str) -> str:
    """Join a relative URL in a table to that of the table; leave what is none, for its row to tell."""
    try:
        return urljoin(place, location)
    except ValueError:
        return location
