"""The roles of photos among those of a product, and how feeds tell the main one."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

MAIN: Final = "main"
ADDITIONAL: Final = "additional"


class MainPhoto(StrEnum):
    """How a feed tells which photo of a product is the main one.

    Example:
        >>> from packshot.sources.columns import find_columns
        >>> find_columns(["sku", "image_link"]).main_photo.value, find_columns(["path"]).main_photo.value
        ('column', 'unsaid')
    """

    COLUMN = "column"
    """A column has the main photos; where it is empty a product has none."""

    FIRST = "first"
    """The first one, as the format is documented, or as the numbers beside the photos say."""

    UNSAID = "unsaid"
    """It does not say; of several in a cell the first is taken, and that is told."""

    NONE = "none"
    """It names further photos alone."""
