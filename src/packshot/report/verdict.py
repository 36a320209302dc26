"""The record of the verdict of a policy on a photo, and its parts."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import TypeAlias

from pydantic import Field

from packshot.report.listing import Listing
from packshot.report.record import Record, Status

Value: TypeAlias = bool | float | str
"""Of a metric: yes or no, a number, a word."""
Limit: TypeAlias = Value | tuple[float, float] | tuple[str, ...]
"""What a value is compared with: two numbers of a range, words of a list."""


class Level(StrEnum):
    """The weight of a rule of a policy; the last one is for people to judge.

    Example:
        >>> from packshot.policy import load_policy
        >>> rules = load_policy("amazon-main").rules
        >>> [rule.id for rule in rules if rule.level is Level.MANUAL]
        ['out-of-packaging', 'on-model', 'front-view']
    """

    ERROR = "error"
    WARN = "warn"
    INFO = "info"
    MANUAL = "manual"


class SourceKind(StrEnum):
    """The kind of source that a rule rests on.

    Example:
        >>> from packshot.policy import load_policy
        >>> {rule.source.kind.value for rule in load_policy("ebay").rules}
        {'official'}
        >>> {rule.source.kind.value for rule in load_policy("temu").rules}
        {'community'}
    """

    OFFICIAL = "official"
    COMMUNITY = "community"


class Decision(StrEnum):
    """The decision of a policy on a photo or a rule of a photo, the gravest first.

    `manual`: it was not measured on this photo, so that a person must look. `info`: a recommendation
    that the photo does not follow; said of a rule only, the photo passes.

    Example:
        >>> min([Decision.PASS, Decision.MANUAL, Decision.WARN], key=list(Decision).index).value
        'manual'
    """

    FAIL = "fail"
    MANUAL = "manual"
    WARN = "warn"
    INFO = "info"
    PASS = "pass"  # noqa: S105 - no password


class RuleOutcome(Record):
    """The outcome of one rule for one photo; `reason` and `remedy` are empty where it is met.

    `value` is in `unit`, which is empty for words and for yes or no; None where it was not measured.

    Example:
        >>> from packshot import Assessor
        >>> from packshot.policy import load_policy, screen
        >>> small = Assessor().assess("examples/photos/bowl-small-off-centre.jpg")
        >>> verdict = screen(small, load_policy("amazon-main"), on=date(2026, 5, 1))
        >>> [fill] = verdict.select_outcomes(Decision.FAIL)
        >>> fill.rule, round(fill.value), fill.op, fill.limit, fill.unit
        ('fill', 32, 'at-least', 85.0, '%')
    """

    rule: str
    title: str
    level: Level
    decision: Decision
    before: Decision | None = Field(
        default=None, description="On the date compared with; None where the rule did not apply then"
    )
    metric: str | None = Field(description="None where only a person can judge")
    value: bool | float | str | None
    unit: str
    op: str | None
    limit: bool | float | str | tuple[float, float] | tuple[str, ...] | None
    reason: str
    remedy: str
    source: str
    source_url: str | None
    source_kind: SourceKind
    verified_on: date | None = Field(description="When the rule was last compared with its source")
    effective_from: date | None
    effective_until: date | None = Field(description="The last day")


class Verdict(Record):
    """The verdict of one policy on one photo on one day.

    `decision` is None for an unreadable photo, else the gravest of the outcomes': fail, manual, warn,
    pass. `outcomes` are those of the rules that apply to the role and the category on that day and that
    something measures. `manual_checks` names the others, which only a person can judge: they take no
    part in the decision, so that `pass` means all that can be measured. Where nothing else decides, the
    decision is `manual`.

    Example:
        >>> fields = dict(path="mug.jpg", status="ok", policy="shop", role="main", decision="pass")
        >>> verdict = Verdict(on=date(2024, 5, 1), **fields)
        >>> verdict.decision is Decision.PASS, verdict.select_outcomes(Decision.FAIL)
        (True, ())
    """

    path: str
    status: Status
    error: str | None = None
    policy: str
    on: date
    role: str
    category: str | None = None
    decision: Decision | None = None
    manual_checks: tuple[str, ...] = Field(
        default=(), description="Rules that only a person can judge, on whatever photo"
    )
    compared_with: date | None = Field(default=None, description="Another day, where one was named")
    before: Decision | None = Field(default=None, description="The decision on that day")
    outcomes: tuple[RuleOutcome, ...] = ()
    listing: Listing | None = Field(default=None, description="What the feed says, where one names it")

    def select_outcomes(self, *decisions: Decision) -> tuple[RuleOutcome, ...]:
        """Select the outcomes that are one of these decisions."""
        return tuple(outcome for outcome in self.outcomes if outcome.decision in decisions)


class RuleSummary(Record):
    """A rule of a policy, as people read it.

    Example:
        >>> from packshot.policy import load_policy
        >>> from packshot.policy.wording import summarise_policy
        >>> rule = summarise_policy(load_policy("amazon-main"), "en").rules[0]
        >>> rule.rule, rule.title, rule.level.value, rule.asked
        ('format', 'File format', 'error', 'one of JPEG, TIFF, PNG, GIF')
    """

    rule: str
    title: str
    level: Level
    asked: str = Field(description="What it asks for, or what a person must look at")
    is_manual_check: bool = Field(default=False, description="Only a person can judge it")
    categories: tuple[str, ...] = Field(description="Those it is made for; empty for all")
    effective_from: date | None
    effective_until: date | None = Field(description="The last day")
    source: str
    source_url: str | None
    source_kind: SourceKind
    verified_on: date | None = Field(description="When the rule was last compared with its source")


class PolicySummary(Record):
    """A policy, as people read it; its rules in the order in which they are listed.

    Example:
        >>> from packshot.policy import load_policy
        >>> from packshot.policy.wording import summarise_policy
        >>> summary = summarise_policy(load_policy("amazon-main"), "zh")
        >>> summary.name, [rule.asked for rule in summary.rules if rule.rule == "fill"]
        ('amazon-main', ['至少 85 %'])
    """

    name: str
    rules: tuple[RuleSummary, ...]
