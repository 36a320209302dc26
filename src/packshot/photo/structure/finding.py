"""Which format a file is of, by its content, and its outline."""

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
_SINGLE = {"JPEG": jpeg.outline, "PNG": png.outline, "BMP": bmp.outline}
_COUNTED = {"GIF": gif.outline, "WEBP": webp.outline, "TIFF": tiff.outline}


def outline_of(data: bytes, most_frames: int) -> Outline | None:
    """The outline of a file of any format that opens; None for any other.

    Args:
        data: The whole file.
        most_frames: Frames or pages are counted no further than one past these.

    Raises:
        Incomplete: Parts of it are missing.
        Excessive: It has more parts than any photo.
    """
    kind = kind_of(data)
    if kind in _COUNTED:
        return _COUNTED[kind](data, most_frames)
    if kind in _SINGLE:
        return _SINGLE[kind](data)
    return None if kind is None else boxes.outline(data, kind)


def kind_of(head: bytes) -> str | None:
    """The format of a file by its first 64 bytes, a key of `packshot.photo.FORMATS`; None for others."""
    named = (kind for kind, magic in _MAGIC.items() if head.startswith(magic))
    return next(named, "WEBP" if webp.is_webp(head) else boxes.kind_of(head))
