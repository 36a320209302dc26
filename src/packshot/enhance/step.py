"""A step: one change of a photo, with what it means to change and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from packshot.arrays import Pixels
from packshot.enhance.affine import AffineTransform


class Intent(StrEnum):
    """What a step means to change. All else must stay, see `fidelity`."""

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
        strength: What it will do, in its own unit, as told by `reason`.
        reason: What was measured, in a few words.
        apply: (H, W, 3) uint8 to the same; a framing step may change height and width.
        transform: Where a framing step puts the pixels, for the guards; None for all others.
        parts: Names of the steps it is made of, where there are several.
    """

    name: str
    intents: frozenset[Intent]
    strength: float
    reason: str
    apply: Callable[[Pixels], Pixels]
    transform: AffineTransform | None = None
    parts: tuple[str, ...] = ()


Planner = Callable[[Pixels], Step | None]
"""Measures a photo and says what it would do; None where it abstains."""
