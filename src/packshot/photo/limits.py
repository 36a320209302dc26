"""How large a photo may be before it is refused, unread."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds that are checked against the header, before anything is decoded.

    Attributes:
        max_bytes: Of the file.
        max_pixels: Width times height; Amazon allows 100 million.
        max_frames: Of an animation.
        max_memory_bytes: Bytes that the decoder needs beside the file, estimated from size, format,
            depth and alpha. On top come what converting takes, 50 to 110 MB at 100 megapixels, and
            pixels at full size. By default 1.25 GiB: with it 100 megapixels of 8 bits open in every
            format that was measured, and two processes run on a machine of 4 GB.
    """

    max_bytes: int = 256 * 2**20
    max_pixels: int = 120_000_000
    max_frames: int = 1000
    max_memory_bytes: int = 5 * 2**28
