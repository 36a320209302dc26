"""Damage that photos of products have in particular: light, lens, focus, and too few pixels."""

from __future__ import annotations

from typing import Final

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

_WHITE_BALANCE: Final = (0.08, 0.16, 0.28, 0.42, 0.6)
"""Strength of the cast by level, as `apply_colour_cast` takes it; set as `parameters` says."""

_GAIN_PER_STRENGTH: Final = 0.66
"""Natural logarithm of a channel's gain for a strength of 1: 0.6 makes red to blue 2.2 to 1."""

_LOW_LIGHT_STOPS: Final = (0.7, 1.3, 2.0, 2.8, 3.7)
_HIGHLIGHT_STOPS: Final = (0.35, 0.65, 1.0, 1.45, 2.0)
"""Stops of too little and of too much exposure, by level; set as `parameters` says."""

_PHOTONS: Final = 900.0
_READ_NOISE: Final = 0.0015
_BRIGHTENED_SHARE: Final = 0.35
"""Low light: photons of white at level 1, divided by the level; read noise as a share of full scale,
times the level; share of the missing stops that the camera makes up. By judgement, like a phone
indoors."""

_VEIL: Final = (0.12, 0.22, 0.35, 0.5, 0.68)
_UNEVEN: Final = (0.15, 0.28, 0.45, 0.62, 0.82)
"""Share of the contrast under haze, and of the light lost at the far side, 0..1, by level; set as
`parameters` says."""

_THUMBNAIL: Final = (0.62, 0.42, 0.29, 0.2, 0.13)
"""Thumbnail's side over the photo's, by level; set as `parameters` says."""

_DEFOCUS_SIGMA: Final = (1.0, 1.8, 3.0, 4.8, 7.5)
"""Pixels of a photo of 512: standard deviation of the product's blur, by level; set as `parameters`
says."""

_EDGE_SIGMA: Final = 4.0
"""Pixels of a photo of 512: softness of the line between blurred product and sharp surroundings. By
judgement."""

_GAMMA: Final = 2.2
"""Exponent from stored values to linear light: about sRGB's."""

Box = tuple[int, int, int, int]
"""Left, top, width, height in pixels."""


def wrong_white_balance(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Scale red against blue in linear light, towards tungsten or shade, by up to 2.2 to 1.

    Args:
        pixels: (H, W, 3) uint8; not changed.
        level: 1..5.
        generator: Gives the direction and a tint.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> grey = np.full((1, 1, 3), 200, np.uint8)
        >>> red, green, blue = wrong_white_balance(grey, 5, np.random.default_rng(1))[0, 0].tolist()
        >>> abs(red - blue) > 50
        True
    """
    strength = _WHITE_BALANCE[level - 1] * sample_sign(generator)
    return apply_colour_cast(pixels, strength, generator.uniform(-0.25, 0.25) * abs(strength))


def low_light(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Expose 0.7 to 3.7 stops too little, brighten a part of it, with shot and read noise.

    Args:
        pixels: (H, W, 3) uint8; not changed.
        level: 1..5.
        generator: Gives the noise.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> grey = np.full((64, 64, 3), 200, np.uint8)
        >>> dark = low_light(grey, 4, np.random.default_rng(0))
        >>> bool(dark.mean() < 120), bool(dark.std() > 5)
        (True, True)
    """
    stops, photons = _LOW_LIGHT_STOPS[level - 1], _PHOTONS / level
    light = _linear_values()[pixels] * np.float32(2.0**-stops)
    noise = generator.standard_normal(pixels.shape, dtype=np.float32)
    noisy = light + noise * np.sqrt(light / photons + (_READ_NOISE * level) ** 2)
    brightened = np.maximum(noisy * 2.0 ** (_BRIGHTENED_SHARE * stops), 0)
    return to_pixels(cv2.pow(brightened, 1 / _GAMMA))


def clip_highlights(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Expose 0.35 to 2 stops too much in linear light, so that bright parts clip.

    Args:
        pixels: (H, W, 3) uint8; not changed.
        level: 1..5.
        generator: Not used; the effect has no chance in it.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> ramp = np.tile(np.arange(256, dtype=np.uint8)[None, :, None], (1, 1, 3))
        >>> int((clip_highlights(ramp, 3, np.random.default_rng(0)) == 255).sum()) > 3 * 60
        True
    """
    return expose(pixels, _HIGHLIGHT_STOPS[level - 1])


def veil(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Lay a light grey haze over 12 % to 68 % of the photo's contrast: flare, a dirty lens.

    Args:
        pixels: (H, W, 3) uint8; not changed.
        level: 1..5.
        generator: Gives the grey of the haze.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> black_and_white = np.array([[[0] * 3, [255] * 3]], np.uint8)
        >>> hazy = veil(black_and_white, 4, np.random.default_rng(0))
        >>> int(np.ptp(hazy)) in (127, 128)  # half the contrast
        True
    """
    amount = _VEIL[level - 1]
    haze = generator.uniform(0.75, 0.9)
    return apply_curve(pixels, lambda values: (1 - amount) * values + amount * haze)


def uneven_light(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Let the light fall off by 15 % to 82 % to one seeded side.

    Args:
        pixels: (H, W, 3) uint8; not changed.
        level: 1..5.
        generator: Gives the direction.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> white = np.full((64, 64, 3), 255, np.uint8)
        >>> lit = uneven_light(white, 3, np.random.default_rng(0))
        >>> bool(lit.max() > 240), bool(lit.min() < 210)
        (True, True)
    """
    height, width = pixels.shape[:2]
    angle = generator.uniform(0, 2 * np.pi)
    y, x = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)[None]
    slope = (x * np.cos(angle) + y * np.sin(angle)) / (abs(np.cos(angle)) + abs(np.sin(angle)))
    light = 1 - _UNEVEN[level - 1] * (slope + 1) / 2
    # The root of a product is the product of the roots: no need for the photo's linear values.
    return to_pixels(to_float(pixels) * (light ** (1 / _GAMMA)).astype(np.float32)[..., None])


def upscale_thumbnail(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Shrink to 62 % .. 13 % and enlarge again smoothly.

    Args:
        pixels: (H, W, 3) uint8; not changed.
        level: 1..5.
        generator: Not used; the effect has no chance in it.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
        >>> bool(upscale_thumbnail(pixels, 5, np.random.default_rng(0)).std() < pixels.std() / 4)
        True
    """
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

    Example:
        >>> pixels = np.random.default_rng(0).integers(0, 256, (512, 512, 3), np.uint8)
        >>> blurred = defocus_product(pixels, 3, np.random.default_rng(0), product=(200, 200, 100, 100))
        >>> bool((blurred[:100] == pixels[:100]).all()), bool((blurred[250] == pixels[250]).all())
        (True, False)
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

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> apply_colour_cast(np.full((1, 1, 3), 200, np.uint8), 0.3, 0.0).tolist()  # warm
        [[[200, 183, 167]]]
    """
    gains = np.exp(np.array([strength, tint, -strength]) * _GAIN_PER_STRENGTH)
    shares = (gains / gains.max()).astype(np.float32)
    return apply_curve(pixels, lambda values: (values**_GAMMA * shares) ** (1 / _GAMMA))


def expose(pixels: Pixels, stops: float) -> Pixels:
    """Multiply linear light by 2 to the power of `stops`; what gets too bright clips.

    Args:
        pixels: (H, W, 3) uint8.
        stops: Above 0 lighter, below 0 darker.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> expose(np.array([[[50, 100, 200]]], np.uint8), 1.0).tolist()
        [[[69, 137, 255]]]
    """
    gain = np.float32(2.0**stops)
    return apply_curve(pixels, lambda values: np.minimum(values**_GAMMA * gain, 1) ** (1 / _GAMMA))


def check_product(pixels: Pixels, product: Mask | Box) -> None:
    """Refuse a mask or box that does not belong to a photo.

    Args:
        pixels: (H, W, 3) uint8.
        product: (H, W) bool, or a box.

    Raises:
        InvalidInput: A mask of another size or type, an empty one, a box not inside the photo.

    Example:
        >>> check_product(np.zeros((20, 20, 3), np.uint8), (10, 10, 15, 5))
        Traceback (most recent call last):
        packshot.errors.InvalidInput: the product's box (10, 10, 15, 5) is not inside a photo of 20 x 20
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
    """Return (256,) light 0..1 of every stored value."""
    return to_float(np.arange(256, dtype=np.uint8)) ** np.float32(_GAMMA)


def _make_ellipse_mask(height: int, width: int) -> Float32Array:
    """Return (H, W) coverage 0..1 of the middle of a photo, with a soft rim."""
    y, x = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)[None]
    return np.clip((0.9 - np.hypot(x, y)) / 0.25, 0, 1).astype(np.float32)


def _soften_mask(pixels: Pixels, product: Mask | Box) -> Float32Array:
    """Return (H, W) coverage 0..1 of a mask or box, its edge softened as a lens would."""
    coverage = np.zeros(pixels.shape[:2], np.float32)
    if isinstance(product, tuple):
        left, top, width, height = product
        coverage[top : top + height, left : left + width] = 1
    else:
        coverage[product] = 1
    return np.asarray(cv2.GaussianBlur(coverage, (0, 0), _EDGE_SIGMA * scale_of(pixels)), np.float32)
