"""Cloth for drawn furniture: stripes, checks and scattered spots, woven see-through over one another.

Where the bands of a check cross, one shows through the other: what a see-through mark looks like.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array
from packshot.train.datasets.painting import sample_colour

CLOTH_SIDE: Final = 192
"""Side of a piece of cloth, pixels. A judgement: about that of the faces it is stretched over."""


def draw_cloth(random: np.random.Generator) -> Float32Array:
    """Draw a piece of cloth, seen from above.

    Returns:
        (`CLOTH_SIDE`, `CLOTH_SIDE`, 3) RGB, 0..255.

    Example:
        >>> cloth = draw_cloth(np.random.default_rng(3))
        >>> cloth.shape, bool(cloth.std() > 0)
        ((192, 192, 3), True)
    """
    cloth = np.tile(sample_colour(random).astype(np.float32), (CLOTH_SIDE, CLOTH_SIDE, 1))
    kind = random.random()
    if kind < 0.2:
        _draw_spots(cloth, random)
        return cloth
    _draw_bands(cloth, random)
    if kind > 0.5:
        _draw_bands(cloth.transpose(1, 0, 2), random)
    return cloth


def _draw_bands(cloth: Float32Array, random: np.random.Generator) -> None:
    """Lengthwise bands that repeat, each more or less see-through."""
    period = CLOTH_SIDE / float(random.integers(2, 12))
    across = np.arange(CLOTH_SIDE)
    for _ in range(int(random.integers(1, 4))):
        inside = (across + random.uniform(0, period)) % period < period * random.uniform(0.06, 0.5)
        share = np.float32(random.uniform(0.15, 0.8))
        cloth[:, inside] += share * (sample_colour(random).astype(np.float32) - cloth[:, inside])


def _draw_spots(cloth: Float32Array, random: np.random.Generator) -> None:
    colours = [[float(value) for value in sample_colour(random)] for _ in range(4)]
    for _ in range(int(random.integers(12, 90))):
        x, y = (int(value) for value in random.integers(0, CLOTH_SIDE, 2))
        size = (int(random.integers(2, 16)), int(random.integers(2, 16)))
        colour = colours[int(random.integers(4))]
        cv2.ellipse(cloth, (x, y), size, random.uniform(0, 180), 0, 360, colour, -1, cv2.LINE_AA)
