"""A photo against a policy: a pure function of what was measured, in microseconds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from packshot.policy.metrics import METRICS
from packshot.policy.requirements import Requirement
from packshot.policy.rules import MAIN_ROLE, Policy, Rule
from packshot.policy.wording import build_reason_templates, rule_remedy, rule_title
from packshot.report import Assessment, Decision, Level, RuleOutcome, Status, Verdict
from packshot.report.verdict import Value
from packshot.texts import format_value, select_text

_FAILURE_DECISIONS: Final = {
    Level.ERROR: Decision.FAIL,
    Level.WARN: Decision.WARN,
    Level.INFO: Decision.INFO,
    Level.MANUAL: Decision.MANUAL,
}
"""Decisions by level of a rule that is not met."""

_UNMEASURED_DECISIONS: Final = {
    Level.ERROR: Decision.MANUAL,
    Level.WARN: Decision.MANUAL,
    Level.INFO: Decision.INFO,
    Level.MANUAL: Decision.MANUAL,
}
"""Decisions by level of a rule whose value is missing: what was not measured never passes
(docs/decisions/0017-policies.md)."""

_SEVERITY_ORDER: Final = {decision: place for place, decision in enumerate(Decision)}


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
    """Screen a photo: decide by a policy's rules of a day.

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
        The verdict; of an unreadable photo one without a decision. What only a person can judge takes
        no part in the decision but is named in `Verdict.manual_checks`; where nothing else decides, the
        decision is `manual`.

    Example:
        >>> from packshot import Assessor
        >>> from packshot.policy import load_policy
        >>> small = Assessor().assess("examples/photos/bowl-small-off-centre.jpg")
        >>> verdict = screen(small, load_policy("amazon-main"), on=date(2026, 5, 1))
        >>> failed = [one.rule for one in verdict.outcomes if one.decision is Decision.FAIL]
        >>> verdict.decision.value, failed
        ('fail', ['fill'])
    """
    before = _NOTHING
    if compared_with is not None:
        before = _apply_rules(assessment, policy.select_rules(compared_with, role, category))
    now = _apply_rules(assessment, policy.select_rules(on, role, category))
    decisions_before = {rule.id: decision for rule, decision in before.decisions.items()}
    is_readable = assessment.status is Status.OK
    return Verdict.model_construct(
        path=assessment.path,
        status=assessment.status,
        error=assessment.error,
        policy=policy.name,
        on=on,
        role=role,
        category=category,
        decision=now.combine() if is_readable else None,
        manual_checks=tuple(rule.id for rule in now.manual_checks),
        compared_with=compared_with,
        before=before.combine() if is_readable and compared_with else None,
        outcomes=tuple(
            _build_outcome(rule, assessment, language, decisions_before.get(rule.id))
            for rule in now.decisions
        ),
    )


def combine_decisions(decisions: Iterable[Decision]) -> Decision:
    """Return the gravest decision; a recommendation that is not followed does not count.

    Example:
        >>> combine_decisions([Decision.PASS, Decision.WARN, Decision.INFO]).value
        'warn'
        >>> combine_decisions([Decision.PASS, Decision.INFO]).value
        'pass'
    """
    gravest = min(decisions, key=_SEVERITY_ORDER.__getitem__, default=Decision.PASS)
    return Decision.PASS if gravest is Decision.INFO else gravest


def is_newly_failing(verdict: Verdict) -> bool:
    """Return whether a photo fails that did not fail on the day compared with.

    Example:
        >>> verdict = Verdict.model_construct(decision=Decision.FAIL, before=Decision.PASS)
        >>> is_newly_failing(verdict), is_newly_failing(verdict.model_copy(update={"before": None}))
        (True, False)
    """
    return verdict.decision is Decision.FAIL and verdict.before not in (Decision.FAIL, None)


@dataclass(frozen=True)
class _AppliedRules:
    """What became of the rules of a day that are a photo's business.

    Attributes:
        decisions: Of those that can be measured.
        manual_checks: Those that only a person can judge.
    """

    decisions: Mapping[Rule, Decision]
    manual_checks: tuple[Rule, ...]

    def combine(self) -> Decision:
        """Combine the decisions; a person decides where nothing that is measured does."""
        if _has_binding(self.manual_checks) and not _has_binding(self.decisions):
            return Decision.MANUAL
        return combine_decisions(self.decisions.values())


_NOTHING: Final = _AppliedRules({}, ())


def _apply_rules(assessment: Assessment, rules: Iterable[Rule]) -> _AppliedRules:
    """Decide by each rule; there is nothing to decide about an unreadable photo."""
    if assessment.status is not Status.OK:
        return _NOTHING
    relevant = [rule for rule in rules if _is_relevant(rule, assessment)]
    values = {rule: _read_rule_value(rule, assessment) for rule in relevant}
    manual_checks = tuple(rule for rule in relevant if rule.is_manual_check and values[rule] is None)
    decisions = {rule: _decide(rule, values[rule]) for rule in relevant if rule not in manual_checks}
    return _AppliedRules(decisions, manual_checks)


def _has_binding(rules: Iterable[Rule]) -> bool:
    """Return whether any rule is more than a recommendation."""
    return any(rule.level is not Level.INFO for rule in rules)


def _is_relevant(rule: Rule, assessment: Assessment) -> bool:
    """Return whether a photo is a rule's business; where that was not measured, it is."""
    if rule.when is None:
        return True
    value = _read_metric(rule.when, assessment)
    return value is None or rule.when.is_met(value)


def _read_metric(requirement: Requirement, assessment: Assessment) -> Value | None:
    return METRICS[requirement.metric].read(assessment)


def _read_rule_value(rule: Rule, assessment: Assessment) -> Value | None:
    """Read the value that decides; none where it was not measured whether the rule applies at all."""
    if rule.requirement is None or (rule.when and _read_metric(rule.when, assessment) is None):
        return None
    return _read_metric(rule.requirement, assessment)


def _decide(rule: Rule, value: Value | None) -> Decision:
    if rule.requirement is None or value is None:
        return _UNMEASURED_DECISIONS[rule.level]
    return Decision.PASS if rule.requirement.is_met(value) else _FAILURE_DECISIONS[rule.level]


def _build_outcome(
    rule: Rule, assessment: Assessment, language: str, before: Decision | None
) -> RuleOutcome:
    value = _read_rule_value(rule, assessment)
    decision = _decide(rule, value)
    requirement, source = rule.requirement, rule.source
    is_met = decision is Decision.PASS
    return RuleOutcome.model_construct(  # All of it was validated when the policy was loaded.
        rule=rule.id,
        title=rule_title(rule, language),
        level=rule.level,
        decision=decision,
        before=before,
        metric=requirement.metric if requirement else None,
        value=value,
        unit=METRICS[requirement.metric].unit if requirement else "",
        op=requirement.op.value if requirement else None,
        limit=requirement.limit if requirement else None,
        reason="" if is_met else _format_reason(rule, value, language),
        remedy="" if is_met else rule_remedy(rule, value, language),
        source=source.name,
        source_url=source.url,
        source_kind=source.kind,
        verified_on=source.verified_on,
        effective_from=rule.effective_from,
        effective_until=rule.effective_until,
    )


def _format_reason(rule: Rule, value: Value | None, language: str) -> str:
    """Format why a rule is not met, or what is not known; in the rule's own words where it has some."""
    own_reason = select_text(rule.reason, language)
    if rule.requirement is None:
        return own_reason
    template, unmeasured = build_reason_templates(rule, language)
    if value is None:
        return unmeasured
    formatted = format_value(value, METRICS[rule.requirement.metric].unit, language)
    return f"{template.replace('{value}', formatted)} {own_reason}".rstrip()
