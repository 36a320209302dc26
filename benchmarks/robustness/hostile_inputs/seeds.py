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

from benchmarks.robustness.hostile_inputs import png
from packshot.arrays import UInt16Array

SIDES = (48, 96)
"""Pixels: small enough for ten thousand, large enough for several blocks and strips of every codec."""

_FRAMES = 3
_GPS, _MAKE, _ORIENTATION = 0x8825, 0x010F, 0x0112
_PROFILE_DATE_SLICE = slice(24, 36)
_BOXES_WITH_DATES = (b"mvhd", b"tkhd", b"mdhd")


@dataclass(frozen=True)
class PhotoKind:
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
def draw_product(seed: int) -> Image.Image:
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


def _save(image: Image.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def _make_encoder(kind: str, mode: str = "RGB", **options: Any) -> Callable[[Image.Image], bytes]:
    return lambda image: _save(image.convert(mode), kind, **options)


def _add_alpha(image: Image.Image) -> Image.Image:
    with_alpha = image.convert("RGBA")
    slope = np.linspace(0, 255, image.height)[:, None].repeat(image.width, axis=1)
    with_alpha.putalpha(Image.fromarray(slope.astype(np.uint8)))
    return with_alpha


def _make_alpha_encoder(kind: str, **options: Any) -> Callable[[Image.Image], bytes]:
    return lambda image: _save(_add_alpha(image), kind, **options)


def _make_animation_encoder(
    kind: str, mode: str = "RGB", **options: Any
) -> Callable[[Image.Image], bytes]:
    def encode(image: Image.Image) -> bytes:
        frames = [image.rotate(90 * turn).convert(mode) for turn in range(_FRAMES)]
        return _save(frames[0], kind, save_all=True, append_images=frames[1:], **options)

    return encode


def _encode_camera_jpeg(image: Image.Image) -> bytes:
    """With what cameras add: tags, a place, a profile, a comment."""
    exif = Image.Exif()
    exif[_MAKE], exif[_ORIENTATION] = "Camera", 6
    exif.get_ifd(_GPS).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 36.0)})
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes())
    profile[_PROFILE_DATE_SLICE] = bytes(12)
    return _save(image, "JPEG", exif=exif, icc_profile=bytes(profile), comment=b"a photo", quality=85)


def _encode_animated_avif(image: Image.Image) -> bytes:
    """Without the time at which it was written, so that the same picture gives the same bytes."""
    data = bytearray(_make_animation_encoder("AVIF", **_SMALL_AVIF)(image))
    for name in _BOXES_WITH_DATES:
        place = data.find(name) + len(name)
        while place >= len(name):
            dates = 16 if data[place] == 1 else 8  # Of the version with long or short numbers.
            data[place + 4 : place + 4 + dates] = bytes(dates)
            place = data.find(name, place) + len(name)
    return bytes(data)


def _to_16_bit(image: Image.Image) -> UInt16Array:
    return np.asarray(image).astype(np.uint16) * 257


def _encode_interlaced_png(image: Image.Image) -> bytes:
    start = png.make_header(*image.size, interlaced=True)
    return png.assemble_png(start, zlib.compress(png.to_interlaced_rows(np.asarray(image))))


def _encode_deep_png(image: Image.Image) -> bytes:
    return png.assemble_png(
        png.make_header(*image.size, bits=16), zlib.compress(png.to_rows(_to_16_bit(image)))
    )


def _encode_palette_png(image: Image.Image) -> bytes:
    return _save(image.quantize(64), "PNG", transparency=3)


def _make_deep_grey_encoder(kind: str, **options: Any) -> Callable[[Image.Image], bytes]:
    return lambda image: _save(Image.fromarray(_to_16_bit(image.convert("L"))), kind, **options)


def _make_heif_encoder(mode: str) -> Callable[[Image.Image], bytes]:
    def encode(image: Image.Image) -> bytes:
        import pillow_heif

        stream = io.BytesIO()
        shown = _add_alpha(image) if mode == "RGBA" else image
        pillow_heif.from_pillow(shown).save(stream, quality=70)
        return stream.getvalue()

    return encode


_SMALL_AVIF: Mapping[str, Any] = MappingProxyType({"speed": 10, "max_threads": 1, "quality": 60})

KINDS: tuple[PhotoKind, ...] = tuple(
    PhotoKind(f"{suffix[1:]}-{name}", format_name, suffix, encode)
    for format_name, suffix, kinds in (
        (
            "JPEG",
            ".jpg",
            {
                "baseline": _make_encoder("JPEG", quality=80),
                "progressive": _make_encoder("JPEG", quality=80, progressive=True),
                "cmyk": _make_encoder("JPEG", "CMYK", quality=80),
                "grey": _make_encoder("JPEG", "L", quality=80),
                "restarts": _make_encoder("JPEG", quality=90, subsampling=0, restart_marker_blocks=2),
                "camera": _encode_camera_jpeg,
                "several": _make_animation_encoder("MPO", quality=70),
            },
        ),
        (
            "PNG",
            ".png",
            {
                "rgb": _make_encoder("PNG"),
                "alpha": _make_alpha_encoder("PNG"),
                "grey": _make_encoder("PNG", "L"),
                "bitmap": _make_encoder("PNG", "1"),
                "palette": _encode_palette_png,
                "interlaced": _encode_interlaced_png,
                "deep": _encode_deep_png,
                "deep-grey": _make_deep_grey_encoder("PNG"),
                "animated": _make_animation_encoder("PNG"),
            },
        ),
        (
            "GIF",
            ".gif",
            {"still": _make_encoder("GIF", "P"), "animated": _make_animation_encoder("GIF", "P")},
        ),
        (
            "WEBP",
            ".webp",
            {
                "lossy": _make_encoder("WEBP", quality=70),
                "lossless": _make_encoder("WEBP", lossless=True),
                "alpha": _make_alpha_encoder("WEBP", quality=70),
                "animated": _make_animation_encoder("WEBP", quality=60),
            },
        ),
        (
            "BMP",
            ".bmp",
            {
                "rgb": _make_encoder("BMP"),
                "palette": _make_encoder("BMP", "P"),
                "bitmap": _make_encoder("BMP", "1"),
            },
        ),
        (
            "TIFF",
            ".tif",
            {
                "raw": _make_encoder("TIFF"),
                "lzw": _make_encoder("TIFF", compression="tiff_lzw"),
                "deflate": _make_encoder("TIFF", compression="tiff_adobe_deflate"),
                "packbits": _make_encoder("TIFF", compression="packbits"),
                "jpeg": _make_encoder("TIFF", compression="jpeg"),
                "fax": _make_encoder("TIFF", "1", compression="group4"),
                "cmyk": _make_encoder("TIFF", "CMYK", compression="tiff_lzw"),
                "deep-grey": _make_deep_grey_encoder("TIFF"),
                "float": _make_encoder("TIFF", "F", compression="tiff_adobe_deflate"),
                "pages": _make_animation_encoder("TIFF", compression="tiff_lzw"),
            },
        ),
        (
            "AVIF",
            ".avif",
            {
                "rgb": _make_encoder("AVIF", **_SMALL_AVIF),
                "alpha": _make_alpha_encoder("AVIF", **_SMALL_AVIF),
                "animated": _encode_animated_avif,
            },
        ),
        ("HEIF", ".heic", {"rgb": _make_heif_encoder("RGB"), "alpha": _make_heif_encoder("RGBA")}),
    )
    for name, encode in kinds.items()
)
"""Every kind of photo that is mutated."""

FORMATS: tuple[str, ...] = tuple(dict.fromkeys(kind.format for kind in KINDS))


@cache
def encode_seed_photo(kind: PhotoKind, number: int) -> bytes:
    """The bytes of a whole photo of a kind.

    Args:
        kind: One of `KINDS`.
        number: Of its picture; the same number draws the same picture.
    """
    return kind.encode(draw_product(number))
