"""What a feed says of its photos besides where they are: the role and the category."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from packshot.sources.feed import read_feed
from packshot.sources.paths import TABLE_SUFFIX


@dataclass(frozen=True)
class Placement:
    """How a photo is used.

    Attributes:
        role: ``main``, or another word for further photos of a product; None where nothing is said.
        category: What the product is; None where nothing is said.
    """

    role: str | None = None
    category: str | None = None


def placements(inputs: Iterable[str | os.PathLike[str]]) -> Mapping[str, Placement]:
    """Placements by absolute path, from those inputs that are CSV files.

    Columns are found as `packshot.sources.read_feed` finds them.

    Raises:
        SourceError: A CSV that cannot be read.
    """
    found: dict[str, Placement] = {}
    for given in map(Path, inputs):
        if given.suffix.lower() == TABLE_SUFFIX and os.path.isfile(given):
            for row in read_feed(given):
                if not row.location:
                    continue
                placed = Placement(row.role.lower() or None, row.category.lower() or None)
                found[os.path.abspath(row.location)] = placed
    return found
