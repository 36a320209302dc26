"""Light and its sRGB code, as tables of 256 values and tone curves through them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np

from packshot.arrays import Float32Array, FloatArray, Pixels
from packshot.measure.planes import as_bytes
from packshot.measure.reference.cielab import linear_light


def encoded(light: FloatArray) -> Float32Array:
    """Linear light to sRGB, 0..1 each (IEC 61966-2-1), as `linear_light` undoes it; clips."""
    bounded = np.clip(light, 0, 1)
    bright = 1.055 * np.power(bounded, 1 / 2.4) - 0.055
    return np.asarray(np.where(bounded > 0.0031308, bright, 12.92 * bounded), np.float32)


@cache
def light_of_values() -> Float32Array:
    """(256,) the linear light, 0..1, of the values 0..255; read-only."""
    light = linear_light(np.arange(256, dtype=np.float32) / np.float32(255)).ravel()
    light.setflags(write=False)
    return light


def relight(pixels: Pixels, curve: Callable[[Float32Array], FloatArray]) -> Pixels:
    """Change light by a curve, worked out once for each of the 256 values.

    Args:
        pixels: (H, W, 3) uint8.
        curve: Takes light (256, 1); gives as much, or (256, 3) for red, green and blue apart.

    Returns:
        (H, W, 3) uint8.
    """
    changed = encoded(np.asarray(curve(light_of_values()[:, None])))
    return as_bytes(cv2.LUT(pixels, np.rint(changed * 255).astype(np.uint8)[None]))
