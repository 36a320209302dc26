"""What the structure of a file says, before any of its picture is decoded."""

from __future__ import annotations

from dataclasses import dataclass, field


class IncompleteFile(Exception):  # noqa: N818 - what is wrong with a file, not with a program
    """The file ends before its picture does, or its parts do not fit together."""


class ExcessiveFile(Exception):  # noqa: N818 - see Incomplete
    """The file asks for more work or memory than a photo is worth."""


@dataclass(frozen=True)
class Outline:
    """A file's structure, walked through in bounded time.

    Attributes:
        format: A key of `packshot.photo.FORMATS`.
        width: In pixels, as stored; 0 where only the decoder can tell.
        height: In pixels, as stored; 0 where only the decoder can tell.
        frames: Of an animation, or pages; counted no further than one past the limit.
        bits: Per channel, as stored; 0 where only the decoder can tell.
        decoder_bytes: For each pixel, at most, of what its decoder holds at once beside the file.
        exif: A TIFF structure, as `exif.read_exif` takes it.
        profile: An ICC profile.
        xmp: A packet of XMP.
    """

    format: str
    width: int
    height: int
    frames: int = 1
    bits: int = 8
    decoder_bytes: float = 4.0
    exif: bytes = field(default=b"", repr=False)
    profile: bytes = field(default=b"", repr=False)
    xmp: bytes = field(default=b"", repr=False)


def check_count(count: int, max_count: int, parts: str) -> None:
    """Refuse more parts than a photo is made of.

    Raises:
        Excessive: There are more.
    """
    if count > max_count:
        raise ExcessiveFile(f"more than {max_count:,} {parts}: no photo needs so many")
