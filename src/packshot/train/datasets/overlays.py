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
from packshot.measure.planes import as_bytes
from packshot.train.datasets.lettering import Fonts, line, logo, words

OUTPUT_STRIDE: Final = 4
TEXT, WATERMARK = 0, 1
SMALLEST_ASKED: Final = 0.02
"""Height of the smallest letters that must be found, as a share of the photo's long side."""

_SMALLEST_LEARNT: Final = 0.012
_LARGEST: Final = 0.13


@dataclass(frozen=True, eq=False)
class Overlaid:
    """A photo with what was laid over it.

    Attributes:
        pixels: (H, W, 3) uint8 RGB.
        text: (H, W) uint8, 255 in the boxes of lines of text.
        watermark: (H, W) uint8, 255 in the boxes of see-through lettering and logos.
    """

    pixels: Pixels
    text: ByteMask
    watermark: ByteMask


def clean(pixels: Pixels) -> Overlaid:
    """A photo with nothing over it."""
    nothing = np.zeros(pixels.shape[:2], np.uint8)
    return Overlaid(pixels, nothing, nothing)


def with_text(
    pixels: Pixels, random: np.random.Generator, fonts: Fonts, smallest: float = SMALLEST_ASKED
) -> Overlaid:
    """Some lines of opaque text over a photo, on a coloured badge now and then.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        random: Of every choice.
        fonts: To write with.
        smallest: Height of the smallest letters, as a share of the long side; the largest are .13.
    """
    painted, where = pixels.copy(), np.zeros(pixels.shape[:2], np.uint8)
    side = max(pixels.shape[:2])
    for _ in range(int(random.choice([1, 2, 3], p=[0.5, 0.3, 0.2]))):
        height = side * float(np.exp(random.uniform(np.log(smallest), np.log(_LARGEST))))
        coverage = _fitting(line(*words(random, fonts), height), pixels, random)
        place = _place(coverage, pixels, random)
        if cv2.countNonZero(where[_slots(coverage, place)]):
            continue
        _paint_line(painted, coverage, place, random)
        where[_slots(coverage, place)] = 255
    return Overlaid(painted, where, np.zeros_like(where))


def with_watermark(pixels: Pixels, random: np.random.Generator, fonts: Fonts) -> Overlaid:
    """One large see-through mark, or a small one repeated all over."""
    coverage, boxes = _pattern(pixels.shape[:2], random, fonts)
    tone = float(random.choice([255.0, 255.0, 128.0, 0.0]))
    ground = float(np.mean(pixels[coverage > 100])) if (coverage > 100).any() else 128.0
    if abs(tone - ground) < 60:  # White on white shows nothing.
        tone = 0.0 if ground > 128 else 255.0
    opacity = np.float32(random.uniform(0.18, 0.55)) * (coverage.astype(np.float32) / 255)[..., None]
    mixed = pixels * (1 - opacity) + np.float32(tone) * opacity
    return Overlaid(np.round(mixed).astype(np.uint8), np.zeros_like(boxes), boxes)


def with_print(pixels: Pixels, random: np.random.Generator, fonts: Fonts) -> Pixels:
    """Lettering in the surface of what is pictured: slanted, shaded, not an overlay."""
    height, width = pixels.shape[:2]
    middle = pixels[height // 4 : 3 * height // 4, width // 4 : 3 * width // 4]
    if middle.mean() > 235:
        return pixels
    size = max(height, width) * random.uniform(0.02, 0.1)
    coverage = _fitting(line(*words(random, fonts), size), middle, random)
    tall, wide = coverage.shape
    corners = np.array([[0, 0], [wide, 0], [wide, tall], [0, tall]], np.float32)
    centre = np.array([width, height]) * random.normal(0.5, 0.07, 2)
    bent = corners * random.uniform(0.8, 1.1, (1, 2)) + random.normal(0, 0.12, (4, 2)) * tall
    bent = bent - bent.mean(axis=0) + centre
    warp = cv2.getPerspectiveTransform(corners, bent.astype(np.float32))
    laid = cv2.warpPerspective(coverage, warp, (width, height))
    soft = cv2.GaussianBlur(laid, (0, 0), random.uniform(0.5, 1.0)).astype(np.float32) / 255
    shade = cv2.GaussianBlur(pixels, (0, 0), 3).astype(np.float32) / 255
    ink = random.uniform(0, 255, 3) * (0.35 + 0.65 * shade)
    share = (soft * random.uniform(0.6, 1))[..., None]
    return as_bytes(np.clip(pixels * (1 - share) + ink * share, 0, 255))


def _fitting(coverage: ByteMask, pixels: Pixels, random: np.random.Generator) -> ByteMask:
    """Made smaller where it is wider or higher than the photo."""
    height, width = pixels.shape[:2]
    scale = min(
        1.0, random.uniform(0.7, 0.95) * width / coverage.shape[1], 0.5 * height / coverage.shape[0]
    )
    if scale == 1.0:
        return coverage
    size = (max(2, int(coverage.shape[1] * scale)), max(2, int(coverage.shape[0] * scale)))
    return as_bytes(cv2.resize(coverage, size, interpolation=cv2.INTER_AREA))


def _place(coverage: ByteMask, pixels: Pixels, random: np.random.Generator) -> tuple[int, int]:
    """Left and top: near the margins more often than not."""
    spare = np.array(pixels.shape[1::-1]) - coverage.shape[1::-1]
    share = random.random(2)
    if random.random() < 0.6:
        share[1] = random.choice([random.uniform(0.01, 0.15), random.uniform(0.85, 0.99)])
    left, top = (share * np.maximum(spare, 0)).astype(int)
    return int(left), int(top)


def _slots(coverage: ByteMask, place: tuple[int, int]) -> tuple[slice, slice]:
    return (
        slice(place[1], place[1] + coverage.shape[0]),
        slice(place[0], place[0] + coverage.shape[1]),
    )


def _paint_line(
    painted: Pixels, coverage: ByteMask, place: tuple[int, int], random: np.random.Generator
) -> None:
    """Write one line in a colour that shows, perhaps on a badge or with an outline."""
    kind = random.random()
    colour = _ink(random)
    if kind < 0.35:
        _badge(painted, coverage, place, random)
    target = painted[_slots(coverage, place)]
    ground = target.reshape(-1, 3).mean(axis=0)
    while np.abs(colour - ground).max() < 80:
        colour = _ink(random)
    if 0.35 <= kind < 0.5:
        ring = cv2.dilate(coverage, np.ones((3, 3), np.uint8)).astype(np.float32)[..., None] / 255
        target[...] = np.round(target * (1 - ring) + (255 - colour) * ring)
    share = coverage.astype(np.float32)[..., None] / 255 * random.uniform(0.85, 1)
    target[...] = np.round(target * (1 - share) + colour * share)


def _ink(random: np.random.Generator) -> Float32Array:
    kind = random.random()
    if kind < 0.6:
        return np.full(3, random.choice([0.0, 20.0, 60.0, 245.0, 255.0]), np.float32)
    return random.integers(0, 256, 3).astype(np.float32)


def _badge(
    painted: Pixels, coverage: ByteMask, place: tuple[int, int], random: np.random.Generator
) -> None:
    """A coloured board or disc behind a line."""
    tall, wide = coverage.shape
    spare = int(tall * random.uniform(0.2, 0.6)) + 1
    colour = [int(value) for value in random.integers(0, 256, 3)]
    first = (place[0] - spare, place[1] - spare)
    second = (place[0] + wide + spare, place[1] + tall + spare)
    if random.random() < 0.75:
        cv2.rectangle(painted, first, second, colour, -1)
    else:
        centre = ((first[0] + second[0]) // 2, (first[1] + second[1]) // 2)
        cv2.ellipse(painted, centre, (wide * 3 // 4 + 2, tall + 2), 0, 0, 360, colour, -1, cv2.LINE_AA)


def _pattern(
    size: tuple[int, int], random: np.random.Generator, fonts: Fonts
) -> tuple[ByteMask, ByteMask]:
    """Coverage and boxes of a watermark on a photo of a size (height, width)."""
    side = max(size)
    repeated = random.random() < 0.5
    height = side * (random.uniform(0.025, 0.06) if repeated else random.uniform(0.06, 0.2))
    mark = (
        logo(random, int(2 * height)) if random.random() < 0.2 else line(*words(random, fonts), height)
    )
    mark = _fitting(mark, np.zeros((*size, 3), np.uint8), random)
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
    return _turned(tile, boxes, size, random)


def _turned(
    tile: ByteMask, boxes: ByteMask, size: tuple[int, int], random: np.random.Generator
) -> tuple[ByteMask, ByteMask]:
    """The middle of both, turned alike and moved a little."""
    side = tile.shape[0] // 2
    degrees = random.choice([0.0, float(random.uniform(15, 50)), float(-random.uniform(15, 50))])
    turn = cv2.getRotationMatrix2D((side, side), degrees, 1.0)
    turn[:, 2] += np.array([size[1], size[0]]) * random.normal(0.5, 0.08, 2) - side
    shape = (size[1], size[0])
    coverage = cv2.warpAffine(tile, turn, shape, flags=cv2.INTER_LINEAR)
    return as_bytes(coverage), as_bytes(cv2.warpAffine(boxes, turn, shape, flags=cv2.INTER_NEAREST))


@dataclass(frozen=True, eq=False)
class OverlayBatch:
    """B photos with what the network should say of them.

    Attributes:
        pixels: (B, S, S, 3) uint8.
        maps: (B, 2, S / 4, S / 4) float32 in 0..1: text, watermark.
    """

    pixels: Tensor
    maps: Tensor


@dataclass(frozen=True, eq=False)
class OverlayExamples(Dataset[OverlayBatch]):
    """Batch by number: the same number gives the same batch.

    Attributes:
        photos: Clean photos at the size the network sees.
        fonts: To write with.
        batch: Photos in a batch.
        side: Of the squares cut from photos, pixels.
        seed: Of every choice, together with the number.
    """

    photos: Sequence[Pixels]
    fonts: Fonts
    batch: int
    side: int
    seed: int

    def __getitem__(self, number: int) -> OverlayBatch:
        """The batch of a number."""
        random = np.random.default_rng((self.seed, number))
        examples = [self._example(random) for _ in range(self.batch)]
        pixels = np.stack([one.pixels for one in examples])
        maps = np.stack([np.stack([_small(one.text), _small(one.watermark)]) for one in examples])
        return OverlayBatch(torch.from_numpy(pixels), torch.from_numpy(maps))

    def _example(self, random: np.random.Generator) -> Overlaid:
        """Laid over the whole photo, so that sizes are those of whole photos; then a square is cut."""
        photo = _at_its_size(self.photos[int(random.integers(len(self.photos)))], self.side, random)
        if random.random() < 0.33:
            photo = with_print(photo, random, self.fonts)
        kind = random.random()
        if kind < 0.38:
            laid = with_text(photo, random, self.fonts, _SMALLEST_LEARNT)
        elif kind < 0.72:
            laid = with_watermark(photo, random, self.fonts)
        else:
            laid = clean(photo)
        square = _square(laid, self.side, random)
        return Overlaid(_saved(square.pixels, random), square.text, square.watermark)


def _small(mask: ByteMask) -> Float32Array:
    """A mask at the network's output size, 0..1."""
    size = (mask.shape[1] // OUTPUT_STRIDE, mask.shape[0] // OUTPUT_STRIDE)
    return as_bytes(cv2.resize(mask, size, interpolation=cv2.INTER_AREA)).astype(
        np.float32
    ) / np.float32(255)


def _at_its_size(photo: Pixels, side: int, random: np.random.Generator) -> Pixels:
    """A photo at about its size, no side shorter than `side`; toned now and then."""
    scale = random.uniform(0.8, 1.2) * max(1.0, side / min(photo.shape[:2]) * 0.8)
    resized = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    lacking = [max(0, side - length) for length in resized.shape[:2]]
    padded = cv2.copyMakeBorder(resized, 0, lacking[0], 0, lacking[1], cv2.BORDER_REPLICATE)
    gain = random.uniform(0.7, 1.05) if random.random() < 0.3 else 1.0
    return as_bytes(np.clip(padded * gain, 0, 255).astype(np.uint8))


def _square(laid: Overlaid, side: int, random: np.random.Generator) -> Overlaid:
    """A square of a photo; four times of five one that some of its overlay lies in."""
    where = np.argwhere(laid.text | laid.watermark)
    spare = np.array(laid.text.shape) - side
    corner = random.integers(spare + 1)
    if len(where) and random.random() < 0.8:
        inside = where[int(random.integers(len(where)))] - random.integers(side, size=2)
        corner = np.clip(inside, 0, spare)
    top, left = (int(value) for value in corner)
    cut = (slice(top, top + side), slice(left, left + side))
    return Overlaid(*map(np.ascontiguousarray, (laid.pixels[cut], laid.text[cut], laid.watermark[cut])))


def _saved(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """As a shop would keep it: softened by shrinking, compressed."""
    if random.random() < 0.3:
        pixels = as_bytes(cv2.GaussianBlur(pixels, (0, 0), random.uniform(0.3, 0.7)))
    quality = int(random.integers(55, 98))
    return as_bytes(
        cv2.imdecode(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 1)
    )
