"""Opening of photos."""

from __future__ import annotations

import io
import os
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
from PIL import Image, ImageFile, UnidentifiedImageError

from packshot.distribution import how_to_install
from packshot.errors import PhotoTooLarge, UnreadablePhoto
from packshot.names import NotAFile
from packshot.photo.completeness import require_all_data
from packshot.photo.facts import FORMATS, format_of, orientation_of, read_facts
from packshot.photo.limits import Limits
from packshot.photo.pixels import (
    Pixels,
    check_pixels,
    needs_profile,
    opaque_srgb,
    shrunk,
    upright,
)
from packshot.report import Facts

PhotoSource = str | os.PathLike[str] | bytes | BinaryIO

_DEFAULT_LIMITS = Limits()
_PILLOW_FORMATS = (*FORMATS, "MPO")
_REDUCTIONS = (
    (8, cv2.IMREAD_REDUCED_COLOR_8),
    (4, cv2.IMREAD_REDUCED_COLOR_4),
    (2, cv2.IMREAD_REDUCED_COLOR_2),
    (1, cv2.IMREAD_COLOR),
)
_TAIL = 4096
_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")


@dataclass(frozen=True, eq=False)
class Photo:
    """A photo, ready to be judged.

    Attributes:
        pixels: (H, W, 3) uint8 RGB, upright, sRGB, alpha composited on white; read-only.
        facts: What the file says about itself; sizes are those stored, not those of `pixels`.
        name: Path or label, for messages.
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
        limits: Limits = _DEFAULT_LIMITS,
        max_side: int | None = None,
    ) -> Photo:
        """Decode a photo.

        Args:
            source: A path, the bytes of a file, or a binary file object.
            name: Label for messages; a path names itself.
            limits: What to refuse before decoding.
            max_side: Shrink so that the long side is at most this many pixels.

        Raises:
            UnreadablePhoto: Whatever is wrong with the input, and nothing else.
        """
        label = name or _label(source)
        data = read_bytes(source, name=label, limits=limits)
        try:
            with _quiet():
                return _decode(data, label, limits, max_side)
        except UnreadablePhoto:
            raise
        except MemoryError:
            raise UnreadablePhoto(label, "not enough memory to decode it") from None
        except Exception as error:  # decoders fail in every way on hostile bytes
            raise UnreadablePhoto(label, _reason(error)) from error

    @classmethod
    def from_pixels(cls, pixels: Pixels, name: str = "array") -> Photo:
        """A photo that is decoded already.

        Args:
            pixels: (H, W, 3) uint8 RGB; copied.
            name: Label for messages.

        Raises:
            InvalidInput: Another shape or type.
        """
        check_pixels(pixels, name)
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, format="BMP")
        with Image.open(file) as image:
            facts = read_facts(image, file.getvalue(), "", has_alpha=False)
        return cls(_frozen(pixels.copy()), facts, name)


def _label(source: PhotoSource) -> str:
    if isinstance(source, str | os.PathLike):
        return os.fspath(source)
    return str(getattr(source, "name", "photo"))


def read_bytes(
    source: PhotoSource, *, name: str | None = None, limits: Limits = _DEFAULT_LIMITS
) -> bytes:
    """The bytes of an input, no more than the limit of them; see `Photo.open`.

    Raises:
        UnreadablePhoto: Empty, too large, not there, or not a regular file.
    """
    label = name or _label(source)
    if isinstance(source, NotAFile):
        raise UnreadablePhoto(label, source.reason)
    if isinstance(source, bytes):
        data = source
    elif isinstance(source, str | os.PathLike):
        data = _read_file(Path(source), label, limits)
    else:
        data = source.read(limits.max_bytes + 1)
    if not data:
        raise UnreadablePhoto(label, "the file is empty")
    if len(data) > limits.max_bytes:
        raise PhotoTooLarge(label, f"larger than the limit of {limits.max_bytes:,} bytes")
    return data


def _read_file(path: Path, name: str, limits: Limits) -> bytes:
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise UnreadablePhoto(name, "is a folder, not a file")
        if not stat.S_ISREG(found.st_mode):
            raise UnreadablePhoto(name, "is not a regular file")
        with path.open("rb") as file:
            return file.read(limits.max_bytes + 1)
    except FileNotFoundError:
        raise UnreadablePhoto(name, "no such file") from None
    except (OSError, ValueError) as error:
        raise UnreadablePhoto(name, f"cannot be read: {error}") from error


def _decode(data: bytes, name: str, limits: Limits, max_side: int | None) -> Photo:
    image = _opened(data, name)
    width, height = image.size
    if width * height > limits.max_pixels:
        raise PhotoTooLarge(name, f"{width} x {height} pixels exceed the limit of {limits.max_pixels:,}")
    frames = int(getattr(image, "n_frames", 1))
    if frames > limits.max_frames:
        raise PhotoTooLarge(name, f"{frames} frames exceed the limit of {limits.max_frames}")
    pixels = _fast_jpeg(image, data, max_side)
    has_alpha = False
    if pixels is None:
        pixels, has_alpha = _through_pillow(image, data, max_side)
    facts = read_facts(image, data, name, has_alpha)
    return Photo(_frozen(pixels), facts, name)


def _opened(data: bytes, name: str) -> Image.Image:
    """The header parsed, by content."""
    _register_heif(data, name)
    Image.preinit()
    Image.init()
    known = [kind for kind in _PILLOW_FORMATS if kind in Image.OPEN]
    try:
        return Image.open(io.BytesIO(data), formats=known)
    except UnidentifiedImageError:
        raise UnreadablePhoto(name, "is not a photo in a format that Packshot reads") from None


def _register_heif(data: bytes, name: str) -> None:
    if data[4:8] != b"ftyp" or data[8:12] not in _HEIF_BRANDS:
        return
    try:
        import pillow_heif
    except ImportError:
        raise UnreadablePhoto(name, f"HEIC needs: {how_to_install('heic')}") from None
    pillow_heif.register_heif_opener()


def _fast_jpeg(image: Image.Image, data: bytes, max_side: int | None) -> Pixels | None:
    """Decode an ordinary JPEG through OpenCV, reduced on the way; None where Pillow must do it.

    OpenCV fills truncated files with grey without a word: only files that end as a JPEG must, with
    all their data before, are taken here.
    """
    if format_of(image) != "JPEG" or image.mode not in ("RGB", "L"):
        return None
    if needs_profile(image.info.get("icc_profile")) or b"\xff\xd9" not in data[-_TAIL:]:
        return None
    longest = max(image.size)
    wanted = longest if max_side is None else max_side
    flag = next(flag for by, flag in _REDUCTIONS if by == 1 or longest // by >= wanted)
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), flag | cv2.IMREAD_IGNORE_ORIENTATION)
    if decoded is None:
        return None
    require_all_data(data, decoded[-1, -1].tobytes())
    small = cv2.cvtColor(shrunk(np.asarray(decoded, np.uint8), max_side), cv2.COLOR_BGR2RGB)
    return upright(np.asarray(small, np.uint8), orientation_of(image))


def _through_pillow(image: Image.Image, data: bytes, max_side: int | None) -> tuple[Pixels, bool]:
    """Decode anything; returns the pixels and whether any was not opaque."""
    orientation = orientation_of(image)
    if max_side is not None and image.format == "JPEG":
        image.draft(None, (max_side, max_side))
    image.load()
    if format_of(image) == "JPEG":
        right, bottom = image.size
        require_all_data(data, image.crop((right - 1, bottom - 1, right, bottom)).tobytes())
    pixels, transparent = opaque_srgb(image, max_side)
    return upright(shrunk(pixels, max_side), orientation), transparent


def _frozen(pixels: Pixels) -> Pixels:
    pixels = np.ascontiguousarray(pixels)
    pixels.setflags(write=False)
    return pixels


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split())[:200]
    return f"damaged or truncated: {text}" if text else f"damaged: {type(error).__name__}"


@contextmanager
def _quiet() -> Iterator[None]:
    """Own limits instead of Pillow's, and no chatter about files that are merely odd."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES
        Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES = None, False
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES = before
