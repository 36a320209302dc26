"""Rules and what came of them in words, from one table of texts for each language."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from packshot.assess.advice import texts as assessment_texts
from packshot.policy.metrics import METRICS, Value
from packshot.policy.requirements import Limit, Op, Requirement
from packshot.policy.rules import Rule, Wording
from packshot.report import Level, RuleOutcome

_REQUIRED = (Level.ERROR, Level.MANUAL)


@dataclass(frozen=True)
class MetricText:
    """What is said of a metric.

    Attributes:
        name: In words; empty for measurements, which have their names elsewhere.
        remedy: What to do about a value that does not fulfil a rule.
        high: What to do where it is too large, if that is something else.
        finding: The finding whose remedy it has, instead of one of its own.
    """

    name: str = ""
    remedy: str = ""
    high: str = ""
    finding: str = ""


@dataclass(frozen=True)
class PolicyTexts:
    """All texts of one language.

    Attributes:
        metrics: By metric.
        ops: What an operator asks for; hold ``{limit}``.
        lacks: Why there is no value, by `Lack`.
        decisions: Names of decisions.
        levels: Names of levels.
        labels: Words of tables and pages; may hold placeholders.
    """

    metrics: Mapping[str, MetricText]
    ops: Mapping[str, str]
    lacks: Mapping[str, str]
    decisions: Mapping[str, str]
    levels: Mapping[str, str]
    labels: Mapping[str, str]

    def label(self, name: str, /, **values: object) -> str:
        """A word of tables and pages, its placeholders filled."""
        return self.labels[name].format(**values)


@cache
def policy_texts(language: str) -> PolicyTexts:
    """The table of a language, read once.

    Raises:
        InvalidInput: A language that is not there.
    """
    assessment_texts(language)
    source = files("packshot.policy") / "texts" / f"{language}.toml"
    table = tomllib.loads(source.read_text(encoding="utf-8"))
    metrics = {name: MetricText(**entry) for name, entry in table.pop("metrics").items()}
    return PolicyTexts(metrics=metrics, **table)


def localised(wording: Wording, language: str) -> str:
    """A text in a language, else in English, else in whatever there is; empty without any."""
    return wording.get(language) or wording.get("en") or next(iter(wording.values()), "")


@cache
def metric_name(metric: str, language: str) -> str:
    """A metric in words."""
    known = policy_texts(language).metrics.get(metric)
    return known.name if known and known.name else assessment_texts(language).measurements[metric]


def title_of(rule: Rule, language: str) -> str:
    """A rule in a few words."""
    own = localised(rule.title, language)
    if own or rule.requirement is None:
        return own or rule.id
    return metric_name(rule.requirement.metric, language)


def value_shown(metric: str, value: Value | None, language: str) -> str:
    """A value with its unit as people read it; nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return policy_texts(language).labels["yes" if value else "no"]
    if isinstance(value, str):
        return value
    unit = METRICS[metric].unit
    if unit == "bytes":
        return f"{_digits(value / 1e6)} MB" if value >= 1e6 else f"{_digits(value / 1e3)} kB"
    name = assessment_texts(language).units[unit] if unit else ""
    return f"{_digits(value)} {name}".rstrip()


def _digits(number: float) -> str:
    """Two decimals at most: a value never looks like the limit that it misses."""
    return f"{number:.2f}".rstrip("0").rstrip(".")


def requirement_shown(requirement: Requirement, language: str) -> str:
    """What a rule asks for, such as "at least 85 %"."""
    return (
        policy_texts(language)
        .ops[requirement.op]
        .format(limit=_limit_shown(requirement.metric, requirement.op, requirement.limit, language))
    )


def asked_for(outcome: RuleOutcome, language: str) -> str:
    """What a rule asked for, as an outcome tells it; nothing of one that only a person can judge."""
    if outcome.metric is None or outcome.op is None or outcome.limit is None:
        return ""
    return requirement_shown(Requirement(outcome.metric, Op(outcome.op), outcome.limit), language)


def _limit_shown(metric: str, op: Op, limit: Limit, language: str) -> str:
    if not isinstance(limit, tuple):
        return value_shown(metric, limit, language)
    if op is Op.BETWEEN:
        low, high = limit
        return f"{_digits(float(low))}–{value_shown(metric, high, language)}"
    return ", ".join(map(str, limit))


@lru_cache(maxsize=4096)
def said_of(rule: Rule, language: str) -> tuple[str, str]:
    """How a rule asks for its requirement, and why its metric may lack a value: templates of reasons.

    Raises:
        ValueError: A rule without a requirement.
    """
    if rule.requirement is None:
        raise ValueError("only rules with a requirement have such reasons")
    words, asked = policy_texts(language), requirement_shown(rule.requirement, language)
    kind = "required" if rule.level in _REQUIRED else "recommended"
    name = metric_name(rule.requirement.metric, language)
    missing = words.lacks[METRICS[rule.requirement.metric].lack]
    tail = words.label(kind, requirement=asked)
    return words.label("reason", name=name, value="{value}", asked=tail), words.label(
        "unmeasured", name=name, lack=missing, asked=tail
    )


def remedy_of(rule: Rule, value: Value | None, language: str) -> str:
    """What to do about a value that does not fulfil a rule, or about one that is not there."""
    own = localised(rule.remedy, language)
    if own or rule.requirement is None:
        return own or policy_texts(language).labels["look"]
    known = policy_texts(language).metrics.get(rule.requirement.metric, MetricText())
    if known.finding:
        return assessment_texts(language).findings[known.finding].remedy
    too_high = value is not None and not rule.requirement.too_low(value)
    return (known.high if too_high else "") or known.remedy
