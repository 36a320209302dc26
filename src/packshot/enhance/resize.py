"""Change of size: smaller by averaging light, larger by Lanczos."""

from __future__ import annotations

from functools import cache
from typing import Final

import cv2
import numpy as np

from packshot.arrays import ByteArray, Pixels, UInt16Array
from packshot.enhance.affine import AffineTransform
from packshot.enhance.light import encode_srgb, linear_light_table
from packshot.errors import InvalidInput
from packshot.photo.pixels import check_pixels

_MAX_16_BIT: Final = 65535
"""White, as linear light in 16 bits: enough that each of the 256 codes comes back as it was."""


def compute_size(width: int, height: int, long_side: int) -> tuple[int, int]:
    """Compute width and height with the given long side, at least a pixel each.

    Args:
        width: Of the photo, in pixels.
        height: Of the photo.
        long_side: Wanted, in pixels.

    Raises:
        InvalidInput: A side below 1.

    Example:
        >>> compute_size(4000, 3000, long_side=1600)
        (1600, 1200)
    """
    if min(width, height, long_side) < 1:
        raise InvalidInput(f"resize: {width} x {height} to {long_side}: sides must be 1 or more")
    factor = long_side / max(width, height)
    return max(1, round(width * factor)), max(1, round(height * factor))


def resize(pixels: Pixels, long_side: int) -> Pixels:
    """Bring a photo's long side to a length.

    Smaller: the mean of linear light over each new pixel's area, so that fine bright detail keeps its
    brightness. Larger: Lanczos over 8 x 8 pixels; in linear light that would ring visibly at dark edges.

    Args:
        pixels: (H, W, 3) uint8, or uint16 for which it is worked out in 16 bits.
        long_side: In pixels, at least 1.

    Returns:
        (h, w, 3) of the same type.

    Raises:
        InvalidInput: Pixels of another type or shape, a side below 1.

    Example:
        >>> import numpy as np
        >>> checks = np.uint8(255 * (np.indices((8, 8)).sum(axis=0) % 2))
        >>> pixels = np.repeat(checks[..., None], 3, axis=2)
        >>> resize(pixels, long_side=4)[0, 0].tolist()  # half the light, not half the code
        [188, 188, 188]
    """
    check_pixels(pixels, "resize", allows_16_bits=True)
    height, width = pixels.shape[:2]
    size = compute_size(width, height, long_side)
    if size == (width, height):
        return pixels.copy()
    if size[0] > width or size[1] > height:
        return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_LANCZOS4), pixels.dtype)
    if pixels.dtype == np.uint16:
        deep_light = cv2.resize(linear_light_table(16)[pixels], size, interpolation=cv2.INTER_AREA)
        return np.asarray(np.rint(encode_srgb(deep_light) * _MAX_16_BIT), np.uint16)
    light = cv2.resize(cv2.LUT(pixels, _linear_light_16_bit()), size, interpolation=cv2.INTER_AREA)
    # Row by row: numpy widens whatever it takes as an index to 64 bits.
    return np.stack([_srgb_codes_16_bit()[row] for row in np.asarray(light, np.uint16)])


def compute_resize_transform(width: int, height: int, long_side: int) -> AffineTransform:
    """Compute where the pixels of a photo of that size go.

    Args:
        width: Of the photo, in pixels.
        height: Of the photo.
        long_side: Wanted, in pixels.

    Example:
        >>> transform = compute_resize_transform(400, 300, long_side=800)
        >>> transform.width, transform.height, transform.matrix[:, 0].tolist()
        (800, 600, [2.0, 0.0])
    """
    return AffineTransform.from_resize((width, height), compute_size(width, height, long_side))


@cache
def _linear_light_16_bit() -> UInt16Array:
    """(1, 256) linear light of each value in 16 bits, as OpenCV takes tables."""
    return np.rint(linear_light_table() * _MAX_16_BIT).astype(np.uint16)[None]


@cache
def _srgb_codes_16_bit() -> ByteArray:
    """(65536,) the value of each 16-bit linear light."""
    return np.rint(encode_srgb(np.arange(_MAX_16_BIT + 1) / _MAX_16_BIT) * 255).astype(np.uint8)
