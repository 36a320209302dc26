"""A picture as its decoder left it: upright or not, of any mode, read in strips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from packshot.arrays import AnyArray
from packshot.photo.colour_space import ColourSpace

_DEEP_MODES = ("I;16", "I;16L", "I;16B", "I;16N")
"""Pillow's modes of 16 bits."""


@dataclass(frozen=True)
class Picture:
    """Decoded pixels of any mode, held by Pillow or in an array, given out in strips.

    Attributes:
        image: The pixels; an array is (H, W), (H, W, 3) RGB or (H, W, 4) RGBA, uint8; or uint16 of these
            shapes, and of (H, W, 2), grey and opacity.
        profile: The ICC profile that they are converted by, empty for none.
        space: What their numbers mean where no profile says it; None for sRGB.

    Example:
        >>> import numpy as np
        >>> picture = Picture(np.zeros((80, 60, 3), np.uint8))
        >>> picture.size, picture.crop_rows(10, 30).size
        ((60, 80), (60, 20))
    """

    image: Image.Image | AnyArray
    profile: bytes = field(default=b"", repr=False)
    space: ColourSpace | None = field(default=None, repr=False)

    @property
    def is_deep(self) -> bool:
        """Whether it has whole numbers of 16 bits."""
        if isinstance(self.image, Image.Image):
            return self.image.mode in _DEEP_MODES
        return bool(self.image.dtype == np.uint16)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        if isinstance(self.image, Image.Image):
            return self.image.size
        return self.image.shape[1], self.image.shape[0]

    def slice_rows(self, top: int, bottom: int) -> AnyArray:
        """Cut a strip of the full width out of a deep picture: uint16."""
        if isinstance(self.image, Image.Image):
            return np.asarray(self.crop_rows(top, bottom)).astype(np.uint16, copy=False)
        return self.image[top:bottom]

    def crop_rows(self, top: int, bottom: int) -> Image.Image:
        """Cut out a strip of the full width, of all but deep arrays; the whole picture is not copied.

        Pillow's own cropping asks its guard against bombs, even for a strip; resizing
        without a change of size does not.
        """
        width, height = self.size
        if not isinstance(self.image, Image.Image):
            return Image.fromarray(np.ascontiguousarray(self.image[top:bottom]))
        if top <= 0 and bottom >= height:
            return self.image
        box = (0, top, width, bottom)
        return self.image.resize((width, bottom - top), Image.Resampling.NEAREST, box=box)


@dataclass(frozen=True)
class DecodedPicture:
    """A decoded picture with what is known of its file.

    Attributes:
        format: A key of `packshot.photo.FORMATS`.
        picture: The pixels, perhaps smaller than stored.
        size: Width and height as stored, before orientation.
        mode: As stored, in Pillow's names.
        bits: Per channel, as stored.
        frames: Of an animation, or pages.
        orientation: How to turn the picture upright, 1..8 as EXIF counts.
        exif: A TIFF structure.
        quantisation: Tables of a JPEG by number, 64 entries each.
        profile: The file's ICC profile, be it one that does not count.

    Example:
        >>> import numpy as np
        >>> picture = Picture(np.zeros((60, 80, 3), np.uint8))
        >>> DecodedPicture("PNG", picture, (80, 60), "RGB").bits
        8
    """

    format: str
    picture: Picture
    size: tuple[int, int]
    mode: str
    bits: int = 8
    frames: int = 1
    orientation: int = 1
    exif: bytes = field(default=b"", repr=False)
    quantisation: Mapping[int, Sequence[int]] = field(default_factory=dict)
    profile: bytes = field(default=b"", repr=False)
