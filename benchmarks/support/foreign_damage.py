"""Damage made by other code than the damage model, so that nothing was trained on it.

Each takes (H, W, 3) uint8 RGB and a generator of random numbers, and gives the same shape. Strengths are
those at which a shop would send a photo back.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from types import MappingProxyType

import numpy as np
from PIL import Image, ImageFilter
from scipy.ndimage import rotate
from scipy.signal import fftconvolve

from packshot.arrays import Pixels
from packshot.enhance.light import encode_srgb, linear_light_table

ForeignDamage = Callable[[Pixels, np.random.Generator], Pixels]


def blur_by_motion(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """A streak of 9 to 21 pixels in any direction."""
    return _filter(pixels, make_streak(random))


def make_streak(random: np.random.Generator) -> np.ndarray:
    """The kernel of `blur_by_motion` for the same random numbers."""
    length = 2 * int(random.integers(4, 11)) + 1
    streak = np.zeros((length, length))
    streak[length // 2] = 1
    kernel = np.clip(rotate(streak, random.uniform(0, 180), reshape=False, order=1), 0, None)
    return kernel / kernel.sum()


def defocus(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """A disc of 3 to 6 pixels radius."""
    return _filter(pixels, make_disc(random))


def make_disc(random: np.random.Generator) -> np.ndarray:
    """The kernel of `defocus` for the same random numbers."""
    radius = random.uniform(3, 6)
    side = int(np.ceil(radius))
    y, x = np.mgrid[-side : side + 1, -side : side + 1]
    kernel = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1)
    return kernel / kernel.sum()


def enlarge_from_quarter(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """A thumbnail of a quarter of the side, enlarged by Pillow's bicubic filter."""
    image = Image.fromarray(pixels)
    small = image.resize((max(1, image.width // 4), max(1, image.height // 4)), Image.Resampling.BOX)
    return np.asarray(small.resize(image.size, Image.Resampling.BICUBIC), np.uint8)


def compress(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """JPEG of quality 8 to 14."""
    return _encode_jpeg(Image.fromarray(pixels), int(random.integers(8, 15)))


def compress_lightly(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """JPEG of quality 25 to 35."""
    return _encode_jpeg(Image.fromarray(pixels), int(random.integers(25, 36)))


def cast_colour(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """Gains of red and blue in opposite directions, as of the wrong lamp, in linear light."""
    strength = random.uniform(0.25, 0.5) * random.choice([-1, 1])
    linear = (pixels / 255.0) ** 2.2 * np.array([1 + strength, 1, 1 - strength])
    return _to_bytes(255 * np.clip(linear, 0, 1) ** (1 / 2.2))


def flatten_tones(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """Tones pressed into half of the range, around a raised black."""
    share, lift = random.uniform(0.4, 0.6), random.uniform(40, 80)
    return _to_bytes(lift + share * pixels.astype(float))


def add_noise(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """Shot noise and read noise of a small sensor."""
    photons = random.uniform(30, 90)
    shot = random.poisson(pixels / 255.0 * photons) / photons * 255
    return _to_bytes(shot + random.normal(0, random.uniform(3, 9), pixels.shape))


def darken(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """One and a half to two and a half stops too little light."""
    linear = (pixels / 255.0) ** 2.2 * 2.0 ** -random.uniform(1.5, 2.5)
    return _to_bytes(255 * linear ** (1 / 2.2))


def soften_and_compress(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """A mix that no network saw: Pillow's blur, a cast, and JPEG of quality 30 to 50."""
    blurred = Image.fromarray(cast_colour(pixels, random)).filter(
        ImageFilter.GaussianBlur(random.uniform(0.8, 1.6))
    )
    return _encode_jpeg(blurred, int(random.integers(30, 51)))


FOREIGN_DAMAGE: MappingProxyType[str, ForeignDamage] = MappingProxyType(
    {
        "motion blur": blur_by_motion,
        "defocus": defocus,
        "enlarged from a quarter": enlarge_from_quarter,
        "JPEG 10": compress,
        "JPEG 30": compress_lightly,
        "colour cast": cast_colour,
        "flat": flatten_tones,
        "noise": add_noise,
        "dark": darken,
        "soft, cast, JPEG": soften_and_compress,
    }
)


def add_white_noise(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """Noise of one strength at all levels, each channel its own."""
    return _to_bytes(pixels + random.normal(0, random.uniform(8, 25), pixels.shape))


def add_shot_noise(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """Nothing but photons: 20 to 80 of them make white."""
    photons = random.uniform(20, 80)
    return _to_bytes(random.poisson(pixels / 255.0 * photons) / photons * 255)


def add_colour_noise(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """Coloured noise, with little of it in grey."""
    grey = random.normal(0, random.uniform(2, 5), (*pixels.shape[:2], 1))
    colour = random.normal(0, random.uniform(8, 16), pixels.shape)
    return _to_bytes(pixels + grey + colour - colour.mean(axis=2, keepdims=True))


def add_salt_and_pepper(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """One to five pixels in a hundred white or black."""
    chance, share = random.random(pixels.shape[:2]), random.uniform(0.01, 0.05)
    result = pixels.copy()
    result[chance < share / 2] = 0
    result[(chance >= share / 2) & (chance < share)] = 255
    return result


def amplify_low_light(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """Little light, amplified: noise of linear light, strongest in shadows once coded."""
    photons = random.uniform(60, 200)
    light = random.poisson((pixels / 255.0) ** 2.2 * photons) / photons
    light = light + random.normal(0, random.uniform(0.004, 0.012), pixels.shape)
    return _to_bytes(255 * np.clip(light, 0, 1) ** (1 / 2.2))


def darken_with_noise(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """Too dark, and noisy as that is."""
    return _to_bytes(darken(pixels, random) + random.normal(0, random.uniform(3, 6), pixels.shape))


def cast_and_compress(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """The wrong lamp, then JPEG of quality 20 to 40."""
    return _encode_jpeg(Image.fromarray(cast_colour(pixels, random)), int(random.integers(20, 41)))


def soften_with_noise(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """Slightly soft, then white noise."""
    soft = Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(random.uniform(0.6, 1.0)))
    return _to_bytes(np.asarray(soft) + random.normal(0, random.uniform(6, 14), pixels.shape))


OTHER_DAMAGE: MappingProxyType[str, ForeignDamage] = MappingProxyType(
    {
        "white noise": add_white_noise,
        "shot noise": add_shot_noise,
        "colour noise": add_colour_noise,
        "salt and pepper": add_salt_and_pepper,
        "low light, amplified": amplify_low_light,
        "dark, noise": darken_with_noise,
        "cast, JPEG": cast_and_compress,
        "soft, noise": soften_with_noise,
    }
)
"""Other kinds of noise, and two kinds at once."""


_KELVINS = (2500.0, 12000.0)
_XYZ_TO_RGB = np.array(
    [[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]]
)


def _lamp_gains(kelvins: float) -> np.ndarray:
    """Linear sRGB of white paper, green 1: Planck's locus below 4 000 K, CIE daylight above (CIE 15)."""
    t = 1e3 / kelvins
    if kelvins < 4000:  # Kim and others, US patent 7 024 034.
        x = float(np.polyval([-0.2661239, -0.2343589, 0.8776956, 0.179910], t))
        y = float(np.polyval([-0.9549476, -1.37418593, 2.09137015, -0.16748867], x))
    else:
        warm = [-4.6070, 2.9678, 0.09911, 0.244063]
        x = float(np.polyval(warm if kelvins <= 7000 else [-2.0064, 1.9018, 0.24748, 0.237040], t))
        y = float(np.polyval([-3.0, 2.870, -0.275], x))
    light = np.maximum(_XYZ_TO_RGB @ np.array([x / y, 1, (1 - x - y) / y]), 0.02)
    return light / light[1]


def _light(pixels: Pixels, gains: np.ndarray, random: np.random.Generator) -> Pixels:
    """Von Kries's rule: green as it was, red or blue cut off, or nothing cut off, by chance."""
    if random.random() < 0.5:
        gains = gains / gains.max()
    linear = np.clip(linear_light_table()[pixels] * gains, 0, 1)
    return _to_bytes(255 * encode_srgb(linear))


def _draw_lamp(random: np.random.Generator) -> np.ndarray:
    """A lamp of 2 500 to 12 000 K, equally likely in mireds, a little green or magenta."""
    warmest, coldest = _KELVINS
    mireds = random.uniform(1e6 / coldest, 1e6 / warmest)
    return _lamp_gains(1e6 / mireds) * np.array([1, 1 + random.normal(0, 0.04), 1])


def light_by_lamp(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """Another lamp than the camera was set for."""
    return _light(pixels, _draw_lamp(random), random)


def light_by_lamp_half_balanced(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """The same, of which the camera took half back."""
    return _light(pixels, np.sqrt(_draw_lamp(random)), random)


def tint(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """A tenth to three tenths of green or magenta, as of tubes."""
    strength = random.uniform(0.1, 0.3) * random.choice([-1, 1])
    return _light(pixels, np.array([1 - strength / 2, 1 + strength, 1 - strength / 2]), random)


LAMP_DAMAGE: MappingProxyType[str, ForeignDamage] = MappingProxyType(
    {"lamp": light_by_lamp, "lamp, half balanced": light_by_lamp_half_balanced, "tint": tint}
)
"""Casts of another form than `cast_colour`, strong ones among them."""


def _encode_jpeg(image: Image.Image, quality: int) -> Pixels:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer).convert("RGB"), np.uint8)


def _filter(pixels: Pixels, kernel: np.ndarray) -> Pixels:
    """Filter each channel, borders mirrored."""
    side = kernel.shape[0] // 2
    padded = np.pad(pixels.astype(float), ((side, side), (side, side), (0, 0)), mode="reflect")
    return _to_bytes(fftconvolve(padded, kernel[..., None], mode="valid", axes=(0, 1)))


def _to_bytes(values: np.ndarray) -> Pixels:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
