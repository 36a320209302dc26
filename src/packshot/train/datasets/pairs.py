"""Pairs of damaged and undamaged product photos, made as they are needed.

Batch number i is a function of the seed and i alone: a run that was stopped sees what it would
have seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from packshot.arrays import Pixels
from packshot.encode.views import to_whole_view
from packshot.enhance.network import VIEW_SIDE
from packshot.photo import Photo
from packshot.train.array_files import write_arrays
from packshot.train.datasets.damaged import Original
from packshot.train.datasets.mixes import damage_by_seed

Batch = TypeVar("Batch")

DECODED_SIDE = 512
"""Photos are shrunk to this long side, in pixels, before they are damaged."""

_VIEW_SOURCE_SIDE = 160
"""Photos for tone curves are shrunk to this long side, in pixels, and kept in memory. A judgement."""

_SEED_LIMIT = 1 << 31
"""Seeds of damage are below it."""

_CANDIDATE_SQUARES = 4
"""Squares of which the one with the most detail is taken (decision 9)."""


@dataclass(frozen=True, eq=False)
class PairBatch:
    """A batch of damaged and undamaged parts.

    Attributes:
        damaged: (B, 3, H, W) uint8 RGB parts of damaged photos.
        original: (B, 3, H, W) uint8, the same parts undamaged.
        damaged_view: (B, 3, 64, 64) uint8, the whole damaged photos, squeezed.
        original_view: (B, 3, 64, 64) uint8, likewise undamaged.

    Example:
        >>> batch = PairBatch(*(torch.zeros(2, 3, 8, 8, dtype=torch.uint8) for _ in range(4)))
        >>> tuple(batch.to(torch.device("cpu")).original.shape)
        (2, 3, 8, 8)
    """

    damaged: Tensor
    original: Tensor
    damaged_view: Tensor
    original_view: Tensor

    def to(self, device: torch.device) -> PairBatch:
        """Return the same batch on a device."""
        return PairBatch(*(getattr(self, field.name).to(device) for field in fields(self)))


class PartPairDataset(Dataset[PairBatch]):
    """Batches of squares, one from each of as many photos.

    Most of a packshot is flat, and flat squares teach little: of four random ones that with the most
    detail is taken, but in every fourth photo the first, for flat ground must be learnt to be kept. In
    every second photo light and colour stay as they were: what cannot be guessed about them drowns what
    is to be learnt about noise, blocks and edges.

    Args:
        originals: To draw from.
        batch_size: Photos in a batch.
        side: Of the squares, pixels, a multiple of 32 below the short side of most photos.
        seed: Fixes every batch.

    Example:
        >>> mug = Original(Path("examples/photos/mug.jpg"), "mug", "kitchen", "train")
        >>> batch = PartPairDataset([mug], batch_size=2, side=64, seed=0)[7]
        >>> tuple(batch.damaged.shape), bool(torch.equal(batch.damaged, batch.original))
        ((2, 3, 64, 64), False)
    """

    def __init__(self, originals: Sequence[Original], batch_size: int, side: int, seed: int) -> None:
        self.originals, self.batch_size, self.side, self.seed = originals, batch_size, side, seed
        self._decoded: dict[Path, Pixels] = {}

    def __getitem__(self, number: int) -> PairBatch:
        """Make batch `number`."""
        generator = np.random.default_rng([self.seed, number])
        chosen = generator.integers(len(self.originals), size=self.batch_size)
        numbered = enumerate(chosen)
        return _stack_pairs(
            [self._make_pair(self.originals[i], place, generator) for place, i in numbered]
        )

    def _make_pair(self, original: Original, place: int, generator: np.random.Generator) -> _Pair:
        pixels = augment(self._load_pixels(original.path), self.side, generator)
        damaged, _ = damage_by_seed(pixels, int(generator.integers(_SEED_LIMIT)), place % 2 == 0)
        part = _find_detailed_part(
            pixels, self.side, generator, 1 if place % 4 == 3 else _CANDIDATE_SQUARES
        )
        return damaged[part], pixels[part], _make_view(damaged), _make_view(pixels)

    def _load_pixels(self, path: Path) -> Pixels:
        """Return the photo, kept in memory once decoded."""
        if path not in self._decoded:
            self._decoded[path] = Photo.open(path, max_side=DECODED_SIDE).pixels
        return self._decoded[path]


class KeptPairs(Dataset[PairBatch]):
    """Batches of another data set, kept in a folder: networks that are compared see the same ones.

    Making a batch of eight takes as long as a step of training does. What is in the folder is taken as
    it is: a folder is for one data set.

    Args:
        source: Makes the batches.
        folder: Where they are kept, a file each; made if it is not there.

    Example:
        >>> mug = Original(Path("examples/photos/mug.jpg"), "mug", "kitchen", "train")
        >>> kept = KeptPairs(PartPairDataset([mug], batch_size=2, side=64, seed=0), Path("pairs"))
        >>> first, again = kept[3], kept[3]
        >>> bool(torch.equal(first.damaged, again.damaged)), Path("pairs/3.npz").exists()
        (True, True)
    """

    def __init__(self, source: Dataset[PairBatch], folder: Path) -> None:
        self.source, self.folder = source, folder

    def __getitem__(self, number: int) -> PairBatch:
        """Return batch `number`, made at its first use."""
        path = self.folder / f"{number}.npz"
        if not path.exists():
            batch = self.source[number]
            arrays = {field.name: getattr(batch, field.name).numpy() for field in fields(batch)}
            self.folder.mkdir(parents=True, exist_ok=True)
            write_arrays(arrays, path)
        with np.load(path) as kept:
            return PairBatch(*(torch.from_numpy(kept[field.name]) for field in fields(PairBatch)))


class ViewPairDataset(Dataset[PairBatch]):
    """Batches of whole photos, made small before they are damaged: all that tone curves need.

    Args:
        originals: To draw from; all are kept in memory, small.
        batch_size: Photos in a batch.
        seed: Fixes every batch.

    Example:
        >>> mug = Original(Path("examples/photos/mug.jpg"), "mug", "kitchen", "train")
        >>> tuple(ViewPairDataset([mug], batch_size=4, seed=0)[0].damaged_view.shape)
        (4, 3, 64, 64)
    """

    def __init__(self, originals: Sequence[Original], batch_size: int, seed: int) -> None:
        self.photos = [Photo.open(one.path, max_side=_VIEW_SOURCE_SIDE).pixels for one in originals]
        self.batch_size, self.seed = batch_size, seed

    def __getitem__(self, number: int) -> PairBatch:
        """Make batch `number`; its parts are the views themselves."""
        generator = np.random.default_rng([self.seed, number])
        chosen = generator.integers(len(self.photos), size=self.batch_size)
        return _stack_pairs([self._make_pair(self.photos[i], generator) for i in chosen])

    def _make_pair(self, photo: Pixels, generator: np.random.Generator) -> _Pair:
        pixels = augment(photo, VIEW_SIDE, generator)
        damaged = _make_view(damage_by_seed(pixels, int(generator.integers(_SEED_LIMIT)))[0])
        original = _make_view(pixels)
        return damaged, original, damaged, original


_Pair = tuple[Pixels, Pixels, Pixels, Pixels]
_Part = tuple[slice, slice]


def iter_batches(dataset: Dataset[Batch], first: int, last: int, workers: int) -> Iterator[Batch]:
    """Yield batches `first` to `last` - 1, made in other processes.

    Args:
        dataset: Makes them.
        first: Number of the first.
        last: Number after the last.
        workers: Processes; 0 makes them here.

    Example:
        >>> class Squares(Dataset):
        ...     def __getitem__(self, number):
        ...         return number**2
        >>> list(iter_batches(Squares(), 2, 5, workers=0))
        [4, 9, 16]
    """
    prefetched = 4 if workers else None
    context = "spawn" if workers else None
    return iter(
        DataLoader(
            dataset,
            batch_size=None,
            sampler=range(first, last),
            num_workers=workers,
            prefetch_factor=prefetched,
            multiprocessing_context=context,
            worker_init_fn=_use_one_thread,
        )
    )


def augment(pixels: Pixels, side: int, generator: np.random.Generator) -> Pixels:
    """Change a product's photo: mirrored, cut, smaller, in another hue; neutral colours stay.

    Args:
        pixels: (H, W, 3) uint8.
        side: No side becomes shorter; shorter photos are enlarged first.
        generator: Of every choice.

    Example:
        >>> photo = np.full((200, 300, 3), 90, np.uint8)
        >>> changed = augment(photo, 128, np.random.default_rng(0))
        >>> min(changed.shape[:2]) >= 128, bool((changed == 90).all())
        (True, True)
    """
    pixels = _resize(pixels, max(1.0, side / min(pixels.shape[:2])))
    for change, chance in _AUGMENTATIONS:
        if generator.random() < chance:
            pixels = change(pixels, side, generator)
    return np.ascontiguousarray(pixels)


def _mirror(pixels: Pixels, side: int, generator: np.random.Generator) -> Pixels:
    return pixels[:, ::-1]


def _crop(pixels: Pixels, side: int, generator: np.random.Generator) -> Pixels:
    """Cut a part of at least 60 % of each side."""
    sizes = [max(side, round(full * generator.uniform(0.6, 1))) for full in pixels.shape[:2]]
    top, left = (int(generator.integers(f - s + 1)) for f, s in zip(pixels.shape, sizes, strict=False))
    return pixels[top : top + sizes[0], left : left + sizes[1]]


def _shrink(pixels: Pixels, side: int, generator: np.random.Generator) -> Pixels:
    """Shrink down to half the size, which also hides the traces of the file's own compression."""
    return _resize(pixels, max(side / min(pixels.shape[:2]), generator.uniform(0.5, 1)))


def _shift_hue(pixels: Pixels, side: int, generator: np.random.Generator) -> Pixels:
    hsv = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2HSV)
    hsv[..., 0] = (hsv[..., 0].astype(np.int32) + int(generator.integers(180))) % 180
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB), np.uint8)


_Augmentation = Callable[[Pixels, int, np.random.Generator], Pixels]
_AUGMENTATIONS: tuple[tuple[_Augmentation, float], ...] = (
    (_mirror, 0.5),
    (_crop, 0.5),
    (_shrink, 0.5),
    (_shift_hue, 0.3),
)
"""With the probability of each, 0..1. A judgement."""


def _find_detailed_part(
    pixels: Pixels, side: int, generator: np.random.Generator, squares: int
) -> _Part:
    """Return, of so many random squares, the one with the most detail."""
    corners = generator.integers([full - side + 1 for full in pixels.shape[:2]], size=(squares, 2))
    parts = [(slice(top, top + side), slice(left, left + side)) for top, left in corners.tolist()]
    return max(parts, key=lambda part: _measure_detail(pixels[part]))


def _measure_detail(part: Pixels) -> float:
    """Compute the mean absolute difference of luma from its 9 x 9 mean, grey levels."""
    luma = cv2.cvtColor(np.ascontiguousarray(part), cv2.COLOR_RGB2GRAY).astype(np.float32)
    return float(np.abs(luma - cv2.blur(luma, (9, 9))).mean())


def _resize(pixels: Pixels, factor: float) -> Pixels:
    if factor == 1:
        return pixels
    height, width = (max(1, int(np.ceil(factor * full))) for full in pixels.shape[:2])
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    source = np.ascontiguousarray(pixels)
    return np.asarray(cv2.resize(source, (width, height), interpolation=method), np.uint8)


def _make_view(pixels: Pixels) -> Pixels:
    return to_whole_view(pixels, VIEW_SIDE)


def _stack_pairs(pairs: list[_Pair]) -> PairBatch:
    columns = zip(*pairs, strict=True)
    return PairBatch(*(torch.from_numpy(np.stack(c).transpose(0, 3, 1, 2).copy()) for c in columns))


def _use_one_thread(worker: int) -> None:
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
