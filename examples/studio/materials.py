"""Surfaces: textures drawn with numpy and Pillow (linear RGB), and the BSDFs that carry them."""

import cv2
import mitsuba as mi
import numpy as np
from PIL import Image, ImageDraw, ImageFont


def reflectance(colour):
    """An RGB triple or an image (H, W, 3), its first row below, as a reflectance."""
    if isinstance(colour, np.ndarray) and colour.ndim == 3:
        bitmap = mi.Bitmap(np.ascontiguousarray(colour[::-1].astype(np.float32)))
        return {"type": "bitmap", "bitmap": bitmap, "raw": True}
    return {"type": "rgb", "value": [float(c) for c in colour]}


def plastic(colour, roughness=0.15):
    """A coloured body under a clear coat: glaze, lacquer, plastic."""
    return {
        "type": "roughplastic",
        "diffuse_reflectance": reflectance(colour),
        "alpha": roughness,
        "nonlinear": True,
    }


def matte(colour):
    return {"type": "twosided", "bsdf": {"type": "diffuse", "reflectance": reflectance(colour)}}


def metal(colour, roughness=0.2):
    """A metal by the colour of its reflection."""
    return {
        "type": "twosided",
        "bsdf": {
            "type": "principled",
            "base_color": reflectance(colour),
            "metallic": 1.0,
            "roughness": roughness,
        },
    }


def glass(tint=(1.0, 1.0, 1.0)):
    return {
        "type": "dielectric",
        "int_ior": 1.5,
        "specular_transmittance": {"type": "rgb", "value": list(tint)},
    }


def noise(seed, shape, across, along):
    """Smooth noise of unit deviation that closes from right to left; its widths are in pixels."""
    field = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    margin = min(int(4 * across) + 1, shape[1])
    field = np.concatenate([field[:, -margin:], field, field[:, :margin]], axis=1)
    field = cv2.GaussianBlur(field, (0, 0), across, sigmaY=along)[:, margin:-margin]
    return field / field.std()


def wood(seed, colour=(0.42, 0.22, 0.095), side=2048):
    """Timber with its grain along the first axis of the image (v)."""
    x = np.linspace(0, 1, side)[None]
    bend = noise(seed, (side // 4, side // 4), 24, 110)
    bend = cv2.resize(bend, (side, side), interpolation=cv2.INTER_CUBIC)
    rings = (0.5 + 0.5 * np.sin(2 * np.pi * (x * 13 + bend * 0.42))) ** 2
    fibres = noise(seed + 1, (side, side), 1.1, 46)
    pores = noise(seed + 2, (side, side), 0.9, 14) > 2.1
    tone = 1.12 - 0.34 * rings + 0.085 * fibres - 0.3 * cv2.GaussianBlur(np.float32(pores), (3, 3), 0)
    return np.clip(np.array(colour) * tone[..., None] ** np.array([1.0, 1.2, 1.4]), 0.01, 0.9)


def cloth(colour, threads_across, threads_along, seed=4, width=2048, height=2048):
    """A plain weave with threads of uneven thickness."""
    y, x = np.mgrid[:height, :width]
    x = x / width * threads_across + 0.12 * noise(seed, (height, width), 40, 40)
    y = y / height * threads_along + 0.12 * noise(seed + 1, (height, width), 40, 40)
    odd = (np.floor(x) + np.floor(y)) % 2 > 0
    over = np.where(odd, np.abs(np.sin(np.pi * x)), np.abs(np.sin(np.pi * y)))
    slub = np.where(
        odd, noise(seed + 2, (height, width), 2, 30), noise(seed + 3, (height, width), 30, 2)
    )
    return np.clip(np.array(colour) * (0.5 + 0.52 * over + 0.07 * slub)[..., None], 0.01, 0.92)


def stoneware(colour, seed, width=2048, height=1024, specks=0.0035):
    """A glaze with iron specks, and a tone that drifts."""
    drift = noise(seed, (height // 8, width // 8), 20, 9)
    drift = cv2.resize(drift, (width, height), interpolation=cv2.INTER_CUBIC)
    dots = np.random.default_rng(seed).random((height, width)) < specks
    size = noise(seed + 1, (height, width), 1.1, 1.1)
    spots = cv2.GaussianBlur(np.float32(dots) * np.clip(7 + 5 * size, 0, 20), (0, 0), 1.5)
    field = np.array(colour) * (1 + 0.05 * drift)[..., None]
    share = np.clip(spots, 0, 0.85)[..., None]
    return np.clip(field * (1 - share) + np.array([0.06, 0.035, 0.02]) * share, 0.01, 0.92)


def printed(ground, lines, ink, width=3072, height=1024):
    """Lettering on a ground (an RGB triple or an image).

    A line is (text, height of the letters, middle across, middle from above, spacing); sizes are shares
    of the image's height, places are shares of its width and height.
    """
    mask = Image.new("L", (width, height))
    draw = ImageDraw.Draw(mask)
    for text, size, across, down, spacing in lines:
        font = ImageFont.load_default(size * height)
        gap = spacing * size * height
        x = across * width - (sum(draw.textlength(c, font) for c in text) + gap * (len(text) - 1)) / 2
        for letter in text:
            draw.text((x, down * height), letter, 255, font, anchor="lm")
            x += draw.textlength(letter, font) + gap
    if not isinstance(ground, np.ndarray):
        ground = np.broadcast_to(np.array(ground, float), (height, width, 3))
    share = np.asarray(mask, float)[..., None] / 255
    return ground * (1 - share) + np.array(ink) * share
