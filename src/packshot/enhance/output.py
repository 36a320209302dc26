"""Writing of what was enhanced: in the format of its name, with its facts."""

from __future__ import annotations

import io
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from packshot.enhance.encoding import FORMATS_WRITTEN
from packshot.errors import InvalidInput
from packshot.photo import FORMATS

_ORIENTATION, _GPS = 0x0112, 0x8825


@dataclass(frozen=True)
class Kept:
    """What an output keeps of the file of its photo, besides what it always does.

    Attributes:
        location: Where it was taken.
        times: When it was last changed; a file's permissions, and its owner where that can be, stay in
            any case when it is replaced.
    """

    location: bool = False
    times: bool = False


def format_named(path: Path) -> str:
    """The format that a file's extension stands for.

    Raises:
        InvalidInput: No extension of a format that can be written.
    """
    suffix = path.suffix.lower()
    for name, suffixes in FORMATS.items():
        if suffix in suffixes:
            return name
    known = ", ".join(suffixes[0] for name, suffixes in FORMATS.items() if name in FORMATS_WRITTEN)
    raise InvalidInput(f"{path}: cannot tell the format to write; extensions are {known}")


def kept_exif(data: bytes, *, location: bool = False) -> bytes:
    """The EXIF block of a file, upright, without where it was taken; empty where there is none.

    Args:
        data: The file.
        location: Keep that as well.
    """
    with suppress(Exception), Image.open(io.BytesIO(data)) as image:  # EXIF parsers fail in every way
        exif = image.getexif()
        if not exif:
            return b""
        if not location:
            exif.pop(_GPS, None)
        exif[_ORIENTATION] = 1
        return exif.tobytes()
    return b""
