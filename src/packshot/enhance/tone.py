"""Exposure and tone: more light without clipping, open shadows, haze taken off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Float32Array, Pixels
from packshot.distort.parameters import by_table
from packshot.enhance.light import light_of_values, relight
from packshot.enhance.white_reference import white_reference
from packshot.measure.planes import as_bytes, histogram, make_planes, percentiles

_WHITE: Final = 0.985
_WHITE_ENOUGH: Final = 0.88
_BRIGHTEST: Final = 0.6
_BRIGHT_ENOUGH: Final = 0.25
_DAMPING: Final = 0.7
_LARGEST_GAIN: Final = 6.0
_SHOULDER: Final = 0.85


@dataclass(frozen=True)
class Exposure:
    """A factor on linear light.

    Attributes:
        gain: Above 1 brightens.
        source: "background" or "scene".
    """

    gain: float
    source: str

    @property
    def stops(self) -> float:
        """The factor as photographers count it."""
        return float(np.log2(self.gain))


def missing_exposure(pixels: Pixels) -> Exposure | None:
    """How much more light a photo should have had.

    A plain background that can serve as white tells: it should be white. Elsewhere the light that 2
    % of the pixels exceed is brought 70 % of the way (in stops) to 0.6, if it is below 0.25: a scene
    with nothing light in it is underexposed, but some are meant dark.

    Args:
        pixels: (H, W, 3) uint8.

    Returns:
        None where nothing is missing; a gain of 6 at most.

    Raises:
        InvalidInput: Pixels of another type or shape.
    """
    white = white_reference(pixels)
    if white is not None:
        level = float(white.light.max())
        return None if level >= _WHITE_ENOUGH else Exposure(_bounded(_WHITE / level), "background")
    level = _bright_end(pixels)
    if level >= _BRIGHT_ENOUGH:
        return None
    return Exposure(_bounded((_BRIGHTEST / max(level, 1e-3)) ** _DAMPING), "scene")


def expose(pixels: Pixels, exposure: Exposure) -> Pixels:
    """Multiply light; what would pass 0.85 bends towards 1 instead of clipping.

    With a background for white there is no bend: what is lighter than it is white.
    """
    if exposure.source == "background":
        return relight(pixels, lambda light: light * exposure.gain)
    return relight(pixels, lambda light: _bent(light * exposure.gain, exposure.gain))


def lift_shadows(pixels: Pixels, amount: float) -> Pixels:
    """Open the shadows; black, white and the lights stay.

    Light x becomes x^(1 - amount (1 - x)^2): a power that fades out towards white.

    Args:
        pixels: (H, W, 3) uint8.
        amount: 0..0.5; the power in the deepest shadows is 1 - amount.
    """
    return relight(pixels, lambda light: np.power(light, 1 - amount * (1 - light) ** 2))


def take_off_haze(pixels: Pixels, black: float, white: float = 1.0) -> Pixels:
    """Stretch tones so that what haze has lifted is black again.

    Args:
        pixels: (H, W, 3) uint8.
        black: The code value, 0..1, that becomes 0.
        white: The one that becomes 1.
    """
    return by_table(pixels, lambda values: (values - black) / (white - black))


def _bent(light: Float32Array, gain: float) -> Float32Array:
    """Straight to 0.85, from there a hyperbola of the same slope that reaches 1 at the gain."""
    room, reach = 1 - _SHOULDER, max(gain, 1.0) - _SHOULDER
    over = np.maximum(light - _SHOULDER, 0)
    pace = 1 / room - 1 / reach
    return np.where(light > _SHOULDER, _SHOULDER + over / (1 + pace * over), light).astype(np.float32)


def _bright_end(pixels: Pixels) -> float:
    """The linear luminance that 2 % of the pixels exceed."""
    small = make_planes(pixels).small
    grey = as_bytes(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY))
    (value,) = percentiles(histogram(grey), 98)
    return float(light_of_values()[int(value)])


def _bounded(gain: float) -> float:
    return min(gain, _LARGEST_GAIN)
