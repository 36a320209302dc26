"""A step: one change of a photo, with what it means to change and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import cv2
import numpy as np

from packshot.arrays import Pixels, UInt16Array
from packshot.enhance.affine import AffineTransform

Samples = TypeVar("Samples", Pixels, UInt16Array)


class Intent(StrEnum):
    """A property that a step means to change. All others must stay, see `fidelity`.

    Example:
        >>> from packshot import Photo
        >>> from packshot.enhance.classical import plan_white_balance
        >>> step = plan_white_balance(Photo.open("examples/photos/mug-warm-cast.jpg").pixels)
        >>> step.name, [intent.value for intent in step.intents]
        ('white-balance', ['colour'])
    """

    TONE = "tone"
    COLOUR = "colour"
    DETAIL = "detail"
    CONTRAST = "local-contrast"
    BACKGROUND = "background"
    FRAMING = "framing"


@dataclass(frozen=True, eq=False)
class Step:
    """One change, ready to be applied to the pixels it was planned for.

    Attributes:
        name: Of the step, as in a trace: "denoise".
        intents: What it means to change.
        strength: How much it will do, in a unit of its own that `reason` names.
        reason: The measurement that called for it, in a few words.
        apply: (H, W, 3) uint8 to the same; a framing step may change height and width.
        transform: Where a framing step puts the pixels, for the guards; None for all others.
        parts: Names of the steps it is made of, where there are several.
        takes_16_bits: `apply` takes uint16 as well, and computes in it.

    Example:
        >>> intents = frozenset({Intent.TONE})
        >>> step = Step("lighten", intents, 20, "dark", lambda pixels: pixels + np.uint8(20))
        >>> step.apply(np.full((1, 1, 3), 100, np.uint8))[0, 0].tolist()
        [120, 120, 120]
    """

    name: str
    intents: frozenset[Intent]
    strength: float
    reason: str
    apply: Callable[[Pixels], Pixels]
    transform: AffineTransform | None = None
    parts: tuple[str, ...] = ()
    takes_16_bits: bool = False


def blend(changed: Samples, before: Samples, amount: float) -> Samples:
    """Apply a share of a change; all of it where the size changed.

    Args:
        changed: (H, W, 3) uint8 or uint16.
        before: Of the same type.
        amount: Share of the change, 0..1.

    Example:
        >>> dark, light = np.uint8([[[10, 10, 10]]]), np.uint8([[[30, 30, 30]]])
        >>> blend(light, dark, 0.5)[0, 0].tolist()
        [20, 20, 20]
    """
    if amount == 1 or changed is before or changed.shape != before.shape:
        return changed
    mixed = cv2.addWeighted(changed, amount, before, 1 - amount, 0)
    return np.asarray(mixed, changed.dtype)


Planner = Callable[[Pixels], Step | None]
"""Measures a photo and plans a step for it; None where it abstains."""
