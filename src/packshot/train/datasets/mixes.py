"""Realistic mixes of damage: what happens to a photo on its way to a shop, all at once.

The light is too weak or too strong, the white balance wrong; the lens blurs; the photo is made small;
the sensor's noise and JPEG come last. Strengths are continuous, from nothing at all to strong, other
than the five levels of one kind that `packshot.distort` knows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import cv2
import numpy as np

from packshot.arrays import Pixels
from packshot.distort.blur import make_disc_kernel, make_line_kernel
from packshot.distort.compression import round_trip_jpeg
from packshot.distort.parameters import apply_curve, to_float, to_pixels
from packshot.distort.product import apply_colour_cast, expose
from packshot.distort.spatial import shrink_and_grow

_UNDAMAGED_SHARE = 0.12
"""Share of photos that are left as they are: one in eight, so that they are learnt to be kept (decision
9)."""

_MIN_SEVERITY = 0.2
"""Least severity of a mix, 0..1, which scales all its parts. A judgement."""


class Blur(StrEnum):
    """The kind of blur.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> {sample_mix(rng).blur.value for _ in range(50)} == {blur.value for blur in Blur}
        True
    """

    NONE = "none"
    SOFT = "soft"
    LENS = "lens"
    MOTION = "motion"


@dataclass(frozen=True)
class DamageMix:
    """One photo's damage; as it stands, none.

    Attributes:
        stops: Exposure, negative for too little light.
        gamma: Power that all values are raised to: above 1 a tone curve too dark, below 1 too bright.
        cast: Red against blue, as in `packshot.distort.product.apply_colour_cast`.
        tint: Green against both.
        blur: What blurs.
        blur_size: Standard deviation, radius or half length in pixels.
        angle: Direction of motion, in radians.
        scale: Small over large side; the photo is enlarged again.
        noise: Standard deviation, in parts of full scale.
        speckle: Whether the noise grows with the value, as 2 x value.
        quality: JPEG quality; None for no encoding.

    Example:
        >>> mix = DamageMix(stops=-1.0, quality=40)
        >>> mix.blur.value, mix == DamageMix(), DamageMix() == DamageMix()
        ('none', False, True)
    """

    stops: float = 0.0
    gamma: float = 1.0
    cast: float = 0.0
    tint: float = 0.0
    blur: Blur = Blur.NONE
    blur_size: float = 0.0
    angle: float = 0.0
    scale: float = 1.0
    noise: float = 0.0
    speckle: bool = False
    quality: int | None = None


def sample_mix(generator: np.random.Generator) -> DamageMix:
    """Choose a mix: none in 12 of 100 photos, else each part with its own chance, mild to strong.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> mixes = [sample_mix(rng) for _ in range(400)]
        >>> 0.07 < sum(mix == DamageMix() for mix in mixes) / 400 < 0.17
        True
    """
    if generator.random() < _UNDAMAGED_SHARE:
        return DamageMix()
    severity = generator.uniform(_MIN_SEVERITY, 1)
    mix = _sample_blur(_sample_light(DamageMix(), severity, generator), severity, generator)
    return _sample_encoding(mix, severity, generator)


def apply_mix(pixels: Pixels, mix: DamageMix, generator: np.random.Generator) -> Pixels:
    """Damage a photo, in the order in which it happens: light, cast, blur, size, noise, JPEG.

    Args:
        pixels: (H, W, 3) uint8; not changed.
        mix: What to do.
        generator: Of the noise.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> photo, rng = np.full((32, 32, 3), 128, np.uint8), np.random.default_rng(0)
        >>> darker, same = (apply_mix(photo, mix, rng) for mix in (DamageMix(stops=-1.0), DamageMix()))
        >>> bool(darker.mean() < 100), bool((same == photo).all())
        (True, True)
    """
    damaged = expose(pixels, mix.stops) if mix.stops else pixels
    if mix.gamma != 1:
        damaged = apply_curve(damaged, lambda values: values**mix.gamma)
    if mix.cast or mix.tint:
        damaged = apply_colour_cast(damaged, mix.cast, mix.tint)
    damaged = _apply_blur(damaged, mix)
    if mix.scale < 1:
        damaged = shrink_and_grow(damaged, mix.scale, cv2.INTER_CUBIC)
    if mix.noise:
        damaged = _apply_noise(damaged, mix, generator)
    return damaged if mix.quality is None else round_trip_jpeg(damaged, mix.quality)


def damage_by_seed(pixels: Pixels, seed: int, with_light: bool = True) -> tuple[Pixels, DamageMix]:
    """Choose a mix and apply it, both fixed by the seed.

    Args:
        pixels: (H, W, 3) uint8; not changed.
        seed: Of mix and noise.
        with_light: Whether what the mix does to light and colour is done as well.

    Example:
        >>> photo = np.full((32, 32, 3), 128, np.uint8)
        >>> damaged, mix = damage_by_seed(photo, seed=1, with_light=False)
        >>> damaged.shape, mix.stops, mix.cast
        ((32, 32, 3), 0.0, 0.0)
    """
    generator = np.random.default_rng([seed, 0x4D4958])
    mix = sample_mix(generator)
    if not with_light:
        mix = replace(mix, stops=0.0, gamma=1.0, cast=0.0, tint=0.0)
    return apply_mix(pixels, mix, generator), mix


def _sample_light(mix: DamageMix, severity: float, generator: np.random.Generator) -> DamageMix:
    """Choose exposure, more often too little than too much, and white balance."""
    stops, gamma, cast = 0.0, 1.0, 0.0
    if generator.random() < 0.6:
        amount = severity * generator.uniform(0.2, 1) * (1 if generator.random() < 0.75 else -0.3)
        stops, gamma = (-2.2 * amount, 1.0) if generator.random() < 0.6 else (0.0, 1 + 0.9 * amount)
    if generator.random() < 0.6:
        cast = severity * generator.uniform(0.2, 1) * float(generator.choice((-0.5, 0.5)))
    tint = generator.uniform(-0.3, 0.3) * abs(cast)
    return replace(mix, stops=stops, gamma=gamma, cast=cast, tint=tint)


def _sample_blur(mix: DamageMix, severity: float, generator: np.random.Generator) -> DamageMix:
    if generator.random() < 0.5:
        return mix
    kind = Blur(str(generator.choice((Blur.SOFT, Blur.LENS, Blur.MOTION))))
    size = {Blur.SOFT: 2.2, Blur.LENS: 3.0, Blur.MOTION: 4.5}[kind] * severity * generator.random()
    return replace(mix, blur=kind, blur_size=size, angle=generator.uniform(0, np.pi))


def _sample_encoding(mix: DamageMix, severity: float, generator: np.random.Generator) -> DamageMix:
    """Choose size, noise and JPEG quality."""
    scale = 1 - 0.65 * severity * generator.random() if generator.random() < 0.3 else 1.0
    noise = 0.08 * severity * generator.random() if generator.random() < 0.5 else 0.0
    quality = round(95 - 80 * severity * generator.random()) if generator.random() < 0.6 else None
    return replace(
        mix, scale=scale, noise=noise, speckle=bool(generator.random() < 0.3), quality=quality
    )


def _apply_blur(pixels: Pixels, mix: DamageMix) -> Pixels:
    if mix.blur is Blur.NONE or mix.blur_size <= 0:
        return pixels
    if mix.blur is Blur.SOFT:
        return np.asarray(cv2.GaussianBlur(pixels, (0, 0), max(mix.blur_size, 0.2)), np.uint8)
    kernel = (
        make_disc_kernel(mix.blur_size)
        if mix.blur is Blur.LENS
        else make_line_kernel(2 * mix.blur_size, mix.angle)
    )
    return np.asarray(cv2.filter2D(pixels, -1, kernel, borderType=cv2.BORDER_REFLECT_101), np.uint8)


def _apply_noise(pixels: Pixels, mix: DamageMix, generator: np.random.Generator) -> Pixels:
    values = to_float(pixels)
    grain = np.float32(mix.noise) * generator.standard_normal(pixels.shape, dtype=np.float32)
    return to_pixels(values + (2 * values * grain if mix.speckle else grain))
