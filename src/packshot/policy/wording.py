"""Rules, and what came of them, in words."""

from __future__ import annotations

from functools import lru_cache

from packshot.policy.metrics import METRICS
from packshot.policy.requirements import Requirement
from packshot.policy.rules import Policy, Rule
from packshot.report import Level, PolicySummary, RuleSummary
from packshot.report.verdict import Value
from packshot.texts import (
    MetricText,
    choose_language,
    format_requirement,
    load_policy_texts,
    load_texts,
    metric_name,
)

_REQUIRED = (Level.ERROR, Level.MANUAL)


def title_of(rule: Rule, language: str) -> str:
    """A rule in a few words."""
    own = choose_language(rule.title, language)
    if own or rule.requirement is None:
        return own or rule.id
    return metric_name(rule.requirement.metric, language)


def describe_requirement(requirement: Requirement, language: str) -> str:
    """Say what a rule asks for, such as "at least 85 %"."""
    unit = METRICS[requirement.metric].unit
    return format_requirement(requirement.op, requirement.limit, unit, language)


def summarize_policy(policy: Policy, language: str) -> PolicySummary:
    """Write down a policy as people read it."""
    rules = tuple(_summarize_rule(rule, language) for rule in policy.rules)
    return PolicySummary(name=policy.name, rules=rules)


def _summarize_rule(rule: Rule, language: str) -> RuleSummary:
    asked = choose_language(rule.reason, language)
    if rule.requirement is not None:
        asked = describe_requirement(rule.requirement, language)
    return RuleSummary(
        rule=rule.id,
        title=title_of(rule, language),
        level=rule.level,
        asked=asked,
        categories=rule.categories,
        effective_from=rule.effective_from,
        effective_until=rule.effective_until,
        source=rule.source.name,
        source_url=rule.source.url,
        source_kind=rule.source.kind,
        verified_on=rule.source.verified_on,
    )


@lru_cache(maxsize=4096)
def said_of(rule: Rule, language: str) -> tuple[str, str]:
    """How a rule asks for its requirement, and why its metric may lack a value: templates of reasons.

    Raises:
        ValueError: A rule without a requirement.
    """
    if rule.requirement is None:
        raise ValueError("only rules with a requirement have such reasons")
    words, asked = load_policy_texts(language), describe_requirement(rule.requirement, language)
    kind = "required" if rule.level in _REQUIRED else "recommended"
    name = metric_name(rule.requirement.metric, language)
    missing = words.lacks[METRICS[rule.requirement.metric].lack]
    tail = words.label(kind, requirement=asked)
    return words.label("reason", name=name, value="{value}", asked=tail), words.label(
        "unmeasured", name=name, lack=missing, asked=tail
    )


def remedy_of(rule: Rule, value: Value | None, language: str) -> str:
    """What to do about a value that does not fulfil a rule, or about one that is not there."""
    own = choose_language(rule.remedy, language)
    if own or rule.requirement is None:
        return own or load_policy_texts(language).labels["look"]
    known = load_policy_texts(language).metrics.get(rule.requirement.metric, MetricText())
    if known.finding:
        return load_texts(language).findings[known.finding].remedy
    too_high = value is not None and not rule.requirement.too_low(value)
    return (known.high if too_high else "") or known.remedy
