"""Jars, bottles, tubes and boxes drawn on white, with what is printed on them: print is no overlay."""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np

from packshot.arrays import ByteMask, Float32Array, Pixels
from packshot.measure.planes import to_uint8
from packshot.train.datasets.lettering import Fonts, render_line, sample_text
from packshot.train.datasets.painting import blend, sample_colour

Box: TypeAlias = tuple[int, int, int, int]
"""Left, top, width, height in pixels."""


def draw_vessel(side: int, random: np.random.Generator, fonts: Fonts) -> Pixels:
    """Draw a picture of one printed vessel or box on white.

    Args:
        side: Of the square, pixels.
        random: Of every choice.
        fonts: To print with.

    Returns:
        (side, side, 3) uint8 RGB.

    Example:
        >>> picture = draw_vessel(96, np.random.default_rng(16), Fonts(("none.ttf",), ()))
        >>> picture.shape, bool(picture[0, 0].min() > 245), bool(picture.min() < 230)
        ((96, 96, 3), True, True)
    """
    canvas = np.full((side, side, 3), 255, np.float32)
    body = _sample_body(side, random)
    round_shade = random.random() < 0.75
    _draw_part(canvas, body, random, round_shade)
    if random.random() < 0.75:
        _draw_part(canvas, _sample_cap(body, random), random, round_shade)
    label = _sample_label(body, random)
    if random.random() < 0.5:
        _draw_part(canvas, label, random, round_shade)
    _draw_print(canvas, label, random, fonts)
    canvas += random.normal(0, random.uniform(0, 1.5), canvas.shape).astype(np.float32)
    return to_uint8(np.clip(canvas, 0, 255).round())


def _sample_body(side: int, random: np.random.Generator) -> Box:
    width, height = (int(side * random.uniform(0.25, 0.75)) for _ in range(2))
    return (side - width) // 2, int((side - height) * random.uniform(0.45, 0.7)), width, height


def _sample_cap(body: Box, random: np.random.Generator) -> Box:
    """Choose a cap of the body's width or narrower, on top of it."""
    left, top, width, height = body
    wide, tall = int(width * random.uniform(0.35, 1.05)), int(height * random.uniform(0.1, 0.5))
    tall = max(2, min(tall, top - 1))
    return left + (width - wide) // 2, top - tall, wide, tall


def _sample_label(body: Box, random: np.random.Generator) -> Box:
    left, top, width, height = body
    across, down = random.uniform(0, 0.12), random.uniform(0.05, 0.3)
    inner = int(width * (1 - 2 * across)), int(height * (1 - 2 * down))
    return left + int(width * across), top + int(height * down), max(8, inner[0]), max(8, inner[1])


def _draw_part(canvas: Float32Array, box: Box, random: np.random.Generator, is_round: bool) -> None:
    """Draw a block of one colour, shaded as a cylinder or as a flat side; ribbed now and then."""
    left, top, width, height = box
    mask = np.zeros((height, width), np.uint8)
    _fill_round_box(mask, int(random.uniform(0, 0.25) * min(width, height)))
    across = np.linspace(-1, 1, width)
    shade = 1 - random.uniform(0.05, 0.35) * np.abs(across) ** random.uniform(1.5, 4)
    if not is_round:
        shade = 1 + random.uniform(-0.06, 0.06) * across
    if random.random() < 0.3:
        shade = shade * (
            1 - random.uniform(0.02, 0.15) * (np.sin(across * random.uniform(15, 80)) > 0.3)
        )
    if random.random() < 0.4:  # A streak of light.
        shade = shade + random.uniform(0.05, 0.4) * np.exp(
            -(((across - random.uniform(-0.7, 0.7)) / 0.06) ** 2)
        )
    colours = sample_colour(random) * np.broadcast_to(shade[:, None], (height, width, 1))
    part = (slice(top, top + height), slice(left, left + width))
    blend(canvas, part, mask, np.clip(colours, 0, 255))


def _fill_round_box(mask: ByteMask, radius: int) -> None:
    """Fill a mask but for its corners."""
    height, width = mask.shape
    mask[:, radius : width - radius] = 255
    mask[radius : height - radius] = 255
    for x in (radius, width - 1 - radius):
        for y in (radius, height - 1 - radius):
            cv2.circle(mask, (x, y), radius, 255, -1, cv2.LINE_AA)


def _draw_print(canvas: Float32Array, label: Box, random: np.random.Generator, fonts: Fonts) -> None:
    """Print centred lines of one ink, the larger above."""
    left, top, width, height = label
    ground = canvas[top : top + height, left : left + width].mean()
    ink = np.full(3, random.uniform(0, 90) if ground > 128 else random.uniform(170, 255))
    if random.random() < 0.35:
        ink = random.uniform(0, 255, 3)
    row = top + height * random.uniform(0.02, 0.25)
    for number in range(int(random.integers(1, 6))):
        tall = height * random.uniform(0.08, 0.22) / (1 + 0.6 * number)
        coverage = _limit_width(
            render_line(*sample_text(random, fonts), max(4.0, tall)),
            int(width * random.uniform(0.5, 0.95)),
        )
        bottom = int(row) + coverage.shape[0]
        if bottom >= top + height:
            return
        start = left + (width - coverage.shape[1]) // 2
        part = (slice(int(row), bottom), slice(start, start + coverage.shape[1]))
        shade = canvas[part].mean(axis=(0, 2), keepdims=True) / max(1.0, float(ground))
        blend(canvas, part, coverage, np.clip(ink * np.clip(shade, 0.5, 1.1), 0, 255))
        row = bottom + tall * random.uniform(0.3, 1.5)


def _limit_width(coverage: ByteMask, widest: int) -> ByteMask:
    """Make a coverage smaller where it is wider."""
    scale = min(1.0, widest / coverage.shape[1])
    size = max(2, int(coverage.shape[1] * scale)), max(2, int(coverage.shape[0] * scale))
    return to_uint8(cv2.resize(coverage, size, interpolation=cv2.INTER_AREA))
