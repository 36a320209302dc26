"""Removal of what JPEG leaves: block edges and ringing, as strong as the file was compressed."""

from __future__ import annotations

from functools import cache, cached_property, partial
from typing import Final

import cv2
import numpy as np

from packshot.arrays import ByteArray, Float32Array, Pixels, Plane
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

_BAND_ROWS: Final = 4
"""Rows of blocks transformed at a time: products so small that matrix libraries start no threads."""

_PART_STRIDE: Final = 8
"""Of so many blocks one is looked at first: enough to rule a quality out."""

_MIN_PART_COEFFICIENTS, _MIN_PART_AGREEMENT = 200, 0.3
"""Coefficients of such a part from which it may rule a quality out, and the agreement below which it
does: six standard deviations of the mean of so many below what is asked of the whole."""

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
    magnitudes = _sample_magnitudes(grey[grid.row :, grid.column :])
    whole, part = _StepAgreement(magnitudes), _StepAgreement(magnitudes[:, ::_PART_STRIDE])
    return next((quality for quality in _QUALITIES if _fits(quality, whole, part)), None)


def _sample_magnitudes(grey: Plane) -> Float32Array:
    """(F, N) magnitudes of coefficients of a sample of blocks, by the frequencies looked at."""
    rows, columns = (side // BLOCK_SIDE for side in grey.shape)
    row_stride = max(1, rows * columns // _MAX_BLOCKS)
    sample_rows = grey[: rows * BLOCK_SIDE, : columns * BLOCK_SIDE].reshape(
        rows, BLOCK_SIDE, columns * BLOCK_SIDE
    )[::row_stride]
    bands = [
        _transform_rows(sample_rows[first : first + _BAND_ROWS])
        for first in range(0, len(sample_rows), _BAND_ROWS)
    ]
    return np.abs(np.concatenate(bands, axis=1))


def _transform_rows(rows: ByteArray) -> Float32Array:
    """(F, N) coefficients of some rows of blocks, by the frequencies looked at."""
    blocks = transform_blocks(rows.reshape(-1, rows.shape[-1]).astype(np.float32))
    return np.stack([blocks[:, v, :, u].ravel() for v, u in _FREQUENCIES])


@cache
def _list_steps(quality: int) -> tuple[int, ...]:
    """List a quality's steps of the frequencies looked at."""
    table = quantisation_steps(quality)
    return tuple(int(table[frequency]) for frequency in _FREQUENCIES)


class _StepAgreement:
    """How near coefficients lie to multiples of steps; each step of a frequency is tried once."""

    def __init__(self, magnitudes: Float32Array) -> None:
        self._magnitudes = magnitudes
        self._known: dict[tuple[int, int], tuple[int, float]] = {}

    @cached_property
    def _ascending(self) -> Float32Array:
        return np.sort(self._magnitudes, axis=1)

    def measure(self, quality: int) -> tuple[int, float]:
        """Number of the larger ones, and their mean cosine over a quality's steps, -1..1."""
        steps = enumerate(_list_steps(quality))
        found = [self._sum_up(place, step) for place, step in steps if step >= _MIN_STEP]
        count = sum(one for one, _ in found)
        return count, sum(one for _, one in found) / max(count, 1)

    def _sum_up(self, place: int, step: int) -> tuple[int, float]:
        """Number of coefficients of a frequency above half a step, and sum of their cosines."""
        if (place, step) not in self._known:
            ascending = self._ascending[place]
            usable = ascending[np.searchsorted(ascending, step / 2, side="right") :]
            cosines = np.cos(usable * np.float32(2 * np.pi / step))
            self._known[place, step] = len(usable), float(cosines.sum(dtype=np.float64))
        return self._known[place, step]


def _fits(quality: int, whole: _StepAgreement, part: _StepAgreement) -> bool:
    """Return whether coefficients lie at multiples of a quality's steps; a part rules most out."""
    count, agreement = part.measure(quality)
    if count >= _MIN_PART_COEFFICIENTS and agreement < _MIN_PART_AGREEMENT:
        return False
    count, agreement = whole.measure(quality)
    return count >= _MIN_COEFFICIENTS and agreement >= _MIN_AGREEMENT


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
