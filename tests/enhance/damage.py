"""Damage of known size, for tests of what repairs it."""

import cv2
import numpy as np


def add_noise(pixels, sigma, seed=0):
    """White noise, each channel its own."""
    noise = np.random.default_rng(seed).normal(0, sigma, pixels.shape)
    return np.clip(np.rint(pixels + noise), 0, 255).astype(np.uint8)


def compress_as_jpeg(pixels, quality):
    """Once through an encoder with the IJG tables."""
    options = [cv2.IMWRITE_JPEG_QUALITY, quality]
    _, data = cv2.imencode(".jpg", np.ascontiguousarray(pixels[..., ::-1]), options)
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])


def scale_light(pixels, gains):
    """Linear light times a factor for each channel, through the exact sRGB curves."""
    code = pixels / 255
    light = np.where(code > 0.04045, ((code + 0.055) / 1.055) ** 2.4, code / 12.92) * gains
    light = np.clip(light, 0, 1)
    back = np.where(light > 0.0031308, 1.055 * light ** (1 / 2.4) - 0.055, 12.92 * light)
    return np.rint(back * 255).astype(np.uint8)


def blur(pixels, sigma):
    return cv2.GaussianBlur(pixels, (0, 0), sigma)
