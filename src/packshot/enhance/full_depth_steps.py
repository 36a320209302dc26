"""Steps applied to a photo in its own numbers: 16 bits, and colours that sRGB does not hold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from packshot.arrays import UInt16Array
from packshot.enhance.loop import StepApplication
from packshot.enhance.step import Step
from packshot.photo.full_depth import FullPhoto, round_to_8_bits

_DEEP_STEP = 257
"""16-bit numbers for each of 8 bits: 65535 / 255."""
_WHITE = 65535


def apply_steps_in_full(photo: FullPhoto, applications: Sequence[StepApplication]) -> FullPhoto:
    """Apply steps that were found at viewing size to a photo in its own numbers.

    Each is planned anew on what the last one left, seen with 8 bits, as `loop.apply_steps` does. A
    curve of tones or colours is worked out in 16 bits. Every other step, such as noise removal or the
    network, says in 8 bits how much to add to each pixel, and that is added: the low bits of the
    photo stay, and none are made up.

    Args:
        photo: At full size.
        applications: From `LoopResult.applications`; none that changes the frame.

    Example:
        >>> from packshot.enhance.classical import plan_exposure
        >>> from packshot.enhance.step_candidates import StepCandidate
        >>> application = StepApplication(StepCandidate("expose", plan_exposure), amount=1.0)
        >>> dark = np.random.default_rng(1).integers(0, 9000, (64, 64, 3)).astype(np.uint16)
        >>> changed = apply_steps_in_full(FullPhoto(dark, bits=16), [application])
        >>> bool(changed.values.mean() > 1.5 * dark.mean()), np.unique(changed.values).size > 5000
        (True, True)
    """
    before = photo.to_srgb()
    after = before
    for application in applications:
        after = _apply(application, after)
    return photo.with_change(before, after)


def _apply(application: StepApplication, values: UInt16Array) -> UInt16Array:
    changed = values
    for plan in application.planners:
        step = plan(round_to_8_bits(changed))
        if step is None:
            continue
        changed = _apply_curve(step, changed) if step.takes_16_bits else _add(step, changed)
    return _blend(changed, values, application.amount)


def _apply_curve(step: Step, values: UInt16Array) -> UInt16Array:
    return np.asarray(step.apply(values), np.uint16)  # type: ignore[arg-type]


def _add(step: Step, values: UInt16Array) -> UInt16Array:
    """Add to each pixel what a step changes of it when it sees 8 bits."""
    pixels = round_to_8_bits(values)
    change = step.apply(pixels).astype(np.int32)
    change -= pixels
    change *= _DEEP_STEP
    change += values
    return np.asarray(np.clip(change, 0, _WHITE), np.uint16)


def _blend(changed: UInt16Array, values: UInt16Array, amount: float) -> UInt16Array:
    if amount == 1 or changed is values:
        return changed
    mixed = changed.astype(np.float32) * np.float32(amount)
    mixed += values.astype(np.float32) * np.float32(1 - amount)
    return np.asarray(np.rint(mixed), np.uint16)
