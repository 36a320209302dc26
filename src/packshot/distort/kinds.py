"""The kinds of damage: their names, their functions, and which of them look alike."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import numpy as np

from packshot.distort import blur, brightness, colour, compression, noise, overlay, spatial
from packshot.distort.parameters import Pixels
from packshot.errors import InvalidInput

LEVELS = (1, 2, 3, 4, 5)


class Kind(StrEnum):
    """Kinds of damage: the 25 of KADID-10k (Lin et al., 2019), then nine that product photos have."""

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


_Damage = Callable[[Pixels, int, np.random.Generator], Pixels]

_FUNCTIONS: dict[Kind, _Damage] = {
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
    Kind.OVER_SHARPEN: brightness.over_sharpen,
    Kind.CONTRAST: brightness.contrast,
    Kind.WRONG_WHITE_BALANCE: colour.wrong_white_balance,
    Kind.LOW_LIGHT: brightness.low_light,
    Kind.BLOWN_HIGHLIGHTS: brightness.blown_highlights,
    Kind.VEIL: brightness.veil,
    Kind.UNEVEN_LIGHT: brightness.uneven_light,
    Kind.UPSCALED_THUMBNAIL: spatial.upscaled_thumbnail,
    Kind.WEBP: compression.webp,
    Kind.DEFOCUSED_PRODUCT: spatial.defocused_product,
    Kind.OVERLAY: overlay.overlay,
}

LOOKALIKES: tuple[frozenset[Kind], ...] = (
    # All four remove fine detail evenly; the kernel's shape is not visible on a plain product.
    frozenset({Kind.GAUSSIAN_BLUR, Kind.LENS_BLUR, Kind.UPSCALED_THUMBNAIL, Kind.DEFOCUSED_PRODUCT}),
    # Grain: on white and mid tones the speckle's dependence on brightness is hard to see.
    frozenset({Kind.WHITE_NOISE, Kind.MULTIPLICATIVE_NOISE, Kind.COLOUR_COMPONENT_NOISE}),
    # Tones moved up: on one photo the curve cannot be told from its neighbours.
    frozenset({Kind.BRIGHTEN, Kind.BLOWN_HIGHLIGHTS}),
    # Both reduce contrast towards a grey, and a mean shift is a veil of black or white.
    frozenset({Kind.VEIL, Kind.CONTRAST, Kind.MEAN_SHIFT}),
    # Too few tones.
    frozenset({Kind.QUANTISE, Kind.COLOUR_QUANTISATION}),
    # Wavelet and prediction codecs both smear instead of blocking.
    frozenset({Kind.JPEG2000, Kind.WEBP, Kind.DENOISE}),
    # Too little light.
    frozenset({Kind.DARKEN, Kind.LOW_LIGHT}),
)


def family(kind: Kind | str) -> str:
    """The name under which look-alike kinds are counted together: the first of them."""
    wanted = _known(kind)
    for group in LOOKALIKES:
        if wanted in group:
            return next(member.value for member in Kind if member in group)
    return wanted.value


def distort(pixels: Pixels, kind: Kind | str, level: int, seed: int = 0) -> Pixels:
    """Damage a photo.

    Args:
        pixels: (H, W, 3) uint8 RGB; not changed.
        kind: Which damage.
        level: 1 barely visible .. 5 severe; for one seed a higher level does more.
        seed: Fixes every random choice: noise, direction, place.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        InvalidInput: An unknown kind or level, or pixels of another shape or type.
    """
    wanted = _known(kind)
    if level not in LEVELS:
        raise InvalidInput(f"level {level} is not one of {LEVELS}")
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.size == 0:
        raise InvalidInput(f"expected (H, W, 3) uint8 pixels, got {pixels.shape} {pixels.dtype}")
    generator = np.random.default_rng([seed, list(Kind).index(wanted)])
    return _FUNCTIONS[wanted](np.ascontiguousarray(pixels), level, generator)


def _known(kind: Kind | str) -> Kind:
    try:
        return Kind(kind)
    except ValueError:
        raise InvalidInput(f"unknown kind {kind!r}; known: {', '.join(Kind)}") from None
