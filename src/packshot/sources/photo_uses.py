"""The uses of photos that a feed tells besides where they are: role and category."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from packshot.sources.feed import read_feed
from packshot.sources.paths import TABLE_SUFFIX


@dataclass(frozen=True)
class PhotoUse:
    """The use of a photo.

    Attributes:
        role: ``main``, or another word for further photos of a product; None where nothing is said.
        category: What the product is; None where nothing is said.

    Example:
        >>> PhotoUse(role="main")
        PhotoUse(role='main', category=None)
    """

    role: str | None = None
    category: str | None = None


def read_photo_uses(inputs: Iterable[str | os.PathLike[str]]) -> Mapping[str, PhotoUse]:
    r"""Read uses by absolute path, from those inputs that are CSV files.

    Columns are found as `packshot.sources.read_feed` finds them.

    Raises:
        SourceError: A CSV that cannot be read.

    Example:
        >>> _ = Path("feed.csv").write_text("photo,role,category\nmug.jpg,Main,Kitchen\n")
        >>> {os.path.basename(path): use for path, use in read_photo_uses(["feed.csv"]).items()}
        {'mug.jpg': PhotoUse(role='main', category='kitchen')}
    """
    uses: dict[str, PhotoUse] = {}
    for path in map(Path, inputs):
        if path.suffix.lower() == TABLE_SUFFIX and os.path.isfile(path):
            for row in read_feed(path):
                if not row.location:
                    continue
                use = PhotoUse(row.role.lower() or None, row.category.lower() or None)
                uses[os.path.abspath(row.location)] = use
    return uses
