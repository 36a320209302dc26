"""Opening of photos."""

from __future__ import annotations

import importlib.util
import io
from dataclasses import dataclass
from functools import partial

import numpy as np
from PIL import Image

from packshot.arrays import AnyArray, Pixels
from packshot.distribution import format_install_command
from packshot.errors import PhotoTooLarge, UnreadablePhoto
from packshot.photo.code_points import read_gamma
from packshot.photo.colour_space import ColourSpace
from packshot.photo.decoded import DecodedPicture, Picture
from packshot.photo.decoding import decode
from packshot.photo.exif import read_exif, read_xmp_orientation
from packshot.photo.facts import build_facts
from packshot.photo.inputs import DEFAULT_LIMITS, PhotoSource, check_array, label_of, read_bytes
from packshot.photo.limits import Limits
from packshot.photo.pixels import apply_orientation, check_pixels, shrink_to_fit, to_opaque_srgb
from packshot.photo.structure import (
    ExcessiveFile,
    Outline,
    UnsupportedFile,
    detect_format,
    read_outline,
)
from packshot.photo.structure.other_formats import PICTURE_FORMATS, name_other_format
from packshot.report import Facts

_BYTES_PER_MEGABYTE = 2**20
_BITS_BY_MODE = {"1": 1, "F": 32, "I": 32}
"""Bits of a channel by Pillow's mode; 8 in those that are not here."""
_MAX_MESSAGE_LENGTH = 200
"""Letters of a decoder's message that a reason repeats; what is longer is cut. Two lines of a
terminal."""


@dataclass(frozen=True, eq=False)
class Photo:
    """A photo, ready to be judged.

    Attributes:
        pixels: (H, W, 3) uint8 RGB, upright, sRGB, alpha composited on white; read-only.
        facts: What the file says about itself; sizes are those stored, not those of `pixels`.
        name: Path or label, for messages.

    Example:
        >>> photo = Photo.open("examples/photos/mug.jpg", max_side=512)
        >>> photo.pixels.shape, photo.facts.width, photo.name
        ((512, 512, 3), 800, 'examples/photos/mug.jpg')
    """

    pixels: Pixels
    facts: Facts
    name: str

    @classmethod
    def open(
        cls,
        source: PhotoSource,
        *,
        name: str | None = None,
        limits: Limits = DEFAULT_LIMITS,
        max_side: int | None = None,
    ) -> Photo:
        """Decode a photo.

        Leaves Pillow's settings, its table of formats and the warnings filter as they are, and asks none
        of them; safe in threads.

        Args:
            source: A path, the bytes of a file, a binary file object, a Pillow image, or an array as
                `PhotoSource` tells.
            name: Label for messages; a path names itself.
            limits: What to refuse before decoding.
            max_side: Shrink so that the long side is at most this many pixels.

        Raises:
            UnreadablePhoto: Whatever is wrong with the input, and nothing else.
        """
        label, data = name or label_of(source), b""
        try:
            if isinstance(source, Image.Image | np.ndarray):
                return _open_pixels(source, label, limits, max_side)
            data = read_bytes(source, name=label, limits=limits)
            return _decode(data, label, limits, max_side)
        except UnreadablePhoto:
            raise
        except ExcessiveFile as error:
            raise PhotoTooLarge(label, str(error)) from None
        except UnsupportedFile as error:
            raise UnreadablePhoto(label, str(error)) from None
        except MemoryError:
            raise UnreadablePhoto(label, "not enough memory to decode it") from None
        except Exception as error:  # decoders fail in every way on hostile bytes
            reason = _describe_decoding_error(error, detect_format(data) or "")
            raise UnreadablePhoto(label, reason) from error

    @classmethod
    def from_pixels(cls, pixels: Pixels, name: str = "array") -> Photo:
        """Make a photo of pixels that are decoded already.

        Args:
            pixels: (H, W, 3) uint8 RGB; copied.
            name: Label for messages.

        Raises:
            InvalidInput: Another shape or type.
        """
        check_pixels(pixels, name)
        return cls(_freeze(pixels.copy()), _build_pixel_facts(Picture(pixels), "RGB", b""), name)


def _open_pixels(
    source: Image.Image | AnyArray, name: str, limits: Limits, max_side: int | None
) -> Photo:
    """Make a photo of pixels that the caller decoded."""
    if isinstance(source, Image.Image):
        return _open_image(source, name, limits, max_side)
    check_array(source, name)
    mode = "L" if source.ndim == 2 else {3: "RGB", 4: "RGBA"}[source.shape[2]]
    check_limits(Outline("BMP", source.shape[1], source.shape[0]), limits)
    return _build_photo(Picture(source), mode, b"", name, max_side)


def _open_image(image: Image.Image, name: str, limits: Limits, max_side: int | None) -> Photo:
    """Make a photo of what Pillow decoded, or will, in its mode, with its profile and orientation."""
    check_limits(Outline("BMP", *image.size), limits)
    image.load()
    exif, profile, xmp = (_read_info(image, key) for key in ("exif", "icc_profile", "xmp"))
    xmp = xmp or _read_info(image, "XML:com.adobe.xmp")
    orientation = read_exif(exif).orientation or read_xmp_orientation(xmp)
    picture = Picture(image, profile, None if profile else _read_info_gamma(image))
    return _build_photo(picture, image.mode, exif, name, max_side, orientation)


def _read_info(image: Image.Image, key: str) -> bytes:
    value = image.info.get(key)
    return value.encode() if isinstance(value, str) else value if isinstance(value, bytes) else b""


def _read_info_gamma(image: Image.Image) -> ColourSpace | None:
    """Find the colour space of a PNG's gamma, which Pillow reads and leaves to others."""
    gamma, chromaticities = image.info.get("gamma"), image.info.get("chromaticity", ())
    if not isinstance(gamma, float) or "srgb" in image.info or image.format != "PNG":
        return None
    return read_gamma(gamma, tuple(chromaticities))


def _build_photo(
    picture: Picture, mode: str, exif: bytes, name: str, max_side: int | None, orientation: int = 1
) -> Photo:
    pixels, has_alpha = to_opaque_srgb(picture, None)
    pixels = apply_orientation(pixels, orientation)
    facts = _build_pixel_facts(Picture(pixels), mode, exif).model_copy(update={"has_alpha": has_alpha})
    return Photo(_freeze(shrink_to_fit(pixels, max_side)), facts, name)


def _build_pixel_facts(picture: Picture, mode: str, exif: bytes) -> Facts:
    """Build the facts of pixels that came without a file: those of the BMP that holds them."""
    file = io.BytesIO()
    picture.crop_rows(0, picture.size[1]).save(file, format="BMP")
    bits = 16 if mode.startswith("I;16") else _BITS_BY_MODE.get(mode, 8)
    decoded = DecodedPicture("BMP", picture, picture.size, mode, bits, exif=exif)
    return build_facts(decoded, file.getvalue(), "", has_alpha=False)


def _decode(data: bytes, name: str, limits: Limits, max_side: int | None) -> Photo:
    outline = read_outline(data, limits.max_frames)
    if outline is None:
        raise UnreadablePhoto(name, _describe_other_format(data))
    if outline.format == "HEIF" and not importlib.util.find_spec("pillow_heif"):
        raise UnreadablePhoto(name, f"HEIC needs: {format_install_command('heic')}")
    decoded = decode(outline, data, max_side, partial(check_limits, limits=limits))
    pixels, has_alpha = to_opaque_srgb(decoded.picture, max_side)
    facts = build_facts(decoded, data, name, has_alpha)
    return Photo(
        _freeze(apply_orientation(shrink_to_fit(pixels, max_side), decoded.orientation)), facts, name
    )


def check_limits(outline: Outline, limits: Limits) -> None:
    """Refuse what exceeds the limits.

    Raises:
        ExcessiveFile: It does.

    Example:
        >>> check_limits(Outline("PNG", 40, 30), Limits())
    """
    pixels, frames = outline.width * outline.height, outline.frames
    if pixels > limits.max_pixels:
        size = f"{outline.width} x {outline.height}"
        raise ExcessiveFile(f"{size} pixels exceed the limit of {limits.max_pixels:,}")
    if frames > limits.max_frames:
        raise ExcessiveFile(f"{frames} frames or more exceed the limit of {limits.max_frames}")
    needed_bytes = int(pixels * outline.decoder_bytes)
    if needed_bytes > limits.max_memory_bytes:
        raise ExcessiveFile(
            f"decoding {pixels:,} pixels of this kind takes {needed_bytes / _BYTES_PER_MEGABYTE:.0f} MB"
            f" of memory, more "
            f"than the limit of {limits.max_memory_bytes / _BYTES_PER_MEGABYTE:.0f}"
        )


def _freeze(pixels: Pixels) -> Pixels:
    pixels = np.ascontiguousarray(pixels)
    pixels.setflags(write=False)
    return pixels


def _describe_other_format(data: bytes) -> str:
    """Say what a file is that is no photo, as far as its beginning tells, and what to do about it."""
    known = name_other_format(data)
    reason = f"is not a photo in a format that Packshot reads{f', but {known}' if known else ''}"
    return f"{reason}: export it as JPEG or PNG" if known in PICTURE_FORMATS else reason


def _describe_decoding_error(error: Exception, format_name: str) -> str:
    kind = f" {format_name}" if format_name else ""
    text = " ".join(str(error).split())[:_MAX_MESSAGE_LENGTH]
    return f"damaged or truncated{kind}: {text}" if text else f"damaged{kind}: {type(error).__name__}"
