"""The background that was meant to be white: what light and colour are judged by where there is one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Mask, Pixels
from packshot.enhance.light import encode_srgb, linear_light_table
from packshot.measure.background import find_far_background, find_plain_background, unevenness
from packshot.measure.planes import make_planes
from packshot.measured_once import measured_once

_MIN_LIGHTNESS: Final = 52.0
"""L*, 0..100: a darker background was not meant to be white, however little light there was. A
judgement."""


@dataclass(frozen=True)
class ReferenceLimits:
    """Limits within which a plain light background is taken for white paper.

    Attributes:
        max_chroma: CIE chroma: beyond it a backdrop is coloured on purpose. A judgement.
        max_unevenness: L*, from `measure.background.unevenness`: a less even ground is a wall or a
            floor, as most light backgrounds are that are not white (see `find_white_reference`).

    Example:
        >>> ReferenceLimits().max_chroma
        36.0
    """

    max_chroma: float = 36.0
    max_unevenness: float = 5.0


LIMITS: Final = ReferenceLimits()

_LIGHTER_FACTOR: Final = 1.15
"""Factor on linear light, in every channel: what passes it is lighter than the background. Room for
noise."""

_MAX_LIGHTER_SHARE: Final = 0.005
"""Share of the picture that may be lighter, such as glints: with more, white is something else."""


class ReferenceSource(StrEnum):
    """The source of an estimate of the light: a background meant to be white, or the scene.

    Example:
        >>> from packshot import Photo
        >>> from packshot.enhance.white_balance import estimate_illuminant
        >>> warm = Photo.open("examples/photos/mug-warm-cast.jpg")
        >>> estimate_illuminant(warm.pixels).source is ReferenceSource.BACKGROUND
        True
    """

    BACKGROUND = "background"
    SCENE = "scene"


@dataclass(frozen=True, eq=False)
class WhiteReference:
    """A plain background that white paper may have been.

    Attributes:
        light: (3,) mean linear light of red, green and blue, 0..1.
        lightness: Its L*, 0..100.
        chroma: Its CIE chroma.
        unevenness: How uneven it is, L*.

    Example:
        >>> from packshot import Photo
        >>> warm = find_white_reference(Photo.open("examples/photos/mug-warm-cast.jpg").pixels)
        >>> round(warm.lightness), round(warm.chroma)
        (91, 25)
    """

    light: Float32Array
    lightness: float
    chroma: float
    unevenness: float


@measured_once
def find_white_reference(pixels: Pixels, limits: ReferenceLimits = LIMITS) -> WhiteReference | None:
    """Find a background that can serve as white.

    It is plain, even to 5 L*, at least 52 L* light, within a chroma of 36 of grey, and at most half
    a per cent of the picture is lighter. Of 509 light plain backgrounds of undamaged product
    photos, 88 % are white to 97 L*; most others are walls and floors, uneven.

    Args:
        pixels: (H, W, 3) uint8.
        limits: Others than those above, for who asks for more evidence besides.

    Returns:
        None where there is none.

    Raises:
        InvalidInput: Pixels of another type or shape.

    Example:
        >>> import numpy as np
        >>> scene = np.full((200, 200, 3), 220, np.uint8)
        >>> scene[60:140, 60:140] = (150, 40, 40)
        >>> round(find_white_reference(scene).lightness)
        88
        >>> find_white_reference(scene // 4) is None
        True
    """
    planes = make_planes(pixels)
    background = find_plain_background(pixels)
    if background is None:
        return None
    far_mask = find_far_background(background.mask, planes.factor)
    lightness, a, b, _ = cv2.mean(planes.lab, mask=far_mask)
    chroma = float(np.hypot(a - 128, b - 128))
    if lightness / 2.55 < _MIN_LIGHTNESS or chroma > limits.max_chroma:
        return None
    reference = WhiteReference(
        _mean_light(planes.small, far_mask > 0),
        lightness / 2.55,
        chroma,
        unevenness(planes.lab, far_mask),
    )
    if reference.unevenness > limits.max_unevenness:
        return None
    return None if _has_lighter_parts(planes.small, reference.light) else reference


def _has_lighter_parts(small: Pixels, light: Float32Array) -> bool:
    """Return whether so much is lighter than a background that it is no white.

    Args:
        small: (h, w, 3) uint8, working size.
        light: (3,) linear light of the background.

    Returns:
        True where every channel passes the background's by 15 % in so many pixels.
    """
    bound = encode_srgb(np.minimum(light * _LIGHTER_FACTOR, 1)) * 255
    return float((small > bound).all(axis=2).mean()) > _MAX_LIGHTER_SHARE


def _mean_light(small: Pixels, inside: Mask) -> Float32Array:
    return np.asarray(linear_light_table()[small[inside]].mean(axis=0, dtype=np.float64), np.float32)
