"""The enhancement network: any photo in, the same size out, through ONNX Runtime."""

from __future__ import annotations

import os
from dataclasses import dataclass

import cv2
import numpy as np

from packshot.arrays import Pixels
from packshot.encode.model import Model
from packshot.encode.views import to_whole_view
from packshot.enhance.step import Intent, Step
from packshot.enhance.tiles import Tiling, apply_by_tiles
from packshot.photo import check_pixels

ENHANCER_MODEL = "enhancer.onnx"

VIEW_SIDE = 64
"""Pixels: side of the small view of the whole photo that goes with every tile (docs/methods.md, section
2.4)."""

STRIDE = 32
"""Pixels: sides of tiles are multiples of this, the cells of the network's attention
(docs/decisions/0009-the-enhancement-network.md)."""

_MIN_DEVIATION = 2.0
"""Grey levels, standard deviation of all values: a photo with less shows nothing to mend. A
judgement."""

_INTENTS = frozenset({Intent.TONE, Intent.COLOUR, Intent.DETAIL})

DEFAULT_TILING = Tiling(core=512, margin=64, stride=STRIDE)
"""0.4 megapixels at a time, which keeps memory at 370 MB. What lies beyond the margin moves no pixel by
more than 1/255 (docs/decisions/0009-the-enhancement-network.md)."""


@dataclass(frozen=True)
class EnhancementNetwork:
    """The network, ready to run. Build with `load_shipped`; free of side effects, safe among threads.

    Its session keeps no memory between tiles: they differ in size, and it would keep room for each.

    Attributes:
        model: Tiles and a view of the whole photo to enhanced tiles, uint8 all.
        tiling: How photos are cut.

    Example:
        >>> from packshot import Photo
        >>> pixels = Photo.open("examples/photos/stool-low-light.jpg").pixels[100:300, 100:300]
        >>> enhanced = EnhancementNetwork.load_shipped().enhance(pixels)
        >>> enhanced.shape, bool(enhanced.mean() > pixels.mean())
        ((200, 200, 3), True)
    """

    model: Model
    tiling: Tiling = DEFAULT_TILING

    @classmethod
    def load_shipped(cls, threads: int = 1) -> EnhancementNetwork:
        """Load the network that ships with the package.

        Args:
            threads: Threads that one call may use.

        Raises:
            ModelError: This installation lacks it.
        """
        return cls(Model.load_shipped(ENHANCER_MODEL, threads, arena=False))

    @classmethod
    def from_path(cls, path: str | os.PathLike[str], threads: int = 1) -> EnhancementNetwork:
        """Load a network of the user's own, as `packshot train enhancer` writes it.

        Raises:
            ModelError: Unreadable, or not a model ONNX Runtime can run.
        """
        return cls(Model.from_path(path, threads, arena=False))

    def enhance(self, pixels: Pixels) -> Pixels:
        """Enhance a photo.

        What concerns the whole photo, light and colour, is read off a small view of it, which every
        tile is given: tiles agree, however many there are.

        Args:
            pixels: (H, W, 3) uint8 RGB, H and W at least 1; not changed.

        Returns:
            (H, W, 3) uint8 RGB; grey where the photo is.

        Raises:
            InvalidInput: Pixels of another shape or type.
        """
        check_pixels(pixels, "photo")
        view = to_whole_view(pixels, VIEW_SIDE)[None]

        def change(tile: Pixels) -> Pixels:
            enhanced = self.model.session.run(None, {"pixels": tile[None], "view": view})[0]
            return np.asarray(enhanced[0], np.uint8)

        enhanced = apply_by_tiles(pixels, change, self.tiling)
        return _to_grey(enhanced) if _is_grey(pixels) else enhanced

    def plan(self, pixels: Pixels) -> Step | None:
        """Plan to have the network mend whatever it sees: light, colour, blur, noise, blocks.

        It abstains where there is nothing to be seen.

        Args:
            pixels: (H, W, 3) uint8 RGB.

        Raises:
            InvalidInput: Pixels of another shape or type.
        """
        check_pixels(pixels, "photo")
        if float(pixels.std()) < _MIN_DEVIATION:
            return None
        return Step("network", _INTENTS, 1.0, "what the network sees", self.enhance)


def _is_grey(pixels: Pixels) -> bool:
    """Return whether the channels are equal everywhere, as in photos stored without colour."""
    red, green, blue = (pixels[..., channel] for channel in range(3))
    return np.array_equal(red, green) and np.array_equal(green, blue)


def _to_grey(pixels: Pixels) -> Pixels:
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), np.uint8)
