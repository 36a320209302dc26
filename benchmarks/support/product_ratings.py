"""Product photos with their ratings, split as the training splits them.

The ratings are a vision-language model's, of two blind passes, not people's: see the data folder's page.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packshot.train.datasets.product_ratings import HELD_OUT_SOURCES, Part, find_part

_HARMED_SUFFIX = "_x"


@dataclass(frozen=True)
class ProductRating:
    """A photo and what two blind passes of one rater say of it.

    Attributes:
        path: The file.
        group: The product.
        harm: What was done to it on purpose; empty for nothing.
        source: The shop or collection.
        overall: 0..100, mean of both passes, as the next two.
        technical: Sharpness, noise, compression, exposure, colour.
        presentation: Whole product, framing, background, distraction, overlays.
        named_by_both: Codes of faults that both passes name.
        named_by_any: Codes that at least one pass names.
    """

    path: Path
    group: str
    harm: str
    source: str
    overall: float
    technical: float
    presentation: float
    named_by_both: frozenset[str]
    named_by_any: frozenset[str]

    @property
    def is_validation(self) -> bool:
        """Whether neither training nor calibration sees it."""
        return find_part(self.group, self.source) is Part.VALIDATION

    @property
    def is_held_out(self) -> bool:
        """Whether the training does not see it; calibration may, which changes no order."""
        return find_part(self.group, self.source) is not Part.TRAINING

    @property
    def is_of_shop_kept_apart(self) -> bool:
        """Whether the training sees nothing of its shop."""
        return self.source in HELD_OUT_SOURCES

    @property
    def original_name(self) -> str:
        """Name of the file, without suffixes, of the photo that was harmed; its own where none was."""
        return self.path.stem.removesuffix(_HARMED_SUFFIX) if self.harm else self.path.stem


def read_product_ratings(data: Path) -> list[ProductRating]:
    """Read all rated product photos.

    Args:
        data: The data folder, with ``rated/ratings.csv`` in it.
    """
    table = data / "rated" / "ratings.csv"
    with table.open(newline="", encoding="utf-8") as file:
        return [parse_row(row, table.parent) for row in csv.DictReader(file)]


def parse_row(row: Mapping[str, str], folder: Path) -> ProductRating:
    """Make a rating of a row of the table, whose files are relative to a folder."""
    first, second = (frozenset(row[f"faults_{number}"].split()) for number in (1, 2))
    return ProductRating(
        path=folder / row["file"],
        group=row["group"],
        harm=row["harm"],
        source=row["source"],
        overall=_mean_of_passes(row, "overall"),
        technical=_mean_of_passes(row, "technical"),
        presentation=_mean_of_passes(row, "presentation"),
        named_by_both=first & second,
        named_by_any=first | second,
    )


def _mean_of_passes(row: Mapping[str, str], name: str) -> float:
    return (float(row[f"{name}_1"]) + float(row[f"{name}_2"])) / 2


def find_harmed_pairs(photos: Sequence[ProductRating]) -> list[tuple[int, int]]:
    """Find each harmed photo and its original, which must be among the photos.

    A product may have several photos: the original is the one whose file's name the harmed one has, or
    the only unharmed photo of the product.

    Returns:
        Indices of original and harmed version.
    """
    originals: dict[str, list[int]] = {}
    for number, photo in enumerate(photos):
        if not photo.harm:
            originals.setdefault(photo.group, []).append(number)
    pairs = []
    for number, photo in enumerate(photos):
        candidates = originals.get(photo.group, []) if photo.harm else []
        same_name = [one for one in candidates if photos[one].original_name == photo.original_name]
        if len(same_name or candidates) == 1:
            pairs.append(((same_name or candidates)[0], number))
    return pairs
