"""Options of the loop, apart from it: who only asks for enhancement loads none of the steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

POOR_SCORE: Final = 20.0
"""Score, 0..100, up to which a photo must win `LoopOptions.min_total_gain_poor` to be changed."""

FAIR_SCORE: Final = 50.0
"""Score from which on a photo must win `LoopOptions.min_total_gain_fair`; with one gain for all, 6 of
137 undamaged products were changed, with these two 2."""


@dataclass(frozen=True)
class LoopOptions:
    """Options of the loop: how far it goes, with which steps, for which gain.

    Attributes:
        max_rounds: Steps tried at most; each costs one assessment. With eight a quarter of the worst
            photos ran out of them (docs/decisions/0011-the-enhancement-loop.md).
        target_score: Score, 0..100, at which it is content; None to take every gain it can get for
            photos that are not good as they are (`LoopLimits.good_score`).
        min_gain: Points of score that a step must bring which a finding calls for: it may not cost any.
            That it is a repair is known from what it measures and from the guards.
        min_gain_uncalled: Points that any other step must bring.
        min_total_gain_poor: Points that all together must bring a photo that scores 20 or less, measured
            on the finished file.
        min_total_gain_fair: The same for one that scores 50 or more; between, in proportion.
        only_steps: Names of the steps to choose from; None for all but `STEPS_ON_REQUEST`.

    Example:
        >>> options = LoopOptions(min_total_gain_poor=4, min_total_gain_fair=8)
        >>> [options.min_total_gain(score) for score in (10, 35, 70)]
        [4.0, 6.0, 8.0]
    """

    max_rounds: int = 12
    target_score: float | None = None
    min_gain: float = 0.0
    min_gain_uncalled: float = 3.0
    min_total_gain_poor: float = 0.0
    min_total_gain_fair: float = 0.0
    only_steps: frozenset[str] | None = None

    def min_total_gain(self, score: float) -> float:
        """Points that a photo of this score must win to be changed at all."""
        share = min(max((score - POOR_SCORE) / (FAIR_SCORE - POOR_SCORE), 0.0), 1.0)
        return self.min_total_gain_poor + share * (self.min_total_gain_fair - self.min_total_gain_poor)
