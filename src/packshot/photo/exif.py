"""The part of EXIF that a report keeps, and whether there is a location; read in bounded time."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from PIL import ExifTags

from packshot.photo.structure.directories import Directories, Entry, Value
from packshot.photo.structure.outline import ExcessiveFile, IncompleteFile

_KEPT_TAGS = (
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
MAX_TEXT_LENGTH = 200
"""Letters of a text from a file's metadata that a report keeps; what is longer is cut. Two lines of a
terminal: names of cameras and profiles are shorter."""
# Numbers of tags: EXIF 2.3, sections 4.6.3 and 4.6.4.
_ORIENTATION, _EXIF, _GPS = 0x0112, 0x8769, 0x8825
_EXIF_PREFIX = b"Exif\0\0"
_XMP_ORIENTATION = re.compile(rb"tiff:Orientation\s*(?:=\s*[\"']|>)\s*([1-8])\s*[\"'<]")


@dataclass(frozen=True)
class ExifFacts:
    """The facts that are kept of EXIF.

    Attributes:
        tags: Text by name.
        orientation: 1..8; None where it is absent or nonsense.
        has_gps: There is a block of GPS data.

    Example:
        >>> read_exif(b"no EXIF at all")
        ExifFacts(tags={}, orientation=None, has_gps=False)
    """

    tags: dict[str, str] = field(default_factory=dict)
    orientation: int | None = None
    has_gps: bool = False


def read_exif(data: bytes) -> ExifFacts:
    """Read the facts of a TIFF structure, alone or behind the letters "Exif"; none of a broken one.

    Example:
        >>> from PIL import Image
        >>> exif = Image.Exif()
        >>> exif[0x010F], exif[0x0112] = "Canon", 6
        >>> read_exif(exif.tobytes())
        ExifFacts(tags={'Make': 'Canon', 'Orientation': '6'}, orientation=6, has_gps=False)
    """
    while data.startswith(_EXIF_PREFIX):
        data = data[len(_EXIF_PREFIX) :]
    try:
        directories = Directories(data)
        main = directories.read_entries(directories.first_offset)
    except (IncompleteFile, ExcessiveFile):
        return ExifFacts()
    exif_tags = _read_subdirectory(directories, main.get(_EXIF))
    values = {
        tag: directories.read_values(entry) for tag, entry in (main | exif_tags).items() if entry.count
    }
    by_name = {ExifTags.TAGS.get(tag, ""): value for tag, value in values.items()}
    orientation = values.get(_ORIENTATION)
    return ExifFacts(
        tags={name: _format_value(by_name[name]) for name in _KEPT_TAGS if name in by_name},
        orientation=orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else None,
        has_gps=bool(_read_subdirectory(directories, main.get(_GPS))),
    )


def read_xmp_orientation(xmp: bytes) -> int:
    """Read the orientation that XMP gives, 1..8; 1 where it gives none.

    Example:
        >>> read_xmp_orientation(b'<rdf:Description tiff:Orientation="6"/>')
        6
    """
    found = _XMP_ORIENTATION.search(xmp)
    return int(found[1]) if found else 1


def _read_subdirectory(directories: Directories, pointer: Entry | None) -> dict[int, Entry]:
    """Read the tags of a directory that a tag points at."""
    offset = directories.read_values(pointer) if pointer is not None and pointer.count else 0
    try:
        return directories.read_entries(offset) if isinstance(offset, int) and offset else {}
    except (IncompleteFile, ExcessiveFile):
        return {}


def _format_value(value: Value) -> str:
    raw = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return "".join(c for c in raw if c.isprintable()).strip()[:MAX_TEXT_LENGTH]
