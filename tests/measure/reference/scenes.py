"""A made-up photo and its damaged versions, the same bits on every machine and OpenCV version."""

import numpy as np

from packshot.arrays import Int64Array, Pixels


def draw_scene(height: int = 300, width: int = 280, seed: int = 7) -> Pixels:
    """A coloured product-like disc and box on a bright, slightly textured ground."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    pixels = np.empty((height, width, 3), dtype=np.int64)
    pixels[...] = (225 + (y * 20) // height)[..., None]
    disc = (y * 2 - height) ** 2 + (x * 2 - width) ** 2 < (min(height, width)) ** 2 // 2
    pixels[disc] = (180, 60, 40)
    box = (y > height // 3) & (y < height // 2) & (x > width // 4) & (x < width // 2)
    pixels[box] = (40, 90, 170)
    stripes = disc & ((x // 5 + y // 9) % 3 == 0)
    pixels[stripes] -= 35
    pixels += rng.integers(-6, 7, pixels.shape)
    return to_pixels(pixels)


def to_pixels(values: Int64Array) -> Pixels:
    return np.clip(values, 0, 255).astype(np.uint8)


def add_noise(pixels: Pixels, amplitude: int, seed: int = 11) -> Pixels:
    rng = np.random.default_rng(seed)
    return to_pixels(pixels + rng.integers(-amplitude, amplitude + 1, pixels.shape))


def box_blur(pixels: Pixels, radius: int) -> Pixels:
    """Average (2 * radius + 1)^2 pixels, edges repeated, in whole numbers."""
    side = 2 * radius + 1
    padded = np.pad(pixels.astype(np.int64), ((radius, radius), (radius, radius), (0, 0)), "edge")
    height, width = pixels.shape[:2]
    parts = [padded[dy : dy + height, dx : dx + width] for dy in range(side) for dx in range(side)]
    return to_pixels(np.sum(parts, axis=0) // side**2)


def darken(pixels: Pixels, percent: int) -> Pixels:
    return to_pixels(pixels.astype(np.int64) * (100 - percent) // 100)


def permute_channels(pixels: Pixels) -> Pixels:
    return np.ascontiguousarray(pixels[..., [1, 2, 0]])


def to_grey(pixels: Pixels) -> Pixels:
    return np.repeat(pixels[..., 1:2], 3, axis=2)
