"""Colour: bleeding, shifting, too few, too much or too little of it."""

from __future__ import annotations

import cv2
import numpy as np

from packshot.distort.parameters import Floats, Pixels, as_float, as_pixels, scale_of

_DIFFUSION_SIGMA = (2.0, 4.0, 8.0, 14.0, 24.0)
_SHIFT_PIXELS = (1.0, 2.0, 4.0, 7.0, 12.0)
_COLOURS = (48, 24, 14, 8, 5)
_HSV_FACTOR = (0.7, 0.5, 0.32, 0.15, 0.0)
_LAB_FACTOR = (1.4, 1.8, 2.4, 3.2, 4.5)
_CLUSTER_SAMPLES = 4096
# Pixels: a blur this wide leaves no detail that half the resolution could not hold.
_SMALL_SIGMA = 4.0


def colour_diffusion(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Blur the two chroma channels of CIE Lab; luminance stays."""
    lab = cv2.cvtColor(as_float(pixels), cv2.COLOR_RGB2LAB)
    sigma = _DIFFUSION_SIGMA[level - 1] * scale_of(pixels)
    lab[..., 1:] = _wide_blur(np.ascontiguousarray(lab[..., 1:]), sigma)
    return as_pixels(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB))


def colour_shift(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Move the green channel against the others in a seeded direction."""
    angle = generator.uniform(0, 2 * np.pi)
    distance = _SHIFT_PIXELS[level - 1] * scale_of(pixels)
    matrix = np.array([[1, 0, distance * np.cos(angle)], [0, 1, distance * np.sin(angle)]], np.float32)
    shifted = pixels.copy()
    size = (pixels.shape[1], pixels.shape[0])
    green = np.ascontiguousarray(pixels[..., 1])
    shifted[..., 1] = cv2.warpAffine(green, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    return shifted


def colour_quantisation(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Keep 48 to 5 colours, found by k-means on a sample, without dithering."""
    flat = pixels.reshape(-1, 3)
    if len(flat) < 2:
        return pixels.copy()
    count = min(len(flat), _CLUSTER_SAMPLES)
    sample = flat[generator.choice(len(flat), count, replace=False)].astype(np.float32)
    clusters = min(_COLOURS[level - 1], len(sample))
    cv2.setRNGSeed(int(generator.integers(2**31)))
    stop = (cv2.TERM_CRITERIA_MAX_ITER, 8, 0)
    _, _, centres = cv2.kmeans(sample, clusters, None, stop, 1, cv2.KMEANS_PP_CENTERS)
    return _nearest_colours(pixels, np.clip(np.rint(centres), 0, 255).astype(np.uint8))


def saturation_hsv(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Scale the saturation of HSV down to 0.7 .. 0."""
    hsv = cv2.cvtColor(as_float(pixels), cv2.COLOR_RGB2HSV)
    hsv[..., 1] *= _HSV_FACTOR[level - 1]
    return as_pixels(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB))


def saturation_lab(pixels: Pixels, level: int, generator: np.random.Generator) -> Pixels:
    """Scale the chroma of CIE Lab up by 1.4 to 4.5."""
    lab = cv2.cvtColor(as_float(pixels), cv2.COLOR_RGB2LAB)
    lab[..., 1:] *= _LAB_FACTOR[level - 1]
    return as_pixels(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB))


def _wide_blur(values: Floats, sigma: float) -> Floats:
    """Gaussian blur, done on a smaller picture where sigma is so large that this changes nothing."""
    height, width = values.shape[:2]
    factor = int(min(max(sigma / _SMALL_SIGMA, 1), height, width))
    if factor == 1:
        return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma), np.float32)
    small = cv2.resize(values, (width // factor, height // factor), interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(small, (0, 0), sigma / factor)
    return np.asarray(cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _nearest_colours(pixels: Pixels, centres: Pixels) -> Pixels:
    """Each pixel's nearest centre, looked up in a 5-bit colour cube."""
    steps = np.arange(32, dtype=np.float32) * 8 + 4
    cube = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    distances = ((cube[:, None] - centres[None].astype(np.float32)) ** 2).sum(axis=-1)
    nearest = centres[distances.argmin(axis=1)]
    cells = pixels.astype(np.int32) >> 3
    found: Pixels = nearest[(cells[..., 0] << 10) | (cells[..., 1] << 5) | cells[..., 2]]
    return found
