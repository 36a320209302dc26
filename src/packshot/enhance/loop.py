"""The loop: try a step, assess again, keep it only if the photo got better and stayed itself."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from packshot.arrays import Pixels
from packshot.assess.assessor import ASSESSMENT_SIDE, Assessor
from packshot.enhance.combined_repairs import COMBINED_REPAIRS
from packshot.enhance.fidelity import Fidelity, FidelityMemory
from packshot.enhance.loop_options import LoopOptions
from packshot.enhance.step import Intent, Planner, Step, blend
from packshot.enhance.step_candidates import (
    CLASSICAL_STEPS,
    MEASURED_REPAIRS,
    NETWORK_STEP,
    STEPS_ON_REQUEST,
    StepCandidate,
    build_planners,
    find_step_candidates,
)
from packshot.enhance.version_judge import VersionJudge
from packshot.measured_once import freeze, remembering
from packshot.photo import Photo
from packshot.photo.pixels import shrink_to_fit
from packshot.report import Assessment, ExpectedGain, Severity, Trial, TrialOutcome


@dataclass(frozen=True)
class LoopLimits:
    """The fixed limits of the loop; those that a caller may choose are in `LoopOptions`.

    Scores are 0..100. See docs/decisions/0011-the-enhancement-loop.md and docs/methods.md, section 6.1;
    what comes of them is in `benchmarks/results/enhancement_loop.csv`.

    Attributes:
        good_score: Without a target, a photo that scores so much as it came is left alone. Of 369 rated
            photos that score so much both passes call none dark, bright, flat, cast, noisy, blocky or
            unevenly lit, of 276 that score 70 to 85 three.
        low_score: A photo that scores less is repaired also where nothing is found that calls for it. Of
            814 rated photos that score less both passes name such a fault of 29 in 100, of 152 that
            score up to ten points more of three.
        error_weight: What an error counts when what is found wrong is added up.
        warning_weight: What a warning counts; notes count nothing.
        amounts: Shares of a step's change, in the order tried: what fails whole is tried by half.
        min_certainty: Least chance, 0..1, by the judge of versions, that a step harms nothing, and that
            it brings the photo nearer to the truth. What a measured fault calls for is certain already:
            of 125 such steps on 60 originals of the tuning half the 3 that harm have more than most.
        min_certainty_on_request: The same for `STEPS_ON_REQUEST`, which follow no measured fault.
        max_repeats: How often one step may be kept. A second pass of the network brought 0.8 points
            more on 43 of the worst photos.

    Example:
        >>> LIMITS.amounts, LIMITS.max_repeats
        ((1.0, 0.5), 2)
    """

    good_score: float = 85.0
    low_score: float = 60.0
    error_weight: int = 2
    warning_weight: int = 1
    amounts: tuple[float, ...] = (1.0, 0.5)
    min_certainty: float = 0.1
    min_certainty_on_request: float = 0.9
    max_repeats: int = 2


LIMITS: Final = LoopLimits()

_SEVERITY_WEIGHTS: Final = {
    Severity.ERROR: LIMITS.error_weight,
    Severity.WARNING: LIMITS.warning_weight,
    Severity.INFO: 0,
}
BLUR_CODES: Final = frozenset(("blurred", "product-blurred", "motion-blur", "upscaled"))
"""Findings that no step repairs."""

_CAUSED_CODES: Final[Mapping[Intent, frozenset[str]]] = {
    Intent.TONE: frozenset(
        ("too-dark", "too-bright", "clipped-highlights", "clipped-shadows", "low-contrast", "banding")
    ),
    Intent.COLOUR: frozenset(("colour-cast", "dull-colour", "oversaturated")),
    Intent.DETAIL: frozenset(("noisy", "over-sharpened", "ringing")),
    Intent.CONTRAST: frozenset(("noisy", "over-sharpened", "ringing", "clipped-highlights")),
}
"""Findings that a change of this sort can cause. Changes of background and frame can cause any."""

_HALVABLE_STEPS: Final = frozenset((NETWORK_STEP, COMBINED_REPAIRS, *CLASSICAL_STEPS))
"""Steps half of which is half a repair; half a frame or half a background is none."""

_REPEATABLE_STEPS: Final = frozenset((NETWORK_STEP, *CLASSICAL_STEPS)) - {
    "stretch-tones",
    "local-contrast",
    "crispen",
}
"""Steps that may be kept again; those left out always find more to do, until a photo looks overdone."""


@dataclass(frozen=True, eq=False)
class StepApplication:
    """A step, or several together, that the loop applies.

    Attributes:
        candidate: As it was tried.
        amount: How much of its change is applied.
        parts: Where several steps were tried together: those that found something to do, in order.

    Example:
        >>> from packshot.enhance.classical import plan_exposure
        >>> application = StepApplication(StepCandidate("expose", plan_exposure), amount=0.5)
        >>> dark = Photo.open("examples/photos/stool-low-light.jpg").pixels
        >>> application.step_names, bool(application.apply_to(dark).mean() > 1.2 * dark.mean())
        (('expose',), True)
    """

    candidate: StepCandidate
    amount: float
    parts: tuple[StepCandidate, ...] = ()

    @property
    def step_names(self) -> tuple[str, ...]:
        """Names of its steps, in order."""
        return tuple(member.name for member in self.parts or (self.candidate,))

    @property
    def planners(self) -> tuple[Planner, ...]:
        """Planners of its steps, in order; they keep nothing of a photo, which may be of full size."""
        plans = (member.plan for member in self.parts or (self.candidate,))
        return tuple(plan.plan_afresh if isinstance(plan, _CachedPlanner) else plan for plan in plans)

    def apply_to(self, pixels: Pixels) -> Pixels:
        """Do the same to other pixels; what finds nothing to do there is left out."""
        changed = pixels
        for plan in self.planners:
            step = plan(changed)
            changed = changed if step is None else step.apply(changed)
        return blend(changed, pixels, self.amount)


@dataclass(frozen=True, eq=False)
class LoopResult:
    """A photo at some point of the loop: what was applied so far, and what was tried.

    Attributes:
        pixels: (H, W, 3) uint8, at the size the photo is judged at.
        before: The photo as it came.
        after: The photo with the steps kept; the same object as `before` where there are none.
        applications: In the order applied.
        trace: Every step tried.
        reference: What `pixels` are held against: the photo as it came or, once a step has moved it, as
            it was then.
        intents: Of the steps kept since then.
        guard: Measures fidelity, and remembers.

    Example:
        >>> import numpy as np
        >>> pixels = np.zeros((4, 4, 3), np.uint8)
        >>> before = Assessment(path="mug.jpg", status="ok", score=52)
        >>> LoopResult(pixels, before, before, pixels).count_uses("denoise")
        0
    """

    pixels: Pixels
    before: Assessment
    after: Assessment
    reference: Pixels
    applications: tuple[StepApplication, ...] = ()
    trace: tuple[Trial, ...] = ()
    intents: frozenset[Intent] = frozenset()
    guard: FidelityMemory = field(default_factory=FidelityMemory)

    def measure_step_fidelity(self, pixels: Pixels, step: Step) -> Fidelity:
        """Measure how true a step's result is to what it is held against, all steps taken together."""
        if step.transform is not None:
            return self.guard.measure(self.pixels, pixels, step.intents, step.transform)
        return self.guard.measure(self.reference, pixels, self.intents | step.intents)

    def is_faithful_to(self, pixels: Pixels) -> bool:
        """Return whether the finished file, seen at this size, keeps the limits as the steps did.

        A photo that was moved and has another size than here cannot be compared, and counts as faithful:
        each of its steps was.

        Args:
            pixels: (h, w, 3) uint8, of the finished file.
        """
        if pixels.shape != self.reference.shape:
            return True
        return self.guard.measure(self.reference, pixels, self.intents).is_faithful

    def count_uses(self, name: str) -> int:
        """Count how often the step of a name was kept."""
        return sum(application.step_names.count(name) for application in self.applications)

    def with_step(
        self, pixels: Pixels, after: Assessment, application: StepApplication, step: Step
    ) -> LoopResult:
        """Return the same with one step more."""
        is_moved = step.transform is not None
        return replace(
            self,
            pixels=pixels,
            after=after,
            reference=pixels if is_moved else self.reference,
            applications=(*self.applications, application),
            intents=frozenset() if is_moved else self.intents | step.intents,
        )


def improve(
    assessor: Assessor,
    photo: Photo,
    options: LoopOptions,
    network: Planner | None = None,
    judge: VersionJudge | None = None,
) -> LoopResult:
    """Improve a photo at the size it is judged at, one step a round.

    A step is kept when what the steps so far were not meant to change has stayed (`fidelity`),
    the judge is certain that the photo came nearer to the truth, the score rises by
    `LoopOptions.min_gain`, and no more is found wrong. Repairs that fail at full
    strength get one more round at half; a classical one that was kept may be kept once more.

    Args:
        assessor: Judges every trial.
        photo: Of any size; larger ones are shrunk first, as for `Assessor.assess`.
        options: How far to go.
        network: Plans the enhancement network; without it the other steps do what they can.
        judge: Judges what each step made of the photo, but for those that move it; without it the
            guards and the score decide.

    Example:
        >>> warm = Photo.open("examples/photos/mug-warm-cast.jpg")
        >>> options = LoopOptions(max_rounds=1, only_steps=frozenset(["white-balance"]))
        >>> result = improve(Assessor(), warm, options)
        >>> [(trial.step, trial.outcome.value) for trial in result.trace]
        [('white-balance', 'kept')]
        >>> result.after.score > result.before.score + 4
        True
    """
    with remembering():
        return _run_rounds(_Judges(assessor, judge), photo, options, network)


def _run_rounds(
    judges: _Judges, photo: Photo, options: LoopOptions, network: Planner | None
) -> LoopResult:
    result = make_initial_result(judges.assessor, photo)
    agenda = _TrialQueue(_select_planners(result, options, network))
    for round_number in range(1, options.max_rounds + 1):
        planned = None if _is_good_enough(result, options) else agenda.choose_next(result)
        if planned is None:
            break
        result = _run_round(judges, photo, result, planned, round_number, options)
        agenda.record_trial(planned.application, result)
    return result


def make_initial_result(assessor: Assessor, photo: Photo) -> LoopResult:
    """Assess a photo as it came, at viewing size: where the loop starts.

    Example:
        >>> start = make_initial_result(Assessor(), Photo.open("examples/photos/mug.jpg"))
        >>> start.trace, start.before.status.value
        ((), 'ok')
    """
    pixels = freeze(shrink_to_fit(photo.pixels, ASSESSMENT_SIDE).copy())
    before = assessor.assess_photo(replace(photo, pixels=pixels))
    return LoopResult(pixels, before, before, pixels)


def apply_steps(pixels: Pixels, applications: Sequence[StepApplication]) -> Pixels:
    """Apply steps that were found at viewing size to a photo of any size.

    Each is planned anew on what the last one left, since noise and blur differ by size; a step that
    finds nothing to do there is left out.

    Args:
        pixels: (H, W, 3) uint8.
        applications: From `LoopResult.applications`.

    Returns:
        (H, W, 3) uint8; another size where a step changed the frame.

    Example:
        >>> from packshot.enhance.classical import plan_exposure
        >>> application = StepApplication(StepCandidate("expose", plan_exposure), amount=1.0)
        >>> dark = Photo.open("examples/photos/stool-low-light.jpg").pixels
        >>> bool(apply_steps(dark, [application]).mean() > 1.5 * dark.mean())
        True
    """
    for application in applications:
        pixels = application.apply_to(pixels)
    return pixels


def apply_result(pixels: Pixels, result: LoopResult) -> Pixels:
    """Apply the steps of a result to the photo at its own size; what the loop has made is taken.

    Args:
        pixels: (H, W, 3) uint8.
        result: Of the loop for the same photo.

    Example:
        >>> small = np.zeros((4, 4, 3), np.uint8)
        >>> before = Assessment(path="mug.jpg", status="ok", score=52)
        >>> made = small + np.uint8(9)
        >>> apply_result(small.copy(), LoopResult(made, before, before, small)) is made
        True
    """
    if np.array_equal(pixels, result.reference):
        return result.pixels
    return apply_steps(pixels, result.applications)


def _is_good_enough(result: LoopResult, options: LoopOptions) -> bool:
    """Return whether the target is reached, or the photo was good from the start."""
    if options.target_score is None:
        return (result.before.score or 0.0) >= LIMITS.good_score
    return (result.after.score or 0.0) >= options.target_score


def _select_planners(
    result: LoopResult, options: LoopOptions, network: Planner | None
) -> dict[str, Planner]:
    all_planners = build_planners(network=network)
    wanted_names = options.only_steps
    if wanted_names is None:
        is_hopeless = is_blurred_beyond_repair(result.before)
        unwanted = {NETWORK_STEP, *CLASSICAL_STEPS} if is_hopeless else STEPS_ON_REQUEST
        wanted_names = frozenset(all_planners.keys() - unwanted)
    return {name: _CachedPlanner(plan) for name, plan in all_planners.items() if name in wanted_names}


@dataclass(frozen=True, eq=False)
class _PlannedApplication:
    """The next trial: the step, and its application, which stays if it turns out well."""

    application: StepApplication
    step: Step


@dataclass(eq=False)
class _TrialQueue:
    """The steps that are still to be tried.

    Attributes:
        available: Planners by name.
        attempts: Names and amounts, on the photo as it is now.
        plans: By name, on the photo as it is now.
    """

    available: Mapping[str, Planner]
    attempts: set[tuple[str, float]] = field(default_factory=set)
    plans: dict[str, Step | None] = field(default_factory=dict)

    def choose_next(self, result: LoopResult) -> _PlannedApplication | None:
        """Return the first candidate not tried yet, whole before half, that finds something to do."""
        candidate_list = _propose_candidates(result.after, self.available, result.guard)
        for amount in LIMITS.amounts:
            for candidate in candidate_list:
                step = (
                    self._find_plan(candidate, result) if self._is_due(candidate.name, amount) else None
                )
                if step is not None:
                    parts = tuple(member for member in candidate.members if member.name in step.parts)
                    return _PlannedApplication(StepApplication(candidate, amount, parts), step)
        return None

    def record_trial(self, application: StepApplication, result: LoopResult) -> None:
        """Remember what was tried; what was kept may be tried again only if it may be repeated."""
        self.attempts.add((application.candidate.name, application.amount))
        if not result.trace[-1].kept:
            return
        self.plans.clear()
        for name in (application.candidate.name, *application.step_names):
            all_amounts = {(name, amount) for amount in LIMITS.amounts}
            can_repeat = name in _REPEATABLE_STEPS and result.count_uses(name) < LIMITS.max_repeats
            self.attempts = self.attempts - all_amounts if can_repeat else self.attempts | all_amounts

    def _is_due(self, name: str, amount: float) -> bool:
        """Return whether a step is due: whole at first, by half after it failed whole."""
        has_failed_whole = name in _HALVABLE_STEPS and (name, 1.0) in self.attempts
        return (amount == 1 or has_failed_whole) and (name, amount) not in self.attempts

    def _find_plan(self, candidate: StepCandidate, result: LoopResult) -> Step | None:
        if candidate.name not in self.plans:
            self.plans[candidate.name] = candidate.plan(result.pixels)
        return self.plans[candidate.name]


class _CachedChange:
    """A change of pixels that keeps its last answer, for when it is asked about the same array."""

    def __init__(self, change: Callable[[Pixels], Pixels]) -> None:
        self._change = change
        self._last_input: Pixels | None = None
        self._last_output: Pixels | None = None

    def __call__(self, pixels: Pixels) -> Pixels:
        if self._last_output is None or self._last_input is not pixels:
            self._last_input, self._last_output = pixels, self._change(pixels)
        return self._last_output


class _CachedPlanner:
    """A planner that keeps its last step, and that what it last made, for when the same array comes.

    Repairs are tried together and each alone, whole and by half: none is planned or made twice.
    """

    def __init__(self, plan: Planner) -> None:
        self.plan_afresh = plan
        self._last_input: Pixels | None = None
        self._last_step: Step | None = None

    def __call__(self, pixels: Pixels) -> Step | None:
        if self._last_input is not pixels:
            step = self.plan_afresh(pixels)
            self._last_step = None if step is None else replace(step, apply=_CachedChange(step.apply))
            self._last_input = pixels
        return self._last_step


def _propose_candidates(
    assessment: Assessment, available: Mapping[str, Planner], guard: FidelityMemory | None = None
) -> list[StepCandidate]:
    """Find what the findings call for; all repairs once one is called for, or the photo scores low.

    Where nothing is called for, what measures a fault by itself.
    """
    codes = [finding.code for finding in assessment.findings if finding.severity is not Severity.INFO]
    is_low = (assessment.score or 0.0) < LIMITS.low_score
    is_thorough = is_low or bool(find_step_candidates(codes, available))
    found = find_step_candidates(codes, available, thorough=is_thorough, guard=guard)
    measured = sorted(MEASURED_REPAIRS & available.keys())
    return found or [StepCandidate(name, available[name]) for name in measured]


@dataclass(frozen=True)
class _Judges:
    """Who decides about a step: the judge of versions first, then the assessor."""

    assessor: Assessor
    version_judge: VersionJudge | None

    def judge_step(self, before: Pixels, after: Pixels, step: Step) -> ExpectedGain | None:
        """Judge a step's result; a step that moves the photo makes no version to compare."""
        if self.version_judge is None or step.transform is not None or before.shape != after.shape:
            return None
        return self.version_judge.judge(before, after)


def is_nearer(expected: ExpectedGain | None, step_names: Collection[str]) -> bool:
    """Return whether it is certain enough that steps brought a photo nearer to the truth.

    Args:
        expected: What the judge expects; None, where it was not asked, is certain enough.
        step_names: Of the steps that made the version: some must be more certain than others.

    Example:
        >>> gain = ExpectedGain(psnr=2, ssim=0.1, haarpsi=0.1, ciede2000=1, harmless=0.6, nearer=0.7)
        >>> is_nearer(gain, ["denoise"]), is_nearer(gain, ["network"]), is_nearer(None, ["network"])
        (True, False, True)
    """
    is_unmeasured = not STEPS_ON_REQUEST.isdisjoint(step_names)
    limit = LIMITS.min_certainty_on_request if is_unmeasured else LIMITS.min_certainty
    return expected is None or min(expected.harmless, expected.nearer) >= limit


def _run_round(
    judges: _Judges,
    photo: Photo,
    result: LoopResult,
    planned: _PlannedApplication,
    round_number: int,
    options: LoopOptions,
) -> LoopResult:
    """Try one step; the result is the same but for the trace where the step is not kept."""
    application, step = planned.application, planned.step
    pixels = freeze(blend(step.apply(result.pixels), result.pixels, application.amount))
    fidelity, expected, after, outcome = None, None, None, TrialOutcome.NO_EFFECT
    if not np.array_equal(pixels, result.pixels):
        fidelity = result.measure_step_fidelity(pixels, step)
        outcome = fidelity.violation or TrialOutcome.KEPT
        if fidelity.is_faithful:
            expected = judges.judge_step(result.pixels, pixels, step)
            is_certain = is_nearer(expected, application.step_names)
            outcome = TrialOutcome.KEPT if is_certain else TrialOutcome.NOT_NEARER
        if outcome is TrialOutcome.KEPT:
            after = judges.assessor.assess_photo(replace(photo, pixels=pixels))
            outcome = _decide_outcome(result.after, after, _min_gain(application, options), step.intents)
    trial = _make_trial(round_number, step, application, (fidelity, expected), after, outcome)
    if after is not None and outcome is TrialOutcome.KEPT:
        result = result.with_step(pixels, after, application, step)
    return replace(result, trace=(*result.trace, trial))


def _min_gain(application: StepApplication, options: LoopOptions) -> float:
    """Points that a step must bring: more where no finding calls for it, or for a part of it."""
    parts = application.parts or (application.candidate,)
    is_called_for = all(part.called_for_by for part in parts)
    return options.min_gain if is_called_for else options.min_gain_uncalled


def _decide_outcome(
    before: Assessment, after: Assessment, min_gain: float, intents: frozenset[Intent]
) -> TrialOutcome:
    if (after.score or 0.0) < (before.score or 0.0) + min_gain:
        return TrialOutcome.NO_GAIN
    is_worse = _weigh_findings(after, intents) > _weigh_findings(before, intents)
    return TrialOutcome.NEW_FINDING if is_worse else TrialOutcome.KEPT


def _weigh_findings(assessment: Assessment, intents: frozenset[Intent]) -> int:
    """Add up what is wrong that a change of this sort can cause, an error counting for two warnings.

    Noise, blocks and want of light hide other faults: what shows when they go, the step has not done.
    """
    causes_anything = not intents <= _CAUSED_CODES.keys()
    caused = frozenset[str]().union(*(_CAUSED_CODES.get(intent, frozenset()) for intent in intents))
    return sum(
        _SEVERITY_WEIGHTS[finding.severity]
        for finding in assessment.findings
        if causes_anything or finding.code in caused
    )


def is_blurred_beyond_repair(assessment: Assessment) -> bool:
    """Return whether so much detail is gone that a photo can only be taken again.

    Two findings of blur, or an error: what is gone cannot be brought back for certain, and what is
    measured of light and noise on such a photo is not certain either. Of 72 photos moved by 9 pixels
    and more, out of focus by 3 or enlarged fourfold all are, of 24 undamaged ones none
    (docs/decisions/0035-guards-that-count-everything.md).

    Args:
        assessment: Of the photo as it came.

    Example:
        >>> blur = {"code": "blurred", "severity": "error", "reason": "Blurred.", "remedy": "Focus."}
        >>> is_blurred_beyond_repair(Assessment(path="mug.jpg", status="ok", findings=(blur,)))
        True
    """
    grave = [
        finding.severity
        for finding in assessment.findings
        if finding.code in BLUR_CODES and finding.severity is not Severity.INFO
    ]
    return len(grave) > 1 or Severity.ERROR in grave


def _make_trial(
    round_number: int,
    step: Step,
    application: StepApplication,
    measured: tuple[Fidelity | None, ExpectedGain | None],
    after: Assessment | None,
    outcome: TrialOutcome,
) -> Trial:
    fidelity, expected = measured
    return Trial(
        round=round_number,
        step=step.name,
        amount=application.amount,
        parts=step.parts,
        called_for_by=application.candidate.called_for_by,
        score=None if after is None else after.score,
        colour_drift=None if fidelity is None else _round_if_finite(fidelity.colour_drift),
        structure=None if fidelity is None else round(fidelity.structure, 3),
        expected=expected,
        kept=outcome is TrialOutcome.KEPT,
        outcome=outcome,
    )


def _round_if_finite(value: float) -> float | None:
    return round(value, 2) if math.isfinite(value) else None
