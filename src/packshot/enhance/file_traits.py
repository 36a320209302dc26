"""Traits of a file that its output is to share: how the picture is stored, what is said about it."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from PIL import Image, JpegImagePlugin

from packshot.enhance.encoding import BEST_QUALITY, can_write
from packshot.enhance.iptc import PNG_KEYWORD, join_jpeg_segments, read_iptc_resource, read_png_text
from packshot.enhance.matched_quality import MIN_QUALITIES, match_quality
from packshot.enhance.output_file import extract_exif
from packshot.enhance.places_in_text import blank_iptc_places, blank_xmp_places
from packshot.photo.icc import read_colour_space
from packshot.photo.quality import jpeg_quality
from packshot.photo.webp_quality import webp_quality

MIN_JPEG_QUALITY: Final = MIN_QUALITIES["JPEG"]
"""JPEG quality (IJG, 1..100) from which a file's own tables are used again. Of the .95 dB that
deblocking won on eight product photos of 512 pixels saved at 10 to 50, saving at 92 costs .20, at 88
.27, at 75 .58, at 50 .84 (docs/decisions/0038-what-an-output-keeps.md)."""

_GREY_MODES: Final = ("1", "L", "LA", "I;16", "I;16B", "I;16L", "I;16N", "I")
_SAMPLINGS: Final = {0: "4:4:4", 1: "4:2:2", 2: "4:2:0"}
"""Names of chroma subsampling, by the number that Pillow gives it."""

_NO_ADOBE_TRANSFORM: Final = 0
"""Adobe's mark of a JPEG that holds red, green and blue as they are."""

_MAX_DPI: Final = 65_535
"""The most that a JPEG can say (JFIF 1.02); what is outside of 1 to it is nonsense, and left out."""

_MAX_KEYWORD_LENGTH: Final = 79
"""Letters of a PNG text's keyword, Latin-1 (PNG Specification, third edition, section 11.3.3.2)."""

_FIRST_TURNED: Final = 5
"""EXIF orientation from which on width and height change places."""

_XMP_ORIENTATION: Final = re.compile(rb"(tiff:Orientation\s*(?:=\s*[\"']|>)\s*)[1-8](\s*[\"'<])")
_XMP_OF_OTHER_PARTS: Final = re.compile(
    rb"(?<![\w:.-])(?:xmpNote:HasExtendedXMP|dcterms:provenance)\s*=\s*(?:\"[^\"]*\"|'[^']*')"
)
"""What points to parts of the file that came in: more XMP in further segments, a manifest of C2PA."""

_C2PA_BOX: Final = bytes.fromhex("6332706100110010800000aa00389b71")
"""Type of the box that holds manifests (C2PA specification, section 11, JUMBF superbox "c2pa")."""

_TIFF_COMPRESSIONS: Final = ("raw", "packbits", "tiff_lzw", "tiff_adobe_deflate")
"""Compressions of TIFF without loss, by Pillow's names, that an output shares with its input."""

_DOCUMENT_TAGS: Final = {"xmp": 700, "iptc": 33723, "photoshop": 34377}
"""Tags of a TIFF that hold other kinds of metadata, which are carried apart."""


@dataclass(frozen=True)
class FileTraits:
    """How a file is stored, and what it says about itself; all clean of places unless they are wanted.

    Attributes:
        format: A key of `packshot.photo.FORMATS`; empty for none.
        exif: A block, upright.
        xmp: A packet, upright.
        iptc: Data sets of IPTC-IIM.
        comment: Of a JPEG.
        texts: Of a PNG, by keyword.
        dpi: Pixels to the inch, across and down.
        profile: An ICC profile to embed, for pixels in its numbers; empty for sRGB's.
        is_grey: The picture has one channel.
        bits: For each channel: 8, 10, 12 or 16.
        has_opacity: It has a channel of opacity, 100 % everywhere.
        jpeg_quality: IJG quality; None for other formats.
        tables: Quantisation tables of a JPEG, luminance and chrominance, to be used again.
        subsampling: Of a JPEG's chrominance: "4:2:0".
        is_progressive: A JPEG's scans refine the whole picture.
        lossy_quality: Of a WebP, AVIF or HEIC with loss, by its own writer's scale, estimated: of a WebP
            from its quantiser, else from its bytes (`matched_quality`); None for other formats.
        is_lossless: A WebP, AVIF or HEIC without loss.
        compression: Of a TIFF, in Pillow's names.

    Example:
        >>> traits = read_traits(open("examples/photos/jar-heavy-jpeg.jpg", "rb").read())
        >>> traits.format, traits.jpeg_quality, traits.output_quality, traits.subsampling
        ('JPEG', 8, 92, '4:2:0')
    """

    format: str = ""
    exif: bytes = field(default=b"", repr=False)
    xmp: bytes = field(default=b"", repr=False)
    iptc: bytes = field(default=b"", repr=False)
    comment: bytes = field(default=b"", repr=False)
    texts: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    dpi: tuple[float, float] | None = None
    profile: bytes = field(default=b"", repr=False)
    is_grey: bool = False
    bits: int = 8
    has_opacity: bool = False
    jpeg_quality: int | None = None
    tables: tuple[tuple[int, ...], ...] = field(default=(), repr=False)
    subsampling: str | None = None
    is_progressive: bool = False
    lossy_quality: int | None = None
    is_lossless: bool = False
    compression: str | None = None

    @property
    def output_quality(self) -> int:
        """Quality, 1..100, of an output of the same format: its own from `MIN_QUALITIES` on, else 95."""
        found = self.jpeg_quality if self.format == "JPEG" else self.lossy_quality
        return BEST_QUALITY if found is None else max(found, MIN_QUALITIES[self.format])

    @property
    def can_reuse_tables(self) -> bool:
        """Whether an output may be quantised by the very tables of the input."""
        return bool(self.tables) and (self.jpeg_quality or 0) >= MIN_JPEG_QUALITY


def read_traits(data: bytes, *, keep_location: bool = False) -> FileTraits:
    """Read the traits of a file.

    Args:
        data: The file.
        keep_location: Keep in its metadata where it was taken.

    Returns:
        What can be read; of a file that no reader opens nothing.
    """
    traits = FileTraits()
    can_write("HEIF")  # It makes the format known, where it can be.
    with suppress(Exception), Image.open(io.BytesIO(data)) as image:  # Parsers fail in every way.
        traits = replace(
            traits,
            format="JPEG" if image.format == "MPO" else image.format or "",
            is_grey=image.mode in _GREY_MODES,
            is_lossless=_has_lossless_chunk(data) or _has_identity_matrix(data, image.format or ""),
            exif=extract_exif(data, keep_location=keep_location),
            **_read_storage(image),
        )
        traits = replace(traits, **_read_documents(image, keep_location))
        traits = replace(traits, lossy_quality=_estimate_quality(data, image))
    return traits


def has_credentials(data: bytes) -> bool:
    """Return whether a file has a manifest of C2PA, which is about its very bytes.

    Example:
        >>> has_credentials(open("examples/photos/mug.jpg", "rb").read())
        False
    """
    return _C2PA_BOX in data


def _has_lossless_chunk(data: bytes) -> bool:
    """Return whether a WebP holds a picture without loss (RFC 9649, section 2.6), not an animation."""
    position = 12
    while data[:4] == b"RIFF" and position + 8 <= len(data):
        name = data[position : position + 4]
        if name in (b"VP8L", b"VP8 ", b"ANMF"):
            return name == b"VP8L"
        size = int.from_bytes(data[position + 4 : position + 8], "little")
        position += 8 + size + size % 2
    return False


def _has_identity_matrix(data: bytes, format_name: str) -> bool:
    """Return whether an AVIF or HEIC holds red, green and blue as they are: so it is without loss.

    The matrix of its code points is 0 (ITU-T H.273, table 4; the box: ISO/IEC 14496-12, 12.1.5).
    """
    place = data.find(b"colrnclx") if format_name in ("AVIF", "HEIF") else -1
    return place >= 0 and data[place + 12 : place + 14] == b"\0\0"


def _estimate_quality(data: bytes, image: Image.Image) -> int | None:
    """Estimate the quality of a picture with loss, but a JPEG's, by the scale of its format's writer."""
    if image.format == "WEBP":
        return webp_quality(data)
    if image.format not in ("AVIF", "HEIF") or _has_identity_matrix(data, image.format):
        return None
    documents = (image.info.get(name) or b"" for name in ("exif", "icc_profile", "xmp"))
    size_bytes = len(data) - sum(map(len, documents))
    return match_quality(np.asarray(image.convert("RGB")), image.format, size_bytes)


def _read_storage(image: Image.Image) -> dict[str, Any]:
    """Read how a picture is stored, by names of `FileTraits`."""
    dpi = image.info.get("dpi")
    profile = image.info.get("icc_profile") or b""
    space = read_colour_space(profile, "L" if image.mode in _GREY_MODES else "RGB") if profile else None
    compression = image.info.get("compression")
    stored: dict[str, Any] = {
        "profile": profile if space is not None and space.is_srgb else b"",
        "dpi": _read_resolution(dpi, int(image.getexif().get(0x0112, 1))),
        "compression": compression if compression in _TIFF_COMPRESSIONS else None,
    }
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        stored |= _read_jpeg_storage(image)
    return stored


def _read_resolution(dpi: object, orientation: int) -> tuple[float, float] | None:
    if not isinstance(dpi, tuple) or len(dpi) != 2:
        return None
    across, down = (float(value) for value in dpi)
    if not (1 <= across <= _MAX_DPI and 1 <= down <= _MAX_DPI):
        return None
    return (down, across) if orientation >= _FIRST_TURNED else (across, down)


def _read_jpeg_storage(image: JpegImagePlugin.JpegImageFile) -> dict[str, Any]:
    tables: Mapping[int, list[int]] = image.quantization
    is_luma_first = image.mode in ("L", "RGB") and (
        image.info.get("adobe_transform") != _NO_ADOBE_TRANSFORM
    )
    # One layer for each component: identifier, factors across and down, number of its table.
    used = dict.fromkeys(layer[3] for layer in image.layer[:2])
    is_turned = int(image.getexif().get(0x0112, 1)) >= _FIRST_TURNED
    sampling = _SAMPLINGS.get(JpegImagePlugin.get_sampling(image))
    return {
        "jpeg_quality": jpeg_quality(tables),
        "tables": tuple(tuple(tables[number]) for number in used) if is_luma_first else (),
        # Turned by a quarter, what is halved across would have to be halved down.
        "subsampling": "4:4:4" if is_turned and sampling == "4:2:2" else sampling,
        "is_progressive": bool(image.info.get("progressive")),
    }


def _read_documents(image: Image.Image, keep_location: bool) -> dict[str, Any]:
    """Read XMP, IPTC, comment and texts, by names of `FileTraits`."""
    xmp, iptc = _read_xmp(image), _read_iptc(image)
    if not keep_location:
        xmp, iptc = blank_xmp_places(xmp), blank_iptc_places(iptc)
    comment = image.info.get("comment", b"") if image.format in ("JPEG", "MPO") else b""
    texts = getattr(image, "text", {}) if image.format == "PNG" else {}
    return {
        "xmp": _make_upright(xmp),
        "iptc": iptc,
        "comment": comment if isinstance(comment, bytes) else b"",
        "texts": tuple(
            (str(key), str(text)) for key, text in texts.items() if _is_plain_keyword(str(key))
        ),
    }


def _is_plain_keyword(keyword: str) -> bool:
    """Return whether a PNG text is one that is written as it is: no XMP, no profile, no nonsense."""
    is_other = keyword == "XML:com.adobe.xmp" or keyword.startswith("Raw profile type")
    is_valid = 0 < len(keyword) <= _MAX_KEYWORD_LENGTH and keyword.isprintable()
    return is_valid and not is_other and keyword.isascii()


def _read_xmp(image: Image.Image) -> bytes:
    found = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    if not found and hasattr(image, "tag_v2"):
        found = image.tag_v2.get(_DOCUMENT_TAGS["xmp"], b"")
    return found.encode() if isinstance(found, str) else bytes(found)


def _read_iptc(image: Image.Image) -> bytes:
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        segments = [content for name, content in image.applist if name == "APP13"]
        return read_iptc_resource(join_jpeg_segments(segments))
    if image.format == "PNG":
        return read_png_text(str(getattr(image, "text", {}).get(PNG_KEYWORD, "")))
    if hasattr(image, "tag_v2"):
        found = image.tag_v2.get(_DOCUMENT_TAGS["iptc"], b"")
        if found and isinstance(found, bytes):
            return found
        resources = image.tag_v2.get(_DOCUMENT_TAGS["photoshop"], b"")
        return read_iptc_resource(resources) if isinstance(resources, bytes) else b""
    return b""


def _make_upright(xmp: bytes) -> bytes:
    """Say that the picture is upright, as what is written is, and point to nothing that is not there."""
    upright = _XMP_ORIENTATION.sub(rb"\g<1>1\g<2>", xmp)
    return _XMP_OF_OTHER_PARTS.sub(b"", upright)
