"""Affine maps of pixels, by which a framed photo can be compared with its original."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from packshot.arrays import Float64Array, Mask, Pixels


@dataclass(frozen=True, eq=False)
class AffineTransform:
    """An affine map from a photo to its result.

    Attributes:
        matrix: (2, 3): result x, y = matrix @ (x, y, 1), in pixels whose centres lie at whole numbers.
        width: Of the result.
        height: Of the result.

    Example:
        >>> crop = AffineTransform.from_crop(left=10, top=5, width=40, height=30)
        >>> half = crop.compose(AffineTransform.from_resize((40, 30), (20, 15)))
        >>> half.width, half.height, half.compute_coverage(width=100, height=100).all().tolist()
        (20, 15, True)
    """

    matrix: Float64Array
    width: int
    height: int

    @classmethod
    def from_crop(cls, left: int, top: int, width: int, height: int) -> AffineTransform:
        """Make the map to the rectangle of a photo, or beyond it, that begins at `left`, `top`."""
        return cls(np.array([[1, 0, -left], [0, 1, -top]], np.float64), width, height)

    @classmethod
    def from_resize(cls, source_size: tuple[int, int], result_size: tuple[int, int]) -> AffineTransform:
        """Make the map of a change of size; both as (width, height)."""
        across, down = result_size[0] / source_size[0], result_size[1] / source_size[1]
        # Corners stay corners: pixel centres lie half a pixel inside.
        matrix = np.array([[across, 0, (across - 1) / 2], [0, down, (down - 1) / 2]])
        return cls(matrix, *result_size)

    def compose(self, later: AffineTransform) -> AffineTransform:
        """Make one map of this one and another after it."""
        matrices = [np.vstack([transform.matrix, [0, 0, 1]]) for transform in (later, self)]
        return AffineTransform((matrices[0] @ matrices[1])[:2], later.width, later.height)

    def warp(
        self,
        pixels: Pixels,
        fill_colour: tuple[int, int, int] = (255, 255, 255),
        interpolation: int = cv2.INTER_LINEAR,
    ) -> Pixels:
        """Draw a photo through the map.

        Args:
            pixels: (h, w, 3) uint8 or uint16.
            fill_colour: What lies outside the photo, 0..255.
            interpolation: OpenCV's name of the interpolation.

        Returns:
            (height, width, 3) of the same type.
        """
        size, scale = (self.width, self.height), np.iinfo(pixels.dtype).max // 255
        return np.asarray(
            cv2.warpAffine(
                pixels,
                self.matrix,
                size,
                flags=interpolation,
                borderMode=cv2.BORDER_CONSTANT,
                borderValue=[scale * value for value in fill_colour],
            ),
            pixels.dtype,
        )

    def compute_coverage(self, width: int, height: int) -> Mask:
        """Compute (height, width) of the result: True where a photo of the given size shows."""
        inside = np.full((height, width), 255, np.uint8)
        size = (self.width, self.height)
        coverage = cv2.warpAffine(inside, self.matrix, size, flags=cv2.INTER_NEAREST)
        return np.asarray(coverage > 0)
