"""Noise: what flat places still do."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Pixels, Plane
from packshot.measure.planes import as_bytes

_BLOCK: Final = 8
_FEWEST: Final = 12
_BLACK, _WHITE = 4.0, 251.0
_FLATTEST: Final = 0.25
_MOST_ROWS: Final = 320
_HALF_DIFFERENCE: Final = np.array([[0.5, 0.0, -0.5, 128.0]], np.float32)


def noise_level(plane: Plane) -> float | None:
    """Estimate the standard deviation of the noise.

    The diagonal band of a Haar transform holds little but noise in smooth places (Donoho and
    Johnstone 1994 take its median). Here its energy is averaged over blocks of 16 x 16 pixels, and
    the median is taken over the flattest quarter of them, flatness being judged by the low band,
    which knows nothing of the diagonal one. Clipped blocks are left out: they show no noise.

    Args:
        plane: (H, W) uint8, native: luma, or a sample of its rows from `row_sample`.

    Returns:
        Grey levels, 0 and up; None where fewer than 12 blocks are neither black nor white.
    """
    height, width = (side // (2 * _BLOCK) for side in plane.shape)
    if not height or not width:
        return None
    low, diagonal = _haar(plane[: height * 2 * _BLOCK, : width * 2 * _BLOCK])
    level = _block_means(low, height, width)
    texture = _block_means(low * low, height, width) - level * level
    energy = _block_means(diagonal * diagonal, height, width)
    usable = (level > _BLACK) & (level < _WHITE)
    if np.count_nonzero(usable) < _FEWEST:
        return None
    count = max(_FEWEST, round(_FLATTEST * np.count_nonzero(usable)))
    flattest = np.argsort(texture[usable], kind="stable")[:count]
    return float(np.sqrt(np.median(energy[usable][flattest])))


def colour_noise(rows: Pixels) -> float | None:
    """Noise of the difference of red and blue, which luma hides.

    Args:
        rows: RGB, (H, W, 3) uint8, native or from `row_sample`.

    Returns:
        Standard deviation, in grey levels, of half the difference; None as for `noise_level`.
    """
    halved = cv2.transform(rows, _HALF_DIFFERENCE)
    return noise_level(as_bytes(halved).reshape(rows.shape[:2]))


def row_sample(pixels: Pixels) -> Pixels:
    """Bands of 16 rows, evenly spread, 320 rows at most: enough to know the noise.

    Args:
        pixels: (H, W, 3) or (H, W) uint8.
    """
    band = 2 * _BLOCK
    count = pixels.shape[0] // band
    step = -(-count // (_MOST_ROWS // band))
    if step <= 1:
        return pixels
    bands = pixels[: count * band].reshape(count, band, *pixels.shape[1:])[::step]
    return np.ascontiguousarray(bands).reshape(-1, *pixels.shape[1:])


def _haar(whole: Plane) -> tuple[Float32Array, Float32Array]:
    """Mean and diagonal band of disjoint 2 x 2 pixels."""
    values = whole.astype(np.float32)
    rows, turned = values[0::2] + values[1::2], values[0::2] - values[1::2]
    low = (rows[:, 0::2] + rows[:, 1::2]) * np.float32(0.25)
    return low, (turned[:, 0::2] - turned[:, 1::2]) * np.float32(0.5)


def _block_means(values: Float32Array, height: int, width: int) -> Float32Array:
    found = cv2.resize(values, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(found, np.float32).reshape(height, width)
