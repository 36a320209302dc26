"""The forms in which a photo may be given: a path, bytes, an open file, a Pillow image, an array."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import Image

from packshot.arrays import AnyArray
from packshot.errors import PhotoTooLarge, UnreadablePhoto
from packshot.names import NotAFile
from packshot.photo.limits import Limits

PhotoSource = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO | Image.Image | AnyArray
"""A path, a file's bytes, a binary file object, a Pillow image, or an array.

An array holds uint8, 0 for black and 255 for white: (H, W, 3) in the order red, green, blue; (H, W, 4)
with opacity behind, 255 for opaque, composited on white; or (H, W) of grey. Anything else is refused,
never guessed at.
"""

DEFAULT_LIMITS = Limits()

_ACCEPTED_SOURCES = "a path, bytes, a binary file, a Pillow image or an array"
_CHUNK_BYTES = 2**24
"""Bytes that an open file is asked for at a time; nothing but memory depends on it."""


def label_of(source: object) -> str:
    """Return the name of an input in messages: a path's label or the path; an open file's name.

    Example:
        >>> import io
        >>> label_of("photos/mug.jpg"), label_of(io.BytesIO())
        ('photos/mug.jpg', 'photo')
    """
    if isinstance(source, str):
        return source
    if isinstance(source, os.PathLike):
        return str(getattr(source, "label", "")) or os.fsdecode(source)
    name = getattr(source, "name", None) or getattr(source, "filename", None)
    return str(name) if isinstance(name, str | os.PathLike) else "photo"


def read_bytes(
    source: PhotoSource, *, name: str | None = None, limits: Limits = DEFAULT_LIMITS
) -> bytes:
    """Read the bytes of a file, no more than the limit of them.

    Args:
        source: A path, the bytes, or a binary file object.
        name: Label for messages; a path names itself.
        limits: Of the bytes.

    Raises:
        UnreadablePhoto: Empty, too large, not there, or not a regular file.

    Example:
        >>> len(read_bytes("examples/photos/mug.jpg"))
        59828
        >>> read_bytes(b"twelve bytes", name="mug.jpg", limits=Limits(max_bytes=10))
        Traceback (most recent call last):
            ...
        packshot.errors.PhotoTooLarge: mug.jpg: larger than the limit of 10 bytes
    """
    label = name or label_of(source)
    if isinstance(source, NotAFile):
        raise UnreadablePhoto(label, source.reason)
    if isinstance(source, bytes | bytearray | memoryview):
        data = bytes(source)
    elif isinstance(source, str | os.PathLike):
        data = _read_path(Path(os.fsdecode(source)), label, limits)
    elif callable(getattr(source, "read", None)):
        data = _read_stream(source, label, limits)
    else:
        raise UnreadablePhoto(label, f"is of the type {type(source).__name__}, not {_ACCEPTED_SOURCES}")
    if not data:
        raise UnreadablePhoto(label, "the file is empty")
    if len(data) > limits.max_bytes:
        raise PhotoTooLarge(label, f"larger than the limit of {limits.max_bytes:,} bytes")
    return data


def check_array(array: AnyArray, name: str) -> None:
    """Refuse an array that is none of those that `PhotoSource` tells of.

    Raises:
        UnreadablePhoto: Another type or shape, or no pixels.

    Example:
        >>> check_array(np.zeros((40, 30, 3), np.uint8), "mug")
        >>> check_array(np.zeros((40, 30, 3)), "mug")
        Traceback (most recent call last):
            ...
        packshot.errors.UnreadablePhoto: mug: is an array of float64: give uint8, 0..255
    """
    if array.dtype != np.uint8:
        raise UnreadablePhoto(name, f"is an array of {array.dtype}: give uint8, 0..255")
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise UnreadablePhoto(
            name, f"is an array of the shape {array.shape}: give (H, W), (H, W, 3) RGB or (H, W, 4) RGBA"
        )
    if array.size == 0:
        raise UnreadablePhoto(name, f"is an array without pixels, of the shape {array.shape}")


def _read_path(path: Path, name: str, limits: Limits) -> bytes:
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise UnreadablePhoto(name, "is a folder, not a file")
        if not stat.S_ISREG(status.st_mode):
            raise UnreadablePhoto(name, "is not a regular file")
        with path.open("rb") as file:
            return file.read(limits.max_bytes + 1)
    except FileNotFoundError:
        raise UnreadablePhoto(name, "no such file") from None
    except (OSError, ValueError) as error:
        raise UnreadablePhoto(name, f"cannot be read: {error}") from error


def _read_stream(file: Any, name: str, limits: Limits) -> bytes:
    """From where an open file stands to its end, which may come in pieces, as from a pipe."""
    chunks, remaining = [], limits.max_bytes + 1
    try:
        while remaining > 0 and (chunk := file.read(min(remaining, _CHUNK_BYTES))):
            chunks.append(bytes(chunk))
            remaining -= len(chunk)
    except (OSError, ValueError, TypeError) as error:
        raise UnreadablePhoto(name, f"cannot be read as a binary file: {error}") from error
    return b"".join(chunks)
