"""Planners of the classical steps: each measures a photo and says what it would do, or abstains."""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np

from packshot.arrays import Pixels
from packshot.enhance.deblock import deblock, quality_left
from packshot.enhance.denoise import denoise, noise_of
from packshot.enhance.detail_steps import plan_sharpen
from packshot.enhance.fidelity import fidelity
from packshot.enhance.impulses import impulses_of, remove_impulses
from packshot.enhance.step import Intent, Planner, Step
from packshot.enhance.tone import expose, lift_shadows, missing_exposure, take_off_haze
from packshot.enhance.white_balance import illuminant_of, white_balance
from packshot.enhance.white_reference import white_reference
from packshot.measure.planes import histogram, make_planes, percentiles
from packshot.measure.product import product_of

_BEST_QUALITY: Final = 60
_LUMA_NOISE_ALONE, _LUMA_NOISE, _CHROMA_NOISE = 12.0, 1.5, 0.6
_HIT, _OF_EITHER = 0.001, 0.25
_DARK, _MOST_LIFT = (8.0, 22.0), 0.3
_HAZE, _HAZY_WHITE, _HAZE_TAKEN = 0.125, 0.97, 0.85
_TONE_ENDS: Final = (0.5, 99.5)
_UNUSED, _FEWEST_TONES = 1 / 12, 0.2


def plan_deblock(pixels: Pixels, quality: int | None = None) -> Step | None:
    """Deblock what was encoded at a quality below 60.

    Args:
        pixels: (H, W, 3) uint8, at the size they were encoded.
        quality: Of the file, where known; what the pixels show counts if it is lower.
    """
    known = [found for found in (quality, quality_left(pixels)) if found is not None]
    lowest = min(known, default=100)
    if lowest >= _BEST_QUALITY:
        return None
    reason = f"JPEG of quality {lowest}"
    return Step("deblock", _only(Intent.DETAIL), lowest, reason, partial(deblock, quality=lowest))


def plan_denoise(pixels: Pixels) -> Step | None:
    """Denoise from 1.5 grey levels of luma noise on; from 12 where colours have none: texture."""
    noise = noise_of(pixels)
    least = _LUMA_NOISE if noise.chroma >= _CHROMA_NOISE else _LUMA_NOISE_ALONE
    if noise.luma < least:
        return None
    reason = f"noise of {noise.luma:.1f} grey levels, {noise.chroma:.1f} in colour"
    return Step("denoise", _only(Intent.DETAIL), noise.luma, reason, partial(denoise, noise=noise))


def plan_impulses(pixels: Pixels) -> Step | None:
    """Remove impulses where a thousandth of the values were hit, black and white ones among them."""
    values = pixels[impulses_of(pixels)]
    share = values.size / pixels.size
    white = float(np.count_nonzero(values)) / max(values.size, 1)
    if share < _HIT or min(white, 1 - white) < _OF_EITHER:
        return None
    reason = f"{share:.1%} of the values black or white by chance"
    return Step("remove-impulses", _only(Intent.DETAIL), share, reason, remove_impulses)


def plan_white_balance(pixels: Pixels) -> Step | None:
    """Take back the colour of the light where `illuminant_of` is sure of it."""
    found = illuminant_of(pixels)
    if found is None:
        return None
    gains = found.gains / found.gains[1]
    reason = f"{found.source}: red x {gains[0]:.2f}, blue x {gains[2]:.2f}"
    return Step(
        "white-balance",
        _only(Intent.COLOUR),
        float(np.abs(np.log2(gains)).max()),
        reason,
        partial(white_balance, illuminant=found),
    )


def plan_exposure(pixels: Pixels) -> Step | None:
    """Add the light that `missing_exposure` finds missing."""
    found = missing_exposure(pixels)
    if found is None:
        return None
    reason = f"{found.source}: {found.stops:+.1f} stops"
    return Step("expose", _only(Intent.TONE), found.stops, reason, partial(expose, exposure=found))


def plan_shadows(pixels: Pixels) -> Step | None:
    """Open the shadows of a product, or photo, of a mean lightness below 22 L*, the more the darker."""
    lightness = _mean_lightness(pixels)
    amount = float(np.interp(lightness, _DARK, (_MOST_LIFT, 0)))
    if amount == 0:
        return None
    reason = f"mean lightness {lightness:.0f} L*"
    return Step("lift-shadows", _only(Intent.TONE), amount, reason, partial(lift_shadows, amount=amount))


def plan_haze(pixels: Pixels) -> Step | None:
    """Take off haze where tones reach neither the lowest eighth of the range nor white.

    Haze lifts black and dims white; a pale product on white has no black either, but its white is white.
    """
    tones = histogram(make_planes(pixels).grey)
    black, white = (value / 255 for value in percentiles(tones, 0.1, 99.5))
    if black < _HAZE or white > _HAZY_WHITE:
        return None
    reason = f"tones from {black:.0%} to {white:.0%}"
    step = partial(take_off_haze, black=_HAZE_TAKEN * black, white=1 - _HAZE_TAKEN * (1 - white))
    return Step("take-off-haze", _only(Intent.TONE), black, reason, step)


def plan_tones(pixels: Pixels) -> Step | None:
    """Stretch tones that leave more than a twelfth of the range unused at either end.

    A plain backdrop is left as it is: a pale product before it has no black, and is not to get one.
    """
    tones = histogram(make_planes(pixels).grey)
    black, white = (value / 255 for value in percentiles(tones, *_TONE_ENDS))
    unused = max(black, 1 - white)
    if unused < _UNUSED or white - black < _FEWEST_TONES or white_reference(pixels) is not None:
        return None
    reason = f"tones from {black:.0%} to {white:.0%}"
    step = partial(take_off_haze, black=_HAZE_TAKEN * black, white=1 - _HAZE_TAKEN * (1 - white))
    return Step("stretch-tones", _only(Intent.TONE), unused, reason, step)


PIPELINE: Final[tuple[Planner, ...]] = (
    plan_deblock,
    plan_denoise,
    plan_white_balance,
    plan_exposure,
    plan_sharpen,
)
"""In the order in which they are applied: last damage first, and noise before it is made brighter."""


def restore(
    pixels: Pixels, planners: tuple[Planner, ...] = PIPELINE, guard: bool = False
) -> tuple[Pixels, list[Step]]:
    """Plan and apply one step after the other, each on what the last one left.

    Args:
        pixels: (H, W, 3) uint8.
        planners: Which steps, in order.
        guard: Drop steps whose result `fidelity` does not accept.

    Returns:
        The pixels, and the steps that were applied.

    Raises:
        InvalidInput: Pixels of another type or shape.
    """
    applied = []
    for planner in planners:
        step = planner(pixels)
        if step is None:
            continue
        changed = step.apply(pixels)
        if not guard or fidelity(pixels, changed, step.intents, step.placement).accepted:
            pixels = changed
            applied.append(step)
    return pixels, applied


def _mean_lightness(pixels: Pixels) -> float:
    """L* of the product where it is found, of the photo elsewhere."""
    planes = make_planes(pixels)
    product = product_of(planes)
    lightness = planes.lab[..., 0] if product is None else planes.lab[..., 0][product.material]
    return float(lightness.mean()) / 2.55


def _only(intent: Intent) -> frozenset[Intent]:
    return frozenset({intent})
