"""Colour: bleeding, shifting, too few, too much or too little of it."""

from __future__ import annotations

import cv2
import numpy as np

from packshot.arrays import Float32Array, Float64Array, IntArray, NumberArray, Pixels
from packshot.distort.parameters import scale_of, to_float, to_pixels

_DIFFUSION_SIGMA = (2.0, 4.0, 8.0, 14.0, 24.0)
_SHIFT_PIXELS = (1.0, 2.0, 4.0, 7.0, 12.0)
_COLOURS = (48, 24, 14, 8, 5)
_HSV_FACTOR = (0.7, 0.5, 0.32, 0.15, 0.0)
_LAB_FACTOR = (1.4, 1.8, 2.4, 3.2, 4.5)
_CELL_SHIFT_BITS = 3
# Pixels: a blur this wide leaves no detail that half the resolution could not hold.
_SMALL_SIGMA = 4.0


def colour_diffusion(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Blur the two chroma channels of CIE Lab; luminance stays."""
    lab = cv2.cvtColor(to_float(pixels), cv2.COLOR_RGB2LAB)
    sigma = _DIFFUSION_SIGMA[level - 1] * scale_of(pixels)
    lab[..., 1:] = _blur_wide(np.ascontiguousarray(lab[..., 1:]), sigma)
    return to_pixels(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB))


def colour_shift(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Move the green channel against the others in a seeded direction."""
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
    """Scale the saturation of HSV down to 0.7 .. 0."""
    hsv = cv2.cvtColor(to_float(pixels), cv2.COLOR_RGB2HSV)
    hsv[..., 1] *= _HSV_FACTOR[level - 1]
    return to_pixels(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB))


def saturation_lab(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Scale the chroma of CIE Lab up by 1.4 to 4.5."""
    lab = cv2.cvtColor(to_float(pixels), cv2.COLOR_RGB2LAB)
    lab[..., 1:] *= _LAB_FACTOR[level - 1]
    return to_pixels(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB))


def _blur_wide(values: Float32Array, sigma: float) -> Float32Array:
    """Gaussian blur, done on a smaller picture where sigma is so large that this changes nothing."""
    height, width = values.shape[:2]
    factor = int(min(max(sigma / _SMALL_SIGMA, 1), height, width))
    if factor == 1:
        return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma), np.float32)
    small = cv2.resize(values, (width // factor, height // factor), interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(small, (0, 0), sigma / factor)
    return np.asarray(cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _index_cells(cells: IntArray) -> tuple[int, IntArray]:
    """How many cells of the colour cube hold a pixel, and each pixel's number among those."""
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
    """Members on the far side of the best cut across the axis of largest variance (after Otsu)."""
    means = sums / counts[:, None]
    spread = (counts[:, None] * (means - sums.sum(axis=0) / counts.sum()) ** 2).sum(axis=0)
    order = np.argsort(means[:, spread.argmax()], kind="stable")
    below, left = np.cumsum(counts[order])[:-1], np.cumsum(sums[order], axis=0)[:-1]
    above, right = counts.sum() - below, sums.sum(axis=0) - left
    explained = (left**2).sum(axis=1) / below + (right**2).sum(axis=1) / above
    return np.asarray(order[explained.argmax() + 1 :], np.int64)


def _sum_by_part(part: IntArray, sums: NumberArray) -> Float64Array:
    """(parts, 3) `sums` added up by part."""
    columns = [np.bincount(part, sums[:, channel]) for channel in range(3)]
    return np.stack(columns, axis=1).astype(np.float64)
