"""Planners of the classical steps: each measures a photo and says what it would do, or abstains."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np

from packshot.arrays import Pixels
from packshot.enhance.deblock import deblock, estimate_jpeg_quality
from packshot.enhance.denoise import measure_noise, remove_noise
from packshot.enhance.detail_steps import plan_sharpen
from packshot.enhance.faults import find_cast, find_haze, find_missing_light
from packshot.enhance.fidelity import FidelityMemory
from packshot.enhance.impulses import find_impulses_of_both_kinds, remove_impulses
from packshot.enhance.step import Intent, Planner, Step
from packshot.enhance.tone import expose, lift_shadows, remove_haze
from packshot.enhance.white_balance import correct_white_balance
from packshot.enhance.white_reference import find_white_reference
from packshot.measure.planes import histogram, make_planes, percentiles
from packshot.measure.product import find_plain_product
from packshot.measured_once import freeze

_MAX_QUALITY: Final = 60
"""JPEG quality (IJG) from which a file is left alone: what is lost above is hardly to be seen. A
judgement; what it brings on four levels of JPEG is in `benchmarks/results/classical_steps.csv`."""

_MIN_LUMA_NOISE: Final = 1.5
"""Grey levels of luma noise from which a photo is denoised, where its colours have noise as well. A
judgement."""

_MIN_CHROMA_NOISE: Final = 0.6
"""Grey levels of chroma noise without which noise of luma is taken for texture, which has little of
it."""

_MIN_CHROMA_SHARE: Final = 0.3
"""Chroma noise for each grey level of luma noise, at least: noise of a sensor has .3 to .5 of it, cloth
and leather less (docs/decisions/0035-guards-that-count-everything.md)."""

_MIN_LUMA_NOISE_ALONE: Final = 12.0
"""Grey levels of luma noise from which it is noise whatever the colours show: photos without colour. A
judgement."""

_MIN_IMPULSE_SHARE: Final = 0.0015
"""Share of the values that must be hit: fewer are dust, glints and fine patterns, of which two of 160
undamaged photos have a thousandth (docs/decisions/0035-guards-that-count-everything.md)."""

_MIN_SHARE_OF_EITHER: Final = 0.25
"""Share of black ones, and of white ones, among the values hit: chance makes as many of both, letters
do not."""

_DARK_LIGHTNESS_RANGE: Final = (8.0, 22.0)
"""Mean L*: from the second down shadows are opened, in full at the first. A judgement; the measurement
of exposure reports a photo below 12 as too dark (`measure.limits`)."""

_MAX_LIFT: Final = 0.3
"""Largest amount of `lift_shadows`: more shows the noise of shadows. A judgement."""

_HAZE_REMOVAL_SHARE: Final = 0.85
"""Share of the unused range that is taken off at either end: the darkest tone need not have been black.
A judgement; levels 2 and 3 of "veil" gain 8 and 11 dB (`benchmarks/results/classical_steps.csv`)."""

_TONE_PERCENTILES: Final = (0.5, 99.5)
"""Per cent of the pixels below the darkest and the lightest tone that count: a glint is no white."""

_MIN_UNUSED_RANGE: Final = 1 / 12
"""Share of the range that must be unused at one end: less is hardly to be seen. A judgement."""

_MIN_TONAL_RANGE: Final = 0.2
"""Share of the range that the tones must span: a flat surface is not to be torn apart. A judgement."""


def plan_deblock(pixels: Pixels, quality: int | None = None) -> Step | None:
    """Deblock what was encoded at a quality below 60.

    Args:
        pixels: (H, W, 3) uint8, at the size they were encoded.
        quality: Of the file, where known; what the pixels show counts if it is lower.

    Example:
        >>> from packshot import Photo
        >>> plan_deblock(Photo.open("examples/photos/jar-heavy-jpeg.jpg").pixels).reason
        'JPEG of quality 8'
    """
    known_qualities = [found for found in (quality, estimate_jpeg_quality(pixels)) if found is not None]
    lowest = min(known_qualities, default=100)
    if lowest >= _MAX_QUALITY:
        return None
    reason = f"JPEG of quality {lowest}"
    return Step(
        "deblock", _single_intent(Intent.DETAIL), lowest, reason, partial(deblock, quality=lowest)
    )


def plan_denoise(pixels: Pixels) -> Step | None:
    """Denoise from 1.5 grey levels of luma noise on; from 12 where colours have none: texture.

    Args:
        pixels: (H, W, 3) uint8.

    Example:
        >>> import numpy as np
        >>> noise = np.random.default_rng(1).normal(0, 8, (128, 128, 3))
        >>> plan_denoise(np.clip(128 + noise, 0, 255).astype(np.uint8)).reason
        'noise of 5.2 grey levels, 2.7 in colour'
    """
    noise = measure_noise(pixels)
    has_chroma_noise = noise.chroma >= max(_MIN_CHROMA_NOISE, _MIN_CHROMA_SHARE * noise.luma)
    min_luma_noise = _MIN_LUMA_NOISE if has_chroma_noise else _MIN_LUMA_NOISE_ALONE
    if noise.luma < min_luma_noise:
        return None
    reason = f"noise of {noise.luma:.1f} grey levels, {noise.chroma:.1f} in colour"
    return Step("denoise", _single_intent(Intent.DETAIL), noise.luma, reason, remove_noise)


def plan_impulses(pixels: Pixels) -> Step | None:
    """Remove impulses where a thousandth of the values were hit, black and white ones among them.

    Args:
        pixels: (H, W, 3) uint8.

    Example:
        >>> import numpy as np
        >>> pixels = np.full((100, 100, 3), 120, np.uint8)
        >>> pixels[::20, ::10, 0], pixels[5::20, 5::10, 0] = 255, 0
        >>> plan_impulses(pixels).reason
        '0.3% of the values black or white by chance'
    """
    impulses = find_impulses_of_both_kinds(pixels, _MIN_IMPULSE_SHARE * _MIN_SHARE_OF_EITHER)
    if impulses is None:
        return None
    values = pixels[impulses]
    share = values.size / pixels.size
    white = float(np.count_nonzero(values)) / max(values.size, 1)
    if share < _MIN_IMPULSE_SHARE or min(white, 1 - white) < _MIN_SHARE_OF_EITHER:
        return None
    reason = f"{share:.1%} of the values black or white by chance"
    return Step("remove-impulses", _single_intent(Intent.DETAIL), share, reason, remove_impulses)


def plan_white_balance(pixels: Pixels) -> Step | None:
    """Take back the colour of the light where it certainly was coloured (`faults.find_cast`).

    Args:
        pixels: (H, W, 3) uint8.

    Example:
        >>> from packshot import Photo
        >>> plan_white_balance(Photo.open("examples/photos/mug-warm-cast.jpg").pixels).reason
        'background: red x 0.77, blue x 1.65'
    """
    illuminant = find_cast(pixels)
    if illuminant is None:
        return None
    gains = illuminant.gains / illuminant.gains[1]
    reason = f"{illuminant.source}: red x {gains[0]:.2f}, blue x {gains[2]:.2f}"
    return Step(
        "white-balance",
        _single_intent(Intent.COLOUR),
        float(np.abs(np.log2(gains)).max()),
        reason,
        partial(correct_white_balance, illuminant=illuminant),
        takes_16_bits=True,
    )


def plan_exposure(pixels: Pixels) -> Step | None:
    """Add the light that is certainly missing (`faults.find_missing_light`).

    Args:
        pixels: (H, W, 3) uint8.

    Example:
        >>> from packshot import Photo
        >>> plan_exposure(Photo.open("examples/photos/stool-low-light.jpg").pixels).reason
        'scene: +2.6 stops'
    """
    exposure = find_missing_light(pixels)
    if exposure is None:
        return None
    reason = f"{exposure.source}: {exposure.stops:+.1f} stops"
    change = partial(expose, exposure=exposure)
    return _make_curve_step("expose", exposure.stops, reason, change)


def plan_shadows(pixels: Pixels) -> Step | None:
    """Open the shadows of a product, or photo, of a mean lightness below 22 L*, the more the darker.

    Args:
        pixels: (H, W, 3) uint8.

    Example:
        >>> from packshot import Photo
        >>> plan_shadows(Photo.open("examples/photos/stool-low-light.jpg").pixels).reason
        'mean lightness 18 L*'
    """
    lightness = _mean_lightness(pixels)
    amount = float(np.interp(lightness, _DARK_LIGHTNESS_RANGE, (_MAX_LIFT, 0)))
    if amount == 0:
        return None
    reason = f"mean lightness {lightness:.0f} L*"
    return _make_curve_step("lift-shadows", amount, reason, partial(lift_shadows, amount=amount))


def plan_haze(pixels: Pixels) -> Step | None:
    """Take off haze where tones certainly reach neither black nor white (`faults.find_haze`).

    Haze lifts black and dims white; a pale product on white has no black either, but its white is white.

    Args:
        pixels: (H, W, 3) uint8.

    Example:
        >>> from packshot import Photo
        >>> bowl = Photo.open("examples/photos/clay-bowl.jpg").pixels
        >>> plan_haze((70 + bowl * 0.45).astype("uint8")).reason
        'tones from 41% to 72%'
    """
    haze = find_haze(pixels)
    if haze is None:
        return None
    reason = f"tones from {haze.darkest:.0%} to {haze.lightest:.0%}"
    change = partial(remove_haze, black=haze.black, white=haze.white)
    return _make_curve_step("take-off-haze", haze.darkest, reason, change)


def plan_tones(pixels: Pixels) -> Step | None:
    """Stretch tones that leave more than a twelfth of the range unused at either end.

    A plain backdrop is left as it is: a pale product before it has no black, and is not to get one.

    Args:
        pixels: (H, W, 3) uint8.

    Example:
        >>> from packshot import Photo
        >>> plan_tones(Photo.open("examples/photos/stool-low-light.jpg").pixels).reason
        'tones from 7% to 42%'
    """
    tones = histogram(make_planes(pixels).grey)
    black, white = (value / 255 for value in percentiles(tones, *_TONE_PERCENTILES))
    unused = max(black, 1 - white)
    if (
        unused < _MIN_UNUSED_RANGE
        or white - black < _MIN_TONAL_RANGE
        or find_white_reference(pixels) is not None
    ):
        return None
    return _make_tone_step("stretch-tones", unused, black, white)


def _make_tone_step(name: str, strength: float, black: float, white: float) -> Step:
    """Make a step that takes off most of what tones leave unused below `black` and above `white`."""
    reason = f"tones from {black:.0%} to {white:.0%}"
    change = partial(
        remove_haze, black=_HAZE_REMOVAL_SHARE * black, white=1 - _HAZE_REMOVAL_SHARE * (1 - white)
    )
    return _make_curve_step(name, strength, reason, change)


def _make_curve_step(
    name: str, strength: float, reason: str, change: Callable[[Pixels], Pixels]
) -> Step:
    """Make a step that is a curve of tones, and so computes in the depth that it is given."""
    return Step(name, _single_intent(Intent.TONE), strength, reason, change, takes_16_bits=True)


PIPELINE: Final[tuple[Planner, ...]] = (
    plan_deblock,
    plan_denoise,
    plan_white_balance,
    plan_exposure,
    plan_sharpen,
)
"""In the order in which they are applied: last damage first, and noise before it is made brighter."""


def restore(
    pixels: Pixels, planners: tuple[Planner, ...] = PIPELINE, guard: FidelityMemory | None = None
) -> tuple[Pixels, list[Step]]:
    """Plan and apply one step after the other, each on what the last one left.

    Args:
        pixels: (H, W, 3) uint8.
        planners: Which steps, in order.
        guard: Drops steps whose result it does not accept; None for none.

    Returns:
        The pixels, and the steps that were applied.

    Raises:
        InvalidInput: Pixels of another type or shape.

    Example:
        >>> from packshot import Photo
        >>> pixels, steps = restore(Photo.open("examples/photos/mug-warm-cast.jpg").pixels)
        >>> [step.name for step in steps]
        ['white-balance']
    """
    applied_steps = []
    for planner in planners:
        step = planner(pixels)
        if step is None:
            continue
        changed = freeze(step.apply(pixels))
        if guard is None or guard.measure(pixels, changed, step.intents, step.transform).is_faithful:
            pixels = changed
            applied_steps.append(step)
    return pixels, applied_steps


def _mean_lightness(pixels: Pixels) -> float:
    """L* of the product where it is found, of the photo elsewhere."""
    planes = make_planes(pixels)
    product = find_plain_product(planes)
    lightness = planes.lab[..., 0] if product is None else planes.lab[..., 0][product.material]
    return float(lightness.mean()) / 2.55


def _single_intent(intent: Intent) -> frozenset[Intent]:
    return frozenset({intent})
