"""Exposure and tone: more light without clipping, open shadows, haze taken off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Pixels
from packshot.enhance.light import apply_light_curve, apply_value_curve, linear_light_table
from packshot.enhance.white_reference import ReferenceSource, find_white_reference
from packshot.measure.planes import histogram, largest_channel, make_planes, percentiles, to_uint8

_TARGET_WHITE: Final = 0.985
"""Linear light that a white background is brought to: sRGB 253, white to the eye and not clipped."""

_WHITE_ENOUGH: Final = 0.88
"""Linear light of a background from which nothing is missing: sRGB 241, which is nearly white
already."""

_TARGET_BRIGHT_END: Final = 0.6
"""Linear luminance to which the lightest 2 % of a scene are brought (sRGB 203), if all the way. A
judgement."""

_BRIGHT_ENOUGH: Final = 0.25
"""Linear luminance of the lightest 2 % from which a scene is left alone (sRGB 137): only plainly
underexposed ones are touched (docs/decisions/0007-enhancement-steps.md)."""

_DAMPING: Final = 0.7
"""Share of the way, in stops, that is gone in a scene with something light in it: some are meant dark. A
judgement."""

_LIGHTEST_PERCENTILE: Final = 99.9
"""Per cent of the pixels below the lightest tone of a scene: smaller glints are no white."""

_TARGET_LIGHTEST: Final = 0.95
"""Linear light of the brightest channel to which the lightest tone of a scene is brought: the mean over
102 undamaged photos, whose deviation is .14 stops
(docs/decisions/0039-noise-by-brightness-light-by-its-end.md)."""

_MIN_LIGHTEST_STOPS: Final = 1.0
"""Stops that the lightest tone must lack for a scene to be certainly too dark. Of the same 102 photos
the darkest lacks .7, of photos a stop and a half to two and a half too dark none less than 1.5 (the
same)."""

_MAX_DARKEST_SHARE: Final = 0.25
"""Share of the lightest tone, in code values, that the darkest may have: what has no black is flat, not
dark (`faults.MIN_DARKEST_SHARE`)."""

_MAX_GAIN: Final = 6.0
"""Largest factor on linear light, 2.6 stops: what is darker holds more noise than picture. A
judgement."""

_HAZE_PERCENTILES: Final = (0.1, 99.9)
"""Per cent of the pixels below the darkest and the lightest tone of a flat photo: what presses tones
together presses glints with them."""

_HAZE_REMOVAL_SHARE: Final = 0.85
"""Share of the unused range that is taken off at either end: the darkest tone need not have been black.
A judgement; levels 2 and 3 of "veil" gain 8 and 11 dB (`benchmarks/results/classical_steps.csv`)."""

_MAX_HAZE_SLOPE: Final = 2.2
"""Largest factor on code values: a pale product on a pressed white has a narrow range of its own, and is
not to get black (docs/decisions/0035-guards-that-count-everything.md)."""

_SHOULDER: Final = 0.85
"""Linear light above which tones bend towards 1 instead of clipping. A judgement."""


@dataclass(frozen=True)
class Exposure:
    """A factor on linear light.

    Attributes:
        gain: Above 1 brightens.
        source: What it was estimated from.

    Example:
        >>> Exposure(gain=2.0, source=ReferenceSource.SCENE).stops
        1.0
    """

    gain: float
    source: ReferenceSource

    @property
    def stops(self) -> float:
        """The factor as photographers count it, the binary logarithm of `gain`."""
        return float(np.log2(self.gain))


@dataclass(frozen=True)
class Haze:
    """Tones that reach neither black nor white, and what is to become of them. Code values, 0..1.

    Attributes:
        darkest: The darkest tone there is.
        lightest: The lightest.
        black: The tone that becomes 0.
        white: The one that becomes 1.

    Example:
        >>> round(1 / (Haze(0.2, 0.8, 0.17, 0.83).white - Haze(0.2, 0.8, 0.17, 0.83).black), 2)
        1.52
    """

    darkest: float
    lightest: float
    black: float
    white: float


def estimate_haze(pixels: Pixels) -> Haze:
    """Estimate how tones would have to be stretched if something had pressed them together.

    Most of what is unused at either end is taken off, all of it where a plain background can serve as
    white; never by a factor of more than 2.2, counted from white.

    Args:
        pixels: (H, W, 3) uint8.

    Returns:
        What to do; whether it is called for, `faults.find_haze` decides.

    Raises:
        InvalidInput: Pixels of another type or shape.

    Example:
        >>> from packshot import Photo
        >>> flat = (70 + Photo.open("examples/photos/clay-bowl.jpg").pixels * 0.45).astype("uint8")
        >>> haze = estimate_haze(flat)
        >>> haze.darkest > 0.27, haze.lightest < 0.73, haze.black < haze.darkest
        (True, True, True)
    """
    darkest, lightest = (
        value / 255 for value in percentiles(histogram(make_planes(pixels).grey), *_HAZE_PERCENTILES)
    )
    white = lightest
    if find_white_reference(pixels) is None:
        white = 1 - _HAZE_REMOVAL_SHARE * (1 - lightest)
    black = min(_HAZE_REMOVAL_SHARE * darkest, white - 1 / _MAX_HAZE_SLOPE)
    return Haze(darkest, lightest, max(black, 0.0), white)


def estimate_missing_exposure(pixels: Pixels) -> Exposure | None:
    """Estimate how much more light a photo should have had.

    A plain background that can serve as white tells: it should be white. Elsewhere the lightest tone
    does, which undamaged photos have near white: it is brought there if a stop or more is missing and
    black is there. Else the light that 2 % of the pixels exceed is brought 70 % of the way (in stops) to
    0.6, if it is below 0.25: with glints in it a scene may be meant dark.

    Args:
        pixels: (H, W, 3) uint8.

    Returns:
        None where nothing is missing; a gain of 6 at most.

    Raises:
        InvalidInput: Pixels of another type or shape.

    Example:
        >>> from packshot import Photo
        >>> dark = Photo.open("examples/photos/stool-low-light.jpg")
        >>> exposure = estimate_missing_exposure(dark.pixels)
        >>> f"{exposure.source}: {exposure.stops:+.1f} stops"
        'scene: +2.6 stops'
    """
    white = find_white_reference(pixels)
    if white is not None:
        level = float(white.light.max())
        return (
            None
            if level >= _WHITE_ENOUGH
            else Exposure(_limit_gain(_TARGET_WHITE / level), ReferenceSource.BACKGROUND)
        )
    gain = _find_scene_gain(make_planes(pixels).small)
    return None if gain is None else Exposure(_limit_gain(gain), ReferenceSource.SCENE)


def _find_scene_gain(small: Pixels) -> float | None:
    """Find the factor on light that a scene lacks; None where it lacks nothing.

    Args:
        small: (h, w, 3) uint8, working size.
    """
    grey = to_uint8(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY))
    (lightest,) = percentiles(histogram(to_uint8(largest_channel(small))), _LIGHTEST_PERCENTILE)
    (darkest,) = percentiles(histogram(grey), _HAZE_PERCENTILES[0])
    light = linear_light_table()
    gain = _TARGET_LIGHTEST / max(float(light[int(lightest)]), 1e-3)
    if np.log2(gain) >= _MIN_LIGHTEST_STOPS and darkest < _MAX_DARKEST_SHARE * lightest:
        return gain
    (bright_end,) = percentiles(histogram(grey), 98)
    level = float(light[int(bright_end)])
    return None if level >= _BRIGHT_ENOUGH else (_TARGET_BRIGHT_END / max(level, 1e-3)) ** _DAMPING


def expose(pixels: Pixels, exposure: Exposure) -> Pixels:
    """Multiply light; what would pass 0.85 bends towards 1 instead of clipping.

    With a background for white there is no bend: what is lighter than it is white.

    Args:
        pixels: (H, W, 3) uint8 or uint16.
        exposure: From `estimate_missing_exposure`.

    Returns:
        The same shape and type.

    Example:
        >>> import numpy as np
        >>> ramp = np.repeat(np.uint8([[[50], [100], [200]]]), 3, axis=2)
        >>> expose(ramp, Exposure(4.0, ReferenceSource.SCENE))[0, :, 0].tolist()
        [100, 189, 254]
    """
    if exposure.source == ReferenceSource.BACKGROUND:
        return apply_light_curve(pixels, lambda light: light * exposure.gain)
    return apply_light_curve(
        pixels, lambda light: _roll_off_highlights(light * exposure.gain, exposure.gain)
    )


def lift_shadows(pixels: Pixels, amount: float) -> Pixels:
    """Open the shadows; black, white and the lights stay.

    Light x becomes x^(1 - amount (1 - x)^2): a power that fades out towards white.

    Args:
        pixels: (H, W, 3) uint8 or uint16.
        amount: 0..0.5; the power in the deepest shadows is 1 - amount.

    Returns:
        The same shape and type.

    Example:
        >>> import numpy as np
        >>> ramp = np.repeat(np.uint8([[[0], [30], [120], [255]]]), 3, axis=2)
        >>> lift_shadows(ramp, amount=0.3)[0, :, 0].tolist()
        [0, 61, 140, 255]
    """
    return apply_light_curve(pixels, lambda light: np.power(light, 1 - amount * (1 - light) ** 2))


def remove_haze(pixels: Pixels, black: float, white: float = 1.0) -> Pixels:
    """Stretch tones so that what haze has lifted is black again.

    Args:
        pixels: (H, W, 3) uint8 or uint16.
        black: The code value, 0..1, that becomes 0.
        white: The one that becomes 1.

    Returns:
        The same shape and type.

    Example:
        >>> import numpy as np
        >>> ramp = np.repeat(np.uint8([[[51], [128], [204]]]), 3, axis=2)
        >>> remove_haze(ramp, black=0.2, white=0.8)[0, :, 0].tolist()
        [0, 128, 255]
    """
    return apply_value_curve(pixels, lambda values: (values - black) / (white - black))


def _roll_off_highlights(light: Float32Array, gain: float) -> Float32Array:
    """Straight to 0.85, from there a hyperbola of the same slope that reaches 1 at the gain."""
    room, reach = 1 - _SHOULDER, max(gain, 1.0) - _SHOULDER
    excess = np.maximum(light - _SHOULDER, 0)
    rate = 1 / room - 1 / reach
    return np.where(light > _SHOULDER, _SHOULDER + excess / (1 + rate * excess), light).astype(
        np.float32
    )


def _limit_gain(gain: float) -> float:
    return min(gain, _MAX_GAIN)
