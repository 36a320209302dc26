"""Facts of a file: what its header and metadata say, read without decoding a pixel."""

from __future__ import annotations

import hashlib
import io
from contextlib import suppress
from pathlib import PurePath

from PIL import ExifTags, Image, ImageCms

from packshot.photo.quality import jpeg_quality
from packshot.report import Facts

FORMATS: dict[str, tuple[str, ...]] = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "PNG": (".png", ".apng"),
    "WEBP": (".webp",),
    "GIF": (".gif",),
    "BMP": (".bmp", ".dib"),
    "TIFF": (".tif", ".tiff"),
    "AVIF": (".avif", ".avifs"),
    "HEIF": (".heic", ".heif", ".hif"),
}
"""Formats that open, by content, with the extensions that match them."""

_ALIASES = {"MPO": "JPEG"}
_BITS = {"1": 1, "F": 32, "I": 32}
_EXIF_KEPT = (
    "Make",
    "Model",
    "LensModel",
    "Software",
    "DateTime",
    "DateTimeOriginal",
    "ExposureTime",
    "FNumber",
    "ISOSpeedRatings",
    "PhotographicSensitivity",
    "FocalLength",
    "Flash",
    "WhiteBalance",
    "Orientation",
    "ColorSpace",
    "Artist",
    "Copyright",
)
_LONGEST_TEXT = 200
_ORIENTATION, _EXIF_IFD, _GPS_IFD = 0x0112, 0x8769, 0x8825


def format_of(image: Image.Image) -> str:
    """The name of an opened image's format; a camera's multi-picture JPEG is a JPEG."""
    found = image.format or ""
    return _ALIASES.get(found, found)


def orientation_of(image: Image.Image) -> int:
    """EXIF orientation 1..8; 1 where it is absent or nonsense."""
    with suppress(Exception):  # EXIF parsers fail in every way on hostile bytes
        value = image.getexif().get(_ORIENTATION, 1)
        if isinstance(value, int) and 1 <= value <= 8:
            return value
    return 1


def read_facts(image: Image.Image, data: bytes, name: str, has_alpha: bool) -> Facts:
    """Everything the file says about itself.

    Args:
        image: Opened, not necessarily decoded.
        data: The file's bytes.
        name: Its path or label; only the extension is used.
        has_alpha: Whether any pixel is not opaque.
    """
    turned = orientation_of(image) >= 5
    width, height = image.size[::-1] if turned else image.size
    kind = format_of(image)
    exif, located = _exif(image)
    suffix = PurePath(name).suffix.lower()
    frames = 1 if image.format == "MPO" else int(getattr(image, "n_frames", 1))
    return Facts(
        format=kind,
        byte_size=len(data),
        width=width,
        height=height,
        bit_depth=_bit_depth(image, data),
        colour_mode=image.mode,
        icc_profile=profile_description(image.info.get("icc_profile")),
        has_alpha=has_alpha,
        frames=frames,
        jpeg_quality=jpeg_quality(getattr(image, "quantization", {})) if kind == "JPEG" else None,
        exif=exif,
        had_location=located,
        extension_matches=not suffix or suffix in FORMATS.get(kind, ()),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def profile_description(profile: bytes | None) -> str | None:
    """The name an ICC profile gives itself; "unreadable" where it cannot be parsed."""
    if not profile:
        return None
    try:
        opened = ImageCms.getOpenProfile(io.BytesIO(profile))
        return ImageCms.getProfileDescription(opened).strip()[:_LONGEST_TEXT] or "unnamed"
    except Exception:  # LittleCMS reports damage through several types
        return "unreadable"


def _exif(image: Image.Image) -> tuple[dict[str, str], bool]:
    """Kept tags as text, and whether there is a GPS block."""
    try:
        exif = image.getexif()
        tags = dict(exif) | dict(exif.get_ifd(_EXIF_IFD))
        located = bool(exif.get_ifd(_GPS_IFD))
    except Exception:  # see orientation_of
        return {}, False
    named = {ExifTags.TAGS.get(tag, str(tag)): value for tag, value in tags.items()}
    return {key: _text(named[key]) for key in _EXIF_KEPT if key in named}, located


def _text(value: object) -> str:
    raw = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return "".join(c for c in raw if c.isprintable()).strip()[:_LONGEST_TEXT]


def _bit_depth(image: Image.Image, data: bytes) -> int:
    """Bits per channel as stored; Pillow opens 16-bit colour PNGs as 8-bit without a word."""
    if image.format == "PNG" and len(data) > 24:
        return data[24]
    if image.format == "TIFF":
        with suppress(Exception):
            bits = image.tag_v2.get(258)  # type: ignore[attr-defined]
            return int(bits[0] if isinstance(bits, tuple) else bits)
    return 16 if image.mode.startswith("I;16") else _BITS.get(image.mode, 8)
