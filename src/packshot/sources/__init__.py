"""Where photos come from: files, folders, patterns, tables of paths."""

from packshot.sources.paths import PHOTO_SUFFIXES, expand
from packshot.sources.tables import read_rows

__all__ = ["PHOTO_SUFFIXES", "expand", "read_rows"]
