"""Photos made worse as a product's main photo: cut off, small, tilted, labelled, and damaged.

`packshot.distort` knows what goes wrong with pixels; this knows what goes wrong with a picture. Harmed
photos have no rating of their own: a teacher that learnt from rated photos says what they would get.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Pixels
from packshot.distort import Kind, distort
from packshot.train.datasets.lettering import Fonts
from packshot.train.datasets.overlays import add_text, add_watermark


class Harm(StrEnum):
    """What a photo suffers.

    Example:
        >>> Harm("tilt") is Harm.TILT
        True
    """

    CROP = "crop"
    SHRINK = "shrink"
    TILT = "tilt"
    LABEL = "label"
    WATERMARK = "watermark"
    REPEAT = "repeat"
    DAMAGE = "damage"


_HARM_WEIGHTS: Final = {
    Harm.CROP: 3,
    Harm.SHRINK: 2,
    Harm.TILT: 2,
    Harm.LABEL: 2,
    Harm.WATERMARK: 2,
    Harm.REPEAT: 1,
    Harm.DAMAGE: 12,
}
"""How often each is chosen. A judgement: half of all harm is damage, which has many kinds."""

_COMMON_DAMAGE: Final = (
    Kind.LENS_BLUR,
    Kind.MOTION_BLUR,
    Kind.DEFOCUSED_PRODUCT,
    Kind.UPSCALED_THUMBNAIL,
    Kind.JPEG,
    Kind.WEBP,
    Kind.WHITE_NOISE,
    Kind.LOW_LIGHT,
    Kind.DARKEN,
    Kind.BRIGHTEN,
    Kind.BLOWN_HIGHLIGHTS,
    Kind.WRONG_WHITE_BALANCE,
    Kind.VEIL,
    Kind.UNEVEN_LIGHT,
    Kind.OVER_SHARPEN,
    Kind.QUANTISE,
)
"""Kinds that photos of shops suffer; those of laboratories are left out."""


def harm(pixels: Pixels, random: np.random.Generator, fonts: Fonts, kind: Harm | None = None) -> Pixels:
    """Harm a photo in one way.

    Args:
        pixels: (H, W, 3) uint8 RGB; not changed.
        random: Of every choice.
        fonts: To write with.
        kind: Which harm; None chooses one.

    Returns:
        (h, w, 3) uint8 RGB, perhaps of another size.

    Example:
        >>> photo, strokes_only = np.full((96, 128, 3), 200, np.uint8), Fonts(("none.ttf",), ())
        >>> harm(photo, np.random.default_rng(0), strokes_only, Harm.CROP).size < photo.size
        True
    """
    if kind is None:
        weights = np.array(list(_HARM_WEIGHTS.values()), float)
        kind = Harm(random.choice(list(_HARM_WEIGHTS), p=weights / weights.sum()))
    if kind is Harm.LABEL:
        return add_text(pixels, random, fonts, smallest=0.03).pixels
    if kind is Harm.WATERMARK:
        return add_watermark(pixels, random, fonts).pixels
    return _FUNCTIONS[kind](pixels, random)


def _crop(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """Cut off one or two sides, so that much of the product goes with them."""
    height, width = pixels.shape[:2]
    cuts = np.zeros(4)
    sides = random.choice(4, size=random.integers(1, 3), replace=False)
    cuts[sides] = random.uniform(0.18, 0.5, len(sides))
    scale = min(1.0, 0.62 / max(cuts[0] + cuts[2], cuts[1] + cuts[3]))
    top, right, bottom, left = cuts * scale
    rows = slice(round(top * height), height - round(bottom * height))
    columns = slice(round(left * width), width - round(right * width))
    return np.ascontiguousarray(pixels[rows, columns])


def _shrink(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """Make the picture small on a plain ground of the colour of its border, in the middle or aside."""
    height, width = pixels.shape[:2]
    share = random.uniform(0.2, 0.55)
    size = max(8, round(width * share)), max(8, round(height * share))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    ground = np.empty_like(pixels)
    ground[:] = _border_colour(pixels)
    spread = 0.5 if random.random() < 0.5 else 0.06
    top, left = (
        round(float(np.clip(random.normal(0.5, spread / 2), 0, 1)) * (whole - part))
        for whole, part in ((height, size[1]), (width, size[0]))
    )
    ground[top : top + size[1], left : left + size[0]] = small
    return ground


def _tilt(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """Turn the picture by 5 to 25 degrees, on a ground of the colour of its border."""
    height, width = pixels.shape[:2]
    angle = float(random.choice([-1, 1]) * random.uniform(5, 25))
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    colour = tuple(float(value) for value in _border_colour(pixels))
    mode = cv2.BORDER_CONSTANT if random.random() < 0.7 else cv2.BORDER_REPLICATE
    return np.asarray(cv2.warpAffine(pixels, turn, (width, height), borderMode=mode, borderValue=colour))


def _repeat(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """Set the picture beside itself, two to four times, as collages do."""
    rows, columns = [(1, 2), (2, 1), (2, 2)][random.integers(3)]
    height, width = pixels.shape[:2]
    size = max(8, width // columns), max(8, height // rows)
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    parts = [small if random.random() < 0.5 else small[:, ::-1] for _ in range(rows * columns)]
    return np.vstack([np.hstack(parts[row * columns : (row + 1) * columns]) for row in range(rows)])


def _damage(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """Damage the pixels by one of the kinds that shops know."""
    kind = _COMMON_DAMAGE[random.integers(len(_COMMON_DAMAGE))]
    return distort(pixels, kind, int(random.integers(1, 6)), int(random.integers(2**31)))


def _border_colour(pixels: Pixels) -> Pixels:
    """Return the median colour of the outermost pixels."""
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    return np.asarray(np.median(edge, axis=0), np.uint8)


_FUNCTIONS: Final[dict[Harm, Callable[[Pixels, np.random.Generator], Pixels]]] = {
    Harm.CROP: _crop,
    Harm.SHRINK: _shrink,
    Harm.TILT: _tilt,
    Harm.REPEAT: _repeat,
    Harm.DAMAGE: _damage,
}
