"""Removal of what JPEG leaves: block edges and ringing, as strong as the file was compressed."""

from __future__ import annotations

from functools import partial
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Pixels, Plane
from packshot.enhance.block_transform import BLOCK_SIDE, REACH, transform_blocks
from packshot.enhance.denoise import shrink_luma_and_chroma
from packshot.enhance.strips import apply_by_strips
from packshot.measure.compression import blockiness
from packshot.measure.planes import to_uint8
from packshot.photo.pixels import check_pixels
from packshot.photo.quality import quantisation_steps

_STEP_SHARE: Final = 0.35
"""Share of the encoder's step below which a coefficient goes, of luma as of chroma. Half a step is the
most that quantisation hides; less keeps texture. A judgement, measured in
`benchmarks/enhancement/classical_steps.py`: 0.7 to 0.9 dB on JPEG, no photo of 40 worse."""

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

    Example:
        >>> from packshot import Photo
        >>> blocky = Photo.open("examples/photos/jar-heavy-jpeg.jpg").pixels[200:600, 200:600]
        >>> smooth = deblock(blocky, quality=8)
        >>> before, after = (blockiness(to_uint8(image[..., 1])) for image in (blocky, smooth))
        >>> round(before.excess, 1), round(after.excess, 1)
        (5.3, 0.1)
    """
    check_pixels(pixels, "deblock")
    return apply_by_strips(
        pixels, partial(_deblock_strip, quality=quality, strength=strength), 2 * REACH
    )


def _deblock_strip(pixels: Pixels, quality: int, strength: float) -> Pixels:
    return shrink_luma_and_chroma(
        pixels, _build_limits(quality, False, strength), _build_limits(quality, True, strength)
    )


def _build_limits(quality: int, chroma: bool, strength: float) -> Float32Array:
    return quantisation_steps(quality, chroma).astype(np.float32) * np.float32(strength * _STEP_SHARE)
