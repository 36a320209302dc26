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
from packshot.encode.views import whole_view
from packshot.files import whole
from packshot.photo import Photo

Report = Callable[[str], None]
Encoder = Callable[[Pixels], Float32Array]
"""A square view to its feature map (C, h, w)."""

SEEN_SIDE = 768
"""Photos are shrunk to this long side when they are decoded."""

PLAIN, MIRRORED = 0, 1
"""The first two views; all others are random."""

_SMALLEST_CROP = 0.75
_LIGHT, _COLOUR = 0.15, 0.25


@dataclass(frozen=True)
class ViewPlan:
    """Which views of each photo are kept.

    Attributes:
        side: Of the square, pixels.
        count: Views of each photo: the plain one, its mirror image, then random crops.
        seed: Of the random ones.
    """

    side: int = 288
    count: int = 6
    seed: int = 0


def draw_view(pixels: Pixels, side: int, generator: np.random.Generator) -> Pixels:
    """A random part of a photo, mirrored or not, in slightly other light and colour, as a square.

    Args:
        pixels: (H, W, 3) RGB.
        side: Of the square.
        generator: Of the draw.

    Returns:
        (side, side, 3) RGB.
    """
    height, width = pixels.shape[:2]
    rows, columns = (np.array([height, width]) * generator.uniform(_SMALLEST_CROP, 1, 2)).astype(int)
    top, left = generator.integers(height - rows + 1), generator.integers(width - columns + 1)
    part = pixels[top : top + rows, left : left + columns]
    if generator.random() < 0.5:
        part = part[:, ::-1]
    return _relit(whole_view(np.ascontiguousarray(part), side), generator)


def _relit(view: Pixels, generator: np.random.Generator) -> Pixels:
    light = 1 + generator.uniform(-_LIGHT, _LIGHT)
    colour = 1 + generator.uniform(-_COLOUR, _COLOUR)
    grey = cv2.cvtColor(view, cv2.COLOR_RGB2GRAY)[..., None].astype(np.float32)
    relit = np.clip((grey + (view - grey) * colour) * light, 0, 255)
    return np.asarray(relit.round(), np.uint8)


def view_of(pixels: Pixels, number: int, plan: ViewPlan, photo: int) -> Pixels:
    """View `number` of photo number `photo`, (side, side, 3)."""
    if number == PLAIN:
        return whole_view(pixels, plan.side)
    if number == MIRRORED:
        return np.ascontiguousarray(whole_view(pixels, plan.side)[:, ::-1])
    generator = np.random.default_rng([plan.seed, photo, number])
    return draw_view(pixels, plan.side, generator)


def cached_maps(
    encode: Encoder, paths: Sequence[Path], plan: ViewPlan, folder: Path, report: Report
) -> list[Float16Array]:
    """Feature maps of all views; what is in the folder is not computed again.

    Args:
        encode: The backbone, as it will run.
        paths: Of N photos.
        plan: Which views.
        folder: Of this backbone, these photos and this plan.
        report: Told about progress.

    Returns:
        For each view (N, C, h, w), mapped from its file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(plan.count):
        path = folder / f"view{number}.npy"
        if not path.exists():
            _write_view(encode, paths, plan, number, path)
            report(f"view {number + 1} of {plan.count}")
    return [np.load(folder / f"view{number}.npy", mmap_mode="r") for number in range(plan.count)]


def _write_view(encode: Encoder, paths: Sequence[Path], plan: ViewPlan, number: int, path: Path) -> None:
    opened = (Photo.open(file, max_side=SEEN_SIDE).pixels for file in paths)
    maps = [encode(view_of(pixels, number, plan, photo)) for photo, pixels in enumerate(opened)]
    with whole(path) as draft, draft.open("wb") as file:
        np.save(file, np.stack(maps).astype(np.float16))
