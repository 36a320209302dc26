"""Writing of what was enhanced: in the format of its name, with its facts."""

from __future__ import annotations

import io
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from packshot.errors import InvalidInput
from packshot.photo import FORMATS

_ORIENTATION_TAG, _GPS_TAG = 0x0112, 0x8825
_DOCUMENT_TAGS = frozenset((700, 33723, 34377, 0xCD41))
"""Tags of a TIFF that hold XMP, IPTC, Photoshop's resources and a C2PA manifest: they are no EXIF, and
`file_traits` carries the first two apart."""
_PICTURE_TAGS = frozenset((
    *range(254, 267), 273, 277, 278, 279, *range(280, 282), 284, *range(288, 294), 301, 317, 318, 319,
    *range(320, 326), 330, *range(332, 348), *range(512, 522), *range(529, 533), 34675,
))  # fmt: skip
"""Tags of a TIFF that are about its stored picture (TIFF 6, appendix A), and its profile. They belong to
the file that was read, not to the one that is written, which may have other sides."""


@dataclass(frozen=True)
class OutputOptions:
    """The facts of a photo's file that an output keeps, besides those that it always does.

    Attributes:
        keep_location: Where it was taken.
        keep_times: When it was last changed; a file's permissions, and its owner where that can be,
            stay in any case when it is replaced.

    Example:
        >>> OutputOptions()
        OutputOptions(keep_location=False, keep_times=False)
    """

    keep_location: bool = False
    keep_times: bool = False


def find_output_format(path: Path) -> str:
    """Find the format that a file's extension stands for.

    Raises:
        InvalidInput: No extension of a format that can be written.

    Example:
        >>> find_output_format(Path("red.JPG")), find_output_format(Path("red.avif"))
        ('JPEG', 'AVIF')
    """
    suffix = path.suffix.lower()
    for name, suffixes in FORMATS.items():
        if suffix in suffixes:
            return name
    from packshot.enhance.encoding import WRITABLE_FORMATS  # Its libraries take a third of a second.

    known_suffixes = ", ".join(
        suffixes[0] for name, suffixes in FORMATS.items() if name in WRITABLE_FORMATS
    )
    raise InvalidInput(f"{path}: cannot tell the format to write; extensions are {known_suffixes}")


def extract_exif(data: bytes, *, keep_location: bool = False) -> bytes:
    """Extract the EXIF block of a file, upright and without its location; empty where there is none.

    Args:
        data: The file.
        keep_location: Keep that as well.

    Example:
        >>> file, exif = io.BytesIO(), Image.Exif()
        >>> exif[0x010F], exif[_ORIENTATION_TAG] = "Maker", 6
        >>> Image.new("RGB", (8, 8)).save(file, "JPEG", exif=exif)
        >>> b"Maker" in extract_exif(file.getvalue()), extract_exif(b"no photo")
        (True, b'')
    """
    with suppress(Exception), Image.open(io.BytesIO(data)) as image:  # EXIF parsers fail in every way
        exif = image.getexif()
        if not exif:
            return b""
        for tag in (_PICTURE_TAGS | _DOCUMENT_TAGS) & set(exif):
            del exif[tag]
        if not keep_location:
            exif.pop(_GPS_TAG, None)
        exif[_ORIENTATION_TAG] = 1
        return exif.tobytes()
    return b""
