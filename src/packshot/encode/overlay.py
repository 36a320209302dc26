"""The overlay network: what was laid over a photo, text and watermarks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.encode.model import Model
from packshot.encode.views import Pixels

OVERLAY_MODEL: Final = "overlay.onnx"

SEEN_SIDE: Final = 384
"""Photos are shrunk to this long side, in pixels, for the overlay network.

It learnt from larger ones (`train/recipes/overlay.py`) and finds more at this size, in a quarter less
time: Touvron et al., "Fixing the train-test resolution discrepancy", NeurIPS 2019.
"""

MULTIPLE: Final = 16
"""Sides of what the network sees are multiples of it."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class OverlayMaps:
    """How likely something lies over each part of a photo.

    Attributes:
        text: (h, w) likelihood of opaque text, 0..1; covers exactly the photo.
        watermark: (h, w) likelihood of see-through lettering and logos.
    """

    text: Floats
    watermark: Floats


@dataclass(frozen=True)
class OverlayNetwork:
    """Photos to overlay maps. Build with `packaged`.

    Attributes:
        model: The network.
    """

    model: Model

    @classmethod
    def packaged(cls, threads: int = 1) -> OverlayNetwork:
        """The network that ships with the package.

        Args:
            threads: Threads that one call may use; the maps do not depend on it.
        """
        return cls(Model.packaged(OVERLAY_MODEL, threads))

    def look(self, pixels: Pixels) -> OverlayMaps:
        """Look for text and watermarks.

        Args:
            pixels: (H, W, 3) uint8 RGB.
        """
        text, watermark = self.model.run(pixels=seen(pixels)[None])["maps"][0]
        return OverlayMaps(text, watermark)


def seen(pixels: Pixels) -> Pixels:
    """A photo at the size the network takes: sides are multiples of 16, stretched a little for that.

    Args:
        pixels: (H, W, 3) uint8 RGB.
    """
    height, width = pixels.shape[:2]
    scale = SEEN_SIDE / max(height, width)
    size = [max(2, round(side * scale / MULTIPLE)) * MULTIPLE for side in (width, height)]
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, size, interpolation=method), np.uint8)
