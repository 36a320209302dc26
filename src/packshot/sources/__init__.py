"""Where photos come from: files, folders, patterns, tables of paths."""

from packshot.sources.paths import PHOTO_SUFFIXES, expand

__all__ = ["PHOTO_SUFFIXES", "expand"]
