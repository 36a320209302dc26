"""Pictures whose properties are known because they were drawn that way."""

import cv2
import numpy as np

from packshot.arrays import Pixels


def draw_on_white(
    box: tuple[int, int, int, int] = (150, 100, 200, 300),
    size: tuple[int, int] = (500, 500),
    colour: tuple[int, int, int] = (60, 90, 150),
    background: tuple[int, int, int] = (255, 255, 255),
) -> Pixels:
    """A plain rectangle (left, top, width, height) on a plain background; size is (H, W)."""
    picture = np.empty((*size, 3), np.uint8)
    picture[:] = background
    left, top, width, height = box
    picture[top : top + height, left : left + width] = colour
    return picture


def make_flat(value: int, size: tuple[int, int] = (256, 256)) -> Pixels:
    """One grey tone."""
    return np.full((*size, 3), value, np.uint8)


def draw_scene(seed: int = 0, size: tuple[int, int] = (512, 512)) -> Pixels:
    """Sharp-edged polygons and discs all over: nothing plain about its border."""
    generator = np.random.default_rng(seed)
    height, width = size
    picture = np.full((height, width, 3), 120, np.uint8)
    for _ in range(max(160, height * width // 400)):
        colour = tuple(int(v) for v in generator.integers(30, 226, 3))
        centre = generator.integers(0, [width, height])
        if generator.random() < 0.5:
            radius = int(generator.integers(8, 40))
            cv2.circle(picture, centre.tolist(), radius, colour, -1, cv2.LINE_AA)
        else:
            corners = centre + generator.integers(-45, 46, (4, 2))
            cv2.fillConvexPoly(picture, cv2.convexHull(corners), colour, cv2.LINE_AA)
    return picture


def add_noise(picture: Pixels, sigma: float, seed: int = 0) -> Pixels:
    """The same noise in all three channels, so that luma has exactly its deviation."""
    noise = np.random.default_rng(seed).normal(0, sigma, picture.shape[:2])[..., None]
    return np.clip(np.rint(picture + noise), 0, 255).astype(np.uint8)


def compress_jpeg(picture: Pixels, quality: int) -> Pixels:
    """Once through a JPEG encoder."""
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def blur(picture: Pixels, sigma: float) -> Pixels:
    """Gaussian blur."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.uint8)


def add_motion_blur(picture: Pixels, length: int, vertical: bool = False) -> Pixels:
    """Moved along one axis."""
    shape = (length, 1) if vertical else (1, length)
    return np.asarray(cv2.filter2D(picture, -1, np.full(shape, 1 / length)), np.uint8)
