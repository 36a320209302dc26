"""What EXIF says that a report keeps, and whether it knows a place; read in bounded time."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from PIL import ExifTags

from packshot.photo.structure.directories import Directories, Entry, Value
from packshot.photo.structure.outline import Excessive, Incomplete

_KEPT = (
    "Make",
    "Model",
    "LensModel",
    "Software",
    "DateTime",
    "DateTimeOriginal",
    "ExposureTime",
    "FNumber",
    "ISOSpeedRatings",
    "PhotographicSensitivity",
    "FocalLength",
    "Flash",
    "WhiteBalance",
    "Orientation",
    "ColorSpace",
    "Artist",
    "Copyright",
)
_LONGEST_TEXT = 200
_ORIENTATION, _EXIF, _GPS = 0x0112, 0x8769, 0x8825
_PREFIX = b"Exif\0\0"
_XMP_ORIENTATION = re.compile(rb'tiff:Orientation(?:="|>)([1-8])')


@dataclass(frozen=True)
class ExifFacts:
    """What is kept of EXIF.

    Attributes:
        tags: Text by name.
        orientation: 1..8; None where it is absent or nonsense.
        located: There is a block of GPS data.
    """

    tags: dict[str, str] = field(default_factory=dict)
    orientation: int | None = None
    located: bool = False


def read_exif(data: bytes) -> ExifFacts:
    """The facts kept of a TIFF structure, alone or behind the letters "Exif"; none of a broken one."""
    while data.startswith(_PREFIX):
        data = data[len(_PREFIX) :]
    try:
        directories = Directories(data)
        main = directories.entries(directories.first)
    except (Incomplete, Excessive):
        return ExifFacts()
    detail = _below(directories, main.get(_EXIF))
    values = {tag: directories.values(entry) for tag, entry in (main | detail).items() if entry.count}
    named = {ExifTags.TAGS.get(tag, ""): value for tag, value in values.items()}
    orientation = values.get(_ORIENTATION)
    return ExifFacts(
        tags={name: _text(named[name]) for name in _KEPT if name in named},
        orientation=orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else None,
        located=bool(_below(directories, main.get(_GPS))),
    )


def orientation_in(xmp: bytes) -> int:
    """The orientation that XMP gives, 1..8; 1 where it gives none."""
    found = _XMP_ORIENTATION.search(xmp)
    return int(found[1]) if found else 1


def _below(directories: Directories, pointer: Entry | None) -> dict[int, Entry]:
    """The tags of a directory that a tag points at."""
    place = directories.values(pointer) if pointer is not None and pointer.count else 0
    try:
        return directories.entries(place) if isinstance(place, int) and place else {}
    except (Incomplete, Excessive):
        return {}


def _text(value: Value) -> str:
    raw = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return "".join(c for c in raw if c.isprintable()).strip()[:_LONGEST_TEXT]
