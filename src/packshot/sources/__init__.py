"""Where photos come from: files, folders, patterns, tables, feeds, object stores, the web."""

from packshot.sources.feed import FeedRow, is_remote, read_feed
from packshot.sources.fetching import Fetched, Fetcher
from packshot.sources.folders import PHOTO_SUFFIXES
from packshot.sources.paths import Named, expand, expand_named
from packshot.sources.placements import Placement, placements
from packshot.sources.settings import Retries, WebSettings
from packshot.sources.tables import read_rows

__all__ = [
    "PHOTO_SUFFIXES",
    "FeedRow",
    "Fetched",
    "Fetcher",
    "Named",
    "Placement",
    "Retries",
    "WebSettings",
    "expand",
    "expand_named",
    "is_remote",
    "placements",
    "read_feed",
    "read_rows",
]
