"""Planners of the product steps: background and framing."""

from __future__ import annotations

from functools import partial
from typing import Final

import cv2

from packshot.arrays import Pixels
from packshot.enhance.framing import (
    DEFAULT_FILL_SHARE,
    MIN_LONG_SIDE,
    Frame,
    find_product_frame,
    reframe,
)
from packshot.enhance.resize import compute_resize_transform, resize
from packshot.enhance.step import Intent, Step
from packshot.enhance.straighten import compute_rotation_transform, estimate_tilt, straighten
from packshot.enhance.whiten import find_backdrop, whiten
from packshot.measure.geometry import border_thickness
from packshot.measure.planes import to_uint8
from packshot.photo.pixels import check_pixels

_WHITE_ENOUGH: Final = 253.0
"""Grey levels of the darkest part of a background, less its noise, from which it is white: room for an
encoder's rounding. A judgement."""

_MIN_SHIFT: Final = 0.04
"""Share of a side by which an edge of the frame must move: less is not worth another picture. A
judgement."""

_EXTRA_PIXELS: Final = 1
"""Pixels cut off beside a border: an encoder smears its edge so far."""


def plan_whiten(pixels: Pixels, keep_shadows: bool = True) -> Step | None:
    """Whiten a nearly white background that is not white yet.

    Args:
        pixels: (H, W, 3) uint8.
        keep_shadows: Whether soft shadows stay.

    Example:
        >>> from packshot import Photo
        >>> plan_whiten(Photo.open("examples/photos/speaker-sale-badge.jpg").pixels).reason
        'background down to 242 of 255'
    """
    backdrop = find_backdrop(pixels)
    if backdrop is None:
        return None
    darkest = float(backdrop.colour_field.min()) - backdrop.noise
    if darkest >= _WHITE_ENOUGH:
        return None
    reason = f"background down to {darkest:.0f} of 255"
    change = partial(whiten, backdrop=backdrop, keep_shadows=keep_shadows)
    return Step("whiten-background", frozenset({Intent.BACKGROUND}), 255 - darkest, reason, change)


def plan_border(pixels: Pixels) -> Step | None:
    """Cut off a frame or bars around the picture, and one pixel more, which encoders smear.

    Args:
        pixels: (H, W, 3) uint8.

    Example:
        >>> import numpy as np
        >>> pixels = np.random.default_rng(1).integers(60, 200, (200, 200, 3)).astype(np.uint8)
        >>> pixels[:12] = pixels[-12:] = 0
        >>> step = plan_border(pixels)
        >>> step.reason, step.apply(pixels).shape
        ('border of 12 pixels', (174, 200, 3))
    """
    check_pixels(pixels, "framing")
    left, top, right, bottom = border_thickness(to_uint8(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)))
    if not (left or top or right or bottom):
        return None
    cuts = [side + _EXTRA_PIXELS if side else 0 for side in (left, top, right, bottom)]
    height, width = pixels.shape[:2]
    frame = Frame(cuts[0], cuts[1], width - cuts[0] - cuts[2], height - cuts[1] - cuts[3], (255,) * 3)
    reason = f"border of {max(left, top, right, bottom)} pixels"
    return _make_framing_step("cut-border", frame, float(max(left, top, right, bottom)), reason)


def plan_straighten(pixels: Pixels) -> Step | None:
    """Straighten a small tilt that `estimate_tilt` is sure of.

    Args:
        pixels: (H, W, 3) uint8.

    Example:
        >>> import numpy as np
        >>> from packshot.enhance.straighten import Tilt
        >>> scene = np.full((400, 400, 3), 235, np.uint8)
        >>> scene[100:300, 80:320] = (60, 90, 150)
        >>> plan_straighten(straighten(scene, Tilt(-3.0, (235, 235, 235)))).reason
        'tilted by 3.0 degrees'
    """
    tilt = estimate_tilt(pixels)
    if tilt is None:
        return None
    height, width = pixels.shape[:2]
    return Step(
        "straighten",
        frozenset({Intent.FRAMING}),
        abs(tilt.degrees),
        f"tilted by {tilt.degrees:.1f} degrees",
        partial(straighten, tilt=tilt),
        compute_rotation_transform(width, height, tilt),
    )


def plan_framing(
    pixels: Pixels,
    fill_share: float = DEFAULT_FILL_SHARE,
    aspect_ratio: float | None = None,
    min_long_side: float = MIN_LONG_SIDE,
) -> Step | None:
    """Crop or pad so that the product is centred and fills the picture.

    Args:
        pixels: (H, W, 3) uint8.
        fill_share: Share of the tighter side that the product is to span.
        aspect_ratio: Width over height; None keeps the photo's.
        min_long_side: Long side in pixels that a crop must leave.

    Example:
        >>> from packshot import Photo
        >>> plan_framing(Photo.open("examples/photos/clay-bowl.jpg").pixels).reason
        'product centred, filling 85%'
        >>> plan_framing(Photo.open("examples/photos/mug.jpg").pixels) is None
        True
    """
    frame = find_product_frame(pixels, fill_share, aspect_ratio, min_long_side)
    if frame is None:
        return None
    height, width = pixels.shape[:2]
    edges = (
        (frame.left, width - frame.left - frame.width),
        (frame.top, height - frame.top - frame.height),
    )
    shift = max(max(map(abs, pair)) / side for pair, side in zip(edges, (width, height), strict=True))
    if shift < _MIN_SHIFT:
        return None
    reason = f"product centred, filling {fill_share:.0%}"
    return _make_framing_step("frame-product", frame, float(shift), reason)


def plan_resize(pixels: Pixels, long_side: int) -> Step | None:
    """Bring the long side to a length.

    Args:
        pixels: (H, W, 3) uint8.
        long_side: In pixels, at least 1.

    Raises:
        InvalidInput: Pixels of another type or shape, a side below 1.

    Example:
        >>> import numpy as np
        >>> plan_resize(np.zeros((300, 400, 3), np.uint8), long_side=800).reason
        'long side 400 to 800 pixels'
    """
    check_pixels(pixels, "framing")
    height, width = pixels.shape[:2]
    if max(height, width) == long_side:
        return None
    reason = f"long side {max(height, width)} to {long_side} pixels"
    change = partial(resize, long_side=long_side)
    transform = compute_resize_transform(width, height, long_side)
    return Step(
        "resize", frozenset({Intent.FRAMING}), long_side / max(height, width), reason, change, transform
    )


def _make_framing_step(name: str, frame: Frame, strength: float, reason: str) -> Step:
    change = partial(reframe, frame=frame)
    return Step(name, frozenset({Intent.FRAMING}), strength, reason, change, frame.transform)
