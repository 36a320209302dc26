"""Similarity search: vectors of photos, kept durably and searched fast; and photos that are copies."""

from packshot.search.index import VectorIndex
from packshot.search.items import Distance, Hit, IndexSettings, Item
from packshot.search.places import create_index, open_index

__all__ = ["Distance", "Hit", "IndexSettings", "Item", "VectorIndex", "create_index", "open_index"]
