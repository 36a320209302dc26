"""Facts of a file: what its header and metadata say."""

from __future__ import annotations

import hashlib
import io
from pathlib import PurePath

from PIL import ImageCms

from packshot.photo.decoded import DecodedPicture
from packshot.photo.exif import read_exif
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

MAX_PROFILE_BYTES = 4 * 2**20
"""Bytes of an ICC profile that is looked at; those of printers with large tables have two million."""

_MAX_TEXT_LENGTH = 200


def build_facts(decoded: DecodedPicture, data: bytes, name: str, has_alpha: bool) -> Facts:
    """Everything the file says about itself.

    Args:
        decoded: The picture, as stored.
        data: The file's bytes.
        name: Its path or label; only the extension is used.
        has_alpha: Whether any pixel is not opaque.
    """
    exif = read_exif(decoded.exif)
    width, height = decoded.size[::-1] if decoded.orientation >= 5 else decoded.size
    suffix = PurePath(name).suffix.lower()
    return Facts(
        format=decoded.format,
        byte_size=len(data),
        width=width,
        height=height,
        bit_depth=decoded.bits,
        colour_mode=decoded.mode,
        icc_profile=read_profile_name(decoded.profile),
        has_alpha=has_alpha,
        frames=decoded.frames,
        jpeg_quality=jpeg_quality(decoded.quantisation) if decoded.format == "JPEG" else None,
        exif=exif.tags,
        had_location=exif.has_gps,
        extension_matches=not suffix or suffix in FORMATS.get(decoded.format, ()),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def read_profile_name(profile: bytes | None) -> str | None:
    """The name an ICC profile gives itself; "unreadable" where it cannot be parsed."""
    if not profile:
        return None
    if len(profile) > MAX_PROFILE_BYTES:
        return "unreadable"
    try:
        parsed = ImageCms.getOpenProfile(io.BytesIO(profile))
        return ImageCms.getProfileDescription(parsed).strip()[:_MAX_TEXT_LENGTH] or "unnamed"
    except Exception:  # LittleCMS reports damage through several types
        return "unreadable"
