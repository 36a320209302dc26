"""Colours that lamps have, and what a photo says of a cast that its paper says only in part.

A lamp that glows has a colour of the Planckian locus, daylight lies close to it; paper and walls of a
colour of their own lie anywhere. And where the light cuts one channel of white paper off, the paper in
the shade still shows all three. See docs/decisions/0044-casts-with-evidence.md.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Float64Array, Pixels
from packshot.enhance.light import apply_light_curve, linear_light_table

_MIREDS: Final = (40.0, 560.0, 200)
"""Reciprocal megakelvins of the lamps that are looked at, 25 000 K to 1 790 K, and how many."""

_CAMERA_KELVINS: Final = 6504.0
"""Light under which sRGB's white is white."""

_XYZ_TO_RGB: Final = np.array(
    [[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]]
)
"""IEC 61966-2-1."""

_MIN_LIGHT: Final = 0.02
"""Linear light below which a channel of a lamp tells no ratio: very warm lamps have no blue in sRGB."""

CUT_OFF: Final = 0.97
"""Linear light, 0..1, from which a channel of paper is cut off, and may have been any brighter."""

_SHADE_RANGE: Final = (0.04, 0.93)
"""Linear light of pixels that tell of shaded paper: neither noise nor cut off. A judgement."""

_SHADE_TOLERANCE: Final = 0.1
"""Binary logarithm by which the known ratio of shaded paper may differ from that of the lit one."""

_SHADE_REACH: Final = 0.4
"""The same, beyond what a lamp would have, that the unknown ratio may reach."""

_MIN_SHADED: Final = 100
"""Pixels, at working size, that shaded paper must have. With these four limits nine in ten of 167 casts
cut off in one channel (a third of the development photos) tell the other channel to .04 in the median,
.22 in the worst tenth, in binary logarithms; what is cut off, taken as it is, is wrong by .46."""

_GREY_LIGHTNESS: Final = 60.0
"""L* from which on grey things tell: shadows are grey under any light."""

SHADOW_LIGHTNESS: Final = 30.0
"""L* below which it is shadows and noise that are grey. A judgement."""

_GREY_CHROMA: Final = 5.0
"""CIE chroma up to which a thing is grey, at most: half of the cast's own chroma where that is less."""


_KNEE: Final = 245 / 255
"""Share of white in code values above which a channel is more and more taken for cut off: JPEG moves
white by some grey levels. A judgement."""


@cache
def _lamp_ratios() -> Float64Array:
    """(N, 2) binary logarithms of red and blue over green, from the coldest lamp to the warmest."""
    low, high, count = _MIREDS
    lights = np.array([_planckian_light(1e6 / mired) for mired in np.linspace(low, high, count)])
    lights /= _planckian_light(_CAMERA_KELVINS)
    return np.asarray(np.log2(lights[:, [0, 2]] / lights[:, 1:2]), np.float64)


def _planckian_light(kelvins: float) -> Float64Array:
    """(3,) linear sRGB of a glowing body: the cubics of Kim and others (US patent 7 024 034), 2002."""
    t = 1e3 / kelvins
    if kelvins <= 4000:
        x = float(np.polyval([-0.2661239, -0.2343589, 0.8776956, 0.179910], t))
    else:
        x = float(np.polyval([-3.0258469, 2.1070379, 0.2226347, 0.240390], t))
    if kelvins <= 2222:
        y = float(np.polyval([-1.1063814, -1.34811020, 2.18555832, -0.20219683], x))
    elif kelvins <= 4000:
        y = float(np.polyval([-0.9549476, -1.37418593, 2.09137015, -0.16748867], x))
    else:
        y = float(np.polyval([3.0817580, -5.87338670, 3.75112997, -0.37001483], x))
    light = _XYZ_TO_RGB @ np.array([x / y, 1, (1 - x - y) / y])
    return np.asarray(np.maximum(light, _MIN_LIGHT), np.float64)


def distance_from_lamps(light: Float32Array) -> float:
    """Measure how far a colour of light is from that of any lamp.

    Args:
        light: (3,) linear light.

    Returns:
        Least distance in the binary logarithms of red and blue over green; a tint of green or magenta
        of a tenth is .14.

    Example:
        >>> import numpy as np
        >>> candle, pink = np.float32([1.5, 1.0, 0.5]), np.float32([1.0, 0.6, 0.7])
        >>> distance_from_lamps(candle) < 0.1 < 0.5 < distance_from_lamps(pink)
        True
    """
    return float(np.hypot(*(_lamp_ratios() - _log_ratios(light)).T).min())


def _log_ratios(light: Float32Array) -> Float64Array:
    """(2,) binary logarithms of red and blue over green."""
    bounded = np.maximum(np.asarray(light, np.float64), 1e-4)
    return np.asarray(np.log2(bounded[[0, 2]] / bounded[1]), np.float64)


def complete_cut_off_light(light: Float32Array, small: Pixels) -> Float32Array:
    """Complete the light of paper of which red or blue is cut off: as it is in the shade.

    Pixels with the same ratio of the other channel to green are paper in the shade; without them, a
    lamp's.

    Args:
        light: (3,) linear light of the paper, 0..1.
        small: (h, w, 3) uint8, the photo at working size.

    Returns:
        (3,) the same, red or blue above 1 where they were cut off; as it is where neither was, or both.

    Example:
        >>> import numpy as np
        >>> shade = np.linspace(60, 255, 200)[:, None, None] * np.ones((1, 100, 1))
        >>> from packshot.enhance.light import encode_srgb
        >>> lit = linear_light_table()[shade.astype(np.uint8)] * np.float32([1.4, 1, 0.6])
        >>> photo = np.rint(encode_srgb(lit) * 255).astype(np.uint8)
        >>> complete_cut_off_light(np.float32([1, 1, 0.6]), photo).round(1).tolist()
        [1.399999976158142, 1.0, 0.6000000238418579]
    """
    is_cut_off = light >= CUT_OFF
    if is_cut_off[0] == is_cut_off[2]:
        return light
    unknown = 0 if is_cut_off[0] else 1
    known_ratio = _log_ratios(light)[1 - unknown]
    of_lamp = _predict_ratio(float(known_ratio), unknown)
    of_shade = _measure_shaded_ratio(float(known_ratio), of_lamp, unknown, small)
    completed = light.copy()
    ratio = of_lamp if of_shade is None else of_shade
    completed[2 * unknown] = max(float(light[1]) * 2**ratio, float(light[2 * unknown]))
    return completed


def _predict_ratio(known_ratio: float, unknown: int) -> float:
    """Binary logarithm of the unknown ratio that a lamp with the known one has; 0 and more."""
    ratios = _lamp_ratios()
    order = np.argsort(ratios[:, 1 - unknown])
    return max(float(np.interp(known_ratio, ratios[order, 1 - unknown], ratios[order, unknown])), 0.0)


def _measure_shaded_ratio(
    known_ratio: float, of_lamp: float, unknown: int, small: Pixels
) -> float | None:
    """Median of the unknown ratio over what may be shaded paper; None where too little is."""
    light = linear_light_table()[small].reshape(-1, 3)
    low, high = _SHADE_RANGE
    light = light[((light > low) & (light < high)).all(axis=1)]
    ratios = np.log2(light[:, [0, 2]] / light[:, 1:2])
    is_paper = (
        (np.abs(ratios[:, 1 - unknown] - known_ratio) < _SHADE_TOLERANCE)
        & (ratios[:, unknown] > 0)
        & (ratios[:, unknown] < of_lamp + _SHADE_REACH)
    )
    return (
        float(np.median(ratios[is_paper, unknown])) if np.count_nonzero(is_paper) > _MIN_SHADED else None
    )


def measure_grey_share(
    small: Pixels, chroma: float = math.inf, min_lightness: float = _GREY_LIGHTNESS
) -> float:
    """Measure how much of a photo is light and grey: under coloured light nothing is.

    Args:
        small: (h, w, 3) uint8, working size.
        chroma: CIE chroma of the cast that is suspected.
        min_lightness: L* from which on pixels count.

    Returns:
        Share of the pixels, 0..1, so light and within a chroma of 5, or half of the cast's, of grey.

    Example:
        >>> import numpy as np
        >>> paper = np.full((10, 10, 3), 240, np.uint8)
        >>> measure_grey_share(paper, 20.0), measure_grey_share(paper - np.uint8([0, 10, 60]), 20.0)
        (1.0, 0.0)
    """
    lab = cv2.cvtColor(small.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB)
    lightness, a, b = cv2.split(lab)
    is_grey = cv2.magnitude(a, b) < min(_GREY_CHROMA, chroma / 2)
    return float(np.mean(is_grey & (lightness > min_lightness)))


def apply_gains(pixels: Pixels, gains: Float32Array) -> Pixels:
    """Multiply linear light by a factor for each channel; what was cut off stays at least grey.

    A factor below one would give white paper, of which a channel is cut off, the colour opposite to the
    cast. Where it was cut off, a channel follows the brightest of the others instead.

    Args:
        pixels: (H, W, 3) uint8 or uint16.
        gains: (3,) factors.

    Returns:
        The same shape and type.

    Example:
        >>> import numpy as np
        >>> warm = np.uint8([[[255, 255, 204], [139, 120, 96]]])
        >>> apply_gains(warm, np.float32([0.72, 1.0, 1.64])).tolist()
        [[[255, 255, 254], [119, 120, 121]]]
    """
    balanced = apply_light_curve(pixels, lambda light: light * gains)
    white = np.float32(np.iinfo(pixels.dtype).max)
    for channel in np.flatnonzero(np.asarray(gains) < 1):
        values = pixels[..., channel]
        places = values > _KNEE * white
        if not places.any():
            continue
        share = (values[places] / white - _KNEE) / (1 - _KNEE)
        own, brightest = balanced[places][:, channel], balanced[places].max(axis=1)
        mixed = own + share * (brightest.astype(np.float32) - own)
        balanced[places, channel] = np.rint(mixed).astype(pixels.dtype)
    return balanced
