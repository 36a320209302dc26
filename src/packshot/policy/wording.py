"""Rules and their outcomes in words."""

from __future__ import annotations

from functools import lru_cache

from packshot.policy.metrics import METRICS
from packshot.policy.requirements import Requirement
from packshot.policy.rules import Policy, Rule
from packshot.report import Level, PolicySummary, RuleSummary
from packshot.report.verdict import Value
from packshot.texts import (
    MetricText,
    format_requirement,
    load_policy_texts,
    load_texts,
    metric_name,
    select_text,
)

_CACHE_SIZE = 4096
"""Pairs of templates that are remembered: rules of all policies of one run, in each language. A
judgement."""

_REQUIRED_LEVELS = (Level.ERROR, Level.MANUAL)


def rule_title(rule: Rule, language: str) -> str:
    """Return a rule's title: its own, its metric's name, or its id.

    Example:
        >>> from packshot.policy import load_policy
        >>> rule = next(rule for rule in load_policy("amazon-main").rules if rule.id == "fill")
        >>> rule_title(rule, "en")
        "Product's share of the side"
    """
    own_title = select_text(rule.title, language)
    if own_title or rule.requirement is None:
        return own_title or rule.id
    return metric_name(rule.requirement.metric, language)


def describe_requirement(requirement: Requirement, language: str) -> str:
    """Describe what a rule asks for.

    Example:
        >>> from packshot.policy.requirements import Operator
        >>> describe_requirement(Requirement("fill_box_side", Operator.AT_LEAST, 85.0), "en")
        'at least 85 %'
    """
    unit = METRICS[requirement.metric].unit
    return format_requirement(requirement.op, requirement.limit, unit, language)


def describe_rule(rule: Rule, language: str) -> str:
    """Describe what a rule asks for, or what a person is to look at where only a person can judge.

    Example:
        >>> from packshot.policy import load_policy
        >>> rules = {rule.id: rule for rule in load_policy("amazon-main").rules}
        >>> describe_rule(rules["fill"], "en"), describe_rule(rules["props"], "en")
        ('at least 85 %', 'Does the photo show anything that is not sold with the product?')
    """
    own_words = select_text(rule.reason, language)
    if rule.requirement is None:
        return own_words
    if rule.is_manual_check:
        question = load_policy_texts(language).metrics[rule.requirement.metric].question
        return own_words or question or describe_requirement(rule.requirement, language)
    return describe_requirement(rule.requirement, language)


def summarise_policy(policy: Policy, language: str) -> PolicySummary:
    """Summarise a policy in words.

    Example:
        >>> from packshot.policy import load_policy
        >>> summary = summarise_policy(load_policy("amazon-main"), "en")
        >>> [rule.asked for rule in summary.rules if rule.rule == "fill"]
        ['at least 85 %']
    """
    rules = tuple(summarise_rule(rule, language) for rule in policy.rules)
    return PolicySummary(name=policy.name, rules=rules)


def summarise_rule(rule: Rule, language: str) -> RuleSummary:
    """Summarise a rule in words.

    Example:
        >>> from packshot.policy import load_policy
        >>> rules = {rule.id: rule for rule in load_policy("amazon-main").rules}
        >>> summary = summarise_rule(rules["front-view"], "en")
        >>> summary.asked, summary.is_manual_check
        ('Is the product seen from the front?', True)
    """
    return RuleSummary(
        rule=rule.id,
        title=rule_title(rule, language),
        level=rule.level,
        asked=describe_rule(rule, language),
        is_manual_check=rule.is_manual_check,
        categories=rule.categories,
        effective_from=rule.effective_from,
        effective_until=rule.effective_until,
        source=rule.source.name,
        source_url=rule.source.url,
        source_kind=rule.source.kind,
        verified_on=rule.source.verified_on,
    )


@lru_cache(maxsize=_CACHE_SIZE)
def build_reason_templates(rule: Rule, language: str) -> tuple[str, str]:
    """Build the templates of a rule's reasons: for a value that does not fulfil it, and for none.

    Raises:
        ValueError: A rule without a requirement.

    Example:
        >>> from packshot.policy import load_policy
        >>> rule = next(rule for rule in load_policy("amazon-main").rules if rule.id == "fill")
        >>> build_reason_templates(rule, "en")[0]
        "Product's share of the side: {value}; at least 85 % is required."
    """
    if rule.requirement is None:
        raise ValueError("only rules with a requirement have such reasons")
    words, requirement = load_policy_texts(language), describe_requirement(rule.requirement, language)
    kind = "required" if rule.level in _REQUIRED_LEVELS else "recommended"
    name = metric_name(rule.requirement.metric, language)
    missing = words.lacks[METRICS[rule.requirement.metric].missing_reason]
    requirement_text = words.label(kind, requirement=requirement)
    return words.label("reason", name=name, value="{value}", asked=requirement_text), words.label(
        "unmeasured", name=name, lack=missing, asked=requirement_text
    )


def rule_remedy(rule: Rule, value: Value | None, language: str) -> str:
    """Return what to do about a value that does not fulfil a rule, or about one that is missing.

    Example:
        >>> from packshot.policy import load_policy
        >>> rule = next(rule for rule in load_policy("amazon-main").rules if rule.id == "fill")
        >>> rule_remedy(rule, 40.0, "en")
        'Move closer or crop, until the product fills the share of the frame that is asked for.'
    """
    own_remedy = select_text(rule.remedy, language)
    if own_remedy or rule.requirement is None:
        return own_remedy or load_policy_texts(language).labels["look"]
    metric_text = load_policy_texts(language).metrics.get(rule.requirement.metric, MetricText())
    if metric_text.finding:
        return load_texts(language).findings[metric_text.finding].remedy
    too_high = value is not None and not rule.requirement.is_too_low(value)
    return (metric_text.high if too_high else "") or metric_text.remedy
