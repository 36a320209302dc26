"""The format of a file by its content, and its outline."""

from __future__ import annotations

from packshot.photo.structure import bmp, boxes, gif, jpeg, png, tiff, webp
from packshot.photo.structure.outline import Outline

_MAGIC: dict[str, bytes | tuple[bytes, ...]] = {
    "JPEG": jpeg.MAGIC,
    "PNG": png.MAGIC,
    "GIF": gif.MAGIC,
    "TIFF": tiff.MAGIC,
    "BMP": bmp.MAGIC,
}
_READERS = {"JPEG": jpeg.read_outline, "PNG": png.read_outline, "BMP": bmp.read_outline}
_FRAME_COUNTING_READERS = {"GIF": gif.read_outline, "WEBP": webp.read_outline, "TIFF": tiff.read_outline}


def read_outline(data: bytes, max_frames: int) -> Outline | None:
    """Read the outline of a file of any format that opens; None for any other.

    Args:
        data: The whole file.
        max_frames: Frames or pages are counted no further than one past these.

    Raises:
        IncompleteFile: Parts of it are missing.
        ExcessiveFile: It has more parts than any photo.

    Example:
        >>> data = open("examples/photos/mug.jpg", "rb").read()
        >>> outline = read_outline(data, max_frames=1)
        >>> outline.format, outline.width, outline.height, outline.decoder_bytes
        ('JPEG', 800, 800, 4.0)
    """
    format_name = detect_format(data)
    if format_name in _FRAME_COUNTING_READERS:
        return _FRAME_COUNTING_READERS[format_name](data, max_frames)
    if format_name in _READERS:
        return _READERS[format_name](data)
    return None if format_name is None else boxes.read_outline(data, format_name)


def detect_format(head: bytes) -> str | None:
    """Detect the format by the first 64 bytes: a key of `packshot.photo.FORMATS`; None for others.

    Example:
        >>> detect_format(png.MAGIC), detect_format(b"%PDF-1.7")
        ('PNG', None)
    """
    formats = (name for name, magic in _MAGIC.items() if head.startswith(magic))
    return next(formats, "WEBP" if webp.is_webp(head) else boxes.detect_format(head))
