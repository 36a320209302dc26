"""Whole photos of every format that Packshot opens, drawn here and a few kB each, to be mutated."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np
from PIL import Image, ImageCms, ImageDraw

from benchmarks.hostile_inputs import png
from packshot.arrays import UInt16Array

SIDES = (48, 96)
"""Pixels: small enough for ten thousand, large enough for several blocks and strips of every codec."""

_FRAMES = 3
_GPS, _MAKE, _ORIENTATION = 0x8825, 0x010F, 0x0112
_DATE_OF_PROFILE = slice(24, 36)
_DATED_BOXES = (b"mvhd", b"tkhd", b"mdhd")


@dataclass(frozen=True)
class Kind:
    """A kind of photo.

    Attributes:
        name: Such as ``png-interlaced``.
        format: As `packshot.photo.FORMATS` names it.
        suffix: Of its files.
        encode: From a picture to a file.
    """

    name: str
    format: str
    suffix: str
    encode: Callable[[Image.Image], bytes]


@cache
def drawn(seed: int) -> Image.Image:
    """A product of some colour and shape on a pale ground, with texture, RGB, of `SIDES` pixels."""
    generator = np.random.default_rng(seed)
    width, height = (int(side) for side in generator.integers(*SIDES, 2))
    image = Image.new("RGB", (width, height), tuple(generator.integers(200, 256, 3).tolist()))
    draw = ImageDraw.Draw(image)
    for _ in range(4):
        left, right = sorted(generator.integers(0, width, 2).tolist())
        top, bottom = sorted(generator.integers(0, height, 2).tolist())
        shape = draw.ellipse if generator.random() < 0.5 else draw.rectangle
        shape((left, top, right, bottom), tuple(generator.integers(0, 220, 3).tolist()))
    texture = generator.normal(0, 9, (height, width, 3))
    return Image.fromarray(np.clip(np.asarray(image) + texture, 0, 255).astype(np.uint8))


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def _as(kind: str, mode: str = "RGB", **options: Any) -> Callable[[Image.Image], bytes]:
    return lambda image: _saved(image.convert(mode), kind, **options)


def _see_through(image: Image.Image) -> Image.Image:
    seen = image.convert("RGBA")
    slope = np.linspace(0, 255, image.height)[:, None].repeat(image.width, axis=1)
    seen.putalpha(Image.fromarray(slope.astype(np.uint8)))
    return seen


def _with_alpha(kind: str, **options: Any) -> Callable[[Image.Image], bytes]:
    return lambda image: _saved(_see_through(image), kind, **options)


def _moving(kind: str, mode: str = "RGB", **options: Any) -> Callable[[Image.Image], bytes]:
    def encode(image: Image.Image) -> bytes:
        frames = [image.rotate(90 * turn).convert(mode) for turn in range(_FRAMES)]
        return _saved(frames[0], kind, save_all=True, append_images=frames[1:], **options)

    return encode


def _camera_jpeg(image: Image.Image) -> bytes:
    """With what cameras add: tags, a place, a profile, a comment."""
    exif = Image.Exif()
    exif[_MAKE], exif[_ORIENTATION] = "Camera", 6
    exif.get_ifd(_GPS).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 36.0)})
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes())
    profile[_DATE_OF_PROFILE] = bytes(12)
    return _saved(image, "JPEG", exif=exif, icc_profile=bytes(profile), comment=b"a photo", quality=85)


def _moving_avif(image: Image.Image) -> bytes:
    """Without the time at which it was written, so that the same picture gives the same bytes."""
    data = bytearray(_moving("AVIF", **_SMALL_AVIF)(image))
    for name in _DATED_BOXES:
        place = data.find(name) + len(name)
        while place >= len(name):
            dates = 16 if data[place] == 1 else 8  # Of the version with long or short numbers.
            data[place + 4 : place + 4 + dates] = bytes(dates)
            place = data.find(name, place) + len(name)
    return bytes(data)


def _deep(image: Image.Image) -> UInt16Array:
    return np.asarray(image).astype(np.uint16) * 257


def _png_interlaced(image: Image.Image) -> bytes:
    start = png.header(*image.size, interlaced=True)
    return png.assembled(start, zlib.compress(png.interlaced_rows(np.asarray(image))))


def _png_deep(image: Image.Image) -> bytes:
    return png.assembled(png.header(*image.size, bits=16), zlib.compress(png.rows(_deep(image))))


def _png_palette(image: Image.Image) -> bytes:
    return _saved(image.quantize(64), "PNG", transparency=3)


def _deep_grey(kind: str, **options: Any) -> Callable[[Image.Image], bytes]:
    return lambda image: _saved(Image.fromarray(_deep(image.convert("L"))), kind, **options)


def _heif(mode: str) -> Callable[[Image.Image], bytes]:
    def encode(image: Image.Image) -> bytes:
        import pillow_heif

        stream = io.BytesIO()
        shown = _see_through(image) if mode == "RGBA" else image
        pillow_heif.from_pillow(shown).save(stream, quality=70)
        return stream.getvalue()

    return encode


_SMALL_AVIF: Mapping[str, Any] = MappingProxyType({"speed": 10, "max_threads": 1, "quality": 60})

KINDS: tuple[Kind, ...] = tuple(
    Kind(f"{suffix[1:]}-{name}", format_name, suffix, encode)
    for format_name, suffix, kinds in (
        (
            "JPEG",
            ".jpg",
            {
                "baseline": _as("JPEG", quality=80),
                "progressive": _as("JPEG", quality=80, progressive=True),
                "cmyk": _as("JPEG", "CMYK", quality=80),
                "grey": _as("JPEG", "L", quality=80),
                "restarts": _as("JPEG", quality=90, subsampling=0, restart_marker_blocks=2),
                "camera": _camera_jpeg,
                "several": _moving("MPO", quality=70),
            },
        ),
        (
            "PNG",
            ".png",
            {
                "rgb": _as("PNG"),
                "alpha": _with_alpha("PNG"),
                "grey": _as("PNG", "L"),
                "bitmap": _as("PNG", "1"),
                "palette": _png_palette,
                "interlaced": _png_interlaced,
                "deep": _png_deep,
                "deep-grey": _deep_grey("PNG"),
                "animated": _moving("PNG"),
            },
        ),
        ("GIF", ".gif", {"still": _as("GIF", "P"), "animated": _moving("GIF", "P")}),
        (
            "WEBP",
            ".webp",
            {
                "lossy": _as("WEBP", quality=70),
                "lossless": _as("WEBP", lossless=True),
                "alpha": _with_alpha("WEBP", quality=70),
                "animated": _moving("WEBP", quality=60),
            },
        ),
        ("BMP", ".bmp", {"rgb": _as("BMP"), "palette": _as("BMP", "P"), "bitmap": _as("BMP", "1")}),
        (
            "TIFF",
            ".tif",
            {
                "raw": _as("TIFF"),
                "lzw": _as("TIFF", compression="tiff_lzw"),
                "deflate": _as("TIFF", compression="tiff_adobe_deflate"),
                "packbits": _as("TIFF", compression="packbits"),
                "jpeg": _as("TIFF", compression="jpeg"),
                "fax": _as("TIFF", "1", compression="group4"),
                "cmyk": _as("TIFF", "CMYK", compression="tiff_lzw"),
                "deep-grey": _deep_grey("TIFF"),
                "float": _as("TIFF", "F", compression="tiff_adobe_deflate"),
                "pages": _moving("TIFF", compression="tiff_lzw"),
            },
        ),
        (
            "AVIF",
            ".avif",
            {
                "rgb": _as("AVIF", **_SMALL_AVIF),
                "alpha": _with_alpha("AVIF", **_SMALL_AVIF),
                "animated": _moving_avif,
            },
        ),
        ("HEIF", ".heic", {"rgb": _heif("RGB"), "alpha": _heif("RGBA")}),
    )
    for name, encode in kinds.items()
)
"""Every kind of photo that is mutated."""

FORMATS: tuple[str, ...] = tuple(dict.fromkeys(kind.format for kind in KINDS))


@cache
def seed_photo(kind: Kind, number: int) -> bytes:
    """The bytes of a whole photo of a kind.

    Args:
        kind: One of `KINDS`.
        number: Of its picture; the same number draws the same picture.
    """
    return kind.encode(drawn(number))
