"""Facts of a file: what its header and metadata say."""

from __future__ import annotations

import hashlib
import io
from pathlib import PurePath

from PIL import ImageCms

from packshot.photo.decoded import DecodedPicture
from packshot.photo.exif import MAX_TEXT_LENGTH, read_exif
from packshot.photo.formats import FORMATS
from packshot.photo.pixels import has_other_colours
from packshot.photo.quality import jpeg_quality
from packshot.photo.structure.outline import MAX_PROFILE_BYTES
from packshot.report import Facts


def build_facts(decoded: DecodedPicture, data: bytes, name: str, has_alpha: bool) -> Facts:
    """Collect everything the file says about itself.

    Args:
        decoded: The picture, as stored.
        data: The file's bytes.
        name: Its path or label; only the extension is used.
        has_alpha: Whether any pixel is not opaque.

    Example:
        >>> from packshot import Photo
        >>> facts = Photo.open("examples/photos/jar-heavy-jpeg.jpg").facts
        >>> facts.format, facts.width, facts.height, facts.jpeg_quality
        ('JPEG', 800, 800, 8)
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
        other_colours=has_other_colours(decoded.picture),
        has_alpha=has_alpha,
        frames=decoded.frames,
        jpeg_quality=jpeg_quality(decoded.quantisation) if decoded.format == "JPEG" else None,
        exif=exif.tags,
        had_location=exif.has_gps,
        extension_matches=not suffix or suffix in FORMATS.get(decoded.format, ()),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def read_profile_name(profile: bytes | None) -> str | None:
    """Read the name an ICC profile gives itself; "unreadable" where it cannot be parsed.

    Example:
        >>> profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        >>> read_profile_name(profile), read_profile_name(b"damaged"), read_profile_name(None)
        ('sRGB built-in', 'unreadable', None)
    """
    if not profile:
        return None
    if len(profile) > MAX_PROFILE_BYTES:
        return "unreadable"
    try:
        parsed = ImageCms.getOpenProfile(io.BytesIO(profile))
        return ImageCms.getProfileDescription(parsed).strip()[:MAX_TEXT_LENGTH] or "unnamed"
    except Exception:  # LittleCMS reports damage through several types
        return "unreadable"
