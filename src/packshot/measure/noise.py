"""Noise: what flat places still do."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Pixels, Plane
from packshot.measure.planes import Channels, quantile, to_uint8

_BLOCK_SIDE: Final = 8
"""Coefficients of the Haar transform along a block, so 16 pixels. By judgement: smaller blocks scatter
more, larger ones are seldom flat."""

_MIN_BLOCKS: Final = 12
"""Blocks neither black nor white, with fewer of which nothing is measured. By judgement."""

_BLACK_LEVEL: Final = 4.0
_WHITE_LEVEL: Final = 251.0
"""Grey levels: blocks with a mean outside are clipped, which takes their noise away. By judgement."""

_FLATTEST_SHARE: Final = 0.25
"""Share of the blocks, 0..1, the flattest, whose median counts. By judgement."""

_MAX_ROWS: Final = 320
"""Rows that are looked at: enough to know the noise, in bounded time."""


@dataclass(frozen=True, eq=False)
class NoiseBlocks:
    """What disjoint blocks of 16 x 16 pixels show of noise, (H // 16, W // 16) each.

    Attributes:
        level: Their mean, in grey levels.
        texture: Variance of the low band of a Haar transform, which knows nothing of the diagonal one.
        energy: Mean square of the diagonal band: the variance of white noise.

    Example:
        >>> ramp = np.repeat(np.arange(0, 256, 4, dtype=np.uint8)[None], 16, axis=0)
        >>> measure_blocks(ramp).level.round().tolist()
        [[30.0, 94.0, 158.0, 222.0]]
    """

    level: Float32Array
    texture: Float32Array
    energy: Float32Array


def noise_level(plane: Plane) -> float | None:
    """Estimate the standard deviation of the noise.

    The diagonal band of a Haar transform holds little but noise in smooth places (Donoho and
    Johnstone, "Ideal Spatial Adaptation by Wavelet Shrinkage", Biometrika 81(3), 1994, take its median).
    Here its energy is averaged over blocks of 16 x 16 pixels, and the median is taken over the flattest
    quarter of them, flatness being judged by the low band, which knows nothing of the diagonal one.
    Clipped blocks are left out: they show no noise.

    Args:
        plane: (H, W) uint8, native: luma, or a sample of its rows from `sample_rows`.

    Returns:
        Grey levels, 0 and up; None where fewer than 12 blocks are neither black nor white.

    Example:
        >>> flat = np.full((256, 256), 128.0)
        >>> noisy = flat + np.random.default_rng(0).normal(0, 6, flat.shape)
        >>> round(noise_level(noisy.astype(np.uint8))), noise_level(flat.astype(np.uint8))
        (6, 0.0)
    """
    blocks = measure_blocks(plane)
    if blocks is None:
        return None
    level, texture, energy = blocks.level, blocks.texture, blocks.energy
    usable = (level > _BLACK_LEVEL) & (level < _WHITE_LEVEL)
    if np.count_nonzero(usable) < _MIN_BLOCKS:
        return None
    count = max(_MIN_BLOCKS, round(_FLATTEST_SHARE * np.count_nonzero(usable)))
    flattest = np.argsort(texture[usable], kind="stable")[:count]
    return math.sqrt(quantile(energy[usable][flattest], 0.5))


def measure_blocks(plane: Plane) -> NoiseBlocks | None:
    """Measure level, texture and noise of disjoint blocks of 16 x 16 pixels.

    Args:
        plane: (H, W) uint8, native.

    Returns:
        None where there is no whole block.

    Example:
        >>> flat = np.full((64, 96), 128.0)
        >>> noisy = flat + np.random.default_rng(0).normal(0, 6, flat.shape)
        >>> blocks = measure_blocks(noisy.astype(np.uint8))
        >>> blocks.level.shape, round(float(np.sqrt(blocks.energy.mean())))
        ((4, 6), 6)
    """
    height, width = (side // (2 * _BLOCK_SIDE) for side in plane.shape)
    if not height or not width:
        return None
    low, diagonal = _haar_bands(plane[: height * 2 * _BLOCK_SIDE, : width * 2 * _BLOCK_SIDE])
    level = _block_means(low, height, width)
    texture = _block_means(low * low, height, width) - level * level
    return NoiseBlocks(level, texture, _block_means(diagonal * diagonal, height, width))


def colour_noise(channels: Channels) -> float | None:
    """Measure the noise of the difference of red and blue, which luma hides.

    Args:
        channels: Native; a sample of their rows is looked at.

    Returns:
        Standard deviation, in grey levels, of half the difference; None as for `noise_level`.

    Example:
        >>> from packshot.measure.planes import split_channels
        >>> pixels = np.full((256, 256, 3), 128, np.uint8)
        >>> pixels[..., 2] += np.random.default_rng(0).integers(0, 40, (256, 256), np.uint8)
        >>> round(colour_noise(split_channels(pixels)))  # half of 40 / sqrt(12)
        6
    """
    red, blue = sample_rows(channels.red), sample_rows(channels.blue)
    # Half the difference, so that it fits 0..255.
    return noise_level(to_uint8(cv2.addWeighted(red, 0.5, blue, -0.5, 128)))


def sample_rows(pixels: Pixels) -> Pixels:
    """Take bands of 16 rows, evenly spread, 320 rows at most: enough to know the noise.

    Args:
        pixels: (H, W, 3) or (H, W) uint8.

    Returns:
        The rows, as many channels as before; all of them, not copied, where there are few.

    Example:
        >>> sample_rows(np.zeros((1600, 30, 3), np.uint8)).shape
        (320, 30, 3)
    """
    band = 2 * _BLOCK_SIDE
    count = pixels.shape[0] // band
    step = -(-count // (_MAX_ROWS // band))
    if step <= 1:
        return pixels
    bands = pixels[: count * band].reshape(count, band, *pixels.shape[1:])[::step]
    return np.ascontiguousarray(bands).reshape(-1, *pixels.shape[1:])


def _haar_bands(plane: Plane) -> tuple[Float32Array, Float32Array]:
    """Return mean and diagonal band, but for its sign, of disjoint 2 x 2 pixels."""
    upper, lower = plane[0::2], plane[1::2]
    # Two neighbours of 16 bits are read as one number of 32: no stride, so that all runs at full width.
    sums = np.add(upper, lower, dtype=np.uint16).view(np.uint32)
    differences = np.subtract(upper, lower, dtype=np.int16).view(np.int32)
    low = ((sums & 0xFFFF) + (sums >> 16)).astype(np.float32)
    diagonal = (((differences << 16) >> 16) - (differences >> 16)).astype(np.float32)
    low *= np.float32(0.25)
    diagonal *= np.float32(0.5)
    return low, diagonal


def _block_means(values: Float32Array, height: int, width: int) -> Float32Array:
    found = cv2.resize(values, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(found, np.float32).reshape(height, width)
