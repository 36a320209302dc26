"""Writing of what was enhanced: in the format of its name, with its facts, whole or not at all."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from PIL import Image, ImageCms

from packshot.errors import InvalidInput, SourceError
from packshot.photo import FORMATS
from packshot.photo.pixels import Pixels

QUALITY: Final = 95
"""Of lossy formats; above it files grow and nothing is seen."""

_SAVED: Final[Mapping[str, Mapping[str, object]]] = {
    "JPEG": {"quality": QUALITY, "subsampling": "4:4:4", "optimize": True},
    "PNG": {"optimize": False},
    "WEBP": {"quality": QUALITY, "method": 4},
    "BMP": {},
    "TIFF": {"compression": "tiff_lzw"},
    "AVIF": {"quality": QUALITY},
    "HEIF": {"quality": QUALITY},
}
_WITHOUT_METADATA: Final = ("BMP",)
_ORIENTATION, _GPS = 0x0112, 0x8825


def format_named(path: Path) -> str:
    """The format that a file's extension stands for.

    Raises:
        InvalidInput: No extension of a format that can be written.
    """
    suffix = path.suffix.lower()
    for name, suffixes in FORMATS.items():
        if suffix in suffixes:
            return name
    known = ", ".join(suffixes[0] for name, suffixes in FORMATS.items() if name in _SAVED)
    raise InvalidInput(f"{path}: cannot tell the format to write; extensions are {known}")


def can_write(name: str) -> bool:
    """Whether a format of `photo.FORMATS` can hold an enhanced photo; HEIF needs the extra."""
    if name == "HEIF":
        try:
            import pillow_heif
        except ImportError:
            return False
        pillow_heif.register_heif_opener()
    return name in _SAVED


def encode_as(pixels: Pixels, name: str, exif: bytes = b"") -> bytes:
    """A file of a format, tagged sRGB.

    Args:
        pixels: (H, W, 3) uint8, sRGB, upright.
        name: Of the format, one that `can_write` knows.
        exif: A block to embed, see `kept_exif`.

    Raises:
        InvalidInput: A format that cannot be written.
    """
    if not can_write(name):
        raise InvalidInput(f"{name} cannot be written here; choose an output that ends in .jpg or .png")
    options = dict(_SAVED[name])
    if name not in _WITHOUT_METADATA:
        options["icc_profile"] = _srgb()
        options |= {"exif": exif} if exif else {}
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, name, **options)
    return file.getvalue()


def kept_exif(data: bytes) -> bytes:
    """The EXIF block of a file without where it was taken, upright; empty where there is none."""
    with suppress(Exception), Image.open(io.BytesIO(data)) as image:  # EXIF parsers fail in every way
        exif = image.getexif()
        if not exif:
            return b""
        exif.pop(_GPS, None)
        exif[_ORIENTATION] = 1
        return exif.tobytes()
    return b""


def write_whole(data: bytes, target: Path) -> None:
    """Write a file so that a reader sees the old one or the new one, never half of it.

    Raises:
        SourceError: The place cannot be written to.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with open(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o644)
            os.replace(name, target)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise SourceError(f"cannot write {target}: {error.strerror}") from error


def _srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
