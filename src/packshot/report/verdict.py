"""The record of the verdict of a policy on a photo, and its parts."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import TypeAlias

from pydantic import Field

from packshot.report.record import Record, Status

Value: TypeAlias = bool | float | str
"""Of a metric: yes or no, a number, a word."""
Limit: TypeAlias = Value | tuple[float, float] | tuple[str, ...]
"""What a value is compared with: two numbers of a range, words of a list."""


class Level(StrEnum):
    """The weight of a rule of a policy; the last one is for people to judge."""

    ERROR = "error"
    WARN = "warn"
    INFO = "info"
    MANUAL = "manual"


class SourceKind(StrEnum):
    """The kind of source that a rule rests on."""

    OFFICIAL = "official"
    COMMUNITY = "community"


class Decision(StrEnum):
    """The decision of a policy on a photo or a rule of a photo, the gravest first.

    `manual`: it was not measured, so that a person must look. `info`: a recommendation that the photo
    does not follow; said of a rule only, the photo passes.
    """

    FAIL = "fail"
    MANUAL = "manual"
    WARN = "warn"
    INFO = "info"
    PASS = "pass"  # noqa: S105 - no password


class RuleOutcome(Record):
    """The outcome of one rule for one photo; `reason` and `remedy` are empty where it is met.

    `value` is in `unit`, which is empty for words and for yes or no; None where it was not measured.
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

    `decision` is None for an unreadable photo, else the gravest of the rules': fail, manual, warn, pass.
    `outcomes` are those of the rules that apply to the role and the category on that day.

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
    compared_with: date | None = Field(default=None, description="Another day, where one was named")
    before: Decision | None = Field(default=None, description="The decision on that day")
    outcomes: tuple[RuleOutcome, ...] = ()

    def select_outcomes(self, *decisions: Decision) -> tuple[RuleOutcome, ...]:
        """Select the outcomes that are one of these decisions."""
        return tuple(outcome for outcome in self.outcomes if outcome.decision in decisions)


class RuleSummary(Record):
    """A rule of a policy, as people read it."""

    rule: str
    title: str
    level: Level
    asked: str = Field(description="What it asks for, or what a person must look at")
    categories: tuple[str, ...] = Field(description="Those it is made for; empty for all")
    effective_from: date | None
    effective_until: date | None = Field(description="The last day")
    source: str
    source_url: str | None
    source_kind: SourceKind
    verified_on: date | None = Field(description="When the rule was last compared with its source")


class PolicySummary(Record):
    """A policy, as people read it; its rules in the order in which they are listed."""

    name: str
    rules: tuple[RuleSummary, ...]
