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
from packshot.photo.structure import kind_of
from packshot.scratch import Scratch

STANDARD_INPUT = "-"
"""What stands for standard input among paths; a file of this name is ``./-``."""

_NAME = "standard-input"
_PIECE = 2**20


class LabelledPath(PosixPath if sys.platform != "win32" else WindowsPath):  # type: ignore[misc]
    """The path of a file that people know by another name; travels between processes.

    Attributes:
        label: What to call it in results and messages.
    """

    label: str = ""

    def __reduce__(self) -> tuple[Callable[[str, str], LabelledPath], tuple[str, str]]:
        """Keep the label on the way."""
        return labelled, (str(self), self.label)


def labelled(place: str, label: str) -> LabelledPath:
    """A path with a label."""
    path = LabelledPath(place)
    path.label = label
    return path


@cache
def spooled() -> LabelledPath:
    """The file that holds what came through standard input; it is gone when this process ends.

    No more is read than a photo may have, and one byte, by which it is known to have more. The extension
    is that of its format.

    Raises:
        SourceError: Standard input is a terminal, or is closed.
    """
    scratch = Scratch()
    atexit.register(scratch.remove)
    draft = scratch.folder / _NAME
    with draft.open("wb") as file:
        _copy(_stream(), file, Limits().max_bytes + 1)
    with draft.open("rb") as file:
        kind = kind_of(file.read(64))
    suffix = FORMATS[kind][0] if kind else ".jpg"
    return labelled(str(draft.rename(draft.with_suffix(suffix))), STANDARD_INPUT)


def _stream() -> BinaryIO:
    if sys.stdin is None or sys.stdin.closed:
        raise SourceError("-: standard input is closed: name a photo, or redirect one: - < photo.jpg")
    if sys.stdin.isatty():
        raise SourceError("-: standard input is a terminal: redirect a photo: - < photo.jpg")
    return sys.stdin.buffer


def _copy(source: BinaryIO, target: BinaryIO, most: int) -> None:
    try:
        while most > 0 and (piece := source.read(min(_PIECE, most))):
            most -= target.write(piece)
    except OSError as error:
        raise SourceError(f"-: standard input cannot be read: {error.strerror or error}") from error


def find_file(path: str) -> Path:
    """The file of a photo by the name that a result gives it: of standard input the spooled one."""
    spooled_now = path == STANDARD_INPUT and spooled.cache_info().currsize
    return spooled() if spooled_now else Path(path)
