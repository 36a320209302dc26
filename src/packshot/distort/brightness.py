"""Brightness: too much, too little, and the photographer's ways to get there."""

from __future__ import annotations

import cv2
import numpy as np

from packshot.distort.parameters import Pixels, as_float, as_pixels, scale_of, sign_of

_BRIGHTEN = (0.1, 0.2, 0.33, 0.5, 0.75)
_DARKEN = (0.1, 0.2, 0.33, 0.5, 0.75)
_MEAN_SHIFT = (0.06, 0.12, 0.2, 0.3, 0.42)
_CONTRAST = (0.15, 0.28, 0.43, 0.6, 0.8)
_LOW_LIGHT_STOPS = (0.7, 1.3, 2.0, 2.8, 3.7)
_HIGHLIGHT_STOPS = (0.35, 0.65, 1.0, 1.45, 2.0)
_VEIL = (0.12, 0.22, 0.35, 0.5, 0.68)
_UNEVEN = (0.15, 0.28, 0.45, 0.62, 0.82)


def brighten(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Lift the tone curve of Lab's lightness; black and white stay."""
    return _curve(pixels, 1 / (1 + 2.2 * _BRIGHTEN[level - 1]))


def darken(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Press the tone curve of Lab's lightness; black and white stay."""
    return _curve(pixels, 1 + 2.2 * _DARKEN[level - 1])


def mean_shift(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Add a constant, up or down by the seed, to every value."""
    return as_pixels(as_float(pixels) + sign_of(generator) * _MEAN_SHIFT[level - 1])


def contrast(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Draw values towards middle grey, or by the seed apart from it."""
    values = as_float(pixels)
    amount = _CONTRAST[level - 1]
    if sign_of(generator) < 0:
        return as_pixels(0.5 + (values - 0.5) * (1 - amount))
    steep = values - 0.5
    curved = 0.5 + 0.5 * np.tanh(steep * (2 + 8 * amount)) / np.tanh(1 + 4 * amount)
    return as_pixels((1 - amount) * values + amount * curved)


def low_light(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Expose 0.7 to 3.7 stops too little, brighten a part of it, with shot and read noise."""
    light = as_float(pixels) ** 2.2 * np.float32(2.0 ** -_LOW_LIGHT_STOPS[level - 1])
    photons = 900.0 / level
    noise = generator.standard_normal(pixels.shape, dtype=np.float32)
    noisy = light + noise * np.sqrt(light / photons + (0.0015 * level) ** 2)
    gain = 2.0 ** (0.35 * _LOW_LIGHT_STOPS[level - 1])
    return as_pixels(np.maximum(noisy * gain, 0) ** (1 / 2.2))


def blown_highlights(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Expose 0.35 to 2 stops too much in linear light, so that bright parts clip."""
    light = as_float(pixels) ** 2.2 * np.float32(2.0 ** _HIGHLIGHT_STOPS[level - 1])
    return as_pixels(np.minimum(light, 1) ** (1 / 2.2))


def veil(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Lay a light grey haze over the photo: flare, a dirty lens."""
    amount = _VEIL[level - 1]
    haze = generator.uniform(0.75, 0.9)
    return as_pixels((1 - amount) * as_float(pixels) + amount * haze)


def uneven_light(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Let the light fall off to one seeded side."""
    height, width = pixels.shape[:2]
    angle = generator.uniform(0, 2 * np.pi)
    y, x = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)[None]
    slope = (x * np.cos(angle) + y * np.sin(angle)) / (abs(np.cos(angle)) + abs(np.sin(angle)))
    light = (1 - _UNEVEN[level - 1] * (slope + 1) / 2).astype(np.float32)
    return as_pixels((as_float(pixels) ** 2.2 * light[..., None]) ** (1 / 2.2))


def over_sharpen(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Unsharp masking, 1 to 12 times the detail."""
    values = as_float(pixels)
    smooth = cv2.GaussianBlur(values, (0, 0), 1.2 * scale_of(pixels))
    return as_pixels(values + (1.0, 2.0, 4.0, 7.0, 12.0)[level - 1] * (values - smooth))


def _curve(pixels: Pixels, power: float) -> Pixels:
    lab = cv2.cvtColor(as_float(pixels), cv2.COLOR_RGB2LAB)
    lab[..., 0] = 100 * (np.maximum(lab[..., 0], 0) / 100) ** power
    return as_pixels(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB))
