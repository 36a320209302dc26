"""Photos squeezed to squares once, in a file that is mapped rather than read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from packshot.arrays import ByteArray
from packshot.assess.assessor import ASSESSMENT_SIDE
from packshot.encode.views import to_whole_view
from packshot.files import atomic_write
from packshot.photo import Photo


def write_squares(photos: Sequence[Path], side: int, path: Path) -> ByteArray:
    """Squeeze photos to squares, unless that was done, and map them.

    Args:
        photos: Files.
        side: Of the squares, in pixels.
        path: The ``.npy`` file, whole or not there; one of another number of photos is made again.

    Returns:
        (N, S, S, 3) uint8 RGB.

    Raises:
        UnreadablePhoto: A file is not a photo.

    Example:
        >>> write_squares([Path("examples/photos/mug.jpg")], 32, Path("squares.npy")).shape
        (1, 32, 32, 3)
    """
    shape = (len(photos), side, side, 3)
    if not path.exists() or np.load(path, mmap_mode="r").shape != shape:
        with atomic_write(path) as draft, draft.open("wb") as file:
            header = {"descr": "|u1", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, header)
            for photo in photos:
                pixels = Photo.open(photo, max_side=ASSESSMENT_SIDE).pixels
                file.write(to_whole_view(pixels, side).tobytes())
    mapped: ByteArray = np.load(path, mmap_mode="r")
    return mapped
