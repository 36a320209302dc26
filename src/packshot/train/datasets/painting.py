"""Colours and strokes that pictures of things are painted with."""

from __future__ import annotations

import numpy as np

from packshot.arrays import ByteMask, Float32Array, Float64Array


def sample_colour(random: np.random.Generator) -> Float64Array:
    """Choose the RGB of a thing that is sold: white or pale mostly, then wood, greys, anything.

    Example:
        >>> colours = np.stack([sample_colour(np.random.default_rng(seed)) for seed in range(200)])
        >>> bool((colours.mean(axis=1) > 200).mean() > 0.4)  # many are pale
        True
    """
    kind = random.random()
    if kind < 0.55:
        return random.uniform(222, 250) + random.normal(0, 4, 3)
    if kind < 0.75:
        return np.array([205.0, 170, 125]) * random.uniform(0.5, 1.15)
    if kind < 0.9:
        return random.uniform(30, 180) + random.normal(0, 5, 3)
    return random.uniform(20, 230, 3)


def blend(
    canvas: Float32Array, part: tuple[slice, slice], alpha: ByteMask, colour: Float64Array
) -> None:
    """Paint over a part of a canvas.

    Args:
        canvas: (H, W, 3), changed in place.
        part: Rows and columns.
        alpha: (h, w) of the part, 0..255.
        colour: RGB, or (h, w, 3).

    Example:
        >>> canvas = np.full((4, 4, 3), 255, np.float32)
        >>> alpha = np.full((2, 2), 51, np.uint8)  # a fifth
        >>> blend(canvas, (slice(0, 2), slice(0, 2)), alpha, np.array([155.0, 155.0, 155.0]))
        >>> round(float(canvas[0, 0, 0])), round(float(canvas[3, 3, 0]))
        (235, 255)
    """
    share = alpha.astype(np.float32)[..., None] / 255
    canvas[part] += share * (colour.astype(np.float32) - canvas[part])
