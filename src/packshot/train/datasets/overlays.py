"""Photos with text and watermarks laid over them, so that where they lie is known.

What is printed on a product is no overlay: photos of packaging teach that, and lettering drawn
into the surface of a product, with its shading and slant, teaches it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from packshot.arrays import ByteMask, Float32Array, Pixels
from packshot.measure.planes import to_uint8
from packshot.train.datasets.lettering import Fonts, draw_logo, render_line, sample_text

OUTPUT_STRIDE: Final = 4
"""Pixels of a photo for one of the network's map, along each side."""

TEXT, WATERMARK = 0, 1
MIN_TEXT_HEIGHT: Final = 0.02
"""Height of the smallest letters that must be found, as a share of the photo's long side."""

_MIN_TRAINING_HEIGHT: Final = 0.012
"""The same of the smallest letters that are drawn: with .02 stamps of cameras were missed more often
(decision 18)."""

_MAX_TEXT_HEIGHT: Final = 0.13
"""Height of the largest letters, as a share of the photo's long side. A judgement."""


@dataclass(frozen=True, eq=False)
class OverlayExample:
    """A photo with masks of the text and watermarks over it.

    Attributes:
        pixels: (H, W, 3) uint8 RGB.
        text: (H, W) uint8, 255 in the boxes of lines of text.
        watermark: (H, W) uint8, 255 in the boxes of see-through lettering and logos.

    Example:
        >>> example = make_clean_example(np.zeros((8, 12, 3), np.uint8))
        >>> example.text.shape, bool(example.watermark.any())
        ((8, 12), False)
    """

    pixels: Pixels
    text: ByteMask
    watermark: ByteMask


def make_clean_example(pixels: Pixels) -> OverlayExample:
    """Make an example of a photo with nothing over it.

    Example:
        >>> bool(make_clean_example(np.zeros((8, 12, 3), np.uint8)).text.any())
        False
    """
    blank = np.zeros(pixels.shape[:2], np.uint8)
    return OverlayExample(pixels, blank, blank)


def add_text(
    pixels: Pixels, random: np.random.Generator, fonts: Fonts, smallest: float = MIN_TEXT_HEIGHT
) -> OverlayExample:
    """Write some lines of opaque text over a photo, on a coloured badge now and then.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        random: Of every choice.
        fonts: To write with.
        smallest: Height of the smallest letters, as a share of the long side; the largest are .13.

    Example:
        >>> photo, strokes_only = np.full((96, 128, 3), 200, np.uint8), Fonts(("none.ttf",), ())
        >>> example = add_text(photo, np.random.default_rng(21), strokes_only)
        >>> [bool(part.any()) for part in (example.pixels != photo, example.text, example.watermark)]
        [True, True, False]
    """
    painted, text_mask = pixels.copy(), np.zeros(pixels.shape[:2], np.uint8)
    side = max(pixels.shape[:2])
    for _ in range(int(random.choice([1, 2, 3], p=[0.5, 0.3, 0.2]))):
        height = side * float(np.exp(random.uniform(np.log(smallest), np.log(_MAX_TEXT_HEIGHT))))
        coverage = _limit_size(render_line(*sample_text(random, fonts), height), pixels, random)
        position = _sample_position(coverage, pixels, random)
        if cv2.countNonZero(text_mask[_to_slices(coverage, position)]):
            continue
        _paint_line(painted, coverage, position, random)
        text_mask[_to_slices(coverage, position)] = 255
    return OverlayExample(painted, text_mask, np.zeros_like(text_mask))


def add_watermark(pixels: Pixels, random: np.random.Generator, fonts: Fonts) -> OverlayExample:
    """Lay one large see-through mark over a photo, or a small one repeated all over.

    Example:
        >>> photo, strokes_only = np.full((96, 128, 3), 200, np.uint8), Fonts(("none.ttf",), ())
        >>> example = add_watermark(photo, np.random.default_rng(0), strokes_only)
        >>> bool(example.watermark.any()), bool(example.text.any())
        (True, False)
    """
    coverage, boxes = _make_watermark(pixels.shape[:2], random, fonts)
    tone = float(random.choice([255.0, 255.0, 128.0, 0.0]))
    ground = float(np.mean(pixels[coverage > 100])) if (coverage > 100).any() else 128.0
    if abs(tone - ground) < 60:  # White on white shows nothing.
        tone = 0.0 if ground > 128 else 255.0
    opacity = np.float32(random.uniform(0.18, 0.55)) * (coverage.astype(np.float32) / 255)[..., None]
    mixed = pixels * (1 - opacity) + np.float32(tone) * opacity
    return OverlayExample(np.round(mixed).astype(np.uint8), np.zeros_like(boxes), boxes)


def add_print(pixels: Pixels, random: np.random.Generator, fonts: Fonts) -> Pixels:
    """Print lettering into the surface of what is pictured: slanted, shaded, not an overlay.

    Example:
        >>> photo, strokes_only = np.full((96, 128, 3), 200, np.uint8), Fonts(("none.ttf",), ())
        >>> bool((add_print(photo, np.random.default_rng(0), strokes_only) != photo).any())
        True
    """
    height, width = pixels.shape[:2]
    middle = pixels[height // 4 : 3 * height // 4, width // 4 : 3 * width // 4]
    if middle.mean() > 235:
        return pixels
    size = max(height, width) * random.uniform(0.02, 0.1)
    coverage = _limit_size(render_line(*sample_text(random, fonts), size), middle, random)
    tall, wide = coverage.shape
    corners = np.array([[0, 0], [wide, 0], [wide, tall], [0, tall]], np.float32)
    centre = np.array([width, height]) * random.normal(0.5, 0.07, 2)
    target_corners = corners * random.uniform(0.8, 1.1, (1, 2)) + random.normal(0, 0.12, (4, 2)) * tall
    target_corners = target_corners - target_corners.mean(axis=0) + centre
    warp = cv2.getPerspectiveTransform(corners, target_corners.astype(np.float32))
    warped = cv2.warpPerspective(coverage, warp, (width, height))
    soft = cv2.GaussianBlur(warped, (0, 0), random.uniform(0.5, 1.0)).astype(np.float32) / 255
    shade = cv2.GaussianBlur(pixels, (0, 0), 3).astype(np.float32) / 255
    ink = random.uniform(0, 255, 3) * (0.35 + 0.65 * shade)
    share = (soft * random.uniform(0.6, 1))[..., None]
    return to_uint8(np.clip(pixels * (1 - share) + ink * share, 0, 255))


def _limit_size(coverage: ByteMask, pixels: Pixels, random: np.random.Generator) -> ByteMask:
    """Make a coverage smaller where it is wider or higher than the photo."""
    height, width = pixels.shape[:2]
    scale = min(
        1.0, random.uniform(0.7, 0.95) * width / coverage.shape[1], 0.5 * height / coverage.shape[0]
    )
    if scale == 1.0:
        return coverage
    size = (max(2, int(coverage.shape[1] * scale)), max(2, int(coverage.shape[0] * scale)))
    return to_uint8(cv2.resize(coverage, size, interpolation=cv2.INTER_AREA))


def _sample_position(coverage: ByteMask, pixels: Pixels, random: np.random.Generator) -> tuple[int, int]:
    """Choose left and top: near the margins more often than not."""
    spare = np.array(pixels.shape[1::-1]) - coverage.shape[1::-1]
    share = random.random(2)
    if random.random() < 0.6:
        share[1] = random.choice([random.uniform(0.01, 0.15), random.uniform(0.85, 0.99)])
    left, top = (share * np.maximum(spare, 0)).astype(int)
    return int(left), int(top)


def _to_slices(coverage: ByteMask, position: tuple[int, int]) -> tuple[slice, slice]:
    return (
        slice(position[1], position[1] + coverage.shape[0]),
        slice(position[0], position[0] + coverage.shape[1]),
    )


def _paint_line(
    painted: Pixels, coverage: ByteMask, position: tuple[int, int], random: np.random.Generator
) -> None:
    """Write one line in a colour that shows, perhaps on a badge or with an outline."""
    kind = random.random()
    colour = _sample_ink(random)
    if kind < 0.35:
        _draw_badge(painted, coverage, position, random)
    target = painted[_to_slices(coverage, position)]
    ground = target.reshape(-1, 3).mean(axis=0)
    while np.abs(colour - ground).max() < 80:
        colour = _sample_ink(random)
    if 0.35 <= kind < 0.5:
        ring = cv2.dilate(coverage, np.ones((3, 3), np.uint8)).astype(np.float32)[..., None] / 255
        target[...] = np.round(target * (1 - ring) + (255 - colour) * ring)
    share = coverage.astype(np.float32)[..., None] / 255 * random.uniform(0.85, 1)
    target[...] = np.round(target * (1 - share) + colour * share)


def _sample_ink(random: np.random.Generator) -> Float32Array:
    kind = random.random()
    if kind < 0.6:
        return np.full(3, random.choice([0.0, 20.0, 60.0, 245.0, 255.0]), np.float32)
    return random.integers(0, 256, 3).astype(np.float32)


def _draw_badge(
    painted: Pixels, coverage: ByteMask, position: tuple[int, int], random: np.random.Generator
) -> None:
    """Draw a coloured board or disc behind a line."""
    tall, wide = coverage.shape
    spare = int(tall * random.uniform(0.2, 0.6)) + 1
    colour = [int(value) for value in random.integers(0, 256, 3)]
    first = (position[0] - spare, position[1] - spare)
    second = (position[0] + wide + spare, position[1] + tall + spare)
    if random.random() < 0.75:
        cv2.rectangle(painted, first, second, colour, -1)
    else:
        centre = ((first[0] + second[0]) // 2, (first[1] + second[1]) // 2)
        cv2.ellipse(painted, centre, (wide * 3 // 4 + 2, tall + 2), 0, 0, 360, colour, -1, cv2.LINE_AA)


def _make_watermark(
    size: tuple[int, int], random: np.random.Generator, fonts: Fonts
) -> tuple[ByteMask, ByteMask]:
    """Make coverage and boxes of a watermark on a photo of a size (height, width)."""
    side = max(size)
    repeated = random.random() < 0.5
    height = side * (random.uniform(0.025, 0.06) if repeated else random.uniform(0.06, 0.2))
    mark = (
        draw_logo(random, int(2 * height))
        if random.random() < 0.2
        else render_line(*sample_text(random, fonts), height)
    )
    mark = _limit_size(mark, np.zeros((*size, 3), np.uint8), random)
    tile = np.zeros((2 * side, 2 * side), np.uint8)
    boxes = tile.copy()
    tall, wide = mark.shape
    steps = (int(tall * random.uniform(2.5, 5)), int(wide * random.uniform(1.2, 1.8)))
    starts = [(side - tall // 2, side - wide // 2)]
    if repeated:
        rows = range(0, 2 * side - tall, steps[0])
        starts = [(top, left) for top in rows for left in range(0, 2 * side - wide, steps[1])]
    for top, left in starts:
        tile[top : top + tall, left : left + wide] = mark
        boxes[top : top + tall, left : left + wide] = 255
    return _rotate(tile, boxes, size, random)


def _rotate(
    tile: ByteMask, boxes: ByteMask, size: tuple[int, int], random: np.random.Generator
) -> tuple[ByteMask, ByteMask]:
    """Return the middle of both, turned alike and moved a little."""
    side = tile.shape[0] // 2
    degrees = random.choice([0.0, float(random.uniform(15, 50)), float(-random.uniform(15, 50))])
    turn = cv2.getRotationMatrix2D((side, side), degrees, 1.0)
    turn[:, 2] += np.array([size[1], size[0]]) * random.normal(0.5, 0.08, 2) - side
    shape = (size[1], size[0])
    coverage = cv2.warpAffine(tile, turn, shape, flags=cv2.INTER_LINEAR)
    return to_uint8(coverage), to_uint8(cv2.warpAffine(boxes, turn, shape, flags=cv2.INTER_NEAREST))


@dataclass(frozen=True, eq=False)
class OverlayBatch:
    """A batch of B photos with the true maps.

    Attributes:
        pixels: (B, S, S, 3) uint8.
        maps: (B, 2, S / 4, S / 4) float32 in 0..1: text, watermark.

    Example:
        >>> batch = OverlayBatch(torch.zeros(2, 64, 64, 3, dtype=torch.uint8), torch.zeros(2, 2, 16, 16))
        >>> batch.maps.shape[-1] * OUTPUT_STRIDE
        64
    """

    pixels: Tensor
    maps: Tensor


@dataclass(frozen=True, eq=False)
class OverlayDataset(Dataset[OverlayBatch]):
    """Batch by number: the same number gives the same batch.

    Attributes:
        photos: Clean photos at the size the network sees.
        fonts: To write with.
        batch_size: Photos in a batch.
        side: Of the squares cut from photos, pixels.
        seed: Of every choice, together with the number.

    Example:
        >>> photo, strokes_only = np.full((96, 128, 3), 200, np.uint8), Fonts(("none.ttf",), ())
        >>> batch = OverlayDataset([photo], strokes_only, batch_size=1, side=64, seed=3)[0]
        >>> tuple(batch.pixels.shape), tuple(batch.maps.shape)
        ((1, 64, 64, 3), (1, 2, 16, 16))
    """

    photos: Sequence[Pixels]
    fonts: Fonts
    batch_size: int
    side: int
    seed: int

    def __getitem__(self, number: int) -> OverlayBatch:
        """The batch of a number."""
        random = np.random.default_rng((self.seed, number))
        examples = [self._make_example(random) for _ in range(self.batch_size)]
        pixels = np.stack([one.pixels for one in examples])
        maps = np.stack(
            [np.stack([_downscale_mask(one.text), _downscale_mask(one.watermark)]) for one in examples]
        )
        return OverlayBatch(torch.from_numpy(pixels), torch.from_numpy(maps))

    def _make_example(self, random: np.random.Generator) -> OverlayExample:
        """Lay overlays on the whole photo, for sizes to be those of whole photos; then cut a square."""
        photo = _resize_photo(self.photos[int(random.integers(len(self.photos)))], self.side, random)
        if random.random() < 0.33:
            photo = add_print(photo, random, self.fonts)
        kind = random.random()
        if kind < 0.38:
            example = add_text(photo, random, self.fonts, _MIN_TRAINING_HEIGHT)
        elif kind < 0.72:
            example = add_watermark(photo, random, self.fonts)
        else:
            example = make_clean_example(photo)
        square = _crop_square(example, self.side, random)
        return OverlayExample(_compress(square.pixels, random), square.text, square.watermark)


def _downscale_mask(mask: ByteMask) -> Float32Array:
    """Return a mask at the network's output size, 0..1."""
    size = (mask.shape[1] // OUTPUT_STRIDE, mask.shape[0] // OUTPUT_STRIDE)
    return to_uint8(cv2.resize(mask, size, interpolation=cv2.INTER_AREA)).astype(
        np.float32
    ) / np.float32(255)


def _resize_photo(photo: Pixels, side: int, random: np.random.Generator) -> Pixels:
    """Resize a photo to about its size, no side shorter than `side`; toned now and then."""
    scale = random.uniform(0.8, 1.2) * max(1.0, side / min(photo.shape[:2]) * 0.8)
    resized = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    padding = [max(0, side - length) for length in resized.shape[:2]]
    padded = cv2.copyMakeBorder(resized, 0, padding[0], 0, padding[1], cv2.BORDER_REPLICATE)
    gain = random.uniform(0.7, 1.05) if random.random() < 0.3 else 1.0
    return to_uint8(np.clip(padded * gain, 0, 255).astype(np.uint8))


def _crop_square(example: OverlayExample, side: int, random: np.random.Generator) -> OverlayExample:
    """Cut a square of a photo; four times of five one that some of its overlay lies in."""
    where = np.argwhere(example.text | example.watermark)
    spare = np.array(example.text.shape) - side
    corner = random.integers(spare + 1)
    if len(where) and random.random() < 0.8:
        inside = where[int(random.integers(len(where)))] - random.integers(side, size=2)
        corner = np.clip(inside, 0, spare)
    top, left = (int(value) for value in corner)
    cut = (slice(top, top + side), slice(left, left + side))
    return OverlayExample(
        *map(np.ascontiguousarray, (example.pixels[cut], example.text[cut], example.watermark[cut]))
    )


def _compress(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """Soften by shrinking and compress, as a shop would."""
    if random.random() < 0.3:
        pixels = to_uint8(cv2.GaussianBlur(pixels, (0, 0), random.uniform(0.3, 0.7)))
    quality = int(random.integers(55, 98))
    return to_uint8(
        cv2.imdecode(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 1)
    )
