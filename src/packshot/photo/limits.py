"""Limits of size, above which a photo is refused before it is decoded."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds that are checked against the header, before anything is decoded.

    Attributes:
        max_bytes: Of the file. The default is a judgement: more than twice what 100 megapixels took in
            any format of `benchmarks/results/decoding_memory.csv`.
        max_pixels: Width times height. Amazon allows 100 million; the default is a fifth more.
        max_frames: Of an animation, or pages; only the first is judged. The default is a judgement.
        max_memory_bytes: Bytes that the decoder needs beside the file, estimated from size, format,
            depth and alpha. On top come what converting takes, 50 to 110 MB at 100 megapixels, and
            pixels at full size. By default 1.25 GiB: with it 100 megapixels of 8 bits open in every
            format that was measured, and two processes run on a machine of 4 GB.

    Example:
        >>> from packshot import Photo
        >>> data = open("examples/photos/mug.jpg", "rb").read()
        >>> Photo.open(data, name="mug.jpg", limits=Limits(max_pixels=100_000))
        Traceback (most recent call last):
            ...
        packshot.errors.PhotoTooLarge: mug.jpg: 800 x 800 pixels exceed the limit of 100,000
    """

    max_bytes: int = 256 * 2**20
    max_pixels: int = 120_000_000
    max_frames: int = 1000
    max_memory_bytes: int = 5 * 2**28
