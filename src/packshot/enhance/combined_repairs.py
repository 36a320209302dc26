"""All repairs as one step: some help only together, as light does that shows how soft a photo is."""

from __future__ import annotations

from typing import Final

from packshot.arrays import Pixels
from packshot.enhance.classical import restore
from packshot.enhance.step import Planner, Step

COMBINED_REPAIRS: Final = "repairs-together"
"""Name of the step."""

MIN_COMBINED_REPAIRS: Final = 2
"""Repairs that make a combination: one alone is tried as itself."""


def plan_combined_repairs(pixels: Pixels, planners: tuple[Planner, ...]) -> Step | None:
    """Plan every repair on what the last one left, less those that the guards refuse.

    It abstains where fewer than two find something to do.

    Args:
        pixels: (H, W, 3) uint8; all that the step can be applied to.
        planners: Repairs in the order to apply them.

    Example:
        >>> import numpy as np
        >>> from packshot import Photo
        >>> from packshot.enhance.classical import plan_denoise, plan_exposure, plan_white_balance
        >>> warm = Photo.open("examples/photos/mug-warm-cast.jpg").pixels
        >>> noise = np.random.default_rng(1).normal(0, 8, warm.shape)
        >>> noisy = np.clip(warm + noise, 0, 255).astype(np.uint8)
        >>> plan_combined_repairs(noisy, (plan_denoise, plan_white_balance, plan_exposure)).parts
        ('denoise', 'white-balance')
    """
    repaired, steps = restore(pixels, planners, require_fidelity=True)
    if len(steps) < MIN_COMBINED_REPAIRS:
        return None
    names = tuple(step.name for step in steps)
    intents = frozenset(intent for step in steps for intent in step.intents)
    reason = "; ".join(step.reason for step in steps)
    return Step(COMBINED_REPAIRS, intents, len(steps), reason, lambda _: repaired, parts=names)
