"""Removal of what JPEG leaves: block edges and ringing, as strong as the file was compressed."""

from __future__ import annotations

from functools import partial
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Pixels, Plane
from packshot.enhance.block_transform import BLOCK_SIDE, REACH, invert_transform, transform_blocks
from packshot.enhance.denoise import round_to_uint8, shrink_planes
from packshot.enhance.strips import apply_by_strips
from packshot.measure.compression import Blockiness, blockiness
from packshot.measure.planes import to_uint8
from packshot.photo.pixels import check_pixels
from packshot.photo.quality import quantisation_steps

_LUMA_SHARE, _CHROMA_SHARE = 0.42, 0.5
"""Share of the encoder's step below which a coefficient goes. Half a step is the most that quantisation
hides; less keeps texture (docs/decisions/0039-noise-by-brightness-light-by-its-end.md)."""

_MAX_DEPARTURE: Final = 0.35
"""Share of the encoder's step by which a coefficient of luma on the encoder's own grid may end up away
from what the file says. The truth lies within half a step, mostly nearer; without this bound the worst
of ten photos lost .008 of SSIM, with it that one gains as much (the same)."""

_QUALITIES: Final = tuple(range(4, 76))
"""IJG qualities that are told apart: below, steps are as large as they get; above, too small to show."""

_FREQUENCIES: Final = ((0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (1, 2), (2, 1), (0, 3), (3, 0))
"""Vertical and horizontal frequencies that are looked at: the lowest, which most blocks still have."""

_MAX_BLOCKS: Final = 6000
"""Blocks looked at, about: more take longer and tell no more."""

_MIN_COEFFICIENTS: Final = 40
"""Coefficients of some size without which nothing is said. A judgement."""

_MIN_AGREEMENT: Final = 0.6
"""Mean cosine of coefficients over steps (1: all at multiples, 0: anywhere) from which a quality fits.
A judgement, tested on photos encoded at known qualities and on others
(`tests/enhance/test_classical_steps.py`)."""

_MIN_STEP: Final = 3
"""Smallest step, in grey levels, that pixels rounded to whole levels still show. A judgement."""


def estimate_jpeg_quality(pixels: Pixels) -> int | None:
    """Estimate the JPEG quality whose quantisation the pixels still show.

    Coefficients of blocks on the encoder's grid lie at multiples of its steps (Fan and de Queiroz,
    IEEE TIP 12(2), 2003). The lowest quality of the IJG tables is taken whose steps they fit.

    Args:
        pixels: (H, W, 3) uint8, at the size they were encoded.

    Returns:
        4..75; None where no such grid is found: never compressed, hardly, or changed since.

    Raises:
        InvalidInput: Pixels of another type or shape.

    Example:
        >>> from packshot import Photo
        >>> estimate_jpeg_quality(Photo.open("examples/photos/jar-heavy-jpeg.jpg").pixels)
        8
        >>> estimate_jpeg_quality(Photo.open("examples/photos/cream-jar.jpg").pixels) is None
        True
    """
    check_pixels(pixels, "deblock")
    grey = to_uint8(cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY))
    grid = blockiness(grey)
    if grid is None:
        return None
    coefficients = _sample_coefficients(grey[grid.row :, grid.column :])
    fitting_qualities = (
        quality for quality in _QUALITIES if _step_agreement(coefficients, quality) >= _MIN_AGREEMENT
    )
    return next(fitting_qualities, None)


def _sample_coefficients(grey: Plane) -> Float32Array:
    """(N, F) coefficients of a sample of blocks, by the frequencies looked at."""
    rows, columns = (side // BLOCK_SIDE for side in grey.shape)
    row_stride = max(1, rows * columns // _MAX_BLOCKS)
    sample_rows = grey[: rows * BLOCK_SIDE, : columns * BLOCK_SIDE].reshape(
        rows, BLOCK_SIDE, columns * BLOCK_SIDE
    )[::row_stride]
    blocks = transform_blocks(sample_rows.reshape(-1, columns * BLOCK_SIDE).astype(np.float32))
    return np.stack([blocks[:, v, :, u].ravel() for v, u in _FREQUENCIES], axis=1)


def _step_agreement(coefficients: Float32Array, quality: int) -> float:
    """Return -1..1, larger the nearer the larger coefficients lie to multiples of a quality's steps."""
    table = quantisation_steps(quality)
    steps = np.array([table[frequency] for frequency in _FREQUENCIES], np.float32)
    is_usable = (np.abs(coefficients) > steps / 2) & (steps >= _MIN_STEP)
    if np.count_nonzero(is_usable) < _MIN_COEFFICIENTS:
        return -1.0
    return float(np.cos(2 * np.pi * (coefficients / steps)[is_usable]).mean())


def deblock(pixels: Pixels, quality: int, strength: float = 1.0) -> Pixels:
    """Smooth what the quantisation of a JPEG cannot have told apart.

    Coefficients of overlapping blocks below 0.42 of the encoder's steps go: Nosratinia's averaging
    of shifted re-encodings (J. VLSI Signal Processing 27, 2001) with a dead zone. Luma at full
    size, then brought back to within 0.35 of a step of what the file says; chroma at half size, as most
    encoders store it.

    Args:
        pixels: (H, W, 3) uint8, at the size they were encoded.
        quality: Of the encoder, IJG's 1..100.
        strength: Factor on the steps.

    Returns:
        (H, W, 3) uint8.

    Raises:
        InvalidInput: Pixels of another type or shape.

    Example:
        >>> from packshot import Photo
        >>> blocky = Photo.open("examples/photos/jar-heavy-jpeg.jpg").pixels[200:600, 200:600]
        >>> smooth = deblock(blocky, quality=8)
        >>> before, after = (blockiness(to_uint8(image[..., 1])) for image in (blocky, smooth))
        >>> round(before.excess, 1), round(after.excess, 1)
        (5.3, 0.3)
    """
    check_pixels(pixels, "deblock")
    grid = blockiness(to_uint8(cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY)))
    change = partial(_deblock_strip, quality=quality, strength=strength, grid=grid)
    return apply_by_strips(pixels, change, 2 * REACH)


def _deblock_strip(pixels: Pixels, quality: int, strength: float, grid: Blockiness | None) -> Pixels:
    """Deblock a strip that begins on a multiple of sixteen rows, as grids of blocks do."""
    planes = cv2.cvtColor(pixels.astype(np.float32), cv2.COLOR_RGB2YCrCb)
    encoded = planes[..., 0].copy()
    shrink_planes(
        planes,
        _build_limits(quality, False, strength * _LUMA_SHARE),
        _build_limits(quality, True, strength * _CHROMA_SHARE),
    )
    if grid is not None:
        inside = np.s_[grid.row :, grid.column :]
        bounds = _build_limits(quality, False, _MAX_DEPARTURE)
        planes[..., 0][inside] = _bring_near(planes[..., 0][inside], encoded[inside], bounds)
    return round_to_uint8(cv2.cvtColor(planes, cv2.COLOR_YCrCb2RGB))


def _bring_near(values: Float32Array, encoded: Float32Array, bounds: Float32Array) -> Float32Array:
    """Keep the coefficients of whole blocks within (8, 8) bounds of those of another plane."""
    height, width = (side // BLOCK_SIDE * BLOCK_SIDE for side in values.shape)
    result = values.copy()
    if height and width:
        whole = np.s_[:height, :width]
        stored, smooth = (
            transform_blocks(np.ascontiguousarray(plane[whole])) for plane in (encoded, values)
        )
        limits = bounds[None, :, None, :]
        result[whole] = invert_transform(np.clip(smooth, stored - limits, stored + limits))
    return result


def _build_limits(quality: int, chroma: bool, share: float) -> Float32Array:
    return quantisation_steps(quality, chroma).astype(np.float32) * np.float32(share)
