"""A photo that comes through standard input: spooled into a file, so that any process can open it."""

from __future__ import annotations

import atexit
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path, PosixPath, WindowsPath
from typing import BinaryIO

from packshot.errors import SourceError
from packshot.photo import FORMATS, Limits
from packshot.scratch import Scratch

STANDARD_INPUT = "-"
"""What stands for standard input among paths; a file of this name is ``./-``."""

_FILE_NAME = "standard-input"
_CHUNK_BYTES = 2**20
"""Bytes that are read at a time; nothing but memory depends on it."""
_HEAD_BYTES = 64
"""Bytes by which `detect_format` knows a format."""


class LabelledPath(PosixPath if sys.platform != "win32" else WindowsPath):  # type: ignore[misc]
    """The path of a file that people know by another name; travels between processes.

    Attributes:
        label: What to call it in results and messages.

    Example:
        >>> path = make_labelled_path("/tmp/standard-input.jpg", "-")
        >>> path.name, path.label
        ('standard-input.jpg', '-')
    """

    label: str = ""

    def __reduce__(self) -> tuple[Callable[[str, str], LabelledPath], tuple[str, str]]:
        """Keep the label on the way."""
        return make_labelled_path, (str(self), self.label)


def make_labelled_path(path: str, label: str) -> LabelledPath:
    """Make a path with a label.

    Example:
        >>> make_labelled_path("spool.jpg", "-").label
        '-'
    """
    labelled_path = LabelledPath(path)
    labelled_path.label = label
    return labelled_path


@cache
def spool_standard_input() -> LabelledPath:
    """Write what comes through standard input into a file; it is gone when this process ends.

    No more is read than a photo may have, and one byte, by which it is known to have more. The extension
    is that of its format.

    Raises:
        SourceError: Standard input is a terminal, or is closed.

    Example:
        >>> import io
        >>> photo = open("examples/photos/mug.jpg", "rb").read()
        >>> before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(photo))
        >>> path = spool_standard_input()
        >>> path.name, path.label, path.read_bytes() == photo
        ('standard-input.jpg', '-', True)
        >>> sys.stdin = before; spool_standard_input.cache_clear()
    """
    from packshot.photo.structure import detect_format

    scratch = Scratch()
    atexit.register(scratch.remove)
    draft = scratch.folder / _FILE_NAME
    with draft.open("wb") as file:
        _copy(_get_stream(), file, Limits().max_bytes + 1)
    with draft.open("rb") as file:
        kind = detect_format(file.read(_HEAD_BYTES))
    suffix = FORMATS[kind][0] if kind else ".jpg"
    return make_labelled_path(str(draft.rename(draft.with_suffix(suffix))), STANDARD_INPUT)


def _get_stream() -> BinaryIO:
    if sys.stdin is None or sys.stdin.closed:
        raise SourceError("-: standard input is closed: name a photo, or redirect one: - < photo.jpg")
    if sys.stdin.isatty():
        raise SourceError("-: standard input is a terminal: redirect a photo: - < photo.jpg")
    return sys.stdin.buffer


def _copy(source: BinaryIO, target: BinaryIO, max_bytes: int) -> None:
    try:
        while max_bytes > 0 and (chunk := source.read(min(_CHUNK_BYTES, max_bytes))):
            max_bytes -= target.write(chunk)
    except OSError as error:
        raise SourceError(f"-: standard input cannot be read: {error.strerror or error}") from error


def find_photo_file(path: str) -> Path:
    """Find the file of a photo by the name that a result gives it: of standard input the spooled one.

    Example:
        >>> find_photo_file("examples/photos/mug.jpg").name
        'mug.jpg'
    """
    spooled_now = path == STANDARD_INPUT and spool_standard_input.cache_info().currsize
    return spool_standard_input() if spooled_now else Path(path)
