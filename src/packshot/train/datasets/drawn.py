"""Pictures that are no photos of products: charts, tables, logos, pages of text, line drawings.

Shops' feeds hold them among product photos. Few of the rated photos are of this kind, too few to learn
from; drawn ones teach a network to say that it cannot tell how good they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np

from packshot.arrays import ByteMask, Pixels
from packshot.measure.planes import to_uint8
from packshot.train.datasets.lettering import Fonts, draw_logo, render_line, sample_text

_SIZES: Final = ((480, 640), (640, 640), (640, 480), (360, 640))
"""Height and width, in pixels."""

_PALE: Final = 232
"""Grey level that the channels of most grounds have at least. A judgement."""


def draw_picture(random: np.random.Generator, fonts: Fonts, photo: Pixels | None = None) -> Pixels:
    """Draw a picture that is no photo of a product.

    Args:
        random: Of every choice.
        fonts: To write with.
        photo: (H, W, 3) uint8 RGB, that may be made a line drawing of; None for none.

    Returns:
        (h, w, 3) uint8 RGB.

    Example:
        >>> strokes_only = Fonts(("none.ttf",), ())
        >>> random = np.random.default_rng(0)
        >>> sketch = draw_picture(random, strokes_only, np.zeros((60, 80, 3), np.uint8))
        >>> sketch.shape[2]
        3
    """
    if photo is not None:
        return sketch_photo(photo, random)
    height, width = _SIZES[random.integers(len(_SIZES))]
    canvas = np.empty((height, width, 3), np.uint8)
    canvas[:] = _sample_ground(random)
    drawings: list[_Drawing] = [_draw_bars, _draw_curve, _draw_pie, _draw_table, _draw_page, _draw_mark]
    drawings[random.integers(len(drawings))](canvas, random, fonts)
    return canvas


_Drawing = Callable[[Pixels, np.random.Generator, Fonts], None]


def sketch_photo(photo: Pixels, random: np.random.Generator) -> Pixels:
    """Make a pencil drawing of a photo: what is darker than its surroundings is dark, all else pale.

    Example:
        >>> photo = np.full((40, 40, 3), 200, np.uint8)
        >>> photo[10:30, 10:30] = 60
        >>> sketch = sketch_photo(photo, np.random.default_rng(0))
        >>> bool((sketch[0, 0] > 240).all()), bool(sketch.min() < 200)
        (True, True)
    """
    grey = cv2.max(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY), 1)
    blurred = cv2.GaussianBlur(grey, (0, 0), random.uniform(1.0, 4.0))
    drawn = cv2.divide(grey, blurred, scale=250)
    lines = 255.0 * (np.minimum(drawn, 255) / 255.0) ** random.uniform(1.5, 5)
    ink = _sample_ink(random)[None, None]
    share = (255 - lines)[..., None] / 255
    return to_uint8(np.clip(255 - share * (255 - ink), 0, 255))


def _sample_ground(random: np.random.Generator) -> Pixels:
    if random.random() < 0.5:
        return np.full(3, 255, np.uint8)
    low = _PALE if random.random() < 0.6 else 0
    return random.integers(low, 256, 3).astype(np.uint8)


def _sample_ink(random: np.random.Generator) -> Pixels:
    high = 80 if random.random() < 0.6 else 220
    return random.integers(0, high, 3).astype(np.uint8)


def _paint(canvas: Pixels, coverage: ByteMask, place: tuple[int, int], ink: Pixels) -> None:
    """Lay a coverage at (top, left) over a canvas, in place; what falls outside is left out."""
    top, left = max(place[0], 0), max(place[1], 0)
    part = canvas[top : top + coverage.shape[0], left : left + coverage.shape[1]]
    share = coverage[: part.shape[0], : part.shape[1], None].astype(np.float32) / 255
    part[:] = part + share * (ink.astype(np.float32) - part)


def _write(
    canvas: Pixels, random: np.random.Generator, fonts: Fonts, place: tuple[int, int], height: float
) -> None:
    text, font = sample_text(random, fonts)
    _paint(canvas, render_line(text, font, height), place, _sample_ink(random))


def _draw_axes(canvas: Pixels, random: np.random.Generator, fonts: Fonts) -> tuple[int, int, int, int]:
    """Draw a frame with a title; return left, top, right and bottom of what is inside."""
    height, width = canvas.shape[:2]
    left, right = round(width * random.uniform(0.08, 0.15)), round(width * random.uniform(0.88, 0.96))
    top, bottom = round(height * random.uniform(0.14, 0.2)), round(height * random.uniform(0.8, 0.92))
    ink = _sample_ink(random).tolist()
    cv2.line(canvas, (left, top), (left, bottom), ink, 2)
    cv2.line(canvas, (left, bottom), (right, bottom), ink, 2)
    for row in np.linspace(top, bottom, int(random.integers(3, 8)))[:-1].astype(int).tolist():
        cv2.line(canvas, (left, row), (right, row), (200, 200, 200), 1)
    _write(canvas, random, fonts, (top // 3, left), height * 0.05)
    return left, top, right, bottom


def _draw_bars(canvas: Pixels, random: np.random.Generator, fonts: Fonts) -> None:
    left, top, right, bottom = _draw_axes(canvas, random, fonts)
    count = int(random.integers(3, 12))
    ink, step = _sample_ink(random).tolist(), (right - left) / count
    for number in range(count):
        start, end = left + round(step * (number + 0.15)), left + round(step * (number + 0.85))
        peak = bottom - round((bottom - top) * random.uniform(0.1, 1))
        colour = ink if random.random() < 0.7 else _sample_ink(random).tolist()
        cv2.rectangle(canvas, (start, peak), (end, bottom - 1), colour, -1)
        _write(canvas, random, fonts, (bottom + 6, start), canvas.shape[0] * 0.022)


def _draw_curve(canvas: Pixels, random: np.random.Generator, fonts: Fonts) -> None:
    left, top, right, bottom = _draw_axes(canvas, random, fonts)
    for _ in range(int(random.integers(1, 5))):
        steps = int(random.integers(6, 40))
        walk = np.cumsum(random.normal(0, 1, steps))
        walk = (walk - walk.min()) / max(np.ptp(walk), 1e-6) * random.uniform(0.3, 0.95)
        points = np.stack([np.linspace(left, right, steps), bottom - walk * (bottom - top)], axis=1)
        ink = _sample_ink(random).tolist()
        cv2.polylines(canvas, [points.round().astype(np.int32)], False, ink, 2, cv2.LINE_AA)


def _draw_pie(canvas: Pixels, random: np.random.Generator, fonts: Fonts) -> None:
    height, width = canvas.shape[:2]
    middle, radius = (width // 2, height // 2), round(min(height, width) * random.uniform(0.25, 0.4))
    ends = np.concatenate([[0], np.sort(random.uniform(0, 360, int(random.integers(2, 7)))), [360]])
    for start, end in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True):
        colour = random.integers(30, 240, 3).tolist()
        cv2.ellipse(canvas, middle, (radius, radius), 0, start, end, colour, -1, cv2.LINE_AA)
    if random.random() < 0.4:
        hole = _sample_ground(random).tolist()
        cv2.circle(canvas, middle, radius // 2, hole, -1, cv2.LINE_AA)
    _write(canvas, random, fonts, (height // 20, width // 10), height * 0.05)


def _draw_table(canvas: Pixels, random: np.random.Generator, fonts: Fonts) -> None:
    height, width = canvas.shape[:2]
    rows, columns = int(random.integers(4, 10)), int(random.integers(3, 7))
    left, top, ink = round(width * 0.06), round(height * 0.12), _sample_ink(random).tolist()
    high, wide = (height - 2 * top) / rows, (width - 2 * left) / columns
    bottom, right = round(top + rows * high), round(left + columns * wide)
    for row in range(rows + 1):
        y = round(top + row * high)
        cv2.line(canvas, (left, y), (right, y), ink, 1)
    for column in range(columns + 1):
        x = round(left + column * wide)
        cv2.line(canvas, (x, top), (x, bottom), ink, 1)
    for row in range(rows):
        for column in range(columns):
            place = round(top + (row + 0.3) * high), round(left + (column + 0.1) * wide)
            coverage = render_line(str(random.integers(1, 200)), 0, high * 0.4)
            _paint(canvas, coverage[:, : round(wide * 0.85)], place, np.array(ink, np.uint8))
    _write(canvas, random, fonts, (top // 3, left), top * 0.4)


def _draw_page(canvas: Pixels, random: np.random.Generator, fonts: Fonts) -> None:
    height, width = canvas.shape[:2]
    size, row = height * random.uniform(0.025, 0.06), height * 0.06
    while row < height * 0.94:
        column = width * 0.06
        while column < width * random.uniform(0.5, 0.9):
            text, font = sample_text(random, fonts)
            coverage = render_line(text, font, size)
            _paint(canvas, coverage, (round(row), round(column)), _sample_ink(random))
            column += coverage.shape[1] + size
        row += size * random.uniform(1.5, 2.2)


def _draw_mark(canvas: Pixels, random: np.random.Generator, fonts: Fonts) -> None:
    """Draw a logo: a sign, a word, or both."""
    height, width = canvas.shape[:2]
    side = round(min(height, width) * random.uniform(0.2, 0.6))
    ink = random.integers(0, 256, 3).astype(np.uint8)
    kind = random.random()
    if kind < 0.75:
        _paint(canvas, draw_logo(random, side), ((height - side) // 3, (width - side) // 2), ink)
    if kind > 0.25:
        text, font = sample_text(random, fonts)
        coverage = render_line(text, font, height * random.uniform(0.08, 0.2))
        top = round(height * 0.7) if kind < 0.75 else (height - coverage.shape[0]) // 2
        _paint(canvas, coverage, (top, max(0, (width - coverage.shape[1]) // 2)), ink)
