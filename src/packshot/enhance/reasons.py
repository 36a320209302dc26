"""Reasons in a seller's words: why a photo stayed as it was, what refused each step, what was lost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from packshot.enhance.loop import LIMITS, is_blurred_beyond_repair
from packshot.enhance.loop_options import LoopOptions
from packshot.enhance.step import Planner
from packshot.enhance.step_candidates import (
    CLASSICAL_STEPS,
    STEPS_ON_REQUEST,
    find_step_candidates,
)
from packshot.report import Assessment, ExpectedGain, Facts, Finding, Severity, Trial, TrialOutcome
from packshot.texts import Texts

_CALLING_SEVERITIES: Final = (Severity.ERROR, Severity.WARNING)
_MIN_TOLD_DB: Final = 0.1
"""Decibels from which an expected gain is told: less is rounded to nothing."""

_MAX_NAMED: Final = 6
"""Steps that a reason names: more are not read, and the trace has them all. A judgement."""


def explain_unchanged(
    before: Assessment, trace: tuple[Trial, ...], options: LoopOptions, words: Texts
) -> str:
    """Say why a photo that may stay was left as it was.

    Args:
        before: The photo as it came.
        trace: Every step tried.
        options: Of the loop.
        words: Of the reader's language.

    Example:
        >>> from packshot.texts import load_texts
        >>> good = Assessment(path="mug.jpg", status="ok", score=91)
        >>> explain_unchanged(good, (), LoopOptions(), load_texts("en"))
        'It scores 91 points; photos that score 85 or more are left as they are.'
    """
    if trace:
        parts = [words.label("reason_no_step_helped"), *explain_refusals(before, trace, options, words)]
        return " ".join(parts)
    score = before.score or 0.0
    found = _list_repairable(before, options)
    if options.target_score is None and score >= LIMITS.good_score:
        reason = words.label("reason_good", value=f"{score:.0f}", limit=f"{LIMITS.good_score:.0f}")
        return " ".join((reason, *_mention(found, words)))
    if options.target_score is not None and score >= options.target_score:
        target = f"{options.target_score:g}"
        return words.label("reason_target_reached", value=f"{score:.0f}", limit=target)
    if not found:
        return words.label("reason_nothing_to_do")
    return " ".join(explain_refusals(before, trace, options, words))


def format_expected_gain(expected: ExpectedGain | None, words: Texts) -> list[str]:
    """Say how much nearer to the truth a photo is taken to have come.

    Args:
        expected: By the judge of versions; None where it was not asked.
        words: Of the reader's language.

    Returns:
        A sentence; none where nothing is expected.

    Example:
        >>> from packshot.texts import load_texts
        >>> gain = ExpectedGain(psnr=6.24, ssim=0.1, haarpsi=0.1, ciede2000=2, harmless=1, nearer=1)
        >>> format_expected_gain(gain, load_texts("en"))
        ['It is estimated to be 6.2 dB closer to the undamaged photo.']
    """
    if expected is None or expected.psnr < _MIN_TOLD_DB:
        return []
    return [words.label("reason_nearer", value=f"{expected.psnr:.1f}")]


def explain_refusals(
    before: Assessment, trace: tuple[Trial, ...], options: LoopOptions, words: Texts
) -> list[str]:
    """Say of each step what became of it: what refused it, that it abstained, or that none was tried.

    Args:
        before: The photo as it came.
        trace: Every step tried.
        options: Of the loop.
        words: Of the reader's language.

    Returns:
        A sentence or none.

    Example:
        >>> from packshot.texts import load_texts
        >>> trial = Trial(
        ...     round=1, step="denoise", called_for_by=(), score=None, kept=False, outcome="structure"
        ... )
        >>> photo = Assessment(path="mug.jpg", status="ok", score=30)
        >>> explain_refusals(photo, (trial,), LoopOptions(only_steps=frozenset({"denoise"})),
        ...     load_texts("en"))
        ["Steps: noise removal (rejected: the product's shape or texture changed)."]
    """
    if not trace and options.only_steps is None and is_blurred_beyond_repair(before):
        return [words.label("reason_too_blurred")]
    refused = {
        name: words.outcomes[trial.outcome]
        for trial in trace
        for name in trial.parts or (trial.step,)
        if trial.outcome is not TrialOutcome.KEPT
    }
    kept = {name for trial in trace if trial.kept for name in (trial.step, *trial.parts)}
    abstained = [name for name in _list_called_steps(before, options) if name not in refused]
    parts = [(name, _lower_first(outcome)) for name, outcome in refused.items() if name not in kept]
    parts += [(name, words.label("step_abstained")) for name in abstained if name not in kept]
    if not parts:
        return []
    named = [
        words.label("step_refused", step=words.step(name), outcome=outcome)
        for name, outcome in parts[:_MAX_NAMED]
    ]
    return [words.label("reason_steps", value=words.label("step_separator").join(named))]


def list_losses(before: Facts | None, after: Facts | None, has_credentials: bool) -> list[str]:
    """List what a file that was encoded anew lacks of the one that came in.

    Args:
        before: Of the file that came in.
        after: Of the one written.
        has_credentials: It came with a C2PA manifest, which is about its very bytes.

    Returns:
        Names of labels, behind ``reason_``.

    Example:
        >>> from packshot import Photo
        >>> facts = Photo.open("examples/photos/mug.jpg").facts
        >>> list_losses(facts.model_copy(update={"bit_depth": 16}), facts, has_credentials=True)
        ['fewer_bits', 'credentials_left_out']
    """
    losses = []
    if before is not None and after is not None:
        losses += ["fewer_bits"] if before.bit_depth > max(after.bit_depth, 8) else []
        losses += ["srgb_colours"] if before.other_colours and not after.other_colours else []
    return [*losses, *(["credentials_left_out"] if has_credentials else [])]


def _list_repairable(before: Assessment, options: LoopOptions) -> list[Finding]:
    """List the findings that a step is for which the loop may take."""
    planners = _select_planners(options)
    return [
        finding
        for finding in before.findings
        if finding.severity in _CALLING_SEVERITIES and find_step_candidates([finding.code], planners)
    ]


def _list_called_steps(before: Assessment, options: LoopOptions) -> list[str]:
    """List the steps that findings call for, among those that the loop may take."""
    codes = [one.code for one in before.findings if one.severity in _CALLING_SEVERITIES]
    found = find_step_candidates(codes, _select_planners(options))
    return [one.name for one in found if not one.members]


def _select_planners(options: LoopOptions) -> dict[str, Planner]:
    wanted = options.only_steps
    names = CLASSICAL_STEPS.keys() - STEPS_ON_REQUEST if wanted is None else wanted
    return {name: plan for name, plan in CLASSICAL_STEPS.items() if name in names}


def _mention(found: Iterable[Finding], words: Texts) -> list[str]:
    titles = words.label("step_separator").join(words.title(finding.code) for finding in found)
    return [words.label("reason_found", value=titles)] if titles else []


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
