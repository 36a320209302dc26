"""A step: one change of a photo, with what it means to change and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from packshot.arrays import Pixels
from packshot.enhance.affine import AffineTransform


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
        >>> import numpy as np
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


Planner = Callable[[Pixels], Step | None]
"""Measures a photo and plans a step for it; None where it abstains."""
