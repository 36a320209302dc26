"""Removal of what JPEG leaves: block edges and ringing, as strong as the file was compressed."""

from __future__ import annotations

from functools import partial
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Pixels, Plane
from packshot.enhance.block_transform import REACH, SIDE, shrink_blocks, transformed
from packshot.enhance.denoise import at_half_size, to_bytes
from packshot.enhance.strips import by_strips
from packshot.measure.compression import blockiness
from packshot.measure.planes import as_bytes
from packshot.photo.pixels import check_pixels
from packshot.photo.quality import quantisation_steps

_OF_STEP: Final = 0.35
_OF_CHROMA_STEP: Final = 0.35
_QUALITIES: Final = tuple(range(4, 76))
_FREQUENCIES: Final = ((0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (1, 2), (2, 1), (0, 3), (3, 0))
_MOST_BLOCKS: Final = 6000
_FEWEST: Final = 40
_AGREEMENT: Final = 0.6
_SMALLEST_STEP: Final = 3


def quality_left(pixels: Pixels) -> int | None:
    """The JPEG quality whose quantisation the pixels still show.

    Coefficients of blocks on the encoder's grid lie at multiples of its steps (Fan and de Queiroz,
    IEEE TIP 12(2), 2003). The lowest quality of the IJG tables is taken whose steps they fit.

    Args:
        pixels: (H, W, 3) uint8, at the size they were encoded.

    Returns:
        4..75; None where no such grid is found: never compressed, hardly, or changed since.

    Raises:
        InvalidInput: Pixels of another type or shape.
    """
    check_pixels(pixels, "deblock")
    grey = as_bytes(cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY))
    found = blockiness(grey)
    if found is None:
        return None
    coefficients = _on_grid(grey[found.row :, found.column :])
    fits = (quality for quality in _QUALITIES if _agreement(coefficients, quality) >= _AGREEMENT)
    return next(fits, None)


def _on_grid(grey: Plane) -> Float32Array:
    """(N, F) coefficients of a sample of blocks, by the frequencies looked at."""
    rows, columns = (side // SIDE for side in grey.shape)
    every = max(1, rows * columns // _MOST_BLOCKS)
    whole = grey[: rows * SIDE, : columns * SIDE].reshape(rows, SIDE, columns * SIDE)[::every]
    blocks = transformed(whole.reshape(-1, columns * SIDE).astype(np.float32))
    return np.stack([blocks[:, v, :, u].ravel() for v, u in _FREQUENCIES], axis=1)


def _agreement(coefficients: Float32Array, quality: int) -> float:
    """-1..1: how near the larger coefficients lie to multiples of a quality's steps."""
    table = quantisation_steps(quality)
    steps = np.array([table[place] for place in _FREQUENCIES], np.float32)
    told = (np.abs(coefficients) > steps / 2) & (steps >= _SMALLEST_STEP)
    if np.count_nonzero(told) < _FEWEST:
        return -1.0
    return float(np.cos(2 * np.pi * (coefficients / steps)[told]).mean())


def deblock(pixels: Pixels, quality: int, strength: float = 1.0) -> Pixels:
    """Smooth what the quantisation of a JPEG cannot have told apart.

    Coefficients of overlapping blocks below 0.35 of the encoder's steps go: Nosratinia's averaging
    of shifted re-encodings (J. VLSI Signal Processing 27, 2001) with a dead zone. Luma at full
    size; chroma at half, as most encoders store it.

    Args:
        pixels: (H, W, 3) uint8, at the size they were encoded.
        quality: Of the encoder, IJG's 1..100.
        strength: Factor on the steps.

    Returns:
        (H, W, 3) uint8.

    Raises:
        InvalidInput: Pixels of another type or shape.
    """
    check_pixels(pixels, "deblock")
    return by_strips(pixels, partial(_deblocked, quality=quality, strength=strength), 2 * REACH)


def _deblocked(pixels: Pixels, quality: int, strength: float) -> Pixels:
    planes = cv2.cvtColor(pixels.astype(np.float32), cv2.COLOR_RGB2YCrCb)
    planes[..., 0] = shrink_blocks(planes[..., 0], _limits(quality, False, strength))
    for channel in (1, 2):
        planes[..., channel] = at_half_size(planes[..., channel], _limits(quality, True, strength))
    return to_bytes(cv2.cvtColor(planes, cv2.COLOR_YCrCb2RGB))


def _limits(quality: int, chroma: bool, strength: float) -> Float32Array:
    share = strength * (_OF_CHROMA_STEP if chroma else _OF_STEP)
    return quantisation_steps(quality, chroma).astype(np.float32) * np.float32(share)
