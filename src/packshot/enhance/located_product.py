"""Where the product is, for steps that move it or change what is behind it: for certain, or not at all.

Two ways that know nothing of each other tell: a plain background (`measure.background`) and the mask
network (`encode.mask`). On a background of one colour without grain the first is exact. On any other it
takes shadows and folds for the product, and the network must agree or be all but certain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Mask, Pixels
from packshot.encode.mask import MaskNetwork
from packshot.measure.background import Background, find_background
from packshot.measure.geometry import Box, centring, edge_touch, fill_box_side
from packshot.measure.planes import Planes, make_planes, to_uint8
from packshot.measure.product import ProductRegion, find_product, mask_to_region

_EXACT_TOLERANCE: Final = 10.0
"""Levels, 0..255: a background whose own pixels lie within it of its colour tells the product to the
pixel; the same as in `assess.product_location`."""

_MIN_AGREEMENT: Final = 0.8
"""Intersection over union of the product by the background and by the network, from which both mean
the same."""

_MIN_CONFIDENCE: Final = 0.9
"""Chance, 0..1, that the network's mask is right, from which it is believed alone. Of 28 photos of
clothes at home it reaches that on 23; of 8 photos of rooms, shelves and hands on none."""

_MAX_EDGE_TOUCH: Final = 0.5
"""Per cent of the picture's edge that the product may touch and still count as whole: the rounding of
its mask."""

_NETWORK_MARGIN: Final = 1 / 128
"""Share of each side by which a box of the network may be too small: a cell of its map."""


@dataclass(frozen=True, eq=False)
class LocatedProduct:
    """The product of a photo.

    Attributes:
        box: Left, top, width, height in native pixels, without its shadow where that is known.
        mask: (h, w) True on the product, working size.
        size: Height and width of the photo in pixels.
        background: The plain background around it; None where the network alone tells.
        is_exact: Whether the box is right to the pixel.

    Example:
        >>> from packshot import Photo
        >>> bowl = Photo.open("examples/photos/bowl-small-off-centre.jpg").pixels
        >>> product = locate_product(bowl, MaskNetwork.load_shipped())
        >>> product.is_exact, product.is_whole, round(product.fill_share, 2), product.offset > 0.2
        (True, True, 0.32, True)
    """

    box: Box
    mask: Mask
    size: tuple[int, int]
    background: Background | None
    is_exact: bool

    @property
    def is_whole(self) -> bool:
        """Whether the picture's edge cuts nothing of it."""
        return edge_touch(self.mask)[0] <= _MAX_EDGE_TOUCH

    @property
    def fill_share(self) -> float:
        """Share of the tighter side that it spans, 0..1."""
        return fill_box_side(self.box, *self.size[::-1]) / 100

    @property
    def offset(self) -> float:
        """Distance of its centre from the picture's, as a share of the side, 0..0.5."""
        return centring(self.box, *self.size[::-1]) / 100


def locate_product(pixels: Pixels, network: MaskNetwork) -> LocatedProduct | None:
    """Locate the product.

    Args:
        pixels: (H, W, 3) uint8.
        network: Asked where the background does not tell.

    Returns:
        None where nobody is certain.

    Raises:
        InvalidInput: Pixels of another type or shape.

    Example:
        >>> import numpy as np
        >>> scene = np.full((800, 800, 3), 245, np.uint8)
        >>> scene[60:560, 40:540] = (60, 90, 150)
        >>> locate_product(scene, MaskNetwork.load_shipped()).box
        (40, 60, 500, 500)
    """
    planes = make_planes(pixels)
    background = find_background(planes.small)
    plain = find_product(planes, background) if background else None
    if plain is not None and background is not None and _is_exact(background):
        return _make(plain.box, plain.mask, planes, background, is_exact=True)
    seen = _ask_network(planes, network)
    if seen is None:
        return None
    region, confidence = seen
    if plain is not None and measure_overlap(plain.mask, region.mask) >= _MIN_AGREEMENT:
        return _make(plain.box, plain.mask, planes, background, is_exact=False)
    if confidence < _MIN_CONFIDENCE:
        return None
    return _make(_widen(region.box, planes), region.mask, planes, None, is_exact=False)


def predict_product(pixels: Pixels, network: MaskNetwork, size: tuple[int, int]) -> Float32Array:
    """Predict how likely each place is product.

    Args:
        pixels: (H, W, 3) uint8.
        network: The mask network.
        size: Height and width of the answer.

    Returns:
        (h, w) 0..1.

    Example:
        >>> from packshot import Photo
        >>> mug = Photo.open("examples/photos/mug.jpg").pixels
        >>> likely = predict_product(mug, MaskNetwork.load_shipped(), size=(100, 100))
        >>> bool(likely[50, 50] > 0.9), bool(likely[2, 2] < 0.1)
        (True, True)
    """
    product = network.predict(pixels).product
    return np.asarray(cv2.resize(product, size[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def measure_overlap(one: Mask, other: Mask) -> float:
    """Measure the intersection over union of two masks of one size, 0..1.

    Example:
        >>> measure_overlap(np.array([True, True, False]), np.array([True, False, False]))
        0.5
    """
    union = np.count_nonzero(one | other)
    return float(np.count_nonzero(one & other) / union) if union else 0.0


def _is_exact(background: Background) -> bool:
    return background.is_even and background.tolerance <= _EXACT_TOLERANCE


def _ask_network(planes: Planes, network: MaskNetwork) -> tuple[ProductRegion, float] | None:
    prediction = network.predict(planes.pixels)
    confidence = network.confidence(prediction)
    region = mask_to_region(planes, prediction.product, confidence)
    return None if region is None else (region, confidence)


def _widen(box: Box, planes: Planes) -> Box:
    """Widen a box by a cell of the network's map, inside the picture."""
    height, width = planes.grey.shape
    across, down = round(_NETWORK_MARGIN * width), round(_NETWORK_MARGIN * height)
    left, top = max(0, box[0] - across), max(0, box[1] - down)
    right = min(width, box[0] + box[2] + across)
    bottom = min(height, box[1] + box[3] + down)
    return left, top, right - left, bottom - top


def _make(
    box: Box, mask: Mask, planes: Planes, background: Background | None, *, is_exact: bool
) -> LocatedProduct:
    height, width = planes.grey.shape
    return LocatedProduct(box, np.asarray(to_uint8(mask) > 0), (height, width), background, is_exact)
