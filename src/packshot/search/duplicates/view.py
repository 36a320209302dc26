"""Views of photos for comparing: small, with features found once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from packshot.arrays import ByteArray, Float32Array, Pixels
from packshot.photo import Photo
from packshot.search.duplicates.frames import Box, find_content_box, full_box

VIEW_SIDE = 384
"""Pixels of the long side at which photos are compared. A judgement: less work than at full size."""

_MAX_FEATURES = 700
"""Features kept of a view, the strongest; OpenCV keeps all by default, and matching takes the product
of both numbers."""

_MIN_CONTRAST = 0.015
"""Contrast, 0..1, below which a feature is dropped. OpenCV's default is 0.04, which finds fewer."""


@dataclass(frozen=True, eq=False)
class Features:
    """Points that can be found again in a scaled and turned copy.

    Attributes:
        points: (K, 2) x, y in pixels of the view.
        descriptors: (K, 128), square roots of SIFT's shares (RootSIFT; Arandjelovic, Zisserman 2012).

    Example:
        >>> import numpy as np
        >>> features = PhotoView.from_photo(Photo.open("examples/photos/mug.jpg")).features
        >>> lengths = np.linalg.norm(features.descriptors, axis=1)
        >>> len(features.points) == len(lengths) > 0, bool(np.allclose(lengths, 1, atol=1e-3))
        (True, True)
    """

    points: Float32Array
    descriptors: Float32Array

    @cached_property
    def mirror_descriptors(self) -> Float32Array:
        """(K, 128) descriptors of the same points in the mirror image.

        A descriptor is a grid of 4 x 4 cells of 8 directions, turned to the point's own direction; in
        the mirror the rows across that direction come in reverse and directions change their sign.
        """
        cells = self.descriptors.reshape(-1, 4, 4, 8)
        mirror_cells = cells[:, ::-1][..., (-np.arange(8)) % 8]
        return np.ascontiguousarray(mirror_cells.reshape(-1, 128))


@dataclass(frozen=True, eq=False)
class PhotoView:
    """A photo of at most `VIEW_SIDE` pixels a side.

    Attributes:
        pixels: (H, W, 3) RGB.
        scale: Length of a pixel of the file in pixels of the view, 1 at most.
        load_detail: Loads the photo larger; None where there is no more than the view.

    Example:
        >>> view = PhotoView.from_photo(Photo.open("examples/photos/mug.jpg"))  # Of 800 x 800 pixels.
        >>> view.size, view.scale
        ((384, 384), 0.48)
    """

    pixels: Pixels
    scale: float
    load_detail: Callable[[], Pixels] | None = None

    @classmethod
    def from_photo(cls, photo: Photo, load_detail: Callable[[], Pixels] | None = None) -> PhotoView:
        """Make the view of a photo.

        Args:
            photo: The photo.
            load_detail: Loads it larger when that is asked for; None keeps its pixels.
        """
        longest = max(photo.pixels.shape[:2])
        factor = min(1.0, VIEW_SIDE / longest)
        size = [max(1, round(side * factor)) for side in photo.pixels.shape[1::-1]]
        pixels = cv2.resize(photo.pixels, size, interpolation=cv2.INTER_AREA)
        file_side = max(photo.facts.width, photo.facts.height, 1)
        return cls(
            np.asarray(pixels, np.uint8), max(size) / file_side, load_detail or (lambda: photo.pixels)
        )

    @property
    def detail(self) -> Pixels:
        """(H, W, 3) RGB, as large as can be had."""
        return self.pixels if self.load_detail is None else self.load_detail()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]

    @cached_property
    def grey(self) -> Float32Array:
        """(H, W) 0..255."""
        return np.asarray(cv2.cvtColor(self.pixels, cv2.COLOR_RGB2GRAY), np.float32)

    @cached_property
    def frame(self) -> Box:
        """The whole view."""
        return full_box(self.pixels)

    @cached_property
    def content_area(self) -> Box:
        """The view without edges of one colour."""
        return find_content_box(self.pixels)

    @cached_property
    def features(self) -> Features:
        """SIFT features, found on first use."""
        detector = cv2.SIFT_create(nfeatures=_MAX_FEATURES, contrastThreshold=_MIN_CONTRAST)
        grey: ByteArray = np.rint(self.grey).astype(np.uint8)
        keypoints, descriptors = detector.detectAndCompute(grey, None)
        if descriptors is None or not len(keypoints):
            return Features(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.float32))
        points = np.array([point.pt for point in keypoints], np.float32) + np.float32(0.5)
        shares = descriptors / np.maximum(descriptors.sum(axis=1, keepdims=True), 1e-9)
        return Features(points, np.sqrt(shares).astype(np.float32))
