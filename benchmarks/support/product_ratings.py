"""Product photos with their ratings, split as the training splits them.

The ratings are a vision-language model's, of two blind passes, not people's: see the data folder's page.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from packshot.train.datasets import product_ratings
from packshot.train.datasets.product_ratings import FAULTS, HELD_OUT_SOURCES, Part

_HARMED_SUFFIX = "_x"


class ProductRating(product_ratings.ProductRating):
    """A rated photo, as benchmarks ask about it."""

    @property
    def overall(self) -> float:
        """0..100, mean of both passes, as the next two."""
        return float(self.ratings[0])

    @property
    def technical(self) -> float:
        """Sharpness, noise, compression, exposure, colour."""
        return float(self.ratings[1])

    @property
    def presentation(self) -> float:
        """Whole product, framing, background, distraction, overlays."""
        return float(self.ratings[2])

    @property
    def named_by_both(self) -> frozenset[str]:
        """Codes of faults that both passes name."""
        return frozenset(code for code, share in zip(FAULTS, self.faults, strict=True) if share == 1)

    @property
    def named_by_any(self) -> frozenset[str]:
        """Codes that at least one pass names."""
        return frozenset(code for code, share in zip(FAULTS, self.faults, strict=True) if share > 0)

    @property
    def is_validation(self) -> bool:
        """Whether neither training nor calibration sees it."""
        return self.part is Part.VALIDATION

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
    return [ProductRating(**vars(one)) for one in product_ratings.read_product_ratings(table)]


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
