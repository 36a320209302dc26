"""Whitening: a nearly white background becomes pure white; the product is not touched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import ByteMask, Float32Array, Pixels
from packshot.enhance.denoise import to_bytes
from packshot.measure.background import connected_with_border, find_background
from packshot.measure.planes import as_bytes, make_planes
from packshot.photo.pixels import check_pixels, square_means

_WORKING_SIDE: Final = 1000
_DARKEST, _MOST_CHROMA = 75.0, 14.0
_NEAR_WHITE, _ONE_COLOUR = 0.62, 0.12
_STEEP, _STEEP_BY_NOISE = 2.2, 0.3
_SAME: Final = 0.04
_SMALLEST_HOLE, _HOLE_SHARE = 0.0003, 0.95
_MOST_NOISE: Final = 12.0
_LIGHTER, _LIGHTER_SHARE = 1.065, 0.005
_GAP: Final = 3
_FEATHER: Final = 1.2
_HEADROOM: Final = 0.015
_FIELD_SIDE: Final = 64
_SOFT_FROM, _SOFT_TO = 0.60, 0.85
_STRIP_ROWS: Final = 256


@dataclass(frozen=True, eq=False)
class Backdrop:
    """A nearly white background.

    Attributes:
        cover: (h, w) 0..1 at working size: 1 on what may be whitened, 0 on the product.
        field: (s, s, 3) the background's colour 0..255, smoothed, also where the product hides it.
        noise: Spread of the background about the field, in grey levels.
    """

    cover: Float32Array
    field: Float32Array
    noise: float


def backdrop_of(pixels: Pixels) -> Backdrop | None:
    """Find a nearly white background.

    It grows from the border through pixels that are nearly white and where nothing changes steeply, so
    that a pale product is held by its outline; a gap of up to three pixels (at 1000) in the outline
    does not let it in. Holes in the product count where they show the background's colour to 4 %.

    Args:
        pixels: (H, W, 3) uint8.

    Returns:
        None where the border is not plain, darker than 75 L*, more coloured than a chroma of 14, has a
        texture, or is not the lightest thing there is: it may be the product then.

    Raises:
        InvalidInput: Pixels of another type or shape.
    """
    planes = make_planes(pixels)
    plain = find_background(planes.small)
    if plain is None:
        return None
    lightness, a, b, _ = cv2.mean(planes.lab, mask=plain.mask)
    if lightness / 2.55 < _DARKEST or np.hypot(a - 128, b - 128) > _MOST_CHROMA:
        return None
    small = square_means(planes.pixels, -(-max(planes.grey.shape) // _WORKING_SIDE))
    core = as_bytes(cv2.resize(plain.mask, small.shape[1::-1], interpolation=cv2.INTER_NEAREST))
    field = _field(small, core)
    whole = _enlarged(field, small.shape[1], small.shape[0])
    share = np.asarray(small / np.maximum(whole, 1), np.float32)
    noise = 255 * float(np.percentile(np.abs(share - 1)[core > 0], 90)) if core.any() else 0.0
    lighter = float((share.min(axis=2) > _LIGHTER).mean())
    if noise > _MOST_NOISE or lighter > _LIGHTER_SHARE:
        return None
    grown = _grown(small, share, noise)
    cover = cv2.GaussianBlur(grown.astype(np.float32) / 255, (0, 0), _FEATHER)
    return Backdrop(np.asarray(cover, np.float32), field, noise)


def whiten(pixels: Pixels, backdrop: Backdrop, keep_shadows: bool = True) -> Pixels:
    """Make a background white.

    Pixels are divided by the background's own colour, which evens it and keeps soft shadows in
    proportion; without shadows the background becomes white outright, but for a trace of deep ones.
    What is darker than 60 % of the background is no background at full size either, whatever the
    working size says.

    Args:
        pixels: (H, W, 3) uint8.
        backdrop: From `backdrop_of`.
        keep_shadows: Whether soft shadows on the background stay.

    Returns:
        (H, W, 3) uint8.
    """
    check_pixels(pixels, "whiten")
    height, width = pixels.shape[:2]
    white = np.maximum(backdrop.field * (1 - _HEADROOM) - backdrop.noise, 1)
    across = _enlarged(white, width, len(white))
    cover = _enlarged(backdrop.cover, width, len(backdrop.cover))
    result = np.empty_like(pixels)
    for top in range(0, height, _STRIP_ROWS):
        rows = slice(top, min(top + _STRIP_ROWS, height))
        share = np.asarray(pixels[rows] / _rows_of(across, rows, height), np.float32)
        alpha = np.asarray(_rows_of(cover, rows, height) * _bright_share(share), np.float32)[..., None]
        clean = np.minimum(share, 1) * 255 if keep_shadows else np.float32(255)
        result[rows] = to_bytes(np.asarray(pixels[rows] + alpha * (clean - pixels[rows]), np.float32))
    return result


def _field(small: Pixels, core: ByteMask) -> Float32Array:
    """The background's colour on a coarse grid, carried on smoothly behind the product."""
    height, width = small.shape[:2]
    factor = _FIELD_SIDE / max(height, width)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    known = core.astype(np.float32)[..., None] / 255
    sums, weights = (
        np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)
        for values in (small * known, known)
    )
    weights = weights.reshape(size[1], size[0])
    mean = sums.sum(axis=(0, 1)) / max(float(weights.sum()), 1e-6)
    # A thousandth of the mean everywhere: far behind the product nothing else is known.
    blurred = cv2.GaussianBlur(sums + np.float32(1e-3) * mean, (0, 0), _FIELD_SIDE / 12)
    shares = cv2.GaussianBlur(weights + np.float32(1e-3), (0, 0), _FIELD_SIDE / 12)
    return np.asarray(
        blurred.reshape(size[1], size[0], 3) / shares.reshape(size[1], size[0], 1), np.float32
    )


def _grown(small: Pixels, share: Float32Array, noise: float) -> ByteMask:
    """255 on the background: nearly white, level, and connected with the border or a hole."""
    near = (share.min(axis=2) >= _NEAR_WHITE) & (np.ptp(share, axis=2) <= _ONE_COLOUR)
    level = _steepness(small) <= _STEEP + _STEEP_BY_NOISE * noise
    gap = np.ones((_GAP, _GAP), np.uint8)
    passable = as_bytes(cv2.erode(as_bytes(level & near) * np.uint8(255), gap, borderValue=(255,)))
    reached = connected_with_border(passable)
    holes = _holes(as_bytes(passable - reached), share, noise)
    # Back over what the erosion took, and on into the soft rim of the product, as far as it is near
    # white.
    rim = cv2.dilate(cv2.bitwise_or(reached, holes), np.ones((2 * _GAP + 1,) * 2, np.uint8))
    return as_bytes(cv2.bitwise_and(rim, as_bytes(near) * np.uint8(255)))


def _holes(enclosed: ByteMask, share: Float32Array, noise: float) -> ByteMask:
    """255 on those parts of a mask that show the background's colour nearly everywhere.

    A pale surface of the product passes into other tones somewhere; what is seen through a hole does
    not.
    """
    same = np.abs(share - 1).max(axis=2) <= _SAME + noise / 255
    count, labels, stats, _ = cv2.connectedComponentsWithStats(enclosed, connectivity=4)
    areas = stats[:, cv2.CC_STAT_AREA].astype(np.float64)
    agreeing = np.bincount(labels.ravel(), same.ravel(), count)
    kept = (areas >= _SMALLEST_HOLE * enclosed.size) & (agreeing >= _HOLE_SHARE * areas)
    kept[0] = False
    return as_bytes(kept[labels]) * np.uint8(255)


def _steepness(small: Pixels) -> Float32Array:
    """Grey levels per pixel, after a blur that noise does not pass."""
    grey = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), (0, 0), 1.0)
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0, scale=1 / 8)
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1, scale=1 / 8)
    return np.asarray(cv2.magnitude(across, down), np.float32)


def _bright_share(share: Float32Array) -> Float32Array:
    """0 for what is much darker than the background, 1 for what is nearly as light, smooth between."""
    place = np.clip((share.min(axis=2) - _SOFT_FROM) / (_SOFT_TO - _SOFT_FROM), 0, 1)
    return np.asarray(place * place * (3 - 2 * place), np.float32)


def _enlarged(values: Float32Array, width: int, height: int) -> Float32Array:
    return np.asarray(cv2.resize(values, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _rows_of(values: Float32Array, rows: slice, height: int) -> Float32Array:
    """Some rows of `values` enlarged to a height, linearly."""
    places = (np.arange(rows.start, rows.stop, dtype=np.float32) + 0.5) * len(values) / height - 0.5
    places = np.clip(places, 0, len(values) - 1)
    above = np.floor(places).astype(np.intp)
    below = np.minimum(above + 1, len(values) - 1)
    part = (places - above).reshape(-1, *(1,) * (values.ndim - 1)).astype(np.float32)
    return np.asarray(values[above] * (1 - part) + values[below] * part, np.float32)
