"""White balance: the colour of the light, found where it shows, and taken back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Pixels
from packshot.enhance.lamp_light import (
    SHADOW_LIGHTNESS,
    apply_gains,
    complete_cut_off_light,
    distance_from_lamps,
    measure_grey_share,
)
from packshot.enhance.light import encode_srgb, linear_light_table
from packshot.enhance.white_reference import LIMITS as WHITE_LIMITS
from packshot.enhance.white_reference import (
    ReferenceLimits,
    ReferenceSource,
    WhiteReference,
    find_white_reference,
)
from packshot.measure.planes import largest_channel, make_planes
from packshot.measure.reference.ciede2000 import rgb_to_lab

_LUMINANCE: Final = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""Shares of linear red, green and blue in luminance (IEC 61966-2-1, the primaries of Rec. 709)."""

_FULL_TRUST_CHROMA, _NO_TRUST_CHROMA = 30.0, 40.0
"""CIE chroma of a background that no lamp makes so: up to the first its colour is taken for the light's,
beyond the second for a coloured backdrop; between, in proportion. A judgement."""

_PAPER: Final = ReferenceLimits(max_chroma=70.0, max_unevenness=7.0)
"""Paper that lamps of 2 500 K (a chroma of 64) colour, some unevenly. Of 779 undamaged photos 16 with a
chroma of 4 and more lie within, of which the limits below leave none
(docs/decisions/0044-casts-with-evidence.md)."""

_MIN_UNEVEN_CHROMA: Final = 15.0
"""CIE chroma from which paper may be less even than white paper is (`white_reference.LIMITS`): walls of
a tint of their own are uneven too (the same)."""

_MAX_LAMP_DISTANCE: Final = 0.25
"""Binary logarithms from the colours of lamps (`lamp_light.distance_from_lamps`): a background as near
is trusted whatever its chroma. The nearest of 7 undamaged ones with a chroma beyond 36 has 1.0 (the
same)."""

_MAX_GREY_BY_PAPER: Final = 0.015
"""Share of a photo that may be light and grey all the same (`lamp_light.measure_grey_share`): nine in
ten of 528 casts told by the background have less than .004, of undamaged photos with a light background
off grey one in seven (the same)."""

_MAX_PAPER_UNEVENNESS: Final = 3.0
"""L* up to which a background is paper that should be white; others are walls, which stay as light as
they are. Nine in ten white backgrounds under a cast have less than 1.2, four grey walls 4.9 to 6.7 (the
same)."""

_MIN_CHROMA: Final = 1.5
"""CIE chroma of a background below which the light is neutral: less is hardly to be seen."""

_MINKOWSKI_ORDER: Final = 6.0
"""Order of the mean: the one that Finlayson and Trezzi found best (CIC 2004)."""

_CLIPPED, _DARK = 0.95, 0.01
"""Linear light, 0..1, of a pixel's brightest channel: what is lighter is cut off, what is darker is
noise, and neither tells the light's colour. A judgement."""

_MAX_DISAGREEMENT, _MAX_DISAGREEMENT_IF_GREY = 6.0, 10.0
"""Degrees between two estimates of the light beyond which neither is believed; the second where much
becomes grey. With all limits of scenes together 14 of 762 undamaged ones lie within, nearly all of them
home photos in warm light, and 128 of 274 casts; with 4 degrees and no look at what is grey it was 45 and
120 (docs/decisions/0044-casts-with-evidence.md)."""

_MUCH_GREY: Final = 0.3
"""Share of a scene that must become grey for that (the same)."""

_MIN_ANGLE, _MAX_ANGLE = 8.0, 30.0
"""Degrees off grey: a scene nearer than the first is neutral enough, farther than the second coloured
on purpose (the same)."""

_MAX_LIGHTEST_ANGLE: Final = 9.0
"""Degrees between the estimates and the lightest tones of the channels (the same)."""

_MAX_SCENE_LAMP_DISTANCE: Final = 0.6
"""Binary logarithms from the colours of lamps beyond which what fills a scene is of that colour itself:
apples, a pink shirt (the same)."""

_MIN_GREY_AFTER: Final = 0.03
"""Share of a scene that must be grey once the light is (the same)."""

_MAX_GREY_RATIO, _MIN_GREY_BEFORE = 0.02, 0.001
"""Share of it that may be light and grey before, of what is grey after, and what always may: of 274
casts of scenes three quarters have less than the second (the same)."""

_LIGHTEST_PERCENTILE: Final = 99.5
"""Per cent of the pixels, slightly blurred, below the lightest tones: glints are no paper."""

_DAMPING: Final = 0.8
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
        overflow: Factor by which paper's brightest channel passes white, 1 where nothing is cut off;
            None where there is no paper that should be white.

    Example:
        >>> import numpy as np
        >>> seen = np.array([1.2, 1.0, 0.6], np.float32)
        >>> warm = Illuminant(seen, 1.0, ReferenceSource.BACKGROUND, overflow=1.0)
        >>> (warm.light * warm.gains).round(2).tolist()
        [1.2000000476837158, 1.2000000476837158, 1.2000000476837158]
    """

    light: Float32Array
    correction_share: float
    source: ReferenceSource
    overflow: float | None = None

    @property
    def gains(self) -> Float32Array:
        """(3,) factors for linear light.

        Paper's brightest channel stays as it is seen, and green gets no darker by paper; of the light on
        anything else the mean of the channels stays.
        """
        damped = (1 / np.maximum(self.light, 1e-3)) ** self.correction_share
        grey = self.light * damped
        if self.overflow is None:
            return np.asarray(damped * (self.light.mean() / grey.mean()), np.float32)
        gains = damped * self.light.max() / (grey.max() * self.overflow)
        return np.asarray(gains / min(1.0, float(gains[1])), np.float32)


def estimate_illuminant(pixels: Pixels) -> Illuminant | None:
    """Estimate the colour of the light.

    On a plain background that can serve as white, its colour, what is cut off of it completed from
    paper in the shade; beyond a chroma of 30 only as far as lamps have such colours. Elsewhere shades of
    grey (Finlayson and Trezzi, CIC 2004), grey edges (van de Weijer, Gevers, Gijsenij, IEEE TIP 16(9),
    2007) and the lightest tones must agree and lie 8 to 30 degrees off grey; then 80 % is taken back. A
    picture coloured on purpose lies beyond. Where light grey is to be seen the light is not coloured.

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
    white = find_white_reference(pixels, _PAPER)
    small = make_planes(pixels).small
    return _estimate_from_scene(small) if white is None else _estimate_from_background(white, small)


def correct_white_balance(pixels: Pixels, illuminant: Illuminant) -> Pixels:
    """Take a cast back by von Kries's rule: a factor for each channel of linear light.

    What is cut off does not get the opposite colour (`lamp_light.apply_gains`).

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
    return apply_gains(pixels, illuminant.gains)


def _estimate_from_background(white: WhiteReference, small: Pixels) -> Illuminant | None:
    is_uneven = white.unevenness > WHITE_LIMITS.max_unevenness
    if white.chroma < (_MIN_UNEVEN_CHROMA if is_uneven else _MIN_CHROMA):
        return None
    light = complete_cut_off_light(white.light, small)
    is_lamp = distance_from_lamps(light) <= _MAX_LAMP_DISTANCE
    share = float(np.interp(white.chroma, (_FULL_TRUST_CHROMA, _NO_TRUST_CHROMA), (1, 0)))
    correction_share = 1.0 if is_lamp else share
    is_coloured = white.chroma > WHITE_LIMITS.max_chroma and not is_lamp
    if is_coloured or measure_grey_share(small, white.chroma) > _MAX_GREY_BY_PAPER:
        return None
    is_paper = white.unevenness <= _MAX_PAPER_UNEVENNESS
    overflow = max(float(light.max() / white.light.max()), 1.0) if is_paper else None
    return Illuminant(
        _normalise_luminance(light), correction_share, ReferenceSource.BACKGROUND, overflow
    )


def _estimate_from_scene(small: Pixels) -> Illuminant | None:
    estimates = _estimate_scene_light(small)
    if estimates is None:
        return None
    light = _mean_light_colour(*estimates)
    is_coloured = _MIN_ANGLE <= colour_angle(light, _GREY) <= _MAX_ANGLE
    if not is_coloured or distance_from_lamps(light) > _MAX_SCENE_LAMP_DISTANCE:
        return None
    grey_after = _measure_grey_after(small, light)
    has_much_grey = grey_after >= _MUCH_GREY
    tolerance = _MAX_DISAGREEMENT_IF_GREY if has_much_grey else _MAX_DISAGREEMENT
    if grey_after < _MIN_GREY_AFTER or colour_angle(*estimates) > tolerance:
        return None
    if colour_angle(_find_lightest_tones(small), light) > _MAX_LIGHTEST_ANGLE:
        return None
    grey_before = measure_grey_share(small, _chroma_of_paper(light))
    if grey_before > max(_MIN_GREY_BEFORE, _MAX_GREY_RATIO * grey_after):
        return None
    return Illuminant(light, _DAMPING, ReferenceSource.SCENE)


def _measure_grey_after(small: Pixels, light: Float32Array) -> float:
    """Share of a scene that is grey once all of a light's colour is taken back."""
    gains = Illuminant(light, 1.0, ReferenceSource.SCENE).gains
    return measure_grey_share(apply_gains(small, gains), min_lightness=SHADOW_LIGHTNESS)


def _find_lightest_tones(small: Pixels) -> Float32Array:
    """(3,) linear light that a two-hundredth of the pixels pass, each channel its own."""
    light = cv2.GaussianBlur(linear_light_table()[small], (0, 0), 1.0).reshape(-1, 3)
    return np.asarray(np.percentile(light, _LIGHTEST_PERCENTILE, axis=0), np.float32)


def _chroma_of_paper(light: Float32Array) -> float:
    """CIE chroma of white paper in such a light."""
    paper = np.rint(encode_srgb(light / light.max()) * 255).astype(np.uint8)
    _, a, b = rgb_to_lab(paper[None, None])[0, 0]
    return float(np.hypot(a, b))


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
