"""Which format a file is of, by its content, and its outline."""

from __future__ import annotations

from packshot.photo.structure import bmp, boxes, gif, jpeg, png, tiff, webp
from packshot.photo.structure.outline import Outline


def outline_of(data: bytes, most_frames: int) -> Outline | None:
    """The outline of a file of any format that opens; None for any other.

    Args:
        data: The whole file.
        most_frames: Frames or pages are counted no further than one past these.

    Raises:
        Incomplete: Parts of it are missing.
        Excessive: It has more parts than any photo.
    """
    if data.startswith(jpeg.MAGIC):
        return jpeg.outline(data)
    if data.startswith(png.MAGIC):
        return png.outline(data)
    if data.startswith(gif.MAGIC):
        return gif.outline(data, most_frames)
    if webp.is_webp(data):
        return webp.outline(data, most_frames)
    if data.startswith(tiff.MAGIC):
        return tiff.outline(data, most_frames)
    if data.startswith(bmp.MAGIC):
        return bmp.outline(data)
    kind = boxes.kind_of(data)
    return None if kind is None else boxes.outline(data, kind)
