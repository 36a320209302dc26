"""Affine maps that lay one photo on another, and their reading as turns and scales of a copy.

Maps are (3, 3) float64 and act on points in pixels, origin at the outer corner of the first pixel, so
that the frame of a photo is the box from 0, 0 to its width, height.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np

from packshot.arrays import AnyArray, Float32Array, Float64Array, Mask, Pixels
from packshot.report import Region

_QUARTER = math.pi / 2
_COLOUR_TOLERANCE = 12
"""Levels, 0..255, of any channel, within which a pixel has the colour of the corner. A judgement."""

_TRIM_BLUR = 3
"""Pixels a side of the mean that evens out noise in margins."""


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels; `right` and `bottom` lie just outside.

    Example:
        >>> box = Box(left=10, top=20, right=40, bottom=60)
        >>> box.width, box.height, box.area
        (30, 40, 1200)
    """

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """In pixels."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """In pixels."""
        return self.bottom - self.top

    @property
    def area(self) -> float:
        """In square pixels."""
        return self.width * self.height


def make_region(box: Box, shape: tuple[int, ...]) -> Region:
    """Return a box as fractions of a picture.

    Args:
        box: Inside the picture.
        shape: Its height and width, pixels.

    Example:
        >>> make_region(Box(left=10, top=20, right=40, bottom=60), (100, 100)).width
        0.3
    """
    height, width = shape[:2]
    values = (box.left / width, box.top / height, box.width / width, box.height / height)
    x, y, wide, high = (round(value, 4) for value in values)
    return Region(x=x, y=y, width=wide, height=high)


@dataclass(frozen=True)
class SimilarityTransform:
    """Turn and scale of a copy, read off a map from an original to its copy.

    Attributes:
        mirrored: The copy is a mirror image.
        rotation: Degrees -180..180, clockwise on the screen, after mirroring left to right.
        scale: Of lengths.

    Example:
        >>> transform = SimilarityTransform(mirrored=False, rotation=93.0, scale=0.5)
        >>> transform.quarter_turns, transform.tilt
        (1, 3.0)
    """

    mirrored: bool
    rotation: float
    scale: float

    @property
    def quarter_turns(self) -> int:
        """The nearest number of quarter turns, 0..3."""
        return round(self.rotation / 90) % 4

    @property
    def tilt(self) -> float:
        """Degrees between the turn and the nearest quarter turn, -45..45."""
        return self.rotation - 90 * round(self.rotation / 90)


def full_box(pixels: AnyArray) -> Box:
    """Return the box around the whole of a photo.

    Example:
        >>> import numpy as np
        >>> full_box(np.zeros((30, 40, 3), np.uint8))
        Box(left=0, top=0, right=40, bottom=30)
    """
    height, width = pixels.shape[:2]
    return Box(0, 0, width, height)


def find_content_box(pixels: Pixels) -> Box:
    """Find the box that is left when rows and columns of one colour are taken off a photo's edges.

    Args:
        pixels: (H, W, 3) RGB.

    Returns:
        The whole frame where nothing can be taken off or nothing would be left.

    Example:
        >>> import numpy as np
        >>> pixels = np.full((30, 40, 3), 255, np.uint8)
        >>> pixels[10:20, 5:25] = 0
        >>> find_content_box(pixels)  # The edge is blurred by a pixel.
        Box(left=4.0, top=9.0, right=26.0, bottom=21.0)
    """
    blurred = cv2.blur(pixels, (_TRIM_BLUR, _TRIM_BLUR))
    corner = np.broadcast_to(blurred[0, 0], blurred.shape)
    is_different = (cv2.absdiff(blurred, corner) > _COLOUR_TOLERANCE).any(axis=2)
    rows, columns = np.flatnonzero(is_different.any(axis=1)), np.flatnonzero(is_different.any(axis=0))
    if not rows.size:
        return full_box(pixels)
    return Box(float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))


def map_box_onto(source: Box, target: Box, mirrored: bool, quarters: int) -> Float64Array:
    """Return the map that lays one box over another: mirrored left to right, then turned clockwise.

    Example:
        >>> import numpy as np
        >>> mapping = map_box_onto(Box(0, 0, 40, 30), Box(0, 0, 60, 80), mirrored=False, quarters=1)
        >>> (mapping @ np.array([0, 0, 1])).tolist()  # The upper left corner comes to the upper right.
        [60.0, 0.0, 1.0]
    """
    unit = _scaling_matrix(1 / source.width, 1 / source.height) @ _translation_matrix(
        -source.left, -source.top
    )
    orientation = _orientation_matrix(mirrored, quarters)
    return (
        _translation_matrix(target.left, target.top)
        @ _scaling_matrix(target.width, target.height)
        @ orientation
        @ unit
    )


def list_orientations() -> list[tuple[bool, int]]:
    """List the eight ways to lay a square upon itself: mirrored, quarter turns.

    Example:
        >>> list_orientations()[:3]
        [(False, 0), (False, 1), (False, 2)]
    """
    return list(product((False, True), range(4)))


def decompose_map(mapping: Float64Array) -> SimilarityTransform:
    """Decompose a map into mirroring, turning and scaling.

    Example:
        >>> transform = decompose_map(map_box_onto(Box(0, 0, 10, 10), Box(0, 0, 20, 20), True, 1))
        >>> transform.mirrored, round(transform.rotation), round(transform.scale)
        (True, 90, 2)
    """
    linear = mapping[:2, :2]
    determinant = float(np.linalg.det(linear))
    mirrored = determinant < 0
    unmirrored = linear @ np.diag([-1.0, 1.0]) if mirrored else linear
    angle = math.degrees(
        math.atan2(unmirrored[1, 0] - unmirrored[0, 1], unmirrored[0, 0] + unmirrored[1, 1])
    )
    return SimilarityTransform(mirrored, angle, math.sqrt(abs(determinant)))


def warp(image: AnyArray, mapping: Float64Array, size: tuple[int, int]) -> Float32Array:
    """Lay an image into another frame.

    Args:
        image: (H, W) or (H, W, C).
        mapping: From its points to those of the frame.
        size: Width and height of the frame.

    Returns:
        (height, width[, C]); 0 where the image does not reach. Shrinking averages.

    Example:
        >>> import numpy as np
        >>> one_to_the_right = np.array([[1, 0, 1], [0, 1, 0], [0, 0, 1]], np.float64)
        >>> warp(np.array([[10, 20]], np.uint8), one_to_the_right, size=(3, 1)).tolist()
        [[0.0, 10.0, 20.0]]
    """
    scale = decompose_map(mapping).scale
    source = image.astype(np.float32)
    if scale < 1:
        source = np.asarray(cv2.GaussianBlur(source, (0, 0), max(0.5 / scale - 0.4, 0.05)), np.float32)
    centres = _translation_matrix(-0.5, -0.5) @ mapping @ _translation_matrix(0.5, 0.5)
    return np.asarray(cv2.warpAffine(source, centres[:2], size, flags=cv2.INTER_LINEAR), np.float32)


def compute_coverage(source: Box, mapping: Float64Array, size: tuple[int, int]) -> Mask:
    """Return the mask, (height, width), of where a box lands, less a pixel at its rim.

    Example:
        >>> import numpy as np
        >>> mask = compute_coverage(Box(0, 0, 8, 6), np.eye(3), size=(8, 6))
        >>> int(mask.sum()), bool(mask[0].any())  # 6 x 4 pixels: the rim is left out.
        (24, False)
    """
    corners = np.array(
        [
            [source.left, source.top, 1],
            [source.right, source.top, 1],
            [source.right, source.bottom, 1],
            [source.left, source.bottom, 1],
        ]
    )
    polygon = np.rint((corners @ mapping.T)[:, :2] - 0.5).astype(np.int32)
    mask = np.zeros((size[1] + 2, size[0] + 2), np.uint8)
    cv2.fillConvexPoly(mask, polygon + 1, 1)
    mask[[0, -1]] = mask[:, [0, -1]] = 0
    eroded = cv2.erode(mask, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return np.asarray(eroded[1:-1, 1:-1] > 0)


def _orientation_matrix(mirrored: bool, quarters: int) -> Float64Array:
    """Return the map of the unit square upon itself."""
    cosine, sine = round(math.cos(quarters * _QUARTER)), round(math.sin(quarters * _QUARTER))
    rotation = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]], np.float64)
    flip = _scaling_matrix(-1.0 if mirrored else 1.0, 1.0)
    return np.asarray(_translation_matrix(0.5, 0.5) @ rotation @ flip @ _translation_matrix(-0.5, -0.5))


def invert_map(mapping: Float64Array) -> Float64Array:
    """Return the inverse map.

    Example:
        >>> import numpy as np
        >>> invert_map(np.diag([2.0, 4.0, 1.0])).diagonal().tolist()
        [0.5, 0.25, 1.0]
    """
    return np.asarray(np.linalg.inv(mapping), np.float64)


def _translation_matrix(right: float, down: float) -> Float64Array:
    return np.array([[1, 0, right], [0, 1, down], [0, 0, 1]], np.float64)


def _scaling_matrix(across: float, down: float) -> Float64Array:
    return np.diag([across, down, 1.0])
