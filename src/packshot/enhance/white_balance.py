"""White balance: the colour of the light, found where it shows, and taken back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Pixels
from packshot.enhance.light import apply_light_curve, linear_light_table
from packshot.enhance.white_reference import ReferenceSource, WhiteReference, find_white_reference
from packshot.measure.planes import largest_channel, make_planes

_LUMINANCE: Final = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""Shares of linear red, green and blue in luminance (IEC 61966-2-1, the primaries of Rec. 709)."""

_FULL_TRUST_CHROMA, _NO_TRUST_CHROMA = 30.0, 40.0
"""CIE chroma of a background: up to the first its colour is taken for the light's, beyond the second
for a coloured backdrop; between, in proportion. A judgement; nothing beyond the second is a white
reference."""

_MIN_CHROMA: Final = 1.5
"""CIE chroma of a background below which the light is neutral: less is hardly to be seen."""

_MINKOWSKI_ORDER: Final = 6.0
"""Order of the mean: the one that Finlayson and Trezzi found best (CIC 2004)."""

_CLIPPED, _DARK = 0.95, 0.01
"""Linear light, 0..1, of a pixel's brightest channel: what is lighter is cut off, what is darker is
noise, and neither tells the light's colour. A judgement."""

_MAX_DISAGREEMENT: Final = 4.0
"""Degrees between two estimates of the light beyond which neither is believed. A judgement: scenes
without a white background are corrected only when the case is plain
(docs/decisions/0007-enhancement-steps.md)."""

_MIN_ANGLE, _MAX_ANGLE = 6.0, 25.0
"""Degrees off grey: a scene nearer than the first is neutral enough, farther than the second coloured
on purpose. Of 44 undamaged photos one lies between whose two estimates agree, of 13 with a cast that no
background told of five (docs/decisions/0035-guards-that-count-everything.md)."""

_DAMPING: Final = 0.6
"""Share of the cast that is taken back where only the scene tells of it: evening light is not wrong."""

_GREY: Final = np.ones(3, np.float32)
"""Neutral light."""

_MIN_PIXELS: Final = 500
"""Usable pixels, at working size, below which a scene tells nothing. A judgement."""


@dataclass(frozen=True, eq=False)
class Illuminant:
    """The colour of the light.

    Attributes:
        light: (3,) linear red, green and blue of what should be grey, of luminance 1.
        correction_share: 0..1, how much of it to take back.
        source: What it was estimated from.

    Example:
        >>> import numpy as np
        >>> warm = Illuminant(np.array([1.2, 1.0, 0.6], np.float32), 1.0, ReferenceSource.BACKGROUND)
        >>> (warm.light * warm.gains).round(2).tolist()
        [1.2000000476837158, 1.2000000476837158, 1.2000000476837158]
    """

    light: Float32Array
    correction_share: float
    source: ReferenceSource

    @property
    def gains(self) -> Float32Array:
        """(3,) factors for linear light; of what should be grey, the brightest channel stays."""
        damped = (1 / np.maximum(self.light, 1e-3)) ** self.correction_share
        return np.asarray(damped * self.light.max() / (self.light * damped).max(), np.float32)


def estimate_illuminant(pixels: Pixels) -> Illuminant | None:
    """Estimate the colour of the light.

    On a plain background that can serve as white, its colour; beyond a chroma of 30, where it may
    well be a coloured backdrop, trusted less, and beyond 36, where it is no white reference, not at
    all. Elsewhere shades of grey (Finlayson and Trezzi, CIC 2004) and grey edges (van de Weijer,
    Gevers, Gijsenij, IEEE TIP 16(9), 2007) must agree within 4 degrees and lie 6 to 25 degrees off
    grey; then 60 % is taken back. A picture coloured on purpose lies beyond.

    Args:
        pixels: (H, W, 3) uint8.

    Returns:
        None where the light is neutral already, or cannot be estimated.

    Raises:
        InvalidInput: Pixels of another type or shape.

    Example:
        >>> from packshot import Photo
        >>> warm = estimate_illuminant(Photo.open("examples/photos/mug-warm-cast.jpg").pixels)
        >>> warm.source.value, bool(warm.light[0] > warm.light[2])
        ('background', True)
        >>> estimate_illuminant(Photo.open("examples/photos/mug.jpg").pixels) is None
        True
    """
    white = find_white_reference(pixels)
    return (
        _estimate_from_scene(make_planes(pixels).small)
        if white is None
        else _estimate_from_background(white)
    )


def correct_white_balance(pixels: Pixels, illuminant: Illuminant) -> Pixels:
    """Take a cast back by von Kries's rule: a factor for each channel of linear light.

    Args:
        pixels: (H, W, 3) uint8 or uint16.
        illuminant: From `estimate_illuminant`.

    Returns:
        The same shape and type.

    Example:
        >>> from packshot import Photo
        >>> pixels = Photo.open("examples/photos/mug-warm-cast.jpg").pixels
        >>> corrected = correct_white_balance(pixels, estimate_illuminant(pixels))
        >>> top_left = [image[:50, :50].mean(axis=(0, 1)).round(-1) for image in (pixels, corrected)]
        >>> [colour.tolist() for colour in top_left]
        [[250.0, 230.0, 180.0], [250.0, 250.0, 250.0]]
    """
    return apply_light_curve(pixels, lambda light: light * illuminant.gains)


def _estimate_from_background(white: WhiteReference) -> Illuminant | None:
    if white.chroma < _MIN_CHROMA:
        return None
    correction_share = float(np.interp(white.chroma, (_FULL_TRUST_CHROMA, _NO_TRUST_CHROMA), (1, 0)))
    return Illuminant(_normalise_luminance(white.light), correction_share, ReferenceSource.BACKGROUND)


def _estimate_from_scene(small: Pixels) -> Illuminant | None:
    estimates = _estimate_scene_light(small)
    if estimates is None or colour_angle(*estimates) > _MAX_DISAGREEMENT:
        return None
    middle = _mean_light_colour(*estimates)
    if not _MIN_ANGLE <= colour_angle(middle, _GREY) <= _MAX_ANGLE:
        return None
    return Illuminant(middle, _DAMPING, ReferenceSource.SCENE)


def scene_cast_angle(pixels: Pixels) -> float | None:
    """Measure how far from grey the light of a scene is, whatever its background.

    Args:
        pixels: (H, W, 3) uint8.

    Returns:
        Degrees between grey and the mean of shades of grey and grey edges; None where too little is
        neither black nor cut off.

    Example:
        >>> from packshot import Photo
        >>> names = ("mug-warm-cast", "mug")
        >>> photos = [Photo.open(f"examples/photos/{name}.jpg").pixels for name in names]
        >>> warm, neutral = (scene_cast_angle(pixels) for pixels in photos)
        >>> warm > neutral + 3
        True
    """
    estimates = _estimate_scene_light(make_planes(pixels).small)
    return None if estimates is None else colour_angle(_mean_light_colour(*estimates), _GREY)


def _estimate_scene_light(small: Pixels) -> tuple[Float32Array, Float32Array] | None:
    """Shades of grey and grey edges, linear light (3,) each; None where too few pixels tell."""
    light = linear_light_table()[small]
    brightest = largest_channel(light)
    usable = (brightest < _CLIPPED) & (brightest > _DARK)
    if np.count_nonzero(usable) < _MIN_PIXELS:
        return None
    return _minkowski_mean(light[usable]), _minkowski_mean(_gradient_lengths(light)[usable])


def _mean_light_colour(first: Float32Array, second: Float32Array) -> Float32Array:
    return _normalise_luminance(_normalise_luminance(first) + _normalise_luminance(second))


def _minkowski_mean(values: Float32Array) -> Float32Array:
    """(3,) mean of order 6 over (N, 3)."""
    return np.asarray(
        np.mean(values.astype(np.float64) ** _MINKOWSKI_ORDER, axis=0) ** (1 / _MINKOWSKI_ORDER)
    )


def _gradient_lengths(light: Float32Array) -> Float32Array:
    """(H, W, 3) length of the gradient."""
    across = cv2.Sobel(light, cv2.CV_32F, 1, 0, scale=1 / 8)
    down = cv2.Sobel(light, cv2.CV_32F, 0, 1, scale=1 / 8)
    return np.asarray(np.sqrt(across * across + down * down), np.float32)


def colour_angle(first: Float32Array, second: Float32Array) -> float:
    """Return the degrees between two colours of light, whatever their brightness.

    Args:
        first: (3,) linear light.
        second: (3,) linear light.

    Returns:
        0..90 for light, which is never negative.

    Example:
        >>> import numpy as np
        >>> grey, red = np.array([0.5, 0.5, 0.5]), np.array([1.0, 0.0, 0.0])
        >>> round(colour_angle(grey, 2 * grey), 1), round(colour_angle(grey, red), 1)
        (0.0, 54.7)
    """
    cosine = float(first @ second / max(float(np.linalg.norm(first) * np.linalg.norm(second)), 1e-12))
    return float(np.degrees(np.arccos(min(max(cosine, -1.0), 1.0))))


def _normalise_luminance(light: Float32Array) -> Float32Array:
    """Scale a colour to luminance 1."""
    return np.asarray(light / max(float(_LUMINANCE @ light), 1e-6), np.float32)
