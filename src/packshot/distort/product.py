"""What goes wrong with photos of products in particular: light, lens, focus, and too few pixels."""

from __future__ import annotations

import cv2
import numpy as np

from packshot.arrays import Float32Array, Mask, Pixels
from packshot.distort.parameters import (
    apply_curve,
    is_integer,
    sample_sign,
    scale_of,
    to_float,
    to_pixels,
)
from packshot.distort.spatial import shrink_and_grow
from packshot.errors import InvalidInput

_WHITE_BALANCE = (0.08, 0.16, 0.28, 0.42, 0.6)
_LOW_LIGHT_STOPS = (0.7, 1.3, 2.0, 2.8, 3.7)
_HIGHLIGHT_STOPS = (0.35, 0.65, 1.0, 1.45, 2.0)
_VEIL = (0.12, 0.22, 0.35, 0.5, 0.68)
_UNEVEN = (0.15, 0.28, 0.45, 0.62, 0.82)
_THUMBNAIL = (0.62, 0.42, 0.29, 0.2, 0.13)
_DEFOCUS_SIGMA = (1.0, 1.8, 3.0, 4.8, 7.5)
_EDGE_SIGMA = 4.0
_GAMMA = 2.2

Box = tuple[int, int, int, int]


def wrong_white_balance(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Scale red against blue in linear light, towards tungsten or shade, by up to 2.2 to 1."""
    strength = _WHITE_BALANCE[level - 1] * sample_sign(generator)
    return apply_colour_cast(pixels, strength, generator.uniform(-0.25, 0.25) * abs(strength))


def low_light(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Expose 0.7 to 3.7 stops too little, brighten a part of it, with shot and read noise."""
    stops, photons = _LOW_LIGHT_STOPS[level - 1], 900.0 / level
    light = _linear_values()[pixels] * np.float32(2.0**-stops)
    noise = generator.standard_normal(pixels.shape, dtype=np.float32)
    noisy = light + noise * np.sqrt(light / photons + (0.0015 * level) ** 2)
    brightened = np.maximum(noisy * 2.0 ** (0.35 * stops), 0)
    return to_pixels(cv2.pow(brightened, 1 / _GAMMA))


def clip_highlights(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Expose 0.35 to 2 stops too much in linear light, so that bright parts clip."""
    return expose(pixels, _HIGHLIGHT_STOPS[level - 1])


def veil(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Lay a light grey haze over 12 % to 68 % of the photo's contrast: flare, a dirty lens."""
    amount = _VEIL[level - 1]
    haze = generator.uniform(0.75, 0.9)
    return apply_curve(pixels, lambda values: (1 - amount) * values + amount * haze)


def uneven_light(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Let the light fall off by 15 % to 82 % to one seeded side."""
    height, width = pixels.shape[:2]
    angle = generator.uniform(0, 2 * np.pi)
    y, x = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)[None]
    slope = (x * np.cos(angle) + y * np.sin(angle)) / (abs(np.cos(angle)) + abs(np.sin(angle)))
    light = 1 - _UNEVEN[level - 1] * (slope + 1) / 2
    # The root of a product is the product of the roots: no need for the photo's linear values.
    return to_pixels(to_float(pixels) * (light ** (1 / _GAMMA)).astype(np.float32)[..., None])


def upscale_thumbnail(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Shrink to 62 % .. 13 % and enlarge again smoothly."""
    return shrink_and_grow(pixels, _THUMBNAIL[level - 1], cv2.INTER_CUBIC)


def defocus_product(
    pixels: Pixels,
    level: int,
    generator: np.random.Generator,
    product: Mask | Box | None = None,
) -> Pixels:
    """Blur the product by 1 to 7.5 pixels standard deviation; what surrounds it stays sharp.

    Args:
        pixels: (H, W, 3) uint8.
        level: 1..5.
        generator: Not used; the effect has no chance in it.
        product: Where the product is, as in `distort`; None takes a soft ellipse in the middle.

    Returns:
        (H, W, 3) uint8.
    """
    sigma = _DEFOCUS_SIGMA[level - 1] * scale_of(pixels)
    coverage = (
        _make_ellipse_mask(*pixels.shape[:2]) if product is None else _soften_mask(pixels, product)
    )
    values, blurred = to_float(pixels), to_float(cv2.GaussianBlur(pixels, (0, 0), sigma))
    return to_pixels(values + coverage[..., None] * (blurred - values))


def apply_colour_cast(pixels: Pixels, strength: float, tint: float) -> Pixels:
    """Scale red against blue in linear light; the channel that gains most keeps its values.

    Args:
        pixels: (H, W, 3) uint8.
        strength: 0 none, 0.6 red to blue as 2.2 to 1, -0.6 the other way round.
        tint: Of green against both, on the same scale.
    """
    gains = np.exp(np.array([strength, tint, -strength]) * 0.66)
    shares = (gains / gains.max()).astype(np.float32)
    return apply_curve(pixels, lambda values: (values**_GAMMA * shares) ** (1 / _GAMMA))


def expose(pixels: Pixels, stops: float) -> Pixels:
    """Multiply linear light by 2 to the power of `stops`; what gets too bright clips."""
    gain = np.float32(2.0**stops)
    return apply_curve(pixels, lambda values: np.minimum(values**_GAMMA * gain, 1) ** (1 / _GAMMA))


def check_product(pixels: Pixels, product: Mask | Box) -> None:
    """Refuse a mask or box that does not belong to a photo.

    Raises:
        InvalidInput: A mask of another size or type, an empty one, a box not inside the photo.
    """
    height, width = pixels.shape[:2]
    if isinstance(product, tuple):
        _check_box(product, height, width)
        return
    if (
        not isinstance(product, np.ndarray)
        or product.dtype != np.bool_
        or product.shape != (height, width)
    ):
        raise InvalidInput(f"expected the product as a box or a ({height}, {width}) bool mask")
    if not product.any():
        raise InvalidInput("the product's mask is empty; leave it out where no product was found")


def _check_box(box: Box, height: int, width: int) -> None:
    if len(box) != 4 or not all(map(is_integer, box)):
        raise InvalidInput(f"expected a box of left, top, width, height in pixels, got {box}")
    left, top, across, down = box
    if not (0 <= left < left + across <= width and 0 <= top < top + down <= height):
        raise InvalidInput(f"the product's box {box} is not inside a photo of {width} x {height}")


def _linear_values() -> Float32Array:
    """(256,) light 0..1 of every stored value."""
    return to_float(np.arange(256, dtype=np.uint8)) ** np.float32(_GAMMA)


def _make_ellipse_mask(height: int, width: int) -> Float32Array:
    """(H, W) coverage 0..1 of the middle of a photo, with a soft rim."""
    y, x = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)[None]
    return np.clip((0.9 - np.hypot(x, y)) / 0.25, 0, 1).astype(np.float32)


def _soften_mask(pixels: Pixels, product: Mask | Box) -> Float32Array:
    """(H, W) coverage 0..1 of a mask or box, its edge softened as a lens would."""
    coverage = np.zeros(pixels.shape[:2], np.float32)
    if isinstance(product, tuple):
        left, top, width, height = product
        coverage[top : top + height, left : left + width] = 1
    else:
        coverage[product] = 1
    return np.asarray(cv2.GaussianBlur(coverage, (0, 0), _EDGE_SIGMA * scale_of(pixels)), np.float32)
