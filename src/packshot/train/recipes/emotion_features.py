"""Feature maps of rated photos under several views each, computed once and kept.

A backbone that stays as it is need not run again in every round: six hundred photos, seen in a few ways,
are some thousand maps. The quantised backbone runs, so that the network learns on what it will get.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from packshot.arrays import Float16Array, Float32Array, Pixels
from packshot.encode.views import to_whole_view
from packshot.photo import Photo
from packshot.train.array_files import write_array
from packshot.train.progress import Progress

Encoder = Callable[[Pixels], Float32Array]
"""A square view to its feature map (C, h, w)."""

DECODED_SIDE = 768
"""Pixels of the long side to which photos are shrunk when they are decoded: twice a view and more."""

PLAIN, MIRRORED = 0, 1
"""The first two views; all others are random."""

_SMALLEST_CROP = 0.75
"""Share of each side, 0..1, that a random view keeps at least. A judgement."""

_LIGHT_JITTER, _COLOUR_JITTER = 0.15, 0.25
"""Parts by which light and colourfulness of a random view change at most. A judgement."""


@dataclass(frozen=True)
class ViewPlan:
    """The views of each photo that are kept.

    Attributes:
        side: Of the square, pixels.
        count: Views of each photo: the plain one, its mirror image, then random crops.
        seed: Of the random ones.

    Example:
        >>> ViewPlan().side, ViewPlan(count=2).count
        (288, 2)
    """

    side: int = 288
    count: int = 6
    seed: int = 0


def sample_view(pixels: Pixels, side: int, generator: np.random.Generator) -> Pixels:
    """Cut a random part of a photo, mirrored or not, in slightly other light, as a square.

    Args:
        pixels: (H, W, 3) RGB.
        side: Of the square.
        generator: Of the draw.

    Returns:
        (side, side, 3) RGB.

    Example:
        >>> photo = np.full((60, 80, 3), 128, np.uint8)
        >>> sample_view(photo, 32, np.random.default_rng(0)).shape
        (32, 32, 3)
    """
    height, width = pixels.shape[:2]
    rows, columns = (np.array([height, width]) * generator.uniform(_SMALLEST_CROP, 1, 2)).astype(int)
    top, left = generator.integers(height - rows + 1), generator.integers(width - columns + 1)
    part = pixels[top : top + rows, left : left + columns]
    if generator.random() < 0.5:
        part = part[:, ::-1]
    return _jitter_colours(to_whole_view(np.ascontiguousarray(part), side), generator)


def _jitter_colours(view: Pixels, generator: np.random.Generator) -> Pixels:
    light = 1 + generator.uniform(-_LIGHT_JITTER, _LIGHT_JITTER)
    colour = 1 + generator.uniform(-_COLOUR_JITTER, _COLOUR_JITTER)
    grey = cv2.cvtColor(view, cv2.COLOR_RGB2GRAY)[..., None].astype(np.float32)
    relit = np.clip((grey + (view - grey) * colour) * light, 0, 255)
    return np.asarray(relit.round(), np.uint8)


def make_view(pixels: Pixels, number: int, plan: ViewPlan, photo: int) -> Pixels:
    """Make view `number` of photo number `photo`, (side, side, 3).

    Example:
        >>> photo = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
        >>> plain, mirrored = (make_view(photo, number, ViewPlan(side=32), photo=0) for number in (0, 1))
        >>> bool((plain[:, ::-1] == mirrored).all())
        True
    """
    if number == PLAIN:
        return to_whole_view(pixels, plan.side)
    if number == MIRRORED:
        return np.ascontiguousarray(to_whole_view(pixels, plan.side)[:, ::-1])
    generator = np.random.default_rng([plan.seed, photo, number])
    return sample_view(pixels, plan.side, generator)


def load_feature_maps(
    encode: Encoder, paths: Sequence[Path], plan: ViewPlan, folder: Path, progress: Progress
) -> list[Float16Array]:
    """Load feature maps of all views; what is in the folder is not computed again.

    Args:
        encode: The backbone, as it will run.
        paths: Of N photos.
        plan: Which views.
        folder: Of this backbone, these photos and this plan.
        progress: Told about progress.

    Returns:
        For each view (N, C, h, w), mapped from its file.

    Example:
        >>> encode = lambda view: view.mean(axis=(0, 1)).reshape(3, 1, 1).astype(np.float32)
        >>> paths, plan = [Path("examples/photos/mug.jpg")], ViewPlan(side=32, count=2)
        >>> maps = load_feature_maps(encode, paths, plan, Path("maps"), lambda line: None)
        >>> len(maps), maps[0].shape
        (2, (1, 3, 1, 1))
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(plan.count):
        path = folder / f"view{number}.npy"
        if not path.exists():
            _write_feature_maps(encode, paths, plan, number, path)
            progress(f"view {number + 1} of {plan.count}")
    return [np.load(folder / f"view{number}.npy", mmap_mode="r") for number in range(plan.count)]


def _write_feature_maps(
    encode: Encoder, paths: Sequence[Path], plan: ViewPlan, number: int, path: Path
) -> None:
    photos = (Photo.open(file, max_side=DECODED_SIDE).pixels for file in paths)
    maps = [encode(make_view(pixels, number, plan, photo)) for photo, pixels in enumerate(photos)]
    write_array(np.stack(maps).astype(np.float16), path)
