"""Noise, and the blotches of removing too much of it."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Pixels
from packshot.distort.parameters import scale_of, to_float, to_pixels

_WHITE_SIGMA: Final = (0.025, 0.045, 0.075, 0.12, 0.2)
_CHROMA_SIGMA: Final = (0.03, 0.055, 0.09, 0.15, 0.25)
_MULTIPLICATIVE_SIGMA: Final = (0.04, 0.075, 0.13, 0.22, 0.38)
_DENOISE_SIGMA: Final = (0.03, 0.05, 0.08, 0.13, 0.2)
"""Standard deviation of the noise as a share of full scale, by level; set as `parameters` says."""

_IMPULSE_SHARE: Final = (0.002, 0.006, 0.018, 0.05, 0.13)
"""Share of the values that are hit, 0..1, by level; set as `parameters` says."""


def white_noise(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Add Gaussian noise to red, green and blue alike, sigma 0.025 to 0.2 of full scale.

    Args:
        pixels: (H, W, 3) uint8; not changed.
        level: 1..5.
        generator: Gives the noise.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> grey = np.full((64, 64, 3), 128, np.uint8)
        >>> noisy = white_noise(grey, 3, np.random.default_rng(0))
        >>> round(float(noisy.std()) / 255, 2)
        0.07
    """
    return to_pixels(to_float(pixels) + _WHITE_SIGMA[level - 1] * _sample_normal(pixels, generator))


def colour_component_noise(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Add Gaussian noise to the two chroma channels of YCrCb only.

    Args:
        pixels: (H, W, 3) uint8; not changed.
        level: 1..5.
        generator: Gives the noise.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> grey = np.full((64, 64, 3), 128, np.uint8)
        >>> noisy = colour_component_noise(grey, 3, np.random.default_rng(0))
        >>> luma = cv2.cvtColor(noisy, cv2.COLOR_RGB2GRAY)
        >>> bool(noisy.std() > 10 * luma.std())
        True
    """
    colours = cv2.cvtColor(to_float(pixels), cv2.COLOR_RGB2YCrCb)
    colours[..., 1:] += _CHROMA_SIGMA[level - 1] * _sample_normal(pixels, generator)[..., 1:]
    return to_pixels(cv2.cvtColor(colours, cv2.COLOR_YCrCb2RGB))


def impulse_noise(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Set a share of 0.2 % to 13 % of all channel values to black or white.

    Args:
        pixels: (H, W, 3) uint8; not changed.
        level: 1..5.
        generator: Gives the places.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> grey = np.full((64, 64, 3), 128, np.uint8)
        >>> noisy = impulse_noise(grey, 5, np.random.default_rng(0))
        >>> np.unique(noisy).tolist(), round(float((noisy != 128).mean()), 2)
        ([0, 128, 255], 0.13)
    """
    chance = generator.random(pixels.shape, dtype=np.float32)
    white = generator.random(pixels.shape, dtype=np.float32) < 0.5
    hit = chance < _IMPULSE_SHARE[level - 1]
    return np.where(hit, np.where(white, np.uint8(255), np.uint8(0)), pixels)


def multiplicative_noise(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Multiply by Gaussian noise around 1 (speckle), sigma 0.04 to 0.38.

    Args:
        pixels: (H, W, 3) uint8; not changed.
        level: 1..5.
        generator: Gives the noise.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> grey = np.full((64, 128, 3), 40, np.uint8)
        >>> grey[:, 64:] = 160
        >>> noisy = multiplicative_noise(grey, 2, np.random.default_rng(0))
        >>> round(noisy[:, 64:].std() / noisy[:, :64].std())  # as the light
        4
    """
    factor = 1 + _MULTIPLICATIVE_SIGMA[level - 1] * _sample_normal(pixels, generator)
    return to_pixels(to_float(pixels) * factor)


def denoise(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Add white noise, then remove it with too strong an edge-preserving filter.

    Args:
        pixels: (H, W, 3) uint8; not changed.
        level: 1..5.
        generator: Gives the noise that is removed.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
        >>> smooth = denoise(pixels, 4, np.random.default_rng(0))
        >>> bool(smooth.std() < pixels.std() / 2)  # texture went with the noise
        True
    """
    sigma = _DENOISE_SIGMA[level - 1]
    noisy = to_float(pixels) + sigma * _sample_normal(pixels, generator)
    # Chosen by judgement: a filter that grows with the level, and takes six deviations for noise.
    radius = max(1, round((1 + 0.7 * level) * scale_of(pixels)))
    smooth = cv2.bilateralFilter(noisy, 2 * min(radius, 5) + 1, 6 * sigma, radius)
    return to_pixels(cv2.medianBlur(smooth, 3) if level < 4 else cv2.medianBlur(smooth, 5))


def _sample_normal(pixels: Pixels, generator: np.random.Generator) -> Float32Array:
    return generator.standard_normal(pixels.shape, dtype=np.float32)
