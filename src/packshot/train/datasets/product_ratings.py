"""Product photos rated for how well they serve as a product's main photo.

The file of ratings has a row for each photo: ``file`` (relative to the table), ``group`` (the product),
``harm`` (empty for a photo as it was), ``source`` (the shop), and of each of two blind passes
``overall``, ``technical`` and ``presentation``, 0..100, and the codes of faults, separated by spaces or
semicolons.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np

from packshot.arrays import Float32Array
from packshot.assess.atlas import ASPECTS
from packshot.errors import SourceError
from packshot.sources import read_rows
from packshot.train.datasets.hash_split import falls_in_share, hash_name

FAULTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "background-not-white": "background-not-white",
        "blur": "blurred",
        "cluttered-background": "cluttered-background",
        "colour-cast": "colour-cast",
        "compression": "jpeg-artefacts",
        "cropped-product": "cut-off",
        "low-contrast": "low-contrast",
        "motion-blur": "motion-blur",
        "noise": "noisy",
        "not-a-product": "not-a-product",
        "off-centre": "off-centre",
        "overlay-text": "overlay-text",
        "oversharpened": "over-sharpened",
        "product-too-small": "product-too-small",
        "several-products": "several-products",
        "shadow-harsh": "harsh-shadow",
        "tilted": "tilted",
        "too-bright": "too-bright",
        "too-dark": "too-dark",
        "uneven-light": "uneven-light",
        "upscaled": "upscaled",
        "watermark": "watermark",
    }
)
"""Codes of faults as the raters wrote them, and of the finding that says the same; ``other`` is left
out."""

_HELD_OUT_PERCENT: Final = 15
"""Products, of a hundred, kept for validation. A convention."""

HELD_OUT_SOURCES: Final = frozenset({"smartstore", "vendure", "vendure-ecommerce"})
"""Shops kept for validation whole, for shops differ more than photos."""


@dataclass(frozen=True, eq=False)
class ProductRating:
    """A rated product photo.

    Attributes:
        path: The photo.
        group: The product.
        harm: What was done to it on purpose; empty for nothing.
        source: The shop.
        ratings: (3,) means of both passes in the order of `ASPECTS`, 0..100.
        faults: (F,) share of the passes, 0, .5 or 1, that name each of `FAULTS`.

    Example:
        >>> rating = ProductRating(Path("mug.jpg"), "mug", "", "shop", np.ones(3), np.zeros(len(FAULTS)))
        >>> rating.is_held_out
        False
    """

    path: Path
    group: str
    harm: str
    source: str
    ratings: Float32Array
    faults: Float32Array

    @property
    def is_held_out(self) -> bool:
        """True for a photo that is not trained on."""
        return is_held_out(self.group, self.source)

    @property
    def part(self) -> Part:
        """What the photo serves for."""
        return find_part(self.group, self.source)


class Part(StrEnum):
    """What a photo serves for: to learn from, to calibrate on, or to report on.

    Example:
        >>> [part.value for part in Part]
        ['training', 'calibration', 'validation']
    """

    TRAINING = "training"
    CALIBRATION = "calibration"
    VALIDATION = "validation"


def find_part(group: str, source: str) -> Part:
    """Return the part that a product serves for; of what is held out, one half each way.

    Example:
        >>> find_part("mug", "shop").value, find_part("luma:12", "smartstore").value
        ('training', 'validation')
    """
    if not is_held_out(group, source):
        return Part.TRAINING
    return Part.CALIBRATION if hash_name(group) // 100 % 2 else Part.VALIDATION


def is_held_out(group: str, source: str) -> bool:
    """Return whether a product is not trained on: 15 in 100 products do, and three shops whole.

    Example:
        >>> is_held_out("luma:12", "smartstore"), is_held_out("mug", "shop")
        (True, False)
    """
    return falls_in_share(group, _HELD_OUT_PERCENT) or source in HELD_OUT_SOURCES


def read_product_ratings(path: Path) -> list[ProductRating]:
    r"""Read a table of rated product photos.

    Raises:
        SourceError: It cannot be read, a column is missing, or a rating is no number of 0..100.

    Example:
        >>> head = "file,group,harm,source," + ",".join(f"{a}_{n}" for a in ASPECTS for n in (1, 2))
        >>> row = "mug.jpg,mug,,shop,70,80,90,90,60,62,blur tilted,blur"
        >>> _ = Path("ratings.csv").write_text(f"{head},faults_1,faults_2\n{row}\n")
        >>> rating = read_product_ratings(Path("ratings.csv"))[0]
        >>> rating.ratings.tolist(), float(rating.faults[list(FAULTS).index("blur")])
        ([75.0, 90.0, 61.0], 1.0)
    """
    rows = read_rows(path)
    try:
        return [parse_row(row, path.parent) for row in rows]
    except (KeyError, ValueError) as error:
        raise SourceError(f"{path} is no table of rated product photos: {error}") from error


def parse_row(row: Mapping[str, str], folder: Path) -> ProductRating:
    """Make a rating of a row of the table, whose files are relative to a folder.

    Raises:
        KeyError: A column is missing.
        ValueError: A rating is no number of 0..100.

    Example:
        >>> passes = {f"{aspect}_{number}": "80" for aspect in ASPECTS for number in (1, 2)}
        >>> row = {"file": "a.jpg", "group": "a", "harm": "", "source": "shop", **passes}
        >>> parse_row(row | {"faults_1": "", "faults_2": "blur"}, Path("shop")).ratings.tolist()
        [80.0, 80.0, 80.0]
    """
    passes = [[float(row[f"{aspect}_{number}"]) for aspect in ASPECTS] for number in (1, 2)]
    ratings = np.asarray(np.mean(passes, axis=0), np.float32)
    if not ((ratings >= 0) & (ratings <= 100)).all():
        raise ValueError(f"ratings of {row['file']} are not within 0..100")
    named = [set(re.split(r"[\s;,|]+", row[f"faults_{number}"])) for number in (1, 2)]
    faults = [sum(code in codes for codes in named) / 2 for code in FAULTS]
    return ProductRating(
        path=(folder / row["file"]).resolve(),
        group=row["group"],
        harm=row["harm"],
        source=row["source"],
        ratings=ratings,
        faults=np.array(faults, np.float32),
    )
