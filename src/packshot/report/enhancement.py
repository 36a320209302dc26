"""The record of an enhancement of one photo, and its parts."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from pydantic import Field

from packshot.report.assessment import Assessment
from packshot.report.listing import Listing
from packshot.report.record import Record, Status
from packshot.report.verdict import Decision


class Action(StrEnum):
    """The outcome for a photo that was to be enhanced.

    Example:
        >>> enhancement = Enhancement(path="a.jpg", status="ok", action="reshoot", reason="Blurred.")
        >>> if enhancement.action is Action.RESHOOT:
        ...     print("take it again:", enhancement.reason)
        take it again: Blurred.
    """

    ENHANCED = "enhanced"
    UNCHANGED = "unchanged"
    RESHOOT = "reshoot"


class TrialOutcome(StrEnum):
    """The reason why a step that was tried was kept or not; all but `kept` mean that it was not.

    Example:
        >>> trial = Trial(
        ...     round=1, step="sharpen", called_for_by=("blurred",), score=60,
        ...     kept=False, outcome="grain",
        ... )
        >>> trial.outcome is TrialOutcome.GRAIN, trial.model_dump_json(include={"step", "outcome"})
        (True, '{"step":"sharpen","outcome":"grain"}')
    """

    KEPT = "kept"
    NO_GAIN = "no-gain"
    NO_EFFECT = "no-effect"
    COLOUR_DRIFT = "colour-drift"
    STRUCTURE = "structure"
    GRAIN = "grain"
    HALO = "halo"
    MADE_UP_TEXTURE = "made-up-texture"
    CHANGED_PRINT = "changed-print"
    SKIN = "skin"
    CUT_OFF = "cut-off"
    NO_PRODUCT = "no-product"
    SIZE = "size"
    NEW_FINDING = "new-finding"
    NOT_NEARER = "not-nearer"


class AbstentionReason(StrEnum):
    """The reason why a change of frame or background that a photo needs was not made.

    Example:
        >>> abstention = Abstention(step="frame-product", reason="cut-off")
        >>> abstention.reason is AbstentionReason.CUT_OFF
        True
    """

    NO_PRODUCT = "no-product"
    CUT_OFF = "cut-off"
    NO_SPACE = "no-space"
    TOO_FEW_PIXELS = "too-few-pixels"
    NOT_PLAIN = "not-plain"
    NOT_WHITE = "not-white"
    UNSURE_MASK = "unsure-mask"
    FAINT_OUTLINE = "faint-outline"
    PRODUCT_CHANGED = "product-changed"
    NO_GAIN = "no-gain"


class Abstention(Record):
    """A change of frame or background that a photo needs and that was not made, with the reason.

    Example:
        >>> Abstention(step="whiten-background", reason=AbstentionReason.NOT_PLAIN).step
        'whiten-background'
    """

    step: str
    reason: AbstentionReason


class RuleChange(Record):
    """One rule of a policy before and after; `remedy` is empty where it is met now.

    Values are in `unit`; None where they were not measured. A decision is None where the rule does not
    apply to the photo as it is then, such as JPEG quality of a PNG.

    Example:
        >>> fill = RuleChange(
        ...     rule="fill", title="Product's share of the side", asked="at least 85 %", unit="%",
        ...     before="fail", after="pass", value_before=42.0, value_after=86.1,
        ... )
        >>> fill.is_fixed
        True
    """

    rule: str
    title: str
    asked: str = Field(description="What it asks for, or what a person must look at")
    before: Decision | None
    after: Decision | None
    value_before: bool | float | str | None = None
    value_after: bool | float | str | None = None
    unit: str = ""
    remedy: str = ""

    @property
    def is_fixed(self) -> bool:
        """Whether it failed, or warned, and is met now."""
        return self.before in (Decision.FAIL, Decision.WARN) and self.after is Decision.PASS


class PolicyChange(Record):
    """A policy's decision on a photo before and after, rule by rule.

    `manual_checks` names the rules that only a person can judge; neither decision rests on them.

    Example:
        >>> change = PolicyChange(policy="amazon-main", on="2026-05-01", before="fail", after="pass")
        >>> change.rules, change.after.value
        ((), 'pass')
    """

    policy: str
    on: date
    before: Decision
    after: Decision
    manual_checks: tuple[str, ...] = ()
    rules: tuple[RuleChange, ...] = ()


class ExpectedGain(Record):
    """How much nearer to the truth a photo is taken to have come, by a judge that cannot see the truth.

    Example:
        >>> gain = ExpectedGain(
        ...     psnr=6.2, ssim=0.2, haarpsi=0.1, ciede2000=1.5, harmless=0.98, nearer=0.99
        ... )
        >>> gain.nearer > 0.9
        True
    """

    psnr: float = Field(description="Decibels")
    ssim: float = Field(description="Structural similarity, of 1")
    haarpsi: float = Field(description="HaarPSI, of 1")
    ciede2000: float = Field(description="Units of CIEDE2000 that colours are nearer")
    harmless: float = Field(ge=0, le=1, description="Chance that neither PSNR nor SSIM fell")
    nearer: float = Field(ge=0, le=1, description="Chance of more HaarPSI and less CIEDE2000")


class Trial(Record):
    """One step that the enhancement loop tried on a photo.

    `score` is the photo's after the step; None where it was not assessed, since the step changed
    nothing or harmed the product. `colour_drift` is CIEDE2000, the mean over the product of what the
    step was not meant to change; `structure` is 0..1, 1 for the same edges.

    Example:
        >>> trial = Trial(
        ...     round=1, step="white-balance", called_for_by=("colour-cast",), score=74.5,
        ...     colour_drift=0.4, structure=0.99, kept=True, outcome="kept",
        ... )
        >>> f"round {trial.round}: {trial.step} against {trial.called_for_by[0]}: {trial.score} points"
        'round 1: white-balance against colour-cast: 74.5 points'
    """

    round: int = Field(ge=1)
    step: str
    amount: float = Field(default=1, gt=0, le=1, description="Share of the step's change applied")
    parts: tuple[str, ...] = Field(default=(), description="Steps that were tried together")
    called_for_by: tuple[str, ...] = Field(description="Codes of the findings it answers; may be none")
    score: float | None = Field(ge=0, le=100)
    colour_drift: float | None = Field(default=None, ge=0)
    structure: float | None = Field(default=None, ge=0, le=1)
    expected: ExpectedGain | None = Field(default=None, description="None where it was not judged")
    kept: bool
    outcome: TrialOutcome


class Enhancement(Record):
    """The result of enhancing one photo.

    `action` is None for an unreadable photo; nothing is written for it. `score_after` is that of the
    file written; it is `score_before` where that is the photo as it came.

    Example:
        >>> kept = Enhancement(path="a.jpg", status=Status.OK, action=Action.UNCHANGED, score_before=80)
        >>> kept.action.value, kept.steps, kept.after
        ('unchanged', (), None)
    """

    path: str
    output: str | None = None
    status: Status
    error: str | None = None
    action: Action | None = None
    reason: str | None = Field(default=None, description="In a seller's words")
    score_before: float | None = Field(default=None, ge=0, le=100)
    score_after: float | None = Field(default=None, ge=0, le=100)
    steps: tuple[str, ...] = Field(default=(), description="Kept, in the order applied")
    expected: ExpectedGain | None = Field(
        default=None, description="Of all steps together; None where nothing changed, or the frame did"
    )
    trace: tuple[Trial, ...] = ()
    abstentions: tuple[Abstention, ...] = Field(
        default=(), description="Changes of frame and background that were called for and not made"
    )
    policy: PolicyChange | None = Field(
        default=None, description="Where a policy was worked towards: its rules before and after"
    )
    before: Assessment | None = None
    after: Assessment | None = Field(default=None, description="None where nothing changed")
    listing: Listing | None = Field(default=None, description="What the feed says, where one names it")
