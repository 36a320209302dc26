"""Whitening: a nearly white background becomes pure white; the product is not touched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import ByteMask, Float32Array, Pixels
from packshot.measure.background import find_background, find_border_region
from packshot.measure.planes import make_planes, to_uint8
from packshot.photo.pixels import average_blocks, check_pixels


@dataclass(frozen=True)
class WhiteningLimits:
    """Limits of what is near enough to white to be made white, and of how far that reaches.

    Where no origin is named, the values are judgements, tried on synthetic scenes with known outlines
    (`tests/enhance/test_whiten.py`) and held against originals under uneven light in
    `benchmarks/enhancement/classical_steps.py`: of 40 photos a level 30 or 31 are changed, at most 3
    end worse.

    Attributes:
        working_side: Longest side, in pixels, at which the background is sought; larger photos are
            averaged down. Gaps, holes and slopes below are meant at that size.
        min_lightness: L*, 0..100: a darker background is no white one. The same as for the finding
            "background-not-white" (`measure.limits`).
        max_chroma: CIE chroma: a more coloured background is meant to be coloured. The same as there.
        near_white_share: Share of the background's own colour that a pixel must have in every channel to
            be background: darker is product, or a shadow too deep to keep in proportion.
        max_channel_range: Largest difference of a pixel's three shares: more is another colour.
        max_steepness: Grey levels per pixel, after a blur of 1 pixel: steeper is an outline, which the
            background does not pass.
        steepness_per_noise: How much steeper the background itself may be for each grey level of noise.
        colour_tolerance: Largest difference from the background's colour, as a share of it, that still
            shows through a hole; noise is added to it.
        min_hole_share: Share of the picture that a hole must have: below it is a glint or a gap.
        min_hole_agreement: Share of a hole that must show the background's colour: a pale surface passes
            into other tones somewhere.
        max_noise: Grey levels, ninth decile of the difference from the smoothed background: above, the
            background has a texture (a wall, a cloth), which whitening would spoil.
        lighter_factor: A pixel whose darkest channel exceeds the background by this factor is lighter
            than the background.
        max_lighter_share: Share of such pixels above which the "background" may be the product, such as
            a grey shirt that fills the frame.
        max_share: Share of the background's own colour above which a pixel is no background, but a
            product that is whiter; noise is added to it.
        outline_gap: Pixels: a gap in an outline up to this wide does not let the background in.
        feather_sigma: Pixels, standard deviation of the blur of the mask's edge, so that no seam shows.
        headroom: Share by which white is set below the background's smoothed colour, so that its noise
            becomes white as well.
        field_side: Longest side of the grid on which the background's colour is kept: light on a
            backdrop changes slowly, and texture shall not enter.
        background_share_low: At full size, share of the background at or below which a pixel is left as
            it is: what the working size averaged away.
        background_share_high: Share from which a pixel is whitened in full; between, smoothly.
        strip_rows: Rows whitened at a time, which bounds memory and changes no pixel.

    Example:
        >>> f"from {LIMITS.min_lightness:.0f} L* on, of a chroma up to {LIMITS.max_chroma:.0f}"
        'from 75 L* on, of a chroma up to 14'
    """

    working_side: int = 1000
    min_lightness: float = 75.0
    max_chroma: float = 14.0
    near_white_share: float = 0.62
    max_channel_range: float = 0.12
    max_steepness: float = 2.2
    steepness_per_noise: float = 0.3
    colour_tolerance: float = 0.04
    min_hole_share: float = 0.0003
    min_hole_agreement: float = 0.95
    max_noise: float = 12.0
    lighter_factor: float = 1.065
    max_lighter_share: float = 0.005
    max_share: float = 1.03
    outline_gap: int = 3
    feather_sigma: float = 1.2
    headroom: float = 0.015
    field_side: int = 64
    background_share_low: float = 0.60
    background_share_high: float = 0.85
    strip_rows: int = 256


LIMITS: Final = WhiteningLimits()


@dataclass(frozen=True, eq=False)
class Backdrop:
    """A nearly white background.

    Attributes:
        coverage: (h, w) 0..1 at working size: 1 on what may be whitened, 0 on the product.
        colour_field: (s, s, 3) the background's colour 0..255, smoothed, also behind the product.
        noise: Spread of the background about the field, in grey levels.
        deviation: (h, w) largest difference of a channel from the field, as a share of it: about 0 where
            the background itself shows.

    Example:
        >>> from packshot import Photo
        >>> backdrop = find_backdrop(Photo.open("examples/photos/speaker-sale-badge.jpg").pixels)
        >>> f"{(backdrop.coverage > 0.5).mean():.0%} of the picture can be whitened"
        '41% of the picture can be whitened'
    """

    coverage: Float32Array
    colour_field: Float32Array
    noise: float
    deviation: Float32Array


def find_backdrop(pixels: Pixels, *, product_may_be_lighter: bool = False) -> Backdrop | None:
    """Find a nearly white background.

    It grows from the border through pixels that are nearly white and where nothing changes steeply, so
    that a pale product is held by its outline; a gap of up to three pixels (at 1000) in the outline
    does not let it in. Holes in the product count where they show the background's colour to 4 %.

    Args:
        pixels: (H, W, 3) uint8.
        product_may_be_lighter: Whether it is known otherwise that what is lighter is the product.

    Returns:
        None where the border is not plain, darker than 75 L*, more coloured than a chroma of 14, has a
        texture, or is not the lightest thing there is: it may be the product then, unless that is known.

    Raises:
        InvalidInput: Pixels of another type or shape.

    Example:
        >>> import numpy as np
        >>> scene = np.full((200, 200, 3), 240, np.uint8)
        >>> scene[60:140, 60:140] = (150, 40, 40)
        >>> find_backdrop(scene).colour_field.round().min()
        np.float32(240.0)
        >>> find_backdrop(scene // 4) is None
        True
    """
    planes = make_planes(pixels)
    background = find_background(planes.small)
    if background is None:
        return None
    lightness, a, b, _ = cv2.mean(planes.lab, mask=background.mask)
    if lightness / 2.55 < LIMITS.min_lightness or np.hypot(a - 128, b - 128) > LIMITS.max_chroma:
        return None
    small = average_blocks(planes.pixels, -(-max(planes.grey.shape) // LIMITS.working_side))
    core = to_uint8(cv2.resize(background.mask, small.shape[1::-1], interpolation=cv2.INTER_NEAREST))
    field = fit_colour_field(small, core)
    full_field = enlarge(field, small.shape[1], small.shape[0])
    share = np.asarray(small / np.maximum(full_field, 1), np.float32)
    noise = 255 * float(np.percentile(np.abs(share - 1)[core > 0], 90)) if core.any() else 0.0
    lighter_share = float((share.min(axis=2) > LIMITS.lighter_factor).mean())
    if lighter_share > LIMITS.max_lighter_share and not product_may_be_lighter:
        return None
    if noise > LIMITS.max_noise:
        return None
    background_mask = _grow_background(small, share, noise)
    coverage = cv2.GaussianBlur(background_mask.astype(np.float32) / 255, (0, 0), LIMITS.feather_sigma)
    deviation = np.abs(share - 1).max(axis=2)
    return Backdrop(np.asarray(coverage, np.float32), field, noise, np.asarray(deviation, np.float32))


def whiten(pixels: Pixels, backdrop: Backdrop, keep_shadows: bool = True) -> Pixels:
    """Make a background white.

    Pixels are divided by the background's own colour, which evens it and keeps soft shadows in
    proportion; without shadows the background becomes white outright, but for a trace of deep ones.
    What is darker than 60 % of the background is no background at full size either, whatever the
    working size says.

    Args:
        pixels: (H, W, 3) uint8, or uint16 for which it is worked out in 16 bits.
        backdrop: From `find_backdrop`, of the photo seen with 8 bits.
        keep_shadows: Whether soft shadows on the background stay.

    Returns:
        The same shape and type.

    Raises:
        InvalidInput: Pixels of another type or shape.

    Example:
        >>> import numpy as np
        >>> scene = np.full((200, 200, 3), 240, np.uint8)
        >>> scene[60:140, 60:140] = (150, 40, 40)
        >>> white = whiten(scene, find_backdrop(scene))
        >>> white[5, 5].tolist(), white[100, 100].tolist()
        ([255, 255, 255], [150, 40, 40])
    """
    check_pixels(pixels, "whiten", allows_16_bits=True)
    height, width = pixels.shape[:2]
    most = np.iinfo(pixels.dtype).max
    white = np.maximum(backdrop.colour_field * (1 - LIMITS.headroom) - backdrop.noise, 1)
    field_columns = enlarge(white * np.float32(most // 255), width, len(white))
    coverage_columns = enlarge(backdrop.coverage, width, len(backdrop.coverage))
    result = np.empty_like(pixels)
    for top in range(0, height, LIMITS.strip_rows):
        rows = slice(top, min(top + LIMITS.strip_rows, height))
        share = np.asarray(pixels[rows] / enlarge_rows(field_columns, rows, height), np.float32)
        alpha = np.asarray(
            enlarge_rows(coverage_columns, rows, height) * _background_weight(share), np.float32
        )[..., None]
        whitened = np.minimum(share, 1) * most if keep_shadows else np.float32(most)
        changed = pixels[rows] + alpha * (whitened - pixels[rows])
        result[rows] = np.rint(np.clip(changed, 0, most, out=changed), out=changed)
    return result


def fit_colour_field(small: Pixels, core: ByteMask) -> Float32Array:
    """Fit the background's colour on a coarse grid, carried on smoothly behind the product.

    Args:
        small: (h, w, 3) uint8.
        core: (h, w) 255 on what surely is background.

    Returns:
        (s, t, 3) 0..255, the longer side `WhiteningLimits.field_side`.

    Example:
        >>> photo = np.full((100, 200, 3), 240, np.uint8)
        >>> fit_colour_field(photo, np.full((100, 200), 255, np.uint8)).shape
        (32, 64, 3)
    """
    height, width = small.shape[:2]
    factor = LIMITS.field_side / max(height, width)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    known = core.astype(np.float32)[..., None] / 255
    sums, weights = (
        np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)
        for values in (small * known, known)
    )
    weights = weights.reshape(size[1], size[0])
    mean = sums.sum(axis=(0, 1)) / max(float(weights.sum()), 1e-6)
    # A thousandth of the mean everywhere: far behind the product nothing else is known.
    blurred = cv2.GaussianBlur(sums + np.float32(1e-3) * mean, (0, 0), LIMITS.field_side / 12)
    shares = cv2.GaussianBlur(weights + np.float32(1e-3), (0, 0), LIMITS.field_side / 12)
    return np.asarray(
        blurred.reshape(size[1], size[0], 3) / shares.reshape(size[1], size[0], 1), np.float32
    )


def _grow_background(small: Pixels, share: Float32Array, noise: float) -> ByteMask:
    """255 on the background: nearly white, level, and connected with the border or a hole."""
    darkest = share.min(axis=2)
    is_near_white = (
        (darkest >= LIMITS.near_white_share)
        & (darkest <= LIMITS.max_share + 2 * noise / 255)
        & (np.ptp(share, axis=2) <= LIMITS.max_channel_range)
    )
    is_level = measure_steepness(small) <= LIMITS.max_steepness + LIMITS.steepness_per_noise * noise
    gap = np.ones((LIMITS.outline_gap, LIMITS.outline_gap), np.uint8)
    passable = to_uint8(
        cv2.erode(to_uint8(is_level & is_near_white) * np.uint8(255), gap, borderValue=(255,))
    )
    reached = find_border_region(passable)
    holes = _find_holes(to_uint8(passable - reached), share, noise)
    # Back over what the erosion took, and on into the soft rim of the product, as far as it is near
    # white.
    rim = cv2.dilate(
        cv2.bitwise_or(reached, holes), np.ones((2 * LIMITS.outline_gap + 1,) * 2, np.uint8)
    )
    return to_uint8(cv2.bitwise_and(rim, to_uint8(is_near_white) * np.uint8(255)))


def _find_holes(enclosed: ByteMask, share: Float32Array, noise: float) -> ByteMask:
    """255 on those parts of a mask that show the background's colour nearly everywhere.

    A pale surface of the product passes into other tones somewhere; what is seen through a hole does
    not.
    """
    is_same_colour = np.abs(share - 1).max(axis=2) <= LIMITS.colour_tolerance + noise / 255
    count, labels, stats, _ = cv2.connectedComponentsWithStats(enclosed, connectivity=4)
    areas = stats[:, cv2.CC_STAT_AREA].astype(np.float64)
    matching_areas = np.bincount(labels.ravel(), is_same_colour.ravel(), count)
    is_hole = (areas >= LIMITS.min_hole_share * enclosed.size) & (
        matching_areas >= LIMITS.min_hole_agreement * areas
    )
    is_hole[0] = False
    return to_uint8(is_hole[labels]) * np.uint8(255)


def measure_steepness(picture: Pixels | Float32Array) -> Float32Array:
    """Measure grey levels per pixel, after a blur that noise does not pass.

    Args:
        picture: (h, w, 3) uint8 RGB, or (h, w) of grey levels.

    Example:
        >>> measure_steepness(np.tile(np.arange(9, dtype=np.float32), (9, 1)))[4, 4].round(2)
        np.float32(1.0)
    """
    plane = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    grey = cv2.GaussianBlur(plane, (0, 0), 1.0)
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0, scale=1 / 8)
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1, scale=1 / 8)
    return np.asarray(cv2.magnitude(across, down), np.float32)


def _background_weight(share: Float32Array) -> Float32Array:
    """0 for what is much darker than the background, 1 for what is nearly as light, smooth between."""
    position = np.clip(
        (share.min(axis=2) - LIMITS.background_share_low)
        / (LIMITS.background_share_high - LIMITS.background_share_low),
        0,
        1,
    )
    return np.asarray(position * position * (3 - 2 * position), np.float32)


def enlarge(values: Float32Array, width: int, height: int) -> Float32Array:
    """Enlarge (h, w) or (h, w, C) linearly to a width and a height.

    Example:
        >>> enlarge(np.float32([[0, 1]]), width=4, height=1).tolist()
        [[0.0, 0.25, 0.75, 1.0]]
    """
    return np.asarray(cv2.resize(values, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def enlarge_rows(values: Float32Array, rows: slice, height: int) -> Float32Array:
    """Compute some rows of `values` enlarged to a height, linearly, without the others.

    Example:
        >>> enlarge_rows(np.float32([[0], [1]]), slice(0, 2), height=4).tolist()
        [[0.0], [0.25]]
    """
    positions = (np.arange(rows.start, rows.stop, dtype=np.float32) + 0.5) * len(values) / height - 0.5
    positions = np.clip(positions, 0, len(values) - 1)
    above = np.floor(positions).astype(np.intp)
    below = np.minimum(above + 1, len(values) - 1)
    fraction = (positions - above).reshape(-1, *(1,) * (values.ndim - 1)).astype(np.float32)
    return np.asarray(values[above] * (1 - fraction) + values[below] * fraction, np.float32)
