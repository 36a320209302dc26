"""The sources of photos: files, folders, patterns, tables, feeds, object stores, the web."""

from packshot.sources.feed import FeedRow, is_table, read_feed
from packshot.sources.fetching import FetchedFile, Fetcher, location_to_path
from packshot.sources.folders import PHOTO_SUFFIXES, photo_name
from packshot.sources.local_copies import LocalCopies, LocalCopy
from packshot.sources.paths import NamedPhoto, expand, expand_with_names
from packshot.sources.photo_uses import PhotoUse, read_photo_uses
from packshot.sources.settings import Retries, StoreSettings, WebSettings
from packshot.sources.standard_input import STANDARD_INPUT, find_photo_file
from packshot.sources.tables import read_rows
from packshot.sources.urls import is_remote

__all__ = [
    "PHOTO_SUFFIXES",
    "STANDARD_INPUT",
    "FeedRow",
    "FetchedFile",
    "Fetcher",
    "LocalCopies",
    "LocalCopy",
    "NamedPhoto",
    "PhotoUse",
    "Retries",
    "StoreSettings",
    "WebSettings",
    "expand",
    "expand_with_names",
    "find_photo_file",
    "is_remote",
    "is_table",
    "location_to_path",
    "photo_name",
    "read_feed",
    "read_photo_uses",
    "read_rows",
]
