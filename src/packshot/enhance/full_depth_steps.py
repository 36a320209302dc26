"""Steps applied to a photo in its own numbers: 16 bits, and colours that sRGB does not hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from packshot.arrays import UInt16Array
from packshot.enhance.loop import StepApplication
from packshot.enhance.step import Step, blend
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


def present_in_full(photo: FullPhoto, steps: Sequence[Step]) -> FullPhoto:
    """Make the steps of a presentation on a photo in its own numbers.

    What moves the photo moves its own numbers, so that no colour is lost on the way; what is added
    beside it is taken from sRGB. A new background is worked out in 16-bit sRGB; the difference counts.

    Args:
        photo: At full size.
        steps: Of `presentation.Presentation`, planned one after the other for this photo in 8-bit sRGB.

    Example:
        >>> from packshot.enhance.goals import PresentationGoals
        >>> from packshot.enhance.product_steps import plan_framing
        >>> from packshot.photo import Photo
        >>> bowl = Photo.open("examples/photos/bowl-small-off-centre.jpg").pixels
        >>> deep = FullPhoto(bowl.astype(np.uint16) * np.uint16(257), bits=16)
        >>> present_in_full(deep, [plan_framing(bowl)]).values.shape
        (500, 500, 3)
    """
    for step in steps:
        photo = _change_colours(step, photo) if step.transform is None else _move(step, photo)
    return photo


def _change_colours(step: Step, photo: FullPhoto) -> FullPhoto:
    before = photo.to_srgb()
    return photo.with_change(before, _apply_curve(step, before))


def _move(step: Step, photo: FullPhoto) -> FullPhoto:
    moved = _apply_curve(step, photo.values)
    if photo.space is not None and step.transform is not None:
        height, width = photo.values.shape[:2]
        is_added = ~step.transform.compute_coverage(width, height)
        if is_added.any():
            srgb = _apply_curve(step, photo.to_srgb())
            moved[is_added] = photo.space.from_deep_srgb(srgb[is_added][None])[0]
    return replace(photo, values=moved)


def _apply(application: StepApplication, values: UInt16Array) -> UInt16Array:
    changed = values
    for plan in application.planners:
        step = plan(round_to_8_bits(changed))
        if step is None:
            continue
        changed = _apply_curve(step, changed) if step.takes_16_bits else _add(step, changed)
    return blend(changed, values, application.amount)


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
