"""Faults of light and colour that are certain enough to be put right, and how far putting right goes.

`tone` and `white_balance` estimate what a photo would need if something were wrong with it. Here it is
decided whether something is: each limit lies where damaged photos are and undamaged ones are not. Steps
ask here before they act, and the guards allow no change of tone or colour beyond it. See
docs/methods.md, section 6.2, and docs/decisions/0035-guards-that-count-everything.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from packshot.arrays import ByteArray, Float32Array, Pixels
from packshot.enhance.denoise import measure_noise, remove_noise
from packshot.enhance.tone import (
    Exposure,
    Haze,
    estimate_haze,
    estimate_missing_exposure,
    expose,
    remove_haze,
)
from packshot.enhance.white_balance import (
    Illuminant,
    correct_white_balance,
    estimate_illuminant,
    scene_cast_angle,
)
from packshot.enhance.white_reference import ReferenceSource
from packshot.measure.planes import make_planes
from packshot.measure.sharpness import edge_width, find_edges, gradients
from packshot.measured_once import measured_once

MIN_MISSING_STOPS: Final = 0.85
"""Stops of light that a white background must lack: L* 79 and less. Of 161 undamaged photos none with a
white background is darker than L* 80, of photos a stop and a half too dark none lighter than 65
(docs/decisions/0035-guards-that-count-everything.md)."""

MIN_UNUSED_TONES: Final = 0.4
"""Share of the range of tones that must be unused at both ends together. Of 176 undamaged photos the
flattest leaves .39 (with `MIN_UNUSED_END`), of 58 whose tones were pressed into 40 to 60 % of the range
the least flat .44; of 64 more, some of which were left at .40 to .44, one undamaged one has .44 (the
same)."""

MAX_BLUR: Final = 1.1
"""Pixels at 512, deviation of the sharper edges, from which a photo is no more called flat: blur takes
the darkest and the lightest tones away (the limit of the finding *blurred*, `measure.limits`)."""

MIN_UNUSED_END: Final = 0.11
"""The same at either end: pale things before white have no black, dark ones no white, and are not flat
(the same)."""

MIN_DARKEST_SHARE: Final = 0.25
"""Share of the lightest tone that the darkest must have in a flat photo: what merely lacks light keeps
its black. Of 58 photos one and a half to two and a half stops too dark 9 in 10 stay below, of 58 flat
ones two (the same)."""

MIN_CAST_RATIO: Final = {ReferenceSource.BACKGROUND: 1.1, ReferenceSource.SCENE: 1.24}
"""Ratio of the largest to the smallest factor of the channels from which a cast is one: less is what
light does everywhere. Of 161 undamaged photos 3 lie beyond, nine estimates of scenes at 1.17 to 1.23
(the same)."""

MIN_SCENE_ANGLE: Final = 5.0
"""Degrees off grey of all that is not the background: coloured light falls on the product too, a
coloured wall does not. Of 26 photos with a cast told by the background none lies below 6, of 44
undamaged ones the only one with such a background at 3 (the same)."""

_MIN_NOISE: Final = 1.5
"""Grey levels of luma noise beyond which tones are measured on the photo without its noise, which would
widen their range: the noise from which `plan_denoise` acts."""


@dataclass(frozen=True, eq=False)
class MeasuredFaults:
    """How far tone and colour of a photo may be corrected.

    Attributes:
        gains: (3,) factors on linear light that take a cast back; ones where there is none.
        curve: (256,) uint8, values that tones would have were the photo neither flat nor dark, after
            the cast; the identity where it is neither.

    Example:
        >>> import numpy as np
        >>> sound = MeasuredFaults(np.ones(3, np.float32), np.arange(256, dtype=np.uint8))
        >>> sound.has_cast, sound.has_tone_fault
        (False, False)
    """

    gains: Float32Array
    curve: ByteArray

    @property
    def has_cast(self) -> bool:
        """Whether the light was coloured."""
        return bool((self.gains != 1).any())

    @property
    def has_tone_fault(self) -> bool:
        """Whether the photo is too dark or flat."""
        return not np.array_equal(self.curve, np.arange(256))


@measured_once
def measure_faults(pixels: Pixels) -> MeasuredFaults:
    """Measure what is wrong with light and colour, each on what the correction of the last one leaves.

    Args:
        pixels: (H, W, 3) uint8.

    Raises:
        InvalidInput: Pixels of another type or shape.

    Example:
        >>> from packshot import Photo
        >>> names = ("mug-warm-cast", "stool-low-light", "mug")
        >>> photos = [Photo.open(f"examples/photos/{name}.jpg").pixels for name in names]
        >>> [(faults.has_cast, faults.has_tone_fault) for faults in map(measure_faults, photos)]
        [(True, False), (False, True), (False, False)]
    """
    balanced = remove_noise(pixels) if measure_noise(pixels).luma >= _MIN_NOISE else pixels
    gains = np.ones(3, np.float32)
    illuminant = find_cast(balanced)
    if illuminant is not None:
        gains = illuminant.gains
        balanced = correct_white_balance(balanced, illuminant)
    return MeasuredFaults(gains, _compose_tone_curve(balanced))


def _compose_tone_curve(pixels: Pixels) -> ByteArray:
    """(256,) what taking off haze, and then exposing, make of each value."""
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    haze = find_haze(pixels)
    if haze is not None:
        pixels, ramp = (remove_haze(values, haze.black, haze.white) for values in (pixels, ramp))
    exposure = find_missing_light(pixels)
    if exposure is not None:
        ramp = expose(ramp, exposure)
    return ramp[0, :, 0]


@measured_once
def find_missing_light(pixels: Pixels) -> Exposure | None:
    """Find how much more light a photo should have had, where it certainly lacks some.

    Args:
        pixels: (H, W, 3) uint8.

    Returns:
        None where nothing is missing, or so little that a grey backdrop may be meant.

    Example:
        >>> from packshot import Photo
        >>> find_missing_light(Photo.open("examples/photos/stool-low-light.jpg").pixels).stops > 1
        True
        >>> find_missing_light(Photo.open("examples/photos/mug.jpg").pixels) is None
        True
    """
    exposure = estimate_missing_exposure(pixels)
    if exposure is None:
        return None
    is_certain = exposure.source == ReferenceSource.SCENE or exposure.stops >= MIN_MISSING_STOPS
    return exposure if is_certain else None


@measured_once
def find_haze(pixels: Pixels) -> Haze | None:
    """Find the range that flat tones are to be stretched from, where they certainly are flat.

    Args:
        pixels: (H, W, 3) uint8.

    Returns:
        None where black or white is there, so little is unused that a soft subject may be meant, or the
        photo is blurred.

    Example:
        >>> from packshot import Photo
        >>> bowl = Photo.open("examples/photos/clay-bowl.jpg").pixels
        >>> find_haze(bowl) is None, find_haze((70 + bowl * 0.45).astype("uint8")) is None
        (True, False)
    """
    haze = estimate_haze(pixels)
    unused = haze.darkest, 1 - haze.lightest
    is_flat = (
        min(unused) >= MIN_UNUSED_END
        and sum(unused) >= MIN_UNUSED_TONES
        and haze.darkest >= MIN_DARKEST_SHARE * haze.lightest
    )
    return haze if is_flat and _measure_edge_width(pixels) < MAX_BLUR else None


def _measure_edge_width(pixels: Pixels) -> float:
    """Pixels at 512; 0 where too few edges tell."""
    planes = make_planes(pixels)
    edges = find_edges(gradients(planes.grey), measure_noise(pixels).luma)
    return edge_width(edges, planes.scale) or 0.0


@measured_once
def find_cast(pixels: Pixels) -> Illuminant | None:
    """Find the colour of the light, where it certainly was coloured.

    Args:
        pixels: (H, W, 3) uint8.

    Returns:
        None where it is neutral, cannot be told, or so weak that the scene itself may be of that colour.

    Example:
        >>> from packshot import Photo
        >>> find_cast(Photo.open("examples/photos/mug-warm-cast.jpg").pixels) is None
        False
        >>> find_cast(Photo.open("examples/photos/mug.jpg").pixels) is None
        True
    """
    illuminant = estimate_illuminant(pixels)
    if illuminant is None:
        return None
    ratio = float(illuminant.gains.max() / illuminant.gains.min())
    if ratio < MIN_CAST_RATIO[illuminant.source]:
        return None
    if illuminant.source == ReferenceSource.BACKGROUND:
        angle = scene_cast_angle(pixels)
        return illuminant if angle is None or angle >= MIN_SCENE_ANGLE else None
    return illuminant
