"""Photos of any size through a network that takes tiles, in bounded memory and without seams."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from packshot.arrays import Pixels
from packshot.errors import InvalidInput

Change = Callable[[Pixels], Pixels]


@dataclass(frozen=True)
class Tiling:
    """How a photo is cut.

    Attributes:
        core: Side of the squares that make up the result, pixels.
        margin: What the network sees beyond each square, at least as far as its view of each pixel
            reaches; at the photo's own edges there is none.
        stride: Core and margin are multiples of it, so that all tiles lie on one grid; sides of what the
            network gets are, too, by mirroring at the photo's lower and right edge.
    """

    core: int
    margin: int
    stride: int

    def __post_init__(self) -> None:
        if self.core < 1 or self.margin < 0 or self.stride < 1:
            raise InvalidInput(f"a tiling needs a core of at least one pixel: {self}")
        if self.core % self.stride or self.margin % self.stride:
            raise InvalidInput(f"core and margin must be multiples of the stride: {self}")

    def iter_spans(self, length: int) -> Iterator[Span]:
        """Cut one side of a photo, `length` pixels long."""
        for begin in range(0, length, self.core):
            end = min(begin + self.core, length)
            yield Span(begin, end, max(0, begin - self.margin), min(length, end + self.margin))


@dataclass(frozen=True)
class Span:
    """Part of one side: for `begin` to `end` the result needs `source_begin` to `source_end`."""

    begin: int
    end: int
    source_begin: int
    source_end: int

    @property
    def result_slice(self) -> slice:
        """Where in the photo the result goes."""
        return slice(self.begin, self.end)

    @property
    def source_slice(self) -> slice:
        """What of the photo the network sees."""
        return slice(self.source_begin, self.source_end)

    @property
    def tile_slice(self) -> slice:
        """Where in the tile the result lies."""
        return slice(self.begin - self.source_begin, self.end - self.source_begin)


def apply_by_tiles(pixels: Pixels, change: Change, tiling: Tiling) -> Pixels:
    """Change a photo tile by tile; the same as all at once, as long as the margin is wide enough.

    Args:
        pixels: (H, W, 3) uint8.
        change: Takes and gives (h, w, 3) uint8, h and w multiples of the stride.
        tiling: How to cut.

    Returns:
        (H, W, 3) uint8.
    """
    height, width = pixels.shape[:2]
    result = np.empty_like(pixels)
    for row_span in tiling.iter_spans(height):
        for column_span in tiling.iter_spans(width):
            tile = mirror_to_stride(
                pixels[row_span.source_slice, column_span.source_slice], tiling.stride
            )
            result[row_span.result_slice, column_span.result_slice] = change(tile)[
                row_span.tile_slice, column_span.tile_slice
            ]
    return result


def mirror_to_stride(pixels: Pixels, stride: int) -> Pixels:
    """Extend a photo below and on the right by mirroring, until both sides are multiples of `stride`."""
    height, width = pixels.shape[:2]
    below, right = -height % stride, -width % stride
    if not below and not right:
        return np.ascontiguousarray(pixels)
    return np.asarray(
        cv2.copyMakeBorder(np.ascontiguousarray(pixels), 0, below, 0, right, cv2.BORDER_REFLECT),
        np.uint8,
    )
