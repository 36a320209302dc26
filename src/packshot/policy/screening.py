"""A photo against a policy: a pure function of what was measured, in microseconds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

from packshot.policy.metrics import METRICS
from packshot.policy.requirements import Requirement
from packshot.policy.rules import MAIN_ROLE, Policy, Rule
from packshot.policy.wording import remedy_of, said_of, title_of
from packshot.report import Assessment, Decision, Level, RuleOutcome, Status, Verdict
from packshot.report.verdict import Value
from packshot.texts import choose_language, format_value

_BROKEN: Final = {
    Level.ERROR: Decision.FAIL,
    Level.WARN: Decision.WARN,
    Level.INFO: Decision.INFO,
    Level.MANUAL: Decision.MANUAL,
}
_UNMEASURED: Final = {
    Level.ERROR: Decision.MANUAL,
    Level.WARN: Decision.MANUAL,
    Level.INFO: Decision.INFO,
    Level.MANUAL: Decision.MANUAL,
}
_GRAVITY: Final = {decision: place for place, decision in enumerate(Decision)}


def screen(
    assessment: Assessment,
    policy: Policy,
    *,
    on: date,
    role: str = MAIN_ROLE,
    category: str | None = None,
    language: str = "en",
    compared_with: date | None = None,
) -> Verdict:
    """What a policy says of a photo on a day.

    Nothing is read or measured: the same assessment gives the same verdict, on any machine.

    Args:
        assessment: Of the photo; its score is not needed, nor its evidence.
        policy: See `load_policy`.
        on: The day; rules that begin later or ended before do not apply.
        role: ``main``, or any other word for further photos of a product.
        category: What the product is; None for no rules but those for all.
        language: Of titles, reasons and remedies: ``en`` or ``zh``.
        compared_with: Another day: each outcome then tells what it was on that day.

    Returns:
        The verdict; of an unreadable photo one without a decision.
    """
    readable = assessment.status is Status.OK
    before = _decided(assessment, policy, compared_with, role, category) if readable else {}
    outcomes = tuple(
        _outcome(rule, assessment, language, before.get(rule.id))
        for rule in policy.rules_for(on, role, category)
        if readable and _concerns(rule, assessment)
    )
    return Verdict.model_construct(
        path=assessment.path,
        status=assessment.status,
        error=assessment.error,
        policy=policy.name,
        on=on,
        role=role,
        category=category,
        decision=overall(outcome.decision for outcome in outcomes) if readable else None,
        compared_with=compared_with,
        before=overall(before.values()) if readable and compared_with else None,
        outcomes=outcomes,
    )


def overall(decisions: Iterable[Decision]) -> Decision:
    """The gravest decision; a recommendation that is not followed does not count."""
    gravest = min(decisions, key=_GRAVITY.__getitem__, default=Decision.PASS)
    return Decision.PASS if gravest is Decision.INFO else gravest


def newly_failing(verdict: Verdict) -> bool:
    """Whether a photo fails that did not fail on the day compared with."""
    return verdict.decision is Decision.FAIL and verdict.before not in (Decision.FAIL, None)


def _decided(
    assessment: Assessment, policy: Policy, on: date | None, role: str, category: str | None
) -> dict[str, Decision]:
    """By rule, the decisions of another day; nothing where no day was named."""
    if on is None:
        return {}
    rules = policy.rules_for(on, role, category)
    return {
        rule.id: _decision(rule, _value(rule, assessment))
        for rule in rules
        if _concerns(rule, assessment)
    }


def _concerns(rule: Rule, assessment: Assessment) -> bool:
    """Whether a photo is a rule's business; where that was not measured, it is."""
    if rule.when is None:
        return True
    value = _read(rule.when, assessment)
    return value is None or rule.when.holds(value)


def _read(requirement: Requirement, assessment: Assessment) -> Value | None:
    return METRICS[requirement.metric].read(assessment)


def _value(rule: Rule, assessment: Assessment) -> Value | None:
    """The value that decides; none where it was not measured whether the rule applies at all."""
    if rule.requirement is None or (rule.when and _read(rule.when, assessment) is None):
        return None
    return _read(rule.requirement, assessment)


def _decision(rule: Rule, value: Value | None) -> Decision:
    if rule.requirement is None or value is None:
        return _UNMEASURED[rule.level]
    return Decision.PASS if rule.requirement.holds(value) else _BROKEN[rule.level]


def _outcome(rule: Rule, assessment: Assessment, language: str, before: Decision | None) -> RuleOutcome:
    value = _value(rule, assessment)
    decision = _decision(rule, value)
    asked, source = rule.requirement, rule.source
    met = decision is Decision.PASS
    return RuleOutcome.model_construct(  # All of it was validated when the policy was loaded.
        rule=rule.id,
        title=title_of(rule, language),
        level=rule.level,
        decision=decision,
        before=before,
        metric=asked.metric if asked else None,
        value=value,
        unit=METRICS[asked.metric].unit if asked else "",
        op=asked.op.value if asked else None,
        limit=asked.limit if asked else None,
        reason="" if met else _reason(rule, value, language),
        remedy="" if met else remedy_of(rule, value, language),
        source=source.name,
        source_url=source.url,
        source_kind=source.kind,
        verified_on=source.verified_on,
        effective_from=rule.effective_from,
        effective_until=rule.effective_until,
    )


def _reason(rule: Rule, value: Value | None, language: str) -> str:
    """Why a rule is not met, or what is not known; in the rule's own words where it has some."""
    own = choose_language(rule.reason, language)
    if rule.requirement is None:
        return own
    told, unmeasured = said_of(rule, language)
    if value is None:
        return unmeasured
    shown = format_value(value, METRICS[rule.requirement.metric].unit, language)
    return f"{told.replace('{value}', shown)} {own}".rstrip()
