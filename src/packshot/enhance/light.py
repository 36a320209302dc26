"""Light and its sRGB code, as tables of values and tone curves through them, of 8 or 16 bits."""

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
def linear_light_table(bits: int = 8) -> Float32Array:
    """Return the linear light, 0..1, of the values 0..255, or 0..65535; read-only.

    Args:
        bits: Of a value, 8 or 16.

    Returns:
        (2 ** bits,) float32.

    Example:
        >>> table = linear_light_table()
        >>> table.shape, round(float(table[188]), 2)
        ((256,), 0.5)
    """
    white = 2**bits - 1
    values = np.arange(white + 1, dtype=np.float32) / np.float32(white)
    light = srgb_to_linear(np.asarray(values, np.float32)).ravel()
    light.setflags(write=False)
    return light


def apply_light_curve(pixels: Pixels, curve: Callable[[Float32Array], FloatArray]) -> Pixels:
    """Change light by a curve, worked out once for each value there can be.

    Args:
        pixels: (H, W, 3) uint8, or uint16 for which it is worked out in 16 bits.
        curve: Takes light (256, 1) or (65536, 1); gives as much, or (256, 3) for red, green and blue
            apart.

    Returns:
        The same shape and type.

    Example:
        >>> import numpy as np
        >>> grey = np.full((1, 1, 3), 100, np.uint8)
        >>> apply_light_curve(grey, lambda light: 2 * light)[0, 0].tolist()  # a stop more
        [138, 138, 138]
        >>> apply_light_curve(grey * np.uint16(257), lambda light: 2 * light)[0, 0].tolist()
        [35512, 35512, 35512]
    """
    light = linear_light_table(8 * pixels.dtype.itemsize)[:, None]
    return _look_up(pixels, encode_srgb(np.asarray(curve(light))))


def apply_value_curve(pixels: Pixels, curve: Callable[[Float32Array], FloatArray]) -> Pixels:
    """Change code values by a curve, worked out once for each value there can be.

    Args:
        pixels: (H, W, 3) uint8 or uint16.
        curve: Takes values 0..1, (256, 1) or (65536, 1); gives as many.

    Returns:
        The same shape and type.

    Example:
        >>> import numpy as np
        >>> apply_value_curve(np.array([[[0, 100, 255]]], np.uint8), lambda values: 1 - values).tolist()
        [[[255, 155, 0]]]
    """
    white = np.float32(np.iinfo(pixels.dtype).max)
    values = np.arange(int(white) + 1, dtype=np.float32)[:, None] / white
    return _look_up(pixels, np.asarray(curve(values), np.float32))


def _look_up(pixels: Pixels, shares: FloatArray) -> Pixels:
    """Replace each value by its share of white: (N, 1) for all channels, (N, 3) for each."""
    table = np.rint(np.clip(shares, 0, 1) * np.iinfo(pixels.dtype).max).astype(pixels.dtype)
    if pixels.dtype == np.uint8:
        return to_uint8(cv2.LUT(pixels, table[None]))
    columns = [table[:, min(channel, table.shape[1] - 1)] for channel in range(3)]
    return np.stack([np.take(columns[at], pixels[..., at]) for at in range(3)], axis=-1)
