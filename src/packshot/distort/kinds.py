"""The kinds of damage: their names, their functions, and which of them look alike."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import cache
from typing import Final

import numpy as np

from packshot.arrays import Mask, Pixels
from packshot.distort import (
    blur,
    brightness,
    colour,
    compression,
    noise,
    overlay,
    sharpness,
    spatial,
)
from packshot.distort import product as product_kinds
from packshot.distort.parameters import is_integer
from packshot.distort.product import Box
from packshot.errors import InvalidInput
from packshot.photo import check_pixels

LEVELS: Final = (1, 2, 3, 4, 5)
"""Strengths of a damage, 1 barely visible to 5 severe, as in KADID-10k; what each does is in the kinds'
modules."""


class Kind(StrEnum):
    """Kinds of damage: the 25 of KADID-10k, then nine that product photos have.

    Source:
        Lin, Hosu, Saupe, "KADID-10k: A Large-scale Artificially Distorted IQA Database", QoMEX 2019.

    Example:
        >>> import numpy as np
        >>> noisy = distort(np.full((64, 64, 3), 128, np.uint8), Kind("white-noise"), level=3, seed=0)
        >>> bool(noisy.std() > 5), len(Kind)
        (True, 34)
    """

    GAUSSIAN_BLUR = "gaussian-blur"
    LENS_BLUR = "lens-blur"
    MOTION_BLUR = "motion-blur"
    COLOUR_DIFFUSION = "colour-diffusion"
    COLOUR_SHIFT = "colour-shift"
    COLOUR_QUANTISATION = "colour-quantisation"
    SATURATION_HSV = "saturation-hsv"
    SATURATION_LAB = "saturation-lab"
    JPEG2000 = "jpeg2000"
    JPEG = "jpeg"
    WHITE_NOISE = "white-noise"
    COLOUR_COMPONENT_NOISE = "colour-component-noise"
    IMPULSE_NOISE = "impulse-noise"
    MULTIPLICATIVE_NOISE = "multiplicative-noise"
    DENOISE = "denoise"
    BRIGHTEN = "brighten"
    DARKEN = "darken"
    MEAN_SHIFT = "mean-shift"
    JITTER = "jitter"
    PATCHES = "patches"
    PIXELATE = "pixelate"
    QUANTISE = "quantise"
    COLOUR_BLOCK = "colour-block"
    OVER_SHARPEN = "over-sharpen"
    CONTRAST = "contrast"
    WRONG_WHITE_BALANCE = "wrong-white-balance"
    LOW_LIGHT = "low-light"
    BLOWN_HIGHLIGHTS = "blown-highlights"
    VEIL = "veil"
    UNEVEN_LIGHT = "uneven-light"
    UPSCALED_THUMBNAIL = "upscaled-thumbnail"
    WEBP = "webp"
    DEFOCUSED_PRODUCT = "defocused-product"
    OVERLAY = "overlay"


_DamageFunction = Callable[[Pixels, int, "np.random.Generator"], Pixels]

_FUNCTION_BY_KIND: dict[Kind, _DamageFunction] = {
    Kind.GAUSSIAN_BLUR: blur.gaussian_blur,
    Kind.LENS_BLUR: blur.lens_blur,
    Kind.MOTION_BLUR: blur.motion_blur,
    Kind.COLOUR_DIFFUSION: colour.colour_diffusion,
    Kind.COLOUR_SHIFT: colour.colour_shift,
    Kind.COLOUR_QUANTISATION: colour.colour_quantisation,
    Kind.SATURATION_HSV: colour.saturation_hsv,
    Kind.SATURATION_LAB: colour.saturation_lab,
    Kind.JPEG2000: compression.jpeg2000,
    Kind.JPEG: compression.jpeg,
    Kind.WHITE_NOISE: noise.white_noise,
    Kind.COLOUR_COMPONENT_NOISE: noise.colour_component_noise,
    Kind.IMPULSE_NOISE: noise.impulse_noise,
    Kind.MULTIPLICATIVE_NOISE: noise.multiplicative_noise,
    Kind.DENOISE: noise.denoise,
    Kind.BRIGHTEN: brightness.brighten,
    Kind.DARKEN: brightness.darken,
    Kind.MEAN_SHIFT: brightness.mean_shift,
    Kind.JITTER: spatial.jitter,
    Kind.PATCHES: spatial.patches,
    Kind.PIXELATE: spatial.pixelate,
    Kind.QUANTISE: spatial.quantise,
    Kind.COLOUR_BLOCK: spatial.colour_block,
    Kind.OVER_SHARPEN: sharpness.over_sharpen,
    Kind.CONTRAST: sharpness.contrast,
    Kind.WRONG_WHITE_BALANCE: product_kinds.wrong_white_balance,
    Kind.LOW_LIGHT: product_kinds.low_light,
    Kind.BLOWN_HIGHLIGHTS: product_kinds.clip_highlights,
    Kind.VEIL: product_kinds.veil,
    Kind.UNEVEN_LIGHT: product_kinds.uneven_light,
    Kind.UPSCALED_THUMBNAIL: product_kinds.upscale_thumbnail,
    Kind.WEBP: compression.webp,
    Kind.DEFOCUSED_PRODUCT: product_kinds.defocus_product,
    Kind.OVERLAY: overlay.overlay,
}

LOOKALIKES: Final[tuple[frozenset[Kind], ...]] = (
    # Fine detail is gone: on a plain product neither the kernel's shape shows, nor that a plain
    # background has stayed sharp.
    frozenset({Kind.GAUSSIAN_BLUR, Kind.LENS_BLUR, Kind.UPSCALED_THUMBNAIL, Kind.DEFOCUSED_PRODUCT}),
    # Grain: on white and mid tones the speckle's dependence on brightness is hard to see.
    frozenset({Kind.WHITE_NOISE, Kind.MULTIPLICATIVE_NOISE, Kind.COLOUR_COMPONENT_NOISE}),
    # Tones moved up: on one photo the curve cannot be told from its neighbours.
    frozenset({Kind.BRIGHTEN, Kind.BLOWN_HIGHLIGHTS}),
    # Tones moved by a straight line: a veil is less contrast and a shift at once. (Raised contrast goes
    # the other way; a kind is one class whichever its sign.)
    frozenset({Kind.VEIL, Kind.CONTRAST, Kind.MEAN_SHIFT}),
    # Too few tones.
    frozenset({Kind.QUANTISE, Kind.COLOUR_QUANTISATION}),
    # Wavelet and prediction codecs both smear instead of blocking, as too strong a noise filter does.
    frozenset({Kind.JPEG2000, Kind.WEBP, Kind.DENOISE}),
    # Too little light: the noise of low light shows from the third level on only.
    frozenset({Kind.DARKEN, Kind.LOW_LIGHT}),
)
"""Kinds that a viewer, shown the damaged photo alone, cannot tell apart; counted as one when the
accuracy of naming a kind is reported. Kinds in no group are counted as themselves. A judgement."""


def find_family(kind: Kind | str) -> str:
    """Return the name under which look-alike kinds are counted together: the first of them.

    Args:
        kind: A kind or its name.

    Raises:
        InvalidInput: An unknown kind.

    Example:
        >>> find_family("lens-blur"), find_family(Kind.JPEG)
        ('gaussian-blur', 'jpeg')
    """
    wanted = _parse_kind(kind)
    for group in LOOKALIKES:
        if wanted in group:
            return next(member.value for member in Kind if member in group)
    return wanted.value


@cache
def list_families() -> tuple[tuple[Kind, ...], ...]:
    """Return every kind once, look-alikes together, in the order of `Kind`; the first names the family.

    Example:
        >>> [kind.value for kind in list_families()[-1]], len(list_families())
        (['overlay'], 22)
    """
    families: dict[str, list[Kind]] = {}
    for kind in Kind:
        families.setdefault(find_family(kind), []).append(kind)
    return tuple(map(tuple, families.values()))


def distort(
    pixels: Pixels,
    kind: Kind | str,
    level: int,
    seed: int = 0,
    product: Mask | Box | None = None,
) -> Pixels:
    """Damage a photo.

    Where a kind knows two directions the seed chooses one and the level only its strength, other than
    in KADID-10k, whose levels change sides: contrast (less, more), mean shift (darker, lighter) and
    white balance (warmer, colder). Saturation goes one way by kind: less in HSV, more in Lab. The seed
    also gives the angle of motion blur, colour shift and uneven light, and every place and noise value.
    Kinds without chance, such as JPEG, ignore it.

    Args:
        pixels: (H, W, 3) uint8 RGB; not changed.
        kind: Which damage.
        level: 1 barely visible .. 5 severe; for one seed a higher level does more. Lossy codecs and
            motion blur may do a trifle less on a few photos.
        seed: At least 0. Fixes every random choice: noise, direction, place.
        product: Where the product is, for the kinds that treat it apart (``defocused-product``): an
            (H, W) bool mask, or a box of left, top, width and height in pixels. None takes the middle.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        InvalidInput: An unknown kind or level, a negative seed, pixels of another shape or type, a mask
            of another size, or a product outside the photo.

    Example:
        >>> from packshot.photo import Photo
        >>> photo = Photo.open("examples/photos/mug.jpg").pixels[::2, ::2]
        >>> noisy = distort(photo, "white-noise", level=3, seed=7)
        >>> bool((noisy == distort(photo, Kind.WHITE_NOISE, 3, 7)).all())  # the same every time
        True
    """
    wanted = _parse_kind(kind)
    check_pixels(pixels, "distort")
    _check_level_and_seed(level, seed)
    generator = np.random.default_rng([seed, list(Kind).index(wanted)])
    source = np.ascontiguousarray(pixels)
    if wanted is Kind.DEFOCUSED_PRODUCT and product is not None:
        product_kinds.check_product(source, product)
        return product_kinds.defocus_product(source, int(level), generator, product)
    return _FUNCTION_BY_KIND[wanted](source, int(level), generator)


def _parse_kind(kind: Kind | str) -> Kind:
    try:
        return Kind(kind)
    except ValueError:
        raise InvalidInput(f"unknown kind {kind!r}; known: {', '.join(Kind)}") from None


def _check_level_and_seed(level: int, seed: int) -> None:
    if not is_integer(level) or level not in LEVELS:
        raise InvalidInput(f"level {level!r} is not one of {LEVELS}")
    if not is_integer(seed) or seed < 0:
        raise InvalidInput(f"seed {seed!r} is not a whole number from 0 up")
