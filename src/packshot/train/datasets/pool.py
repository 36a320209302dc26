"""A pool of unrated photos for a student network: harmed products, products staged anew, and others.

None has a rating: a teacher that learnt from rated photos says what each would get.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Pixels
from packshot.errors import InvalidInput, UnreadablePhoto
from packshot.files import atomic_write_bytes
from packshot.photo import Photo
from packshot.train.datasets.cutouts import extract_cutout
from packshot.train.datasets.drawn import draw_picture
from packshot.train.datasets.harms import harm
from packshot.train.datasets.lettering import Fonts
from packshot.train.datasets.product_ratings import ProductRating
from packshot.train.datasets.staged import stage_product

SIDE: Final = 640
"""Pixels of the long side that photos are shrunk to before they are harmed. A judgement."""

VERSIONS: Final = 3
"""Harmed versions of each rated original."""

DRAWINGS: Final = 600
"""Pictures that are no photos of products; every fifth is drawn after a photo."""

STAGINGS: Final = 8
"""Times that each rated original that can be cut out is staged anew."""

JPEG_QUALITY: Final = 96
"""Of the files: high, so that what they suffer is the harm."""

SEED: Final = 5
"""Of the harm; the number of the photo goes with it."""

_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp"})
_CHUNK: Final = 40
"""Photos given to a process at a time. A judgement."""


@dataclass(frozen=True)
class ExtraFolder:
    """A folder of more photos of products, in it or in folders in it.

    Attributes:
        path: The folder.
        count: So many at most, chosen by chance.

    Example:
        >>> ExtraFolder.parse("data/clothes:2300")
        ExtraFolder(path=PosixPath('data/clothes'), count=2300)
    """

    path: Path
    count: int

    @classmethod
    def parse(cls, text: str) -> ExtraFolder:
        """Read ``FOLDER:COUNT``.

        Raises:
            InvalidInput: It is something else.
        """
        folder, _, count = text.rpartition(":")
        if not folder or not count.isdecimal():
            raise InvalidInput(f"{text}: expected a folder and a number of photos, FOLDER:COUNT")
        return cls(Path(folder), int(count))


@dataclass(frozen=True)
class PoolPhoto:
    """A photo of the pool that is to be made.

    Attributes:
        path: What it is made of.
        number: Its number, and so its name.
        harms: How often it is harmed: 0, 1 or 2 times.
        scene: Photo whose ground it may be staged on; None where it stays where it is.

    Example:
        >>> PoolPhoto(Path("mug.jpg"), 7, harms=2).file_name
        '00007.jpg'
    """

    path: Path
    number: int
    harms: int
    scene: Path | None = None

    @property
    def file_name(self) -> str:
        """Name of its file in the folder of the pool."""
        return f"{self.number:05d}.jpg"


def plan_pool(rated: Sequence[ProductRating], extra: Sequence[ExtraFolder] = ()) -> list[PoolPhoto]:
    """Plan a pool, the same for the same photos.

    Args:
        rated: Rated photos; those harmed already or held out are not harmed.
        extra: Folders of others; what is named as a rated product is left out.

    Returns:
        Three versions of each rated original, every second third one to be harmed twice; then the
        others, of which every second is to be harmed once; then rated originals staged on grounds of
        others, every second harmed once.

    Example:
        >>> rating = ProductRating(Path("mug.jpg"), "shop:mug", "", "shop", np.ones(3), np.zeros(22))
        >>> [(photo.number, photo.harms) for photo in plan_pool([rating] * 2)]
        [(0, 1), (1, 1), (2, 1), (3, 1), (4, 1), (5, 2)]
    """
    originals = [photo.path for photo in rated if not photo.harm and not photo.is_held_out]
    planned: list[PoolPhoto] = []
    for path in originals:
        for version in range(VERSIONS):
            number = len(planned)
            is_last = version == VERSIONS - 1
            planned.append(PoolPhoto(path, number, 1 + (is_last and number % 2)))
    others = choose_others(extra, {photo.group.rpartition(":")[2] for photo in rated})
    first = len(planned)
    planned += [PoolPhoto(path, number, number % 2) for number, path in enumerate(others, first)]
    return planned + _plan_staged(originals, others, len(planned))


def _plan_staged(originals: Sequence[Path], others: Sequence[Path], first: int) -> list[PoolPhoto]:
    """Plan stagings of every original on the ground of another photo; none without other photos."""
    if not others:
        return []
    generator = random.Random(1)  # noqa: S311 - not for secrets
    return [
        PoolPhoto(path, number, number % 2, generator.choice(others))
        for number, path in enumerate((path for path in originals for _ in range(STAGINGS)), first)
    ]


def choose_others(extra: Iterable[ExtraFolder], known: set[str]) -> list[Path]:
    """Choose photos of other products than these, the same for the same files.

    Args:
        extra: Folders to choose from.
        known: Names of products, as files are named, that are left out.

    Example:
        >>> chosen = choose_others([ExtraFolder(Path("examples/photos"), count=2)], known={"mug"})
        >>> len(chosen), Path("examples/photos/mug.jpg") in chosen
        (2, False)
    """
    generator = random.Random(0)  # noqa: S311 - not for secrets
    chosen: list[Path] = []
    for folder in extra:
        files = sorted(path for path in folder.path.rglob("*") if path.suffix.lower() in _SUFFIXES)
        unknown = [path for path in files if not _names_known(path.stem, known)]
        chosen += generator.sample(unknown, min(folder.count, len(unknown)))
    return chosen


def _names_known(stem: str, known: set[str]) -> bool:
    """Return whether a file is named as a product, or as its ``_Iconic`` photo in one data set."""
    return stem in known or stem.split("_Iconic")[0] in known


def write_pool(planned: Sequence[PoolPhoto], folder: Path, fonts: Fonts, workers: int) -> list[Path]:
    """Write the photos of a pool that are not there yet.

    Args:
        planned: Which.
        folder: Where to, as JPEG; each file is whole or not there.
        fonts: To write labels with.
        workers: Processes; 0 makes them here.

    Returns:
        All files of the pool, in order; photos that cannot be read are left out, and products to be
        staged that cannot be cut out.

    Example:
        >>> photo = PoolPhoto(Path("examples/photos/mug.jpg"), 3, harms=1)
        >>> strokes_only = Fonts(("none.ttf",), ())
        >>> [path.name for path in write_pool([photo], Path("pool"), strokes_only, workers=0)]
        ['00003.jpg']
    """
    folder.mkdir(parents=True, exist_ok=True)
    make = partial(_make_photo, folder=folder, fonts=fonts)
    return [path for path in _iter_made(make, planned, workers) if path is not None]


def write_drawn(originals: Sequence[Path], folder: Path, fonts: Fonts, workers: int) -> list[Path]:
    """Write drawn pictures that are not there yet; see `packshot.train.datasets.drawn`.

    Args:
        originals: Photos of products, some of which are drawn after.
        folder: Where to, as JPEG; each file is whole or not there.
        fonts: To write with.
        workers: Processes; 0 makes them here.

    Returns:
        `DRAWINGS` files, in order, but for those after photos that cannot be read; none without photos.
    """
    folder.mkdir(parents=True, exist_ok=True)
    count = DRAWINGS if originals else 0
    planned = [PoolPhoto(originals[number % len(originals)], number, harms=0) for number in range(count)]
    make = partial(_make_drawn, folder=folder, fonts=fonts)
    return [path for path in _iter_made(make, planned, workers) if path is not None]


def _make_drawn(photo: PoolPhoto, folder: Path, fonts: Fonts) -> Path | None:
    cv2.setNumThreads(1)
    target = folder / photo.file_name
    if target.exists():
        return target
    generator = np.random.default_rng([SEED + 1, photo.number])
    try:
        original = None if photo.number % 5 else Photo.open(photo.path, max_side=SIDE).pixels
    except UnreadablePhoto:
        return None
    _write_jpeg(draw_picture(generator, fonts, original), target)
    return target


def _write_jpeg(pixels: Pixels, target: Path) -> None:
    quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    encoded = cv2.imencode(".jpg", np.ascontiguousarray(pixels[..., ::-1]), quality)[1]
    atomic_write_bytes(encoded.tobytes(), target)


def _iter_made(
    make: partial[Path | None], planned: Sequence[PoolPhoto], workers: int
) -> Iterator[Path | None]:
    if workers < 1:
        yield from map(make, planned)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(make, planned, chunksize=_CHUNK)


def _make_photo(photo: PoolPhoto, folder: Path, fonts: Fonts) -> Path | None:
    """Make one photo and return its file; None where it cannot be read or staged."""
    cv2.setNumThreads(1)
    target = folder / photo.file_name
    if target.exists():
        return target
    generator = np.random.default_rng([SEED, photo.number])
    pixels = _open_or_stage(photo, generator)
    if pixels is None:
        return None
    for _ in range(photo.harms):
        pixels = harm(pixels, generator, fonts)
    _write_jpeg(pixels, target)
    return target


def _open_or_stage(photo: PoolPhoto, generator: np.random.Generator) -> Pixels | None:
    """Open a photo, and stage its product where that is planned; None where either cannot be done."""
    try:
        pixels = Photo.open(photo.path, max_side=SIDE).pixels
        if photo.scene is None:
            return pixels
        cutout = extract_cutout(pixels, photo.path.stem)
        if cutout is None:
            return None
        return stage_product(cutout, generator, Photo.open(photo.scene, max_side=SIDE).pixels)
    except UnreadablePhoto:
        return None
