"""Colour spaces by code points (ITU-T H.273), as PNG, AVIF and HEIC give them, and by PNG's gamma."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from packshot.arrays import Float64Array
from packshot.photo.colour_space import (
    ColourSpace,
    Curve,
    decode_srgb,
    find_xyz_of_primaries,
    make_colour_space,
)
from packshot.photo.structure.outline import CodePoints

_D65, _ILLUMINANT_C, _DCI_WHITE = (0.3127, 0.3290), (0.310, 0.316), (0.314, 0.351)
_PRIMARIES = {
    1: (_D65, ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))),
    4: (_ILLUMINANT_C, ((0.67, 0.33), (0.21, 0.71), (0.14, 0.08))),
    5: (_D65, ((0.64, 0.33), (0.29, 0.60), (0.15, 0.06))),
    6: (_D65, ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070))),
    7: (_D65, ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070))),
    8: (_ILLUMINANT_C, ((0.681, 0.319), (0.243, 0.692), (0.145, 0.049))),
    9: (_D65, ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046))),
    11: (_DCI_WHITE, ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))),
    12: (_D65, ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))),
    22: (_D65, ((0.630, 0.340), (0.295, 0.605), (0.155, 0.077))),
}
"""White, and red, green and blue, x and y, by code point: ITU-T H.273, table 2."""
_SRGB_PRIMARIES_CODE = 1
_REFERENCE_WHITE_NITS = 203.0
"""Light of a white that fills no highlight, in candela a square metre: ITU-R BT.2408, section 2."""
_PQ_PEAK_NITS = 10_000.0
_HLG_PEAK_NITS, _HLG_SYSTEM_GAMMA = 1000.0, 1.2
"""The display that hybrid log-gamma is meant for: ITU-R BT.2100, table 5."""
_SCREEN_GAMMA = 2.2
_MAX_GAMMA_DIFFERENCE = 0.05
"""Share by which a PNG's gamma times that of screens may differ from 1 and say no more than that it is
made for screens, as sRGB is: what libpng passes over."""
_GAMMA_RANGE = (0.05, 20.0)
"""Of a PNG's gamma; what lies outside is nonsense. A judgement: 1/2.2 and 1 are what there is."""


@lru_cache(maxsize=16)
def read_code_points(points: CodePoints, bits: int = 8) -> ColourSpace | None:
    """Find the colour space that code points name; None for sRGB, and for what says nothing of colours.

    What is brighter than a diffuse white of high dynamic range is clipped: there it would show as white.
    The curves of television cameras count as that of sRGB, as viewers take them.

    Args:
        points: As the file has them.
        bits: Of a channel, which matters for a narrow range.

    Example:
        >>> read_code_points(CodePoints(primaries=1, transfer=13)) is None
        True
        >>> display_p3 = read_code_points(CodePoints(primaries=12, transfer=13))
        >>> display_p3.to_srgb(np.array([[[200, 100, 100]]], np.uint8)).tolist()
        [[[215, 93, 97]]]
    """
    if not is_known(points):
        return None
    curve = _TRANSFERS[points.transfer]
    xyz = find_xyz_of_primaries(*_PRIMARIES[points.primaries])
    space = make_colour_space(curve if points.full_range else _widen(curve, bits), xyz)
    return None if space.is_srgb else space


def is_known(points: CodePoints) -> bool:
    """Return whether code points say what colours mean; unknown ones leave that to others.

    Example:
        >>> is_known(CodePoints(12, 13)), is_known(CodePoints(2, 2))
        (True, False)
    """
    return points.primaries in _PRIMARIES and points.transfer in _TRANSFERS


def read_gamma(gamma: float, chromaticities: tuple[float, ...] = ()) -> ColourSpace | None:
    """Find the colour space of a PNG's gamma and chromaticities; None for sRGB and nonsense.

    Source: PNG Specification, third edition, sections 11.3.2.1, 11.3.2.2 and 13.13.

    Args:
        gamma: The exponent that light was encoded with: 1 / 2.2 for most.
        chromaticities: x and y of white, red, green and blue; none for those of sRGB.

    Example:
        >>> read_gamma(1 / 2.2) is None  # made for screens
        True
        >>> read_gamma(1.0).to_srgb(np.array([[[128, 128, 128]]], np.uint8)).tolist()
        [[[188, 188, 188]]]
    """
    if not _GAMMA_RANGE[0] <= gamma <= _GAMMA_RANGE[1]:
        return None
    xyz = _find_xyz(chromaticities)
    is_for_screens = abs(gamma * _SCREEN_GAMMA - 1) <= _MAX_GAMMA_DIFFERENCE
    if is_for_screens and (xyz is None or make_colour_space(decode_srgb, xyz).is_srgb):
        return None
    space = make_colour_space(_make_power(1 / gamma), xyz)
    return None if space.is_srgb else space


def _find_xyz(chromaticities: tuple[float, ...]) -> Float64Array | None:
    if len(chromaticities) != 8:
        return None
    white, *primaries = zip(chromaticities[::2], chromaticities[1::2], strict=True)
    return find_xyz_of_primaries(white, tuple(primaries))


def _make_power(exponent: float) -> Curve:
    return lambda shares: np.asarray(np.maximum(shares, 0) ** exponent, np.float64)


def _widen(curve: Curve, bits: int) -> Curve:
    """Take black at 16 and white at 235 of 255, as H.273 has a narrow range (equations 20 to 22)."""
    largest, unit = float((1 << bits) - 1), float(1 << bits >> 8)

    def decode(shares: Float64Array) -> Float64Array:
        return curve(np.clip((shares * largest - 16 * unit) / (219 * unit), 0, 1))

    return decode if bits >= 8 else curve


def _decode_pq(shares: Float64Array) -> Float64Array:
    """Decode the perceptual quantiser (ITU-R BT.2100, table 4), 1 for the reference white."""
    m1, m2, c1, c2, c3 = 0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875
    power = shares ** (1 / m2)
    light = (np.maximum(power - c1, 0) / (c2 - c3 * power)) ** (1 / m1)
    return np.asarray(light * _PQ_PEAK_NITS / _REFERENCE_WHITE_NITS, np.float64)


def _decode_hlg(shares: Float64Array) -> Float64Array:
    """Decode hybrid log-gamma (ITU-R BT.2100, table 5) for its display, 1 for the reference white.

    The display's exponent belongs to luminance; here each channel has it, which is the same for greys.
    """
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(shares <= 0.5, shares**2 / 3, (np.exp((shares - c) / a) + b) / 12)
    return np.asarray(scene**_HLG_SYSTEM_GAMMA * _HLG_PEAK_NITS / _REFERENCE_WHITE_NITS, np.float64)


def _decode_smpte_240(shares: Float64Array) -> Float64Array:
    light = np.where(shares < 4 * 0.0228, shares / 4, ((shares + 0.1115) / 1.1115) ** (1 / 0.45))
    return np.asarray(light, np.float64)


_TRANSFERS: dict[int, Curve] = {
    1: decode_srgb,
    4: _make_power(2.2),
    5: _make_power(2.8),
    6: decode_srgb,
    7: _decode_smpte_240,
    8: _make_power(1.0),
    13: decode_srgb,
    14: decode_srgb,
    15: decode_srgb,
    16: _decode_pq,
    18: _decode_hlg,
}
"""By code point: ITU-T H.273, table 3."""
