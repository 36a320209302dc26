"""Where photos come from: files, folders, patterns, tables of paths."""

from packshot.sources.feed import FeedRow, read_feed
from packshot.sources.paths import PHOTO_SUFFIXES, Named, expand, expand_named
from packshot.sources.placements import Placement, placements
from packshot.sources.tables import read_rows

__all__ = [
    "PHOTO_SUFFIXES",
    "FeedRow",
    "Named",
    "Placement",
    "expand",
    "expand_named",
    "placements",
    "read_feed",
    "read_rows",
]
