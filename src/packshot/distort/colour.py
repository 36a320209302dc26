"""Colour: bleeding, shifting, too few, too much or too little of it."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Float64Array, IntArray, NumberArray, Pixels
from packshot.distort.parameters import scale_of, to_float, to_pixels

_DIFFUSION_SIGMA: Final = (2.0, 4.0, 8.0, 14.0, 24.0)
_SHIFT_PIXELS: Final = (1.0, 2.0, 4.0, 7.0, 12.0)
"""Pixels of a photo of 512, by level: standard deviation of the blur of chroma, distance that green
moves; set as `parameters` says."""

_COLOURS: Final = (48, 24, 14, 8, 5)
"""Colours that are left, by level; set as `parameters` says."""

_HSV_FACTOR: Final = (0.7, 0.5, 0.32, 0.15, 0.0)
_LAB_FACTOR: Final = (1.4, 1.8, 2.4, 3.2, 4.5)
"""Factors of saturation and of chroma, by level; set as `parameters` says."""

_CELL_SHIFT_BITS: Final = 3
"""Bits of each channel that are dropped before colours are counted: 32 cells a channel, in bounded
time."""

_SMALL_SIGMA: Final = 4.0
"""Pixels: a blur this wide leaves no detail that half the resolution could not hold."""


def colour_diffusion(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Blur the two chroma channels of CIE Lab; luminance stays.

    Args:
        pixels: (H, W, 3) uint8; not changed.
        level: 1..5.
        generator: Not used; the effect has no chance in it.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> stripes = np.zeros((64, 64, 3), np.uint8)
        >>> stripes[:, ::2, 0], stripes[:, 1::2, 2] = 200, 200
        >>> mixed = colour_diffusion(stripes, 5, np.random.default_rng(0))
        >>> bool(mixed[32, 32, 2] > 0)  # blue has run into red
        True
    """
    lab = cv2.cvtColor(to_float(pixels), cv2.COLOR_RGB2LAB)
    sigma = _DIFFUSION_SIGMA[level - 1] * scale_of(pixels)
    lab[..., 1:] = _blur_wide(np.ascontiguousarray(lab[..., 1:]), sigma)
    return to_pixels(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB))


def colour_shift(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Move the green channel against the others in a seeded direction.

    Args:
        pixels: (H, W, 3) uint8; not changed.
        level: 1..5.
        generator: Gives the direction.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> white = np.zeros((64, 64, 3), np.uint8)
        >>> white[24:40, 24:40] = 255
        >>> shifted = colour_shift(white, 5, np.random.default_rng(0))
        >>> [bool((shifted[..., c] == white[..., c]).all()) for c in range(3)]
        [True, False, True]
    """
    angle = generator.uniform(0, 2 * np.pi)
    distance = _SHIFT_PIXELS[level - 1] * scale_of(pixels)
    matrix = np.array([[1, 0, distance * np.cos(angle)], [0, 1, distance * np.sin(angle)]], np.float32)
    shifted = pixels.copy()
    size = (pixels.shape[1], pixels.shape[0])
    green = np.ascontiguousarray(pixels[..., 1])
    shifted[..., 1] = cv2.warpAffine(green, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    return shifted


def colour_quantisation(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Keep 48 to 5 colours, by minimum-variance partition, without dithering.

    The colours in use are cut in two again and again, each time where most error is left (after Wu,
    "Color quantization by dynamic programming and principal analysis", 1992, with cuts along the axes).
    Fewer colours are the same cuts, stopped earlier, so that the error grows with the level.

    Args:
        pixels: (H, W, 3) uint8; not changed.
        level: 1..5.
        generator: Not used; the effect has no chance in it.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
        >>> few = colour_quantisation(pixels, 4, np.random.default_rng(0))
        >>> len(np.unique(few.reshape(-1, 3), axis=0))
        8
    """
    values = pixels.reshape(-1, 3)
    cells = (values >> _CELL_SHIFT_BITS).astype(np.int32) @ np.array([1024, 32, 1], np.int32)
    used, cell_of_pixel = _index_cells(cells)
    counts = np.bincount(cell_of_pixel).astype(np.float64)
    sums = _sum_by_part(cell_of_pixel, values)
    part_of_cell = _partition(counts, sums, min(_COLOURS[level - 1], used))
    colours = _sum_by_part(part_of_cell, sums) / np.bincount(part_of_cell, counts)[:, None]
    palette = np.rint(colours).astype(np.uint8)[part_of_cell]
    return np.asarray(palette[cell_of_pixel].reshape(pixels.shape), np.uint8)


def saturation_hsv(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Scale the saturation of HSV down to 0.7 .. 0.

    Args:
        pixels: (H, W, 3) uint8; not changed.
        level: 1..5.
        generator: Not used; the effect has no chance in it.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> saturation_hsv(np.array([[[200, 100, 50]]], np.uint8), 5, np.random.default_rng(0)).tolist()
        [[[200, 200, 200]]]
    """
    hsv = cv2.cvtColor(to_float(pixels), cv2.COLOR_RGB2HSV)
    hsv[..., 1] *= _HSV_FACTOR[level - 1]
    return to_pixels(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB))


def saturation_lab(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Scale the chroma of CIE Lab up by 1.4 to 4.5.

    Args:
        pixels: (H, W, 3) uint8; not changed.
        level: 1..5.
        generator: Not used; the effect has no chance in it.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> dull = np.array([[[130, 120, 110]]], np.uint8)
        >>> vivid = saturation_lab(dull, 3, np.random.default_rng(0))
        >>> int(np.ptp(dull)), bool(np.ptp(vivid) > 35)
        (20, True)
    """
    lab = cv2.cvtColor(to_float(pixels), cv2.COLOR_RGB2LAB)
    lab[..., 1:] *= _LAB_FACTOR[level - 1]
    return to_pixels(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB))


def _blur_wide(values: Float32Array, sigma: float) -> Float32Array:
    """Blur by a Gaussian, on a smaller picture where sigma is so large that it changes nothing."""
    height, width = values.shape[:2]
    factor = int(min(max(sigma / _SMALL_SIGMA, 1), height, width))
    if factor == 1:
        return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma), np.float32)
    small = cv2.resize(values, (width // factor, height // factor), interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(small, (0, 0), sigma / factor)
    return np.asarray(cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _index_cells(cells: IntArray) -> tuple[int, IntArray]:
    """Count the cells of the colour cube that hold a pixel, and number each pixel's among those."""
    used = np.bincount(cells, minlength=1 << 15) > 0
    numbers = np.cumsum(used, dtype=np.int64) - 1
    return int(used.sum()), np.asarray(numbers[cells], np.int64)


def _partition(counts: Float64Array, sums: Float64Array, parts: int) -> IntArray:
    """Cut colours into parts of small variance, always the part with most squared error.

    Args:
        counts: (M,) pixels of each cell, above 0.
        sums: (M, 3) their colours added up.
        parts: How many, 1..M.

    Returns:
        (M,) the part of each cell, 0..parts - 1, or fewer where no error is left.
    """
    part = np.zeros(len(counts), np.int64)
    means = sums / counts[:, None]
    for new in range(1, parts):
        centres = _sum_by_part(part, sums) / np.bincount(part, counts)[:, None]
        errors = np.bincount(part, counts * ((means - centres[part]) ** 2).sum(axis=1))
        members = np.flatnonzero(part == errors.argmax())
        if len(members) < 2:
            break
        part[members[_find_upper_members(counts[members], sums[members])]] = new
    return part


def _find_upper_members(counts: Float64Array, sums: Float64Array) -> IntArray:
    """Return members beyond the best cut across the axis of largest variance (after Otsu)."""
    means = sums / counts[:, None]
    spread = (counts[:, None] * (means - sums.sum(axis=0) / counts.sum()) ** 2).sum(axis=0)
    order = np.argsort(means[:, spread.argmax()], kind="stable")
    below, left = np.cumsum(counts[order])[:-1], np.cumsum(sums[order], axis=0)[:-1]
    above, right = counts.sum() - below, sums.sum(axis=0) - left
    explained = (left**2).sum(axis=1) / below + (right**2).sum(axis=1) / above
    return np.asarray(order[explained.argmax() + 1 :], np.int64)


def _sum_by_part(part: IntArray, sums: NumberArray) -> Float64Array:
    """Return (parts, 3) `sums` added up by part."""
    columns = [np.bincount(part, sums[:, channel]) for channel in range(3)]
    return np.stack(columns, axis=1).astype(np.float64)
