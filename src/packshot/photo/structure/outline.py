"""The outline of a file: what its structure says before any of its picture is decoded."""

from __future__ import annotations

from dataclasses import dataclass, field

MAX_PROFILE_BYTES = 4 * 2**20
"""Bytes of an ICC profile that is looked at; a larger one counts as unreadable. Those of printers with
large tables have two million."""


class IncompleteFile(Exception):  # noqa: N818 - what is wrong with a file, not with a program
    """The file ends before its picture does, or its parts do not fit together.

    Example:
        >>> from pathlib import Path
        >>> from packshot.photo.structure.jpeg import read_outline
        >>> data = Path("examples/photos/mug.jpg").read_bytes()
        >>> try:
        ...     read_outline(data[:100])
        ... except IncompleteFile as error:
        ...     print(error)
        it ends within a segment
    """


class ExcessiveFile(Exception):  # noqa: N818 - see IncompleteFile
    """The file asks for more work or memory than a photo is worth.

    Example:
        >>> try:
        ...     check_count(5001, 5000, "boxes")
        ... except ExcessiveFile as error:
        ...     print(error)
        more than 5,000 boxes: no photo needs so many
    """


class UnsupportedFile(Exception):  # noqa: N818 - see IncompleteFile
    r"""The file is in order, and of a kind that is not read; the message says which, and what to do.

    Example:
        >>> from packshot.photo.structure.tiff import read_outline
        >>> try:
        ...     read_outline(b"II*\0\x10\0\0\0CR\2\0" + bytes(20), max_frames=1)
        ... except UnsupportedFile as error:
        ...     print(error)
        is a camera's raw file (CR2), not a finished photo: export it as JPEG, PNG or TIFF
    """


@dataclass(frozen=True)
class CodePoints:
    """Colours by number (ITU-T H.273).

    Attributes:
        primaries: Table 2: 1 for sRGB, 9 for BT.2020, 12 for Display P3, 2 for unknown.
        transfer: Table 3, the curve: 13 for sRGB, 16 for PQ, 18 for HLG, 2 for unknown.
        full_range: Numbers are used from the least to the largest.

    Example:
        >>> CodePoints(primaries=12, transfer=13)
        CodePoints(primaries=12, transfer=13, full_range=True)
    """

    primaries: int
    transfer: int
    full_range: bool = True


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
        code_points: Of its colours.

    Example:
        >>> outline = Outline("PNG", width=4000, height=3000, decoder_bytes=4.0)
        >>> f"{outline.width * outline.height * outline.decoder_bytes / 2**20:.0f} MB"
        '46 MB'
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
    code_points: CodePoints | None = None


def check_count(count: int, max_count: int, parts: str) -> None:
    """Refuse more parts than a photo is made of.

    Raises:
        ExcessiveFile: There are more.

    Example:
        >>> check_count(2000, 2000, "segments")
        >>> check_count(2001, 2000, "segments")
        Traceback (most recent call last):
            ...
        packshot.photo.structure.outline.ExcessiveFile: more than 2,000 segments: no photo needs so many
    """
    if count > max_count:
        raise ExcessiveFile(f"more than {max_count:,} {parts}: no photo needs so many")
