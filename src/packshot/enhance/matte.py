"""Cutting a product out off a plain background, with a soft matte.

Where the colour behind a product is known, a pixel C of its outline is a mixture alpha F + (1 - alpha) B
in which only the product's own colour F is guessed, from what lies just inside (Smith and Blinn, Blue
screen matting, SIGGRAPH 1996, eq. 1, with B known and F constant along the outline's normal). That needs
no solver (docs/decisions/0036-optimize-towards-a-policy.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import ByteArray, ByteMask, Float32Array, Mask, Pixels
from packshot.encode.mask import MIN_CONFIDENCE, MaskNetwork
from packshot.enhance.located_product import locate_product, predict_product
from packshot.enhance.whiten import enlarge, enlarge_rows, fit_colour_field
from packshot.measure.background import Background, find_border_region
from packshot.measure.planes import to_uint8
from packshot.photo.pixels import average_blocks, check_pixels
from packshot.report import AbstentionReason


@dataclass(frozen=True)
class MatteLimits:
    """Limits of what is background, shadow and outline. Pixels are meant at working size.

    Judgements, tried on products laid on other grounds, whose matte is known, one half to choose by and
    the other to report on (`benchmarks/enhancement/optimize.py`).

    Attributes:
        working_side: Longest side, in pixels, at which the regions are found.
        tolerance: Grey levels that the background may differ from its smoothed colour, without noise.
        noise_factor: How much more for each level of its noise.
        max_noise: Grey levels, ninth decile: beyond it is a texture, which no smooth colour describes.
        shadow_range: Largest difference of a pixel's three shares of the background's colour that still
            is a shadow: more is another colour.
        min_shadow_share: Least share of the background's colour that a shadow leaves.
        shadow_probability: Likelihood of product, by the network, below which a shadow is one.
        outline_radius: Pixels on either side of the outline that may be mixed.
        colour_reach: Pixels, standard deviation, over which the product's colour is carried to its
            outline.
        min_contrast: Grey levels of the most different channel between product and background, below
            which an outline is faint.
        max_faint_share: Share of the outline, 0..1, that may be faint.
        max_left_share: Share of what is taken for product, 0..1, that the network holds for background,
            where the background has grain or shade: folds, other things.
        left_probability: Likelihood up to which the network holds a place for background.
        min_part_share: Share of the product's largest part that another part must have.
        min_hole_share: Share of the picture that a hole must have, as in `whiten`.
        hole_agreement: Share of a hole that must show the background's colour.
        hole_probability: Mean likelihood of product, by the network, from which on what looks like a
            hole is print in the background's colour.
        sure_probability: Likelihood from which on a place surely is product.
        max_lost_share: Share of such places that may be taken for background: more, and the background
            has run into a product of its own colour.
        opaque: Mixtures from here on are product: room for noise; 1 less it is where nothing is.
        strip_rows: Rows computed at a time, which bounds memory and changes no pixel.

    Example:
        >>> LIMITS.outline_radius, LIMITS.opaque
        (3, 0.95)
    """

    working_side: int = 1000
    tolerance: float = 5.0
    noise_factor: float = 1.5
    max_noise: float = 10.0
    shadow_range: float = 0.07
    min_shadow_share: float = 0.4
    shadow_probability: float = 0.5
    outline_radius: int = 3
    colour_reach: float = 4.0
    min_contrast: float = 16.0
    max_faint_share: float = 0.12
    max_left_share: float = 0.02
    left_probability: float = 0.1
    min_part_share: float = 0.01
    min_hole_share: float = 0.0003
    hole_agreement: float = 0.9
    hole_probability: float = 0.6
    sure_probability: float = 0.8
    max_lost_share: float = 0.02
    opaque: float = 0.95
    strip_rows: int = 256


LIMITS: Final = MatteLimits()


@dataclass(frozen=True, eq=False)
class Matte:
    """How much of each pixel is product, and what is behind it.

    Attributes:
        alpha: (H, W) uint8: 255 on the product, 0 on the background, between along the outline.
        colour_field: (s, t, 3) the background's colour 0..255, smoothed.

    Example:
        >>> import numpy as np
        >>> clear = Matte(np.zeros((2, 2), np.uint8), np.full((1, 1, 3), 200, np.float32))
        >>> lay_on_white(np.full((2, 2, 3), 198, np.uint8), clear)[0, 0].tolist()
        [255, 255, 255]
    """

    alpha: ByteArray
    colour_field: Float32Array


def estimate_matte(pixels: Pixels, network: MaskNetwork) -> Matte | AbstentionReason:
    """Estimate the matte of the product on a plain background of any colour.

    Args:
        pixels: (H, W, 3) uint8.
        network: Tells the product from its shadow and from folds.

    Returns:
        The reason where there is no product that stands out for certain.

    Raises:
        InvalidInput: Pixels of another type or shape.

    Example:
        >>> import numpy as np
        >>> scene = np.full((400, 400, 3), (90, 140, 200), np.uint8)
        >>> scene[100:300, 120:280] = (200, 60, 30)
        >>> matte = estimate_matte(scene, MaskNetwork.load_shipped())
        >>> matte.alpha[200, 200], matte.alpha[20, 20]
        (np.uint8(255), np.uint8(0))
    """
    check_pixels(pixels, "matte")
    product = locate_product(pixels, network)
    if product is None:
        return AbstentionReason.NO_PRODUCT
    if product.background is None:
        return AbstentionReason.NOT_PLAIN
    if network.confidence(network.predict(pixels)) < MIN_CONFIDENCE:
        return AbstentionReason.UNSURE_MASK
    small = average_blocks(pixels, -(-max(product.size) // LIMITS.working_side))
    likely = predict_product(pixels, network, small.shape[:2])
    regions = _find_regions(small, product.background, likely)
    if regions is None:
        return AbstentionReason.NOT_PLAIN
    field, is_background, is_product = regions
    left_share = float((likely[is_product] <= LIMITS.left_probability).mean())
    is_crowded = not product.is_exact and left_share > LIMITS.max_left_share
    if is_crowded or _measure_lost_share(is_background, likely) > LIMITS.max_lost_share:
        return AbstentionReason.UNSURE_MASK
    inner, outer = (_erode(mask, LIMITS.outline_radius) for mask in (is_product, is_background))
    colour = _carry_colour(small, inner)
    if colour is None:
        return AbstentionReason.UNSURE_MASK
    if _measure_faint_share(small, field, is_product) > LIMITS.max_faint_share:
        return AbstentionReason.FAINT_OUTLINE
    strips = _iter_alpha(pixels, field, colour, inner, outer)
    return Matte(np.concatenate(list(strips)), field)


def lay_on_white(pixels: Pixels, matte: Matte) -> Pixels:
    """Lay a product on white: what showed of the background in each pixel shows white instead.

    Args:
        pixels: (H, W, 3) uint8, or uint16 for which it is worked out in 16 bits.
        matte: Of these pixels, seen with 8 bits.

    Returns:
        The same shape and type; the product's own pixels as they were.

    Example:
        >>> import numpy as np
        >>> half = Matte(np.full((1, 1), 128, np.uint8), np.full((1, 1, 3), 100, np.float32))
        >>> lay_on_white(np.full((1, 1, 3), 60, np.uint8), half)[0, 0, 0]  # 20 behind half of 200
        np.uint8(137)
    """
    height, width = pixels.shape[:2]
    white = np.float32(np.iinfo(pixels.dtype).max)
    columns = enlarge(matte.colour_field * (white / 255), width, len(matte.colour_field))
    result = np.empty_like(pixels)
    for rows in _iter_rows(height):
        clear = 1 - matte.alpha[rows, :, None].astype(np.float32) / 255
        background = enlarge_rows(columns, rows, height)
        laid = pixels[rows] + clear * (white - background)
        # No darker than black behind that much white: `take_off_white` finds the same colour again.
        possible = np.rint(np.clip(laid, white * clear, white))
        result[rows] = np.where(clear == 1, white, possible)
    return result


def take_off_white(pixels: Pixels, alpha: ByteArray) -> ByteArray:
    """Make a transparent picture of one that lies on white.

    Args:
        pixels: (H, W, 3) uint8, the product on white.
        alpha: (H, W) uint8.

    Returns:
        (H, W, 4) uint8 RGBA, straight alpha: on white it looks as before.

    Example:
        >>> import numpy as np
        >>> grey, half = np.full((1, 1, 3), 155, np.uint8), np.full((1, 1), 128, np.uint8)
        >>> take_off_white(grey, half)[0, 0].tolist()
        [56, 56, 56, 128]
    """
    result = np.empty((*alpha.shape, 4), np.uint8)
    result[..., 3] = alpha
    for rows in _iter_rows(len(alpha)):
        opacity = alpha[rows, :, None].astype(np.float32) / 255
        colour = (pixels[rows] - (1 - opacity) * 255) / np.maximum(opacity, 1 / 255)
        result[rows, :, :3] = np.rint(np.clip(colour, 0, 255))
    return result


def _find_regions(
    small: Pixels, background: Background, likely: Float32Array
) -> tuple[Float32Array, Mask, Mask] | None:
    """Find the background's colour, what is background or its shadow, and what is product.

    Returns:
        None where the background has a texture.
    """
    size = small.shape[1::-1]
    core = to_uint8(cv2.resize(background.mask, size, interpolation=cv2.INTER_NEAREST))
    field = fit_colour_field(small, core)
    behind = np.maximum(enlarge(field, *size), 1)
    difference = np.abs(small - behind).max(axis=2)
    noise = float(np.percentile(difference[core > 0], 90)) if core.any() else 0.0
    if noise > LIMITS.max_noise:
        return None
    is_same = difference <= LIMITS.tolerance + LIMITS.noise_factor * noise
    passable = is_same | _find_shadow(np.asarray(small / behind, np.float32), likely)
    reached = find_border_region(to_uint8(passable) * np.uint8(255))
    holes = _find_holes(to_uint8(is_same & (reached == 0)) * np.uint8(255), is_same, likely)
    is_background = np.asarray((reached > 0) | holes)
    return field, is_background, _keep_parts(~is_background)


def _find_shadow(share: Float32Array, likely: Float32Array) -> Mask:
    """Mark what is darker than the background, of its hue, and no product to the network."""
    is_grey = np.ptp(share, axis=2) <= LIMITS.shadow_range
    lightness = share.max(axis=2)
    is_darker = (lightness >= LIMITS.min_shadow_share) & (lightness <= 1.02)
    return np.asarray(is_grey & is_darker & (likely < LIMITS.shadow_probability))


def _find_holes(enclosed: ByteMask, is_same: Mask, likely: Float32Array) -> Mask:
    """Mark what shows the background through the product: large, of its colour, no print."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(enclosed, connectivity=4)
    areas = stats[:, cv2.CC_STAT_AREA].astype(np.float64)
    matching = np.bincount(labels.ravel(), is_same.ravel(), count)
    probability = np.bincount(labels.ravel(), likely.ravel(), count) / areas
    is_hole = (
        (areas >= LIMITS.min_hole_share * enclosed.size)
        & (matching >= LIMITS.hole_agreement * areas)
        & (probability < LIMITS.hole_probability)
    )
    is_hole[0] = False
    return np.asarray(is_hole[labels])


def _measure_lost_share(is_background: Mask, likely: Float32Array) -> float:
    """Measure the share of what surely is product that was taken for background.

    The network's map is coarse: what lies near its outline is not asked.
    """
    sure = _erode(np.asarray(likely >= LIMITS.sure_probability), round(len(likely) / 64))
    return float(is_background[sure].mean()) if sure.any() else 0.0


def _keep_parts(mask: Mask) -> Mask:
    """Drop what is small beside the largest part: dust on the background."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(to_uint8(mask), connectivity=8)
    areas = stats[:, cv2.CC_STAT_AREA]
    if len(areas) < 2:
        return mask
    is_large = areas >= LIMITS.min_part_share * areas[1:].max()
    is_large[0] = False
    return np.asarray(is_large[labels])


def _erode(mask: Mask, radius: int) -> Mask:
    side = 2 * radius + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return np.asarray(cv2.erode(to_uint8(mask), kernel, borderValue=(1,)) > 0)


def _carry_colour(small: Pixels, inner: Mask) -> Float32Array | None:
    """(h, w, 3) the product's colour, carried from inside to its outline; None without inside."""
    if not inner.any():
        return None
    weight = inner.astype(np.float32)
    known = small * weight[..., None]
    sums, shares = (cv2.GaussianBlur(values, (0, 0), LIMITS.colour_reach) for values in (known, weight))
    near = sums / np.maximum(shares, 1e-6)[..., None]
    mean = known.sum((0, 1)) / weight.sum()
    return np.asarray(np.where(shares[..., None] > 1e-4, near, mean), np.float32)


def _measure_faint_share(small: Pixels, field: Float32Array, is_product: Mask) -> float:
    """Measure the share of the outline, just inside, that hardly differs from what is behind it."""
    ring = _erode(is_product, 1) & ~_erode(is_product, LIMITS.outline_radius + 1)
    if not ring.any():
        return 1.0
    behind = enlarge(field, *small.shape[1::-1])
    contrast = np.abs(small - behind).max(axis=2)
    return float((contrast[ring] < LIMITS.min_contrast).mean())


def _iter_alpha(
    pixels: Pixels, field: Float32Array, colour: Float32Array, inner: Mask, outer: Mask
) -> Iterator[ByteArray]:
    """Yield strips of the matte, from the top: mixtures along the outline, all or nothing elsewhere."""
    height, width = pixels.shape[:2]
    grids = [values.astype(np.float32) for values in (field, colour, inner, outer)]
    fields = [enlarge(grid, width, len(grid)) for grid in grids]
    for rows in _iter_rows(height):
        behind, product, inside, outside = (enlarge_rows(values, rows, height) for values in fields)
        axis = product - behind
        along = ((pixels[rows] - behind) * axis).sum(2) / np.maximum((axis * axis).sum(2), 1)
        margin = 1 - LIMITS.opaque
        mixture = np.clip((along - margin) / (1 - 2 * margin), 0, 1)
        alpha = np.minimum(np.maximum(mixture, inside), 1 - outside)
        yield np.rint(255 * alpha).astype(np.uint8)


def _iter_rows(height: int) -> Iterator[slice]:
    for top in range(0, height, LIMITS.strip_rows):
        yield slice(top, min(top + LIMITS.strip_rows, height))
