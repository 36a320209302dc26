"""Where the pixels of a photo went: what framing steps tell the guards."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from packshot.arrays import Float64Array, Mask, Pixels
from packshot.measure.planes import as_bytes


@dataclass(frozen=True, eq=False)
class Placement:
    """An affine map from a photo to its result.

    Attributes:
        matrix: (2, 3): result x, y = matrix @ (x, y, 1), in pixels whose centres lie at whole numbers.
        width: Of the result.
        height: Of the result.
    """

    matrix: Float64Array
    width: int
    height: int

    @classmethod
    def shifted(cls, left: int, top: int, width: int, height: int) -> Placement:
        """The rectangle of a photo, or beyond it, that begins at `left`, `top`."""
        return cls(np.array([[1, 0, -left], [0, 1, -top]], np.float64), width, height)

    @classmethod
    def scaled(cls, before: tuple[int, int], after: tuple[int, int]) -> Placement:
        """A change of size; both as (width, height)."""
        across, down = after[0] / before[0], after[1] / before[1]
        # Corners stay corners: pixel centres lie half a pixel inside.
        matrix = np.array([[across, 0, (across - 1) / 2], [0, down, (down - 1) / 2]])
        return cls(matrix, *after)

    def then(self, later: Placement) -> Placement:
        """This map and another one after it, as one."""
        whole = [np.vstack([step.matrix, [0, 0, 1]]) for step in (later, self)]
        return Placement((whole[0] @ whole[1])[:2], later.width, later.height)

    def warped(
        self,
        pixels: Pixels,
        fill: tuple[int, int, int] = (255, 255, 255),
        method: int = cv2.INTER_LINEAR,
    ) -> Pixels:
        """Draw a photo through the map.

        Args:
            pixels: (h, w, 3) uint8.
            fill: What lies outside the photo.
            method: OpenCV's name of the interpolation.

        Returns:
            (height, width, 3) uint8.
        """
        size = (self.width, self.height)
        return as_bytes(
            cv2.warpAffine(
                pixels, self.matrix, size, flags=method, borderMode=cv2.BORDER_CONSTANT, borderValue=fill
            )
        )

    def covered(self, width: int, height: int) -> Mask:
        """(height, width) of the result: True where a photo of the given size shows."""
        inside = np.full((height, width), 255, np.uint8)
        size = (self.width, self.height)
        seen = cv2.warpAffine(inside, self.matrix, size, flags=cv2.INTER_NEAREST)
        return np.asarray(seen > 0)
