"""Light and its sRGB code, as tables of 256 values and tone curves through them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np

from packshot.arrays import Float32Array, FloatArray, Pixels
from packshot.measure.planes import to_uint8
from packshot.measure.reference.cielab import srgb_to_linear


def encode_srgb(light: FloatArray) -> Float32Array:
    """Convert linear light to sRGB, 0..1 each (IEC 61966-2-1), as `srgb_to_linear` undoes it; clips.

    Example:
        >>> import numpy as np
        >>> encode_srgb(np.array([0.0, 0.2140, 1.0, 2.0])).round(2).tolist()
        [0.0, 0.5, 1.0, 1.0]
    """
    bounded = np.clip(light, 0, 1)
    bright = 1.055 * np.power(bounded, 1 / 2.4) - 0.055
    return np.asarray(np.where(bounded > 0.0031308, bright, 12.92 * bounded), np.float32)


@cache
def linear_light_table() -> Float32Array:
    """Return (256,) the linear light, 0..1, of the values 0..255; read-only.

    Example:
        >>> table = linear_light_table()
        >>> table.shape, round(float(table[188]), 2)
        ((256,), 0.5)
    """
    light = srgb_to_linear(np.arange(256, dtype=np.float32) / np.float32(255)).ravel()
    light.setflags(write=False)
    return light


def apply_light_curve(pixels: Pixels, curve: Callable[[Float32Array], FloatArray]) -> Pixels:
    """Change light by a curve, worked out once for each of the 256 values.

    Args:
        pixels: (H, W, 3) uint8.
        curve: Takes light (256, 1); gives as much, or (256, 3) for red, green and blue apart.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> import numpy as np
        >>> grey = np.full((1, 1, 3), 100, np.uint8)
        >>> apply_light_curve(grey, lambda light: 2 * light)[0, 0].tolist()  # a stop more
        [138, 138, 138]
    """
    changed = encode_srgb(np.asarray(curve(linear_light_table()[:, None])))
    return to_uint8(cv2.LUT(pixels, np.rint(changed * 255).astype(np.uint8)[None]))
