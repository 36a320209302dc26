"""Made photos of a small shop: some dark, some soft, some with the place where they were taken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

PRODUCTS = ("mug", "vase", "box")
PHOTOS = 12
"""Enough for two processes to have some in hand, some done, some to come."""

_SIZE = (320, 240)
_GPS = 0x8825


def write_shop(folder: Path) -> None:
    """Write `PHOTOS` JPEGs, a folder for each product."""
    for number in range(PHOTOS):
        path = folder / PRODUCTS[number % len(PRODUCTS)] / f"{number:02}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        options = {"exif": _make_location_exif()} if number % 3 == 1 else {}
        _make_photo(number).save(path, quality=88, **options)


def _make_photo(number: int) -> Image.Image:
    generator = np.random.default_rng(number)
    image = Image.new("RGB", _SIZE, (250, 250, 248))
    draw = ImageDraw.Draw(image)
    left, top = generator.integers(20, 90, 2).tolist()
    colour = tuple(generator.integers(30, 220, 3).tolist())
    shape = (draw.ellipse, draw.rectangle)[number % 2]
    shape((left, top, left + 190, top + 130), colour, outline=(20, 20, 20), width=2)
    draw.line((left + 30, top + 60, left + 150, top + 70), (240, 240, 240), 6)
    pixels = np.asarray(image) + generator.normal(0, 3 + number, (*_SIZE[::-1], 3))
    if number % 4 == 1:
        pixels = pixels * 0.45
    photo = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    return photo.filter(ImageFilter.GaussianBlur(1.5)) if number % 4 == 2 else photo


def _make_location_exif() -> Image.Exif:
    exif = Image.Exif()
    exif.get_ifd(_GPS).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 36.0)})
    return exif
