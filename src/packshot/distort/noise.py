"""Noise, and what is left of a photo when too much of it was removed."""

from __future__ import annotations

import cv2
import numpy as np

from packshot.arrays import Float32Array, Pixels
from packshot.distort.parameters import scale_of, to_float, to_pixels

_WHITE_SIGMA = (0.025, 0.045, 0.075, 0.12, 0.2)
_CHROMA_SIGMA = (0.03, 0.055, 0.09, 0.15, 0.25)
_IMPULSE_SHARE = (0.002, 0.006, 0.018, 0.05, 0.13)
_MULTIPLICATIVE_SIGMA = (0.04, 0.075, 0.13, 0.22, 0.38)
_DENOISE_SIGMA = (0.03, 0.05, 0.08, 0.13, 0.2)


def white_noise(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Add Gaussian noise to red, green and blue alike, sigma 0.025 to 0.2 of full scale."""
    return to_pixels(to_float(pixels) + _WHITE_SIGMA[level - 1] * _sample_normal(pixels, generator))


def colour_component_noise(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Add Gaussian noise to the two chroma channels of YCrCb only."""
    colours = cv2.cvtColor(to_float(pixels), cv2.COLOR_RGB2YCrCb)
    colours[..., 1:] += _CHROMA_SIGMA[level - 1] * _sample_normal(pixels, generator)[..., 1:]
    return to_pixels(cv2.cvtColor(colours, cv2.COLOR_YCrCb2RGB))


def impulse_noise(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Set a share of 0.2 % to 13 % of all channel values to black or white."""
    chance = generator.random(pixels.shape, dtype=np.float32)
    white = generator.random(pixels.shape, dtype=np.float32) < 0.5
    hit = chance < _IMPULSE_SHARE[level - 1]
    return np.where(hit, np.where(white, np.uint8(255), np.uint8(0)), pixels)


def multiplicative_noise(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Multiply by Gaussian noise around 1 (speckle), sigma 0.04 to 0.38."""
    factor = 1 + _MULTIPLICATIVE_SIGMA[level - 1] * _sample_normal(pixels, generator)
    return to_pixels(to_float(pixels) * factor)


def denoise(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Add white noise, then remove it with too strong an edge-preserving filter."""
    sigma = _DENOISE_SIGMA[level - 1]
    noisy = to_float(pixels) + sigma * _sample_normal(pixels, generator)
    radius = max(1, round((1 + 0.7 * level) * scale_of(pixels)))
    smooth = cv2.bilateralFilter(noisy, 2 * min(radius, 5) + 1, 6 * sigma, radius)
    return to_pixels(cv2.medianBlur(smooth, 3) if level < 4 else cv2.medianBlur(smooth, 5))


def _sample_normal(pixels: Pixels, generator: np.random.Generator) -> Float32Array:
    return generator.standard_normal(pixels.shape, dtype=np.float32)
