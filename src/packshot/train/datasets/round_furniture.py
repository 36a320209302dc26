"""Round furniture drawn on white: lamps with ribbed shades or of petals, stools on a star of legs."""

from __future__ import annotations

import cv2
import numpy as np

from packshot.arrays import Float32Array, Float64Array
from packshot.measure.planes import to_uint8
from packshot.train.datasets.painting import blend, sample_colour

_FULL_CANVAS = (slice(None), slice(None))


def draw_round_furniture(canvas: Float32Array, random: np.random.Generator) -> None:
    """Draw one piece.

    Args:
        canvas: (S, S, 3) RGB, 0..255, white; changed in place.
        random: Of every choice.

    Example:
        >>> canvas = np.full((96, 96, 3), 255, np.float32)
        >>> draw_round_furniture(canvas, np.random.default_rng(0))
        >>> bool((canvas < 250).any()), bool((canvas[0, 0] == 255).all())
        (True, True)
    """
    (_draw_lamp, _draw_petal_lamp, _draw_stool)[int(random.integers(3))](canvas, random)


def _draw_lamp(canvas: Float32Array, random: np.random.Generator) -> None:
    """Draw a round or ribbed shade on a stem."""
    side = canvas.shape[0]
    middle, top = side * random.uniform(0.4, 0.6), side * random.uniform(0.25, 0.45)
    across, up = side * random.uniform(0.12, 0.32), side * random.uniform(0.1, 0.22)
    foot, thick = side * random.uniform(0.7, 0.92), int(random.integers(1, 9))
    stem = np.zeros(canvas.shape[:2], np.uint8)
    cv2.line(stem, (int(middle), int(top)), (int(middle), int(foot)), 255, thick, cv2.LINE_AA)
    cv2.ellipse(stem, ((middle, foot), (across, across * 0.3), 0.0), 255, -1, cv2.LINE_AA)
    blend(canvas, _FULL_CANVAS, stem, sample_colour(random))
    rows, columns = np.mgrid[:side, :side]
    offset = (columns - middle) / across
    inside = offset**2 + ((rows - top) / up) ** 2
    ribs = 1 - random.uniform(0, 0.12) * (np.sin(offset * random.uniform(8, 40)) > 0.6)
    shade = (1 - random.uniform(0.02, 0.25) * np.clip(inside, 0, 1)) * ribs
    alpha = to_uint8(np.clip((1 - inside) * across / 2, 0, 1) * 255)
    blend(canvas, _FULL_CANVAS, alpha, sample_colour(random) * shade[..., None])


def _draw_petal_lamp(canvas: Float32Array, random: np.random.Generator) -> None:
    """Draw a ball of pale petals, each of which shows through those above it."""
    side = canvas.shape[0]
    middle, radius = side * random.uniform(0.4, 0.6, 2), side * random.uniform(0.15, 0.35)
    foot = (int(middle[0]), int(side * 0.93))
    top, thick = (int(middle[0]), int(middle[1])), int(random.integers(2, 8))
    _draw_rod(canvas, top, foot, thick, random, sample_colour(random))
    tint = sample_colour(random)
    for _ in range(int(random.integers(25, 90))):
        turn, reach = random.uniform(0, 2 * np.pi), radius * np.sqrt(random.random()) * 0.85
        centre = middle + reach * np.array([np.cos(turn), np.sin(turn)])
        size = radius * random.uniform(0.15, 0.4, 2)
        petal = np.zeros(canvas.shape[:2], np.uint8)
        box = ((float(centre[0]), float(centre[1])), (2 * float(size[0]), 2 * float(size[1])))
        cv2.ellipse(petal, (*box, float(np.degrees(turn))), 255, -1, cv2.LINE_AA)
        shade = tint * random.uniform(0.85, 1.02)
        blend(canvas, _FULL_CANVAS, to_uint8(petal * random.uniform(0.2, 0.7)), shade)


def _draw_stool(canvas: Float32Array, random: np.random.Generator) -> None:
    """Draw a seat on a column whose legs lie flat like a star, with wheels now and then."""
    side = canvas.shape[0]
    middle, seat, ground = side * random.uniform(0.4, 0.6), side * random.uniform(0.2, 0.5), 0.84 * side
    reach, thick = side * random.uniform(0.15, 0.33), int(side * random.uniform(0.008, 0.035)) + 1
    colour, wheels = sample_colour(random), random.random() < 0.5
    for turn in np.linspace(0, 2 * np.pi, int(random.integers(3, 7)), endpoint=False) + random.random():
        end = (int(middle + reach * np.cos(turn)), int(ground + 0.3 * reach * np.sin(turn)))
        _draw_rod(canvas, (int(middle), int(ground)), end, thick, random, colour)
        if wheels:
            cv2.circle(canvas, end, thick + 1, (40.0,) * 3, -1, cv2.LINE_AA)
    _draw_rod(canvas, (int(middle), int(seat)), (int(middle), int(ground)), thick, random, colour)
    shell = np.zeros(canvas.shape[:2], np.uint8)
    size = (side * random.uniform(0.2, 0.5), side * random.uniform(0.04, 0.3))
    cv2.ellipse(shell, ((middle, seat), size, random.uniform(-8, 8)), 255, -1, cv2.LINE_AA)
    light = np.linspace(random.uniform(0.9, 1.05), random.uniform(0.8, 1.02), side)[:, None, None]
    blend(canvas, _FULL_CANVAS, shell, np.broadcast_to(sample_colour(random) * light, canvas.shape))


def _draw_rod(
    canvas: Float32Array,
    start: tuple[int, int],
    end: tuple[int, int],
    thickness: int,
    random: np.random.Generator,
    colour: Float64Array,
) -> None:
    """Draw a rod, lit from above."""
    for lower, width, light in (
        (0, thickness, random.uniform(0.75, 0.95)),
        (-thickness // 4, thickness // 2, 1.0),
    ):
        rod = np.zeros(canvas.shape[:2], np.uint8)
        ends = [(x, y + lower) for x, y in (start, end)]
        cv2.line(rod, ends[0], ends[1], 255, max(1, width), cv2.LINE_AA)
        blend(canvas, _FULL_CANVAS, rod, colour * light)
