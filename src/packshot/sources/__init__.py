"""Where photos come from: files, folders, patterns, tables, feeds, object stores, the web."""

from packshot.sources.feed import FeedRow, is_table, read_feed
from packshot.sources.fetching import Fetched, Fetcher, local_path
from packshot.sources.folders import PHOTO_SUFFIXES, photo_name
from packshot.sources.local_copies import LocalCopies, LocalCopy
from packshot.sources.paths import Named, expand, expand_named
from packshot.sources.placements import Placement, placements
from packshot.sources.settings import Retries, StoreSettings, WebSettings
from packshot.sources.standard_input import STANDARD_INPUT, find_file
from packshot.sources.tables import read_rows
from packshot.sources.urls import is_remote

__all__ = [
    "PHOTO_SUFFIXES",
    "STANDARD_INPUT",
    "FeedRow",
    "Fetched",
    "Fetcher",
    "LocalCopies",
    "LocalCopy",
    "Named",
    "Placement",
    "Retries",
    "StoreSettings",
    "WebSettings",
    "expand",
    "expand_named",
    "find_file",
    "is_remote",
    "is_table",
    "local_path",
    "photo_name",
    "placements",
    "read_feed",
    "read_rows",
]
