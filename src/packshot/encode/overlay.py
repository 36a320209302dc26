"""The overlay network: it finds what was laid over a photo, text and watermarks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Pixels
from packshot.encode.model import Model
from packshot.photo.pixels import average_to_side

OVERLAY_MODEL: Final = "overlay.onnx"

INPUT_SIDE: Final = 384
"""Photos are shrunk to this long side, in pixels, for the overlay network.

It learnt from larger ones (`train/recipes/overlay.py`) and finds more at this size, in a quarter less
time: Touvron et al., "Fixing the train-test resolution discrepancy", NeurIPS 2019.
"""

MULTIPLE: Final = 16
"""Sides of what the network sees are multiples of it, in pixels: it halves them four times."""

STRIDE: Final = 4
"""Pixels of what the network sees for one of its maps, along each axis."""


@dataclass(frozen=True, eq=False)
class OverlayMaps:
    """Likelihood that something lies over each part of a photo.

    Attributes:
        text: (h, w) likelihood of opaque text, 0..1; covers exactly the photo.
        watermark: (h, w) likelihood of see-through lettering and logos.

    Example:
        >>> import numpy as np
        >>> maps = OverlayMaps(text=np.array([[0.1, 0.9]]), watermark=np.zeros((1, 2)))
        >>> float((maps.text > 0.5).mean())  # Share of the photo that is likely text.
        0.5
    """

    text: Float32Array
    watermark: Float32Array


@dataclass(frozen=True)
class OverlayNetwork:
    """Photos to overlay maps. Build with `load_shipped`.

    Attributes:
        model: The network.

    Example:
        >>> from packshot.photo import Photo
        >>> photo = Photo.open("examples/photos/speaker-sale-badge.jpg")
        >>> maps = OverlayNetwork.load_shipped().predict(photo.pixels)
        >>> maps.text.shape, bool(maps.text.max() > 0.5)
        ((96, 96), True)
    """

    model: Model

    @classmethod
    def load_shipped(cls, threads: int = 1) -> OverlayNetwork:
        """Load the network that ships with the package.

        Args:
            threads: Threads that one call may use; the maps do not depend on it.
        """
        return cls(Model.load_shipped(OVERLAY_MODEL, threads))

    def predict(self, pixels: Pixels) -> OverlayMaps:
        """Predict where text and watermarks are.

        Args:
            pixels: (H, W, 3) uint8 RGB.
        """
        small = resize_for_network(pixels)
        height, width = (max(1, round(side / STRIDE)) for side in small.shape[:2])
        text, watermark = self.model.run(pixels=pad_to_multiple(small)[None])["maps"][0]
        return OverlayMaps(text[:height, :width], watermark[:height, :width])


def resize_for_network(pixels: Pixels) -> Pixels:
    """Resize a photo to `INPUT_SIDE` as its long side; small ones are enlarged.

    Args:
        pixels: (H, W, 3) uint8 RGB.

    Example:
        >>> import numpy as np
        >>> resize_for_network(np.zeros((600, 1200, 3), np.uint8)).shape
        (192, 384, 3)
    """
    reduced = average_to_side(pixels, INPUT_SIDE)
    height, width = reduced.shape[:2]
    scale = INPUT_SIDE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(reduced, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def pad_to_multiple(small: Pixels) -> Pixels:
    """Continue a photo to the right and below by its last pixels, to sides that the network takes.

    Example:
        >>> import numpy as np
        >>> pad_to_multiple(np.zeros((192, 380, 3), np.uint8)).shape
        (192, 384, 3)
    """
    height, width = (-(-side // MULTIPLE) * MULTIPLE for side in small.shape[:2])
    below, right = height - small.shape[0], width - small.shape[1]
    return np.asarray(cv2.copyMakeBorder(small, 0, below, 0, right, cv2.BORDER_REPLICATE), np.uint8)
