"""Framing: crop or pad so that the product sits in the middle and fills the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Pixels
from packshot.enhance.affine import AffineTransform
from packshot.enhance.goals import PresentationGoals
from packshot.enhance.located_product import LocatedProduct
from packshot.errors import InvalidInput
from packshot.measure.background import find_far_background, unevenness
from packshot.measure.geometry import Box, centring, fill_box_side
from packshot.measure.planes import make_planes
from packshot.photo.pixels import check_pixels
from packshot.report import AbstentionReason

_MAX_UNEVENNESS: Final = 3.0
"""L*, from `measure.background.unevenness`: on a less even background what is added would show."""

_MAX_TOLERANCE: Final = 16.0
"""Levels, 0..255, of `Background.tolerance`: a background with more grain (a carpet, a cloth) cannot be
carried on by a smooth colour. A judgement."""

_EDGE_BLUR: Final = 31
"""Pixels along the edge over which its colour is averaged before it is carried on: wide enough for
grain, narrow enough to follow a shade. A judgement."""

_MIN_GAIN: Final = 0.04
"""Share of a side by which the product must come to fill more, or sit nearer to the middle: less is not
worth another picture. A judgement."""

_MIN_MARGIN: Final = 0.02
"""Share of a side that stays free around a product whose place is not known to the pixel."""

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Frame:
    """A rectangle of a photo, or reaching beyond it.

    Attributes:
        left: First column; negative where it begins outside.
        top: First row.
        width: In pixels.
        height: In pixels.
        fill_colour: The colour of what lies outside the photo; None carries the photo's edge on.

    Example:
        >>> frame = Frame(left=-10, top=0, width=120, height=80, fill_colour=(255, 255, 255))
        >>> frame.has_padding(height=80, width=100), frame.transform.width
        (True, 120)
    """

    left: int
    top: int
    width: int
    height: int
    fill_colour: Colour | None

    @property
    def transform(self) -> AffineTransform:
        """The map from the photo's pixels to the frame's."""
        return AffineTransform.from_crop(self.left, self.top, self.width, self.height)

    def has_padding(self, height: int, width: int) -> bool:
        """Return whether it reaches beyond a photo of that size."""
        exceeds_bottom, exceeds_right = self.top + self.height > height, self.left + self.width > width
        return self.left < 0 or self.top < 0 or exceeds_bottom or exceeds_right


def compute_frame(
    box: Box,
    size: tuple[int, int],
    fill_share: float,
    aspect_ratio: float | None = None,
    fill_colour: Colour | None = (255,) * 3,
) -> Frame:
    """Compute the frame in which a box is centred and spans a share of the tighter side.

    Args:
        box: Of the product: left, top, width, height in pixels.
        size: Height and width of the photo.
        fill_share: Share of the side, above 0, at most 1.
        aspect_ratio: Width over height wanted; None keeps the photo's.
        fill_colour: For what lies outside the photo; None carries its edge on.

    Raises:
        InvalidInput: An empty box, a share outside 0..1, a ratio of 0 or less.

    Example:
        >>> frame = compute_frame((100, 200, 170, 100), size=(600, 600), fill_share=0.85)
        >>> frame.left, frame.top, frame.width, frame.height
        (85, 150, 200, 200)
    """
    left, top, box_width, box_height = box
    target_ratio = size[1] / size[0] if aspect_ratio is None else aspect_ratio
    if min(box_width, box_height) < 1 or not 0 < fill_share <= 1 or target_ratio <= 0:
        raise InvalidInput(
            f"framing: box {box}, fill {fill_share} and ratio {aspect_ratio} make no frame"
        )
    height = max(box_height, box_width / target_ratio) / fill_share
    width, height = max(box_width, round(height * target_ratio)), max(box_height, round(height))
    return Frame(
        left + (box_width - width) // 2, top + (box_height - height) // 2, width, height, fill_colour
    )


def reframe(pixels: Pixels, frame: Frame) -> Pixels:
    """Cut out a frame; pixels inside the photo are copied exactly.

    Args:
        pixels: (H, W, 3) uint8 or uint16.
        frame: Must share at least a pixel with the photo.

    Returns:
        (frame.height, frame.width, 3) of the same type.

    Raises:
        InvalidInput: Pixels of another type or shape, a frame that misses the photo.

    Example:
        >>> import numpy as np
        >>> pixels = np.full((2, 2, 3), 7, np.uint8)
        >>> reframe(pixels, Frame(-1, 0, 3, 1, (255, 255, 255)))[0, :, 0].tolist()
        [255, 7, 7]
    """
    check_pixels(pixels, "framing", allows_16_bits=True)
    height, width = pixels.shape[:2]
    left, top = max(frame.left, 0), max(frame.top, 0)
    right, bottom = min(frame.left + frame.width, width), min(frame.top + frame.height, height)
    if left >= right or top >= bottom:
        raise InvalidInput(f"framing: {frame} misses a photo of {width} x {height}")
    inside = pixels[top:bottom, left:right]
    pads = (
        (top - frame.top, frame.top + frame.height - bottom),
        (left - frame.left, frame.left + frame.width - right),
    )
    if not any(map(any, pads)):
        return inside.copy()
    colour = frame.fill_colour
    result = _carry_on(inside, pads) if colour is None else _surround(inside, pads, colour)
    result[pads[0][0] : pads[0][0] + bottom - top, pads[1][0] : pads[1][0] + right - left] = inside
    return result


def propose_frame(
    pixels: Pixels, product: LocatedProduct, goals: PresentationGoals
) -> Frame | AbstentionReason | None:
    """Propose the frame in which the product has the size and the place wanted.

    What has them already is left alone. A closer crop ends where it would leave fewer pixels than are
    wanted: the product then is in the middle, and as large as that allows. A background that cannot be
    carried on is cropped only.

    Args:
        pixels: (H, W, 3) uint8.
        product: From `located_product.locate_product`, of these pixels.
        goals: The size, place and ratio wanted.

    Returns:
        None where nothing is to be done; the reason where it cannot be.

    Example:
        >>> import numpy as np
        >>> from packshot.encode.mask import MaskNetwork
        >>> from packshot.enhance.located_product import locate_product
        >>> scene = np.full((800, 800, 3), 245, np.uint8)
        >>> scene[60:560, 40:540] = (60, 90, 150)
        >>> product = locate_product(scene, MaskNetwork.load_shipped())
        >>> frame = propose_frame(scene, product, PresentationGoals())
        >>> frame.left, frame.top, frame.width, frame.height
        (-4, 16, 588, 588)
    """
    height, width = product.size
    ratio = goals.choose_aspect(width / height)
    if _is_presented(product, goals) and ratio == width / height:
        return None
    if not product.is_whole:
        return AbstentionReason.CUT_OFF
    fill_colour, can_pad = _find_padding(pixels, product)
    share = _limit_share(product, goals, ratio)
    frame = compute_frame(product.box, product.size, share, ratio, fill_colour)
    if ratio != width / height and not can_pad and frame.has_padding(height, width):
        return AbstentionReason.NO_SPACE
    if frame.has_padding(height, width) and not can_pad:
        fitted = _fit_inside(frame, product)
        is_better = fitted is not None and _is_better(fitted, product, goals)
        return fitted if is_better else AbstentionReason.NO_SPACE
    if ratio != width / height or _is_better(frame, product, goals):
        return frame
    return AbstentionReason.TOO_FEW_PIXELS if share < _wanted_share(product, goals) else None


def _is_presented(product: LocatedProduct, goals: PresentationGoals) -> bool:
    low, high = goals.fill_range
    return low <= product.fill_share <= high and product.offset <= goals.max_offset


def _wanted_share(product: LocatedProduct, goals: PresentationGoals) -> float:
    """Share to aim at: what it has, if it is large enough and only off centre."""
    if goals.fill_share <= product.fill_share <= goals.fill_range[1]:
        return min(product.fill_share, 1.0)
    return goals.fill_share


def _limit_share(product: LocatedProduct, goals: PresentationGoals, ratio: float) -> float:
    """Share of the side that leaves the pixels wanted, as far as the photo has them."""
    share = _wanted_share(product, goals)
    frame = compute_frame(product.box, product.size, share, ratio)
    long_side, short_side = max(frame.width, frame.height), min(frame.width, frame.height)
    least_long = min(goals.min_long_side, max(product.size))
    least_short = min(goals.min_short_side, min(product.size))
    # Half a pixel more, so that rounding leaves no pixel too few.
    return share / max(1.0, (least_long + 0.5) / long_side, (least_short + 0.5) / short_side)


def _find_padding(pixels: Pixels, product: LocatedProduct) -> tuple[Colour | None, bool]:
    """Find the colour to pad with, None for the edge's own, and whether padding would show."""
    background = product.background
    if background is None or background.tolerance > _MAX_TOLERANCE:
        return None, False
    planes = make_planes(pixels)
    far = find_far_background(background.mask, planes.factor)
    if unevenness(planes.lab, far) > _MAX_UNEVENNESS:
        return None, False
    is_white = product.is_exact and float(np.median(planes.small[far > 0])) == 255
    return ((255, 255, 255) if is_white else None), True


def _fit_inside(frame: Frame, product: LocatedProduct) -> Frame | None:
    """Move and shrink a frame into the photo; None where too little stays around the product."""
    height, width = product.size
    scale = min(1.0, width / frame.width, height / frame.height)
    across, down = round(scale * frame.width), round(scale * frame.height)
    left, top = _centre_of(product.box, across, down)
    left, top = int(np.clip(left, 0, width - across)), int(np.clip(top, 0, height - down))
    box = product.box
    margins = (
        (box[0] - left) / across,
        (left + across - box[0] - box[2]) / across,
        (box[1] - top) / down,
        (top + down - box[1] - box[3]) / down,
    )
    return Frame(left, top, across, down, None) if min(margins) >= _MIN_MARGIN else None


def _centre_of(box: Box, width: int, height: int) -> tuple[int, int]:
    """Left and top of a frame of a size around a box."""
    return box[0] + (box[2] - width) // 2, box[1] + (box[3] - height) // 2


def _is_better(frame: Frame, product: LocatedProduct, goals: PresentationGoals) -> bool:
    """Return whether the product is plainly nearer to its goals, and in neither farther from them."""
    box = (product.box[0] - frame.left, product.box[1] - frame.top, *product.box[2:])
    offset = centring(box, frame.width, frame.height) / 100
    missing = _miss(fill_box_side(box, frame.width, frame.height) / 100, goals)
    missed_offset, missed_fill = max(product.offset, goals.max_offset), _miss(product.fill_share, goals)
    if offset > missed_offset or missing > missed_fill + 1e-6:
        return False
    return product.offset - offset >= _MIN_GAIN or missed_fill - missing >= _MIN_GAIN


def _miss(share: float, goals: PresentationGoals) -> float:
    """How far a share is from the one to aim at, if it is out of the range that is left alone."""
    low, high = goals.fill_range
    return 0.0 if low <= share <= high else abs(share - goals.fill_share)


Pads = tuple[tuple[int, int], tuple[int, int]]
"""Rows above and below, columns before and behind."""


def _surround(inside: Pixels, pads: Pads, colour: Colour) -> Pixels:
    (above, below), (before, behind) = pads
    height, width = inside.shape[:2]
    result = np.empty((height + above + below, width + before + behind, 3), inside.dtype)
    result[:] = np.array(colour) * (np.iinfo(inside.dtype).max // 255)
    return result


def _carry_on(inside: Pixels, pads: Pads) -> Pixels:
    """Carry the colours of the edge on, averaged along it, so that neither seam nor streak shows."""
    edge = inside.astype(np.float32)
    edge[0], edge[-1] = (_blur_line(line) for line in (edge[:2].mean(0), edge[-2:].mean(0)))
    edge[:, 0], edge[:, -1] = (_blur_line(line) for line in (edge[:, :2].mean(1), edge[:, -2:].mean(1)))
    sides = (*pads[0], *pads[1])
    return np.asarray(
        cv2.copyMakeBorder(np.rint(edge).astype(inside.dtype), *sides, cv2.BORDER_REPLICATE)
    )


def _blur_line(line: Float32Array) -> Float32Array:
    """(N, 3) averaged along the line; beyond its ends it goes on as it ends."""
    blurred = cv2.blur(line[None], (_EDGE_BLUR, 1), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(blurred[0], np.float32)
