"""The loop: try a step, assess again, keep it only if the photo got better and stayed itself."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import cv2
import numpy as np

from packshot.arrays import Pixels
from packshot.assess.assessor import JUDGED_SIDE, Assessor
from packshot.enhance.candidates import CLASSICAL, NETWORK, Candidate, candidates, planners
from packshot.enhance.fidelity import Fidelity, fidelity
from packshot.enhance.step import Intent, Planner, Step
from packshot.enhance.together import TOGETHER
from packshot.photo import Photo
from packshot.photo.pixels import shrunk
from packshot.report import Assessment, Severity, Trial

GOOD: Final = 85.0
"""Without a target, a photo that scores more is left alone."""

LOW: Final = 60.0
"""A photo that scores less is tried to be repaired also where nothing is found that calls for it."""

_WEIGHTS: Final = {Severity.ERROR: 2, Severity.WARNING: 1, Severity.INFO: 0}
_DIVISIBLE: Final = frozenset((NETWORK, TOGETHER, *CLASSICAL))
_AMOUNTS: Final = (1.0, 0.5)
_BAD_TO_FAIR: Final = (20.0, 50.0)
_REPEATABLE: Final = frozenset((NETWORK, *CLASSICAL)) - {"stretch-tones", "local-contrast", "crispen"}
_TIMES: Final = 2


@dataclass(frozen=True)
class LoopOptions:
    """How far the loop goes.

    Attributes:
        rounds: Steps tried at most; each costs one assessment.
        target: Score at which it is content; None to take every gain it can get for photos that
            are not good as they are (`GOOD`).
        least_gain: Points of score that a step must bring which a finding or a low score calls for.
        least_gain_uncalled: Points that any other step must bring.
        least_gain_in_all: Points that all together must bring a photo that scores 20 or less, measured
            on the finished file: what is less is not to be seen.
        least_gain_in_all_fair: The same for one that scores 50 or more; between, in proportion. What is
            fair as it is shall not be touched for little.
        product: Whether the product steps may be used: background, border, tilt, frame.
        only: Names of the steps to choose from; None for all.
    """

    rounds: int = 12
    target: float | None = None
    least_gain: float = 1.0
    least_gain_uncalled: float = 3.0
    least_gain_in_all: float = 4.0
    least_gain_in_all_fair: float = 8.0
    product: bool = False
    only: frozenset[str] | None = None

    def needed_in_all(self, score: float) -> float:
        """Points that a photo of this score must win to be changed at all."""
        span = (self.least_gain_in_all, self.least_gain_in_all_fair)
        return float(np.interp(score, _BAD_TO_FAIR, span))


@dataclass(frozen=True, eq=False)
class Kept:
    """What the loop kept.

    Attributes:
        candidate: As it was tried.
        amount: How much of its change is applied.
        parts: Where several steps were tried together: those that found something to do, in order.
    """

    candidate: Candidate
    amount: float
    parts: tuple[Candidate, ...] = ()

    @property
    def steps(self) -> tuple[str, ...]:
        """Names of its steps, in order."""
        return tuple(one.name for one in self.parts or (self.candidate,))

    def repeated(self, pixels: Pixels) -> Pixels:
        """The same on other pixels; what finds nothing to do there is left out."""
        changed = pixels
        for one in self.parts or (self.candidate,):
            step = one.plan(changed)
            changed = changed if step is None else step.apply(changed)
        return _blended(changed, pixels, self.amount)


@dataclass(frozen=True, eq=False)
class Improved:
    """What the loop arrived at.

    Attributes:
        pixels: (H, W, 3) uint8, at the size the photo is judged at.
        before: The photo as it came.
        after: The photo with the steps kept; the same object as `before` where there are none.
        kept: In the order applied.
        trace: Every step tried.
        reference: What `pixels` are held against: the photo as it came or, once a step has moved it, as
            it was then.
        intents: Of the steps kept since then.
    """

    pixels: Pixels
    before: Assessment
    after: Assessment
    reference: Pixels
    kept: tuple[Kept, ...] = ()
    trace: tuple[Trial, ...] = ()
    intents: frozenset[Intent] = frozenset()

    def faithful(self, pixels: Pixels, step: Step) -> Fidelity:
        """Whether a step's result is true to what it is held against, all steps taken together."""
        if step.placement is not None:
            return fidelity(self.pixels, pixels, step.intents, step.placement)
        return fidelity(self.reference, pixels, self.intents | step.intents)

    def times_kept(self, name: str) -> int:
        """How often the step of a name was kept."""
        return sum(one.steps.count(name) for one in self.kept)

    def with_step(self, pixels: Pixels, after: Assessment, kept: Kept, step: Step) -> Improved:
        """The same with one step more."""
        moved = step.placement is not None
        return replace(
            self,
            pixels=pixels,
            after=after,
            reference=pixels if moved else self.reference,
            kept=(*self.kept, kept),
            intents=frozenset() if moved else self.intents | step.intents,
        )


def improve(
    assessor: Assessor, photo: Photo, options: LoopOptions, network: Planner | None = None
) -> Improved:
    """Improve a photo at the size it is judged at, one step a round.

    A step is kept when the score rises by `LoopOptions.least_gain`, no more is found wrong, and what
    the steps so far were not meant to change has stayed (`fidelity`). Repairs that fail at full strength
    get one more round at half; a classical one that was kept may be kept once more.

    Args:
        assessor: Judges every trial.
        photo: Of any size; larger ones are shrunk first, as for `Assessor.assess`.
        options: How far to go.
        network: Plans the enhancement network; without it the other steps do what they can.
    """
    improved = unimproved(assessor, photo)
    agenda = _Agenda(_available(improved, photo, options, network))
    for number in range(1, options.rounds + 1):
        chosen = None if _content(improved, options) else agenda.next(improved)
        if chosen is None:
            break
        improved = _round(assessor, photo, improved, chosen, number, options)
        agenda.note(chosen.kept, improved)
    return improved


def unimproved(assessor: Assessor, photo: Photo) -> Improved:
    """Where the loop starts: the photo as it came, at viewing size, assessed."""
    pixels = shrunk(photo.pixels, JUDGED_SIDE)
    before = assessor.assess_photo(replace(photo, pixels=pixels))
    return Improved(pixels, before, before, pixels)


def apply(pixels: Pixels, kept: Sequence[Kept]) -> Pixels:
    """Apply steps that were found at viewing size to a photo of any size.

    Each is planned anew on what the last one left, since noise and blur differ by size; a step that
    finds nothing to do there is left out.

    Args:
        pixels: (H, W, 3) uint8.
        kept: From `Improved.kept`.
    """
    for one in kept:
        pixels = one.repeated(pixels)
    return pixels


def _content(improved: Improved, options: LoopOptions) -> bool:
    """Whether the target is reached, or the photo was good from the start."""
    if options.target is None:
        return (improved.before.score or 0.0) >= GOOD
    return (improved.after.score or 0.0) >= options.target


def _available(
    improved: Improved, photo: Photo, options: LoopOptions, network: Planner | None
) -> dict[str, Planner]:
    scale = max(photo.facts.width, photo.facts.height) / max(improved.pixels.shape)
    every = planners(product=options.product, scale=scale, network=network)
    wanted = every.keys() if options.only is None else options.only
    return {name: plan for name, plan in every.items() if name in wanted}


@dataclass(frozen=True, eq=False)
class _Chosen:
    """What is tried next: the step, and what is kept if it turns out well."""

    kept: Kept
    step: Step


@dataclass(eq=False)
class _Agenda:
    """What is still to be tried.

    Attributes:
        available: Planners by name.
        tried: Names and amounts, on the photo as it is now.
        planned: By name, on the photo as it is now.
    """

    available: Mapping[str, Planner]
    tried: set[tuple[str, float]] = field(default_factory=set)
    planned: dict[str, Step | None] = field(default_factory=dict)

    def next(self, improved: Improved) -> _Chosen | None:
        """The first candidate, whole before half, that was not tried and finds something to do."""
        chosen = _candidates(improved.after, self.available)
        for amount in _AMOUNTS:
            for candidate in chosen:
                step = self._plan(candidate, improved) if self._due(candidate.name, amount) else None
                if step is not None:
                    parts = tuple(one for one in candidate.members if one.name in step.parts)
                    return _Chosen(Kept(candidate, amount, parts), step)
        return None

    def note(self, tried: Kept, improved: Improved) -> None:
        """Remember what was tried; what was kept may be tried again only if it may be repeated."""
        self.tried.add((tried.candidate.name, tried.amount))
        if not improved.trace[-1].kept:
            return
        self.planned.clear()
        for name in (tried.candidate.name, *tried.steps):
            every = {(name, amount) for amount in _AMOUNTS}
            again = name in _REPEATABLE and improved.times_kept(name) < _TIMES
            self.tried = self.tried - every if again else self.tried | every

    def _due(self, name: str, amount: float) -> bool:
        """Whether a step is due: whole at first, by half after it failed whole."""
        whole_failed = name in _DIVISIBLE and (name, 1.0) in self.tried
        return (amount == 1 or whole_failed) and (name, amount) not in self.tried

    def _plan(self, candidate: Candidate, improved: Improved) -> Step | None:
        if candidate.name not in self.planned:
            step = candidate.plan(improved.pixels)
            self.planned[candidate.name] = None if step is None else _remembering(step)
        return self.planned[candidate.name]


class _LastAnswer:
    """A change of pixels that keeps its last answer, for when it is asked about the same array."""

    def __init__(self, change: Callable[[Pixels], Pixels]) -> None:
        self._change = change
        self._asked: Pixels | None = None
        self._answer: Pixels | None = None

    def __call__(self, pixels: Pixels) -> Pixels:
        if self._answer is None or self._asked is not pixels:
            self._asked, self._answer = pixels, self._change(pixels)
        return self._answer


def _remembering(step: Step) -> Step:
    """The same step, applied once however often it is asked: half of it is part of the whole."""
    return replace(step, apply=_LastAnswer(step.apply))


def _candidates(assessment: Assessment, available: Mapping[str, Planner]) -> list[Candidate]:
    """What the findings call for; all repairs once one is called for, or the photo scores low."""
    codes = [found.code for found in assessment.findings if found.severity is not Severity.INFO]
    low = (assessment.score or 0.0) < LOW
    return candidates(codes, available, thorough=low or bool(candidates(codes, available)))


def _round(
    assessor: Assessor,
    photo: Photo,
    improved: Improved,
    chosen: _Chosen,
    number: int,
    options: LoopOptions,
) -> Improved:
    """Try one step; the result is the same but for the trace where the step is not kept."""
    kept, step = chosen.kept, chosen.step
    pixels = _blended(step.apply(improved.pixels), improved.pixels, kept.amount)
    faithful, after, verdict = None, None, "no-effect"
    if not np.array_equal(pixels, improved.pixels):
        faithful = improved.faithful(pixels, step)
        verdict = faithful.broken
        if faithful.accepted:
            after = assessor.assess_photo(replace(photo, pixels=pixels))
            verdict = _verdict(improved.after, after, _needed(kept.candidate, improved.after, options))
    trial = _trial(number, step, kept, faithful, after, verdict)
    if after is not None and verdict == "kept":
        improved = improved.with_step(pixels, after, kept, step)
    return replace(improved, trace=(*improved.trace, trial))


def _blended(changed: Pixels, pixels: Pixels, amount: float) -> Pixels:
    """A share of a change; all of it where the size changed."""
    if amount == 1 or changed.shape != pixels.shape:
        return changed
    return np.asarray(cv2.addWeighted(changed, amount, pixels, 1 - amount, 0), np.uint8)


def _needed(candidate: Candidate, assessment: Assessment, options: LoopOptions) -> float:
    """Points that a step must bring: more where neither a finding nor a low score calls for it."""
    called = bool(candidate.called_for_by) or (assessment.score or 0.0) < LOW
    return options.least_gain if called else options.least_gain_uncalled


def _verdict(before: Assessment, after: Assessment, least_gain: float) -> str:
    if (after.score or 0.0) < (before.score or 0.0) + least_gain:
        return "no-gain"
    return "new-finding" if _graver(before, after) else "kept"


def _graver(before: Assessment, after: Assessment) -> bool:
    """Whether more is wrong than before, an error counting for two warnings and notes for nothing."""
    return _weight(after) > _weight(before)


def _weight(assessment: Assessment) -> int:
    return sum(_WEIGHTS[found.severity] for found in assessment.findings)


def _trial(
    number: int,
    step: Step,
    kept: Kept,
    faithful: Fidelity | None,
    after: Assessment | None,
    verdict: str,
) -> Trial:
    return Trial(
        round=number,
        step=step.name,
        amount=kept.amount,
        parts=step.parts,
        called_for_by=kept.candidate.called_for_by,
        score=None if after is None else after.score,
        colour_drift=None if faithful is None else _finite(faithful.colour_drift),
        structure=None if faithful is None else round(faithful.structure, 3),
        kept=verdict == "kept",
        verdict=verdict,
    )


def _finite(value: float) -> float | None:
    return round(value, 2) if math.isfinite(value) else None
