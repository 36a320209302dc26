"""The words of policies: metrics, operators, decisions, and the values that rules compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from packshot.report import RuleOutcome
from packshot.report.verdict import Limit, Value
from packshot.texts.general import load_texts
from packshot.texts.loader import load_table

_BETWEEN: Final = "between"


@dataclass(frozen=True)
class MetricText:
    """The words of a metric.

    Attributes:
        name: In words; empty for measurements, which have their names elsewhere.
        remedy: What to do about a value that does not fulfil a rule.
        high: What to do where it is too large, if that is something else.
        finding: The finding whose remedy it has, instead of one of its own.
        question: What a person is to look at, where nothing measures it.

    Example:
        >>> texts = load_policy_texts("en")
        >>> {name: text.name for name, text in texts.metrics.items() if name == "format"}
        {'format': 'File format'}
    """

    name: str = ""
    remedy: str = ""
    high: str = ""
    finding: str = ""
    question: str = ""


@dataclass(frozen=True)
class PolicyTexts:
    """All texts of one language.

    Attributes:
        metrics: By metric.
        ops: What an operator asks for; hold ``{limit}``.
        lacks: Why there is no value, by `MissingReason`.
        decisions: Names of decisions.
        levels: Names of levels.
        labels: Words of tables and pages; may hold placeholders.

    Example:
        >>> texts = load_policy_texts("en")
        >>> texts.decisions["manual"], texts.ops["at-least"].format(limit="85 %")
        ('Look at it', 'at least 85 %')
    """

    metrics: Mapping[str, MetricText]
    ops: Mapping[str, str]
    lacks: Mapping[str, str]
    decisions: Mapping[str, str]
    levels: Mapping[str, str]
    labels: Mapping[str, str]

    def label(self, name: str, /, **values: object) -> str:
        """Return a word of tables and pages, its placeholders filled."""
        return self.labels[name].format(**values)


@cache
def load_policy_texts(language: str) -> PolicyTexts:
    """Read the words of a language, once.

    Raises:
        InvalidInput: A language that is not there.

    Example:
        >>> load_policy_texts("en").levels["error"], load_policy_texts("zh").levels["error"]
        ('must', '必须')
    """
    table = load_table("policy", language)
    metrics = {name: MetricText(**entry) for name, entry in table.pop("metrics").items()}
    return PolicyTexts(metrics=metrics, **table)


def select_text(wording: Mapping[str, str], language: str) -> str:
    """Select a text in a language, else in English, else in whatever there is; empty without any.

    Example:
        >>> select_text({"en": "Mug", "zh": "杯子"}, "de")
        'Mug'
    """
    return wording.get(language) or wording.get("en") or next(iter(wording.values()), "")


@cache
def metric_name(metric: str, language: str) -> str:
    """Return the name of a metric in words.

    Example:
        >>> metric_name("contrast", "en")
        'Contrast'
    """
    known = load_policy_texts(language).metrics.get(metric)
    return known.name if known and known.name else load_texts(language).measurements[metric]


def format_value(value: Value | None, unit: str, language: str) -> str:
    """Write a value with its unit as people read it; nothing for None.

    Args:
        value: A number in `unit`, yes or no, or a word.
        unit: A key of the units' names; empty for none.
        language: Of the words.

    Example:
        >>> format_value(5_240_000, "bytes", "en"), format_value(True, "", "en")
        ('5.24 MB', 'yes')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return load_policy_texts(language).labels["yes" if value else "no"]
    if isinstance(value, str):
        return value
    if unit == "bytes":
        return f"{_digits(value / 1e6)} MB" if value >= 1e6 else f"{_digits(value / 1e3)} kB"
    name = load_texts(language).units[unit] if unit else ""
    return f"{_digits(value)} {name}".rstrip()


def format_requirement(op: str, limit: Limit, unit: str, language: str) -> str:
    """Write what a rule asks for, such as "at least 85 %".

    Args:
        op: An operator, such as ``at-least``.
        limit: What it compares with.
        unit: Of the limit.
        language: Of the words.

    Example:
        >>> format_requirement("at-least", 85.0, "%", "en")
        'at least 85 %'
    """
    return load_policy_texts(language).ops[op].format(limit=_format_limit(op, limit, unit, language))


def format_outcome_requirement(outcome: RuleOutcome, language: str) -> str:
    """Write what a rule asked for, as an outcome has it; nothing of one that only a person can judge.

    Example:
        >>> rule = dict(metric="resolution", op="at-least", limit=1000.0, unit="px")
        >>> outcome = RuleOutcome.model_construct(**rule)
        >>> format_outcome_requirement(outcome, "en")
        'at least 1000 px'
    """
    if outcome.metric is None or outcome.op is None or outcome.limit is None:
        return ""
    return format_requirement(outcome.op, outcome.limit, outcome.unit, language)


def _digits(number: float) -> str:
    """Write two decimals at most: a value never looks like the limit that it misses."""
    return f"{number:.2f}".rstrip("0").rstrip(".")


def _format_limit(op: str, limit: Limit, unit: str, language: str) -> str:
    if not isinstance(limit, tuple):
        return format_value(limit, unit, language)
    if op == _BETWEEN:
        low, high = limit
        return f"{_digits(float(low))}–{format_value(high, unit, language)}"
    return ", ".join(map(str, limit))
