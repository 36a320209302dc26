"""Planners of the product steps: background and framing."""

from __future__ import annotations

from functools import partial
from typing import Final

import cv2

from packshot.arrays import Pixels
from packshot.enhance.framing import FILL, SMALLEST_SIDE, Frame, product_frame, reframe
from packshot.enhance.resize import resize, resized
from packshot.enhance.step import Intent, Step
from packshot.enhance.straighten import straighten, tilt_of, turned
from packshot.enhance.whiten import backdrop_of, whiten
from packshot.measure.geometry import border
from packshot.measure.planes import as_bytes
from packshot.photo.pixels import check_pixels

_WHITE_ENOUGH: Final = 253.0
_MOVED: Final = 0.04
_SPARE: Final = 1


def plan_whiten(pixels: Pixels, keep_shadows: bool = True) -> Step | None:
    """Whiten a nearly white background that is not white yet.

    Args:
        pixels: (H, W, 3) uint8.
        keep_shadows: Whether soft shadows stay.
    """
    backdrop = backdrop_of(pixels)
    if backdrop is None:
        return None
    darkest = float(backdrop.field.min()) - backdrop.noise
    if darkest >= _WHITE_ENOUGH:
        return None
    reason = f"background down to {darkest:.0f} of 255"
    step = partial(whiten, backdrop=backdrop, keep_shadows=keep_shadows)
    return Step("whiten-background", frozenset({Intent.BACKGROUND}), 255 - darkest, reason, step)


def plan_border(pixels: Pixels) -> Step | None:
    """Cut off a frame or bars around the picture, and one pixel more, which encoders smear."""
    check_pixels(pixels, "framing")
    left, top, right, bottom = border(as_bytes(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)))
    if not (left or top or right or bottom):
        return None
    spare = [side + _SPARE if side else 0 for side in (left, top, right, bottom)]
    height, width = pixels.shape[:2]
    frame = Frame(
        spare[0], spare[1], width - spare[0] - spare[2], height - spare[1] - spare[3], (255,) * 3
    )
    reason = f"border of {max(left, top, right, bottom)} pixels"
    return _framing("cut-border", frame, float(max(left, top, right, bottom)), reason)


def plan_straighten(pixels: Pixels) -> Step | None:
    """Straighten a small tilt that `tilt_of` is sure of."""
    tilt = tilt_of(pixels)
    if tilt is None:
        return None
    height, width = pixels.shape[:2]
    return Step(
        "straighten",
        frozenset({Intent.FRAMING}),
        abs(tilt.degrees),
        f"tilted by {tilt.degrees:.1f} degrees",
        partial(straighten, tilt=tilt),
        turned(width, height, tilt),
    )


def plan_framing(
    pixels: Pixels, fill: float = FILL, ratio: float | None = None, smallest: float = SMALLEST_SIDE
) -> Step | None:
    """Crop or pad so that the product is centred and fills the picture.

    Args:
        pixels: (H, W, 3) uint8.
        fill: Share of the tighter side that the product is to span.
        ratio: Width over height; None keeps the photo's.
        smallest: Long side in pixels that a crop must leave.
    """
    frame = product_frame(pixels, fill, ratio, smallest)
    if frame is None:
        return None
    height, width = pixels.shape[:2]
    edges = (
        (frame.left, width - frame.left - frame.width),
        (frame.top, height - frame.top - frame.height),
    )
    moved = max(max(map(abs, pair)) / side for pair, side in zip(edges, (width, height), strict=True))
    if moved < _MOVED:
        return None
    reason = f"product centred, filling {fill:.0%}"
    return _framing("frame-product", frame, float(moved), reason)


def plan_resize(pixels: Pixels, long_side: int) -> Step | None:
    """Bring the long side to a length."""
    check_pixels(pixels, "framing")
    height, width = pixels.shape[:2]
    if max(height, width) == long_side:
        return None
    reason = f"long side {max(height, width)} to {long_side} pixels"
    step = partial(resize, long_side=long_side)
    place = resized(width, height, long_side)
    return Step(
        "resize", frozenset({Intent.FRAMING}), long_side / max(height, width), reason, step, place
    )


def _framing(name: str, frame: Frame, strength: float, reason: str) -> Step:
    step = partial(reframe, frame=frame)
    return Step(name, frozenset({Intent.FRAMING}), strength, reason, step, frame.placement)
