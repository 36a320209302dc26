"""A photo prepared once for all measurements: grey, colours, the product region."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.errors import InvalidInput
from packshot.measure.product import ProductRegion, find_product

Pixels = NDArray[np.uint8]
Grey = NDArray[np.float32]
Mask = NDArray[np.bool_]

WORKING_SIDE = 384
NATIVE_WINDOW = 512


@dataclass(frozen=True)
class Frame:
    """Pixels and what several measurements need of them, each computed at most once.

    Attributes:
        pixels: (H, W, 3) uint8 RGB.
    """

    pixels: Pixels

    def __post_init__(self) -> None:
        """Refuse anything but 8-bit RGB."""
        p = self.pixels
        if p.dtype != np.uint8 or p.ndim != 3 or p.shape[2] != 3 or p.size == 0:
            raise InvalidInput(f"expected (H, W, 3) uint8 pixels, got {p.shape} {p.dtype}")

    @cached_property
    def small(self) -> Pixels:
        """(h, w, 3): the photo with its long side at most 384, area averaged."""
        height, width = self.pixels.shape[:2]
        factor = WORKING_SIDE / max(height, width)
        if factor >= 1:
            return self.pixels
        size = (max(1, round(width * factor)), max(1, round(height * factor)))
        return np.asarray(cv2.resize(self.pixels, size, interpolation=cv2.INTER_AREA), np.uint8)

    @cached_property
    def small_lab(self) -> NDArray[np.float32]:
        """(h, w, 3) CIE Lab of the small photo: L 0..100, a and b about -128..127."""
        scaled = self.small.astype(np.float32) / np.float32(255)
        return np.asarray(cv2.cvtColor(scaled, cv2.COLOR_RGB2LAB), np.float32)

    @cached_property
    def grey(self) -> Pixels:
        """(H, W) luma 0..255 at full resolution."""
        return np.asarray(cv2.cvtColor(self.pixels, cv2.COLOR_RGB2GRAY), np.uint8)

    @cached_property
    def product(self) -> ProductRegion | None:
        """The product on a plain background; None where there is no such background."""
        return find_product(self.small)

    @cached_property
    def product_mask(self) -> Mask:
        """(h, w) the product in the small photo; everything where none was found."""
        if self.product is None:
            return np.ones(self.small.shape[:2], bool)
        return self.product.mask

    @cached_property
    def window(self) -> Pixels:
        """(y, x) the luma around the product's centre, at most 512 x 512, at native resolution."""
        height, width = self.grey.shape
        x, y = self.centre
        top = int(np.clip(y * height - NATIVE_WINDOW / 2, 0, max(0, height - NATIVE_WINDOW)))
        left = int(np.clip(x * width - NATIVE_WINDOW / 2, 0, max(0, width - NATIVE_WINDOW)))
        # A multiple of 8, so that the JPEG grid of an unscaled photo keeps its phase.
        top, left = top // 8 * 8, left // 8 * 8
        return self.grey[top : top + NATIVE_WINDOW, left : left + NATIVE_WINDOW]

    @property
    def centre(self) -> tuple[float, float]:
        """Centre of the product box, or of the photo, as fractions (x, y)."""
        if self.product is None:
            return 0.5, 0.5
        region = self.product.region
        return region.x + region.width / 2, region.y + region.height / 2
