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
    """A way to cut photos into tiles.

    Attributes:
        core: Side of the squares that make up the result, pixels.
        margin: What the network sees beyond each square, at least as far as its view of each pixel
            reaches; at the photo's own edges there is none.
        stride: Core and margin are multiples of it, so that all tiles lie on one grid; sides of what the
            network gets are, too, by mirroring at the photo's lower and right edge.

    Raises:
        InvalidInput: No core, or a core or margin that is no multiple of the stride.

    Example:
        >>> tiling = Tiling(core=64, margin=16, stride=16)
        >>> [(span.source_begin, span.source_end) for span in tiling.iter_spans(150)]
        [(0, 80), (48, 144), (112, 150)]
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
    """Part of one side: for `begin` to `end` the result needs `source_begin` to `source_end`.

    Example:
        >>> Span(begin=64, end=128, source_begin=48, source_end=144).tile_slice
        slice(16, 80, None)
    """

    begin: int
    end: int
    source_begin: int
    source_end: int

    @property
    def result_slice(self) -> slice:
        """The part of the photo that the result goes to."""
        return slice(self.begin, self.end)

    @property
    def source_slice(self) -> slice:
        """The part of the photo that the network sees."""
        return slice(self.source_begin, self.source_end)

    @property
    def tile_slice(self) -> slice:
        """The part of the tile that is the result."""
        return slice(self.begin - self.source_begin, self.end - self.source_begin)


def apply_by_tiles(pixels: Pixels, change: Change, tiling: Tiling) -> Pixels:
    """Change a photo tile by tile; the same as all at once, as long as the margin is wide enough.

    Args:
        pixels: (H, W, 3) uint8.
        change: Takes and gives (h, w, 3) uint8, h and w multiples of the stride.
        tiling: How to cut.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> import numpy as np
        >>> pixels = np.arange(3 * 40 * 50, dtype=np.uint32).reshape(40, 50, 3).astype(np.uint8)
        >>> inverted = apply_by_tiles(pixels, lambda tile: 255 - tile, Tiling(16, 8, 8))
        >>> bool((inverted == 255 - pixels).all())
        True
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
    """Extend a photo below and on the right by mirroring, until both sides are multiples of `stride`.

    Args:
        pixels: (H, W, 3) uint8.
        stride: In pixels, at least 1.

    Returns:
        (h, w, 3) uint8, h and w multiples of the stride.

    Example:
        >>> import numpy as np
        >>> mirror_to_stride(np.zeros((30, 50, 3), np.uint8), stride=16).shape
        (32, 64, 3)
    """
    height, width = pixels.shape[:2]
    below, right = -height % stride, -width % stride
    if not below and not right:
        return np.ascontiguousarray(pixels)
    return np.asarray(
        cv2.copyMakeBorder(np.ascontiguousarray(pixels), 0, below, 0, right, cv2.BORDER_REFLECT),
        np.uint8,
    )
