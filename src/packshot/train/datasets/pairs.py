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
from packshot.encode.views import whole_view
from packshot.enhance.network import VIEW_SIDE
from packshot.photo import Photo
from packshot.train.datasets.damaged import Original
from packshot.train.datasets.mixes import damaged_by_seed

Batch = TypeVar("Batch")

SEEN_SIDE = 512
"""Photos are shrunk to this long side, in pixels, before they are damaged."""

_VIEWED_SIDE = 160
_SEEDS = 1 << 31
_SQUARES = 4


@dataclass(frozen=True, eq=False)
class Pairs:
    """A batch.

    Attributes:
        damaged: (B, 3, H, W) uint8 RGB parts of damaged photos.
        original: (B, 3, H, W) uint8, the same parts undamaged.
        damaged_view: (B, 3, 64, 64) uint8, the whole damaged photos, squeezed.
        original_view: (B, 3, 64, 64) uint8, likewise undamaged.
    """

    damaged: Tensor
    original: Tensor
    damaged_view: Tensor
    original_view: Tensor

    def to(self, device: torch.device) -> Pairs:
        """The same batch on a device."""
        return Pairs(*(getattr(self, field.name).to(device) for field in fields(self)))


class PartPairs(Dataset[Pairs]):
    """Batches of squares, one from each of as many photos.

    Most of a packshot is flat, and flat squares teach little: of four random ones that with the most
    detail is taken, but in every fourth photo the first, for flat ground must be learnt to be kept. In
    every second photo light and colour stay as they were: what cannot be guessed about them drowns what
    is to be learnt about noise, blocks and edges.

    Args:
        originals: To draw from.
        batch: Photos in a batch.
        side: Of the squares, pixels, a multiple of 32 below the short side of most photos.
        seed: Fixes every batch.
    """

    def __init__(self, originals: Sequence[Original], batch: int, side: int, seed: int) -> None:
        self.originals, self.batch, self.side, self.seed = originals, batch, side, seed
        self._decoded: dict[Path, Pixels] = {}

    def __getitem__(self, number: int) -> Pairs:
        """Batch `number`."""
        generator = np.random.default_rng([self.seed, number])
        chosen = generator.integers(len(self.originals), size=self.batch)
        every = enumerate(chosen)
        return _batch([self._pair(self.originals[i], place, generator) for place, i in every])

    def _pair(self, original: Original, place: int, generator: np.random.Generator) -> _Pair:
        pixels = varied(self._pixels(original.path), self.side, generator)
        damaged, _ = damaged_by_seed(pixels, int(generator.integers(_SEEDS)), place % 2 == 0)
        part = _rich_part(pixels, self.side, generator, 1 if place % 4 == 3 else _SQUARES)
        return damaged[part], pixels[part], _view(damaged), _view(pixels)

    def _pixels(self, path: Path) -> Pixels:
        """The photo, kept in memory once decoded."""
        if path not in self._decoded:
            self._decoded[path] = Photo.open(path, max_side=SEEN_SIDE).pixels
        return self._decoded[path]


class ViewPairs(Dataset[Pairs]):
    """Batches of whole photos, made small before they are damaged: all that tone curves need.

    Args:
        originals: To draw from; all are kept in memory, small.
        batch: Photos in a batch.
        seed: Fixes every batch.
    """

    def __init__(self, originals: Sequence[Original], batch: int, seed: int) -> None:
        self.photos = [Photo.open(one.path, max_side=_VIEWED_SIDE).pixels for one in originals]
        self.batch, self.seed = batch, seed

    def __getitem__(self, number: int) -> Pairs:
        """Batch `number`; its parts are the views themselves."""
        generator = np.random.default_rng([self.seed, number])
        chosen = generator.integers(len(self.photos), size=self.batch)
        return _batch([self._pair(self.photos[i], generator) for i in chosen])

    def _pair(self, photo: Pixels, generator: np.random.Generator) -> _Pair:
        pixels = varied(photo, VIEW_SIDE, generator)
        damaged = _view(damaged_by_seed(pixels, int(generator.integers(_SEEDS)))[0])
        original = _view(pixels)
        return damaged, original, damaged, original


_Pair = tuple[Pixels, Pixels, Pixels, Pixels]
_Part = tuple[slice, slice]


def batches(made: Dataset[Batch], first: int, last: int, workers: int) -> Iterator[Batch]:
    """Batches `first` to `last` - 1, made in other processes.

    Args:
        made: Makes them.
        first: Number of the first.
        last: Number after the last.
        workers: Processes; 0 makes them here.
    """
    prefetched = 4 if workers else None
    context = "spawn" if workers else None
    return iter(
        DataLoader(
            made,
            batch_size=None,
            sampler=range(first, last),
            num_workers=workers,
            prefetch_factor=prefetched,
            multiprocessing_context=context,
            worker_init_fn=_one_thread,
        )
    )


def varied(pixels: Pixels, side: int, generator: np.random.Generator) -> Pixels:
    """The same product otherwise: mirrored, cut, smaller, in another hue; neutral colours stay.

    Args:
        pixels: (H, W, 3) uint8.
        side: No side becomes shorter; shorter photos are enlarged first.
        generator: Of every choice.
    """
    pixels = _resized(pixels, max(1.0, side / min(pixels.shape[:2])))
    for change, chance in _CHANGES:
        if generator.random() < chance:
            pixels = change(pixels, side, generator)
    return np.ascontiguousarray(pixels)


def _mirrored(pixels: Pixels, side: int, generator: np.random.Generator) -> Pixels:
    return pixels[:, ::-1]


def _cut(pixels: Pixels, side: int, generator: np.random.Generator) -> Pixels:
    """A part of at least 60 % of each side."""
    sizes = [max(side, round(full * generator.uniform(0.6, 1))) for full in pixels.shape[:2]]
    top, left = (int(generator.integers(f - s + 1)) for f, s in zip(pixels.shape, sizes, strict=False))
    return pixels[top : top + sizes[0], left : left + sizes[1]]


def _smaller(pixels: Pixels, side: int, generator: np.random.Generator) -> Pixels:
    """Down to half the size, which also hides the traces of the file's own compression."""
    return _resized(pixels, max(side / min(pixels.shape[:2]), generator.uniform(0.5, 1)))


def _another_hue(pixels: Pixels, side: int, generator: np.random.Generator) -> Pixels:
    hsv = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2HSV)
    hsv[..., 0] = (hsv[..., 0].astype(np.int32) + int(generator.integers(180))) % 180
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB), np.uint8)


_Change = Callable[[Pixels, int, np.random.Generator], Pixels]
_CHANGES: tuple[tuple[_Change, float], ...] = (
    (_mirrored, 0.5),
    (_cut, 0.5),
    (_smaller, 0.5),
    (_another_hue, 0.3),
)


def _rich_part(pixels: Pixels, side: int, generator: np.random.Generator, squares: int) -> _Part:
    """Of so many random squares the one with the most detail."""
    corners = generator.integers([full - side + 1 for full in pixels.shape[:2]], size=(squares, 2))
    parts = [(slice(top, top + side), slice(left, left + side)) for top, left in corners.tolist()]
    return max(parts, key=lambda part: _detail(pixels[part]))


def _detail(part: Pixels) -> float:
    """Mean absolute difference of luma from its 9 x 9 mean, code values."""
    luma = cv2.cvtColor(np.ascontiguousarray(part), cv2.COLOR_RGB2GRAY).astype(np.float32)
    return float(np.abs(luma - cv2.blur(luma, (9, 9))).mean())


def _resized(pixels: Pixels, factor: float) -> Pixels:
    if factor == 1:
        return pixels
    height, width = (max(1, int(np.ceil(factor * full))) for full in pixels.shape[:2])
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    source = np.ascontiguousarray(pixels)
    return np.asarray(cv2.resize(source, (width, height), interpolation=method), np.uint8)


def _view(pixels: Pixels) -> Pixels:
    return whole_view(pixels, VIEW_SIDE)


def _batch(pairs: list[_Pair]) -> Pairs:
    columns = zip(*pairs, strict=True)
    return Pairs(*(torch.from_numpy(np.stack(c).transpose(0, 3, 1, 2).copy()) for c in columns))


def _one_thread(worker: int) -> None:
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
