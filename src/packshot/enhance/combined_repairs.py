"""All repairs as one step: some help only together, as light does that shows how soft a photo is."""

from __future__ import annotations

from typing import Final

from packshot.arrays import Pixels
from packshot.enhance.classical import restore
from packshot.enhance.fidelity import FidelityMemory
from packshot.enhance.step import Planner, Step

COMBINED_REPAIRS: Final = "repairs-together"
"""Name of the step."""

MIN_COMBINED_REPAIRS: Final = 2
"""Repairs that make a combination: one alone is tried as itself."""


def plan_combined_repairs(
    pixels: Pixels, planners: tuple[Planner, ...], guard: FidelityMemory | None = None
) -> Step | None:
    """Plan every repair on what the last one left, less those that the guards refuse.

    It abstains where fewer than two find something to do.

    Args:
        pixels: (H, W, 3) uint8; all that the step can be applied to.
        planners: Repairs in the order to apply them.
        guard: Remembers what it measured before; a new one by default.

    Example:
        >>> from packshot import Photo
        >>> from packshot.distort import distort
        >>> from packshot.enhance.classical import plan_deblock, plan_denoise, plan_exposure
        >>> mug = Photo.open("examples/photos/mug.jpg").pixels
        >>> planners = (plan_deblock, plan_denoise, plan_exposure)
        >>> plan_combined_repairs(distort(mug, "low-light", level=4), planners).parts
        ('denoise', 'expose')
    """
    repaired, steps = restore(pixels, planners, FidelityMemory() if guard is None else guard)
    if len(steps) < MIN_COMBINED_REPAIRS:
        return None
    names = tuple(step.name for step in steps)
    intents = frozenset(intent for step in steps for intent in step.intents)
    reason = "; ".join(step.reason for step in steps)
    return Step(COMBINED_REPAIRS, intents, len(steps), reason, lambda _: repaired, parts=names)
