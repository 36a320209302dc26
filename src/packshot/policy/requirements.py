"""Requirements of rules: a metric, an operator of a closed list, a limit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from packshot.policy.metrics import METRICS, Metric, MetricKind
from packshot.policy.suggestions import format_suggestion
from packshot.report.verdict import Limit, Value


class Operator(StrEnum):
    """A comparison of a value with a rule's limit.

    Example:
        >>> at_least = Requirement("width", Operator("at-least"), 1000)
        >>> more_than = Requirement("width", Operator.MORE_THAN, 1000)
        >>> at_least.is_met(1000), more_than.is_met(1000)
        (True, False)
    """

    AT_LEAST = "at-least"
    AT_MOST = "at-most"
    MORE_THAN = "more-than"
    LESS_THAN = "less-than"
    BETWEEN = "between"
    EQUALS = "equals"
    ONE_OF = "one-of"
    NONE_OF = "none-of"


_COMPARISONS: Final[dict[Operator, Callable[[Any, Any], bool]]] = {
    Operator.AT_LEAST: lambda value, limit: value >= limit,
    Operator.AT_MOST: lambda value, limit: value <= limit,
    Operator.MORE_THAN: lambda value, limit: value > limit,
    Operator.LESS_THAN: lambda value, limit: value < limit,
    Operator.BETWEEN: lambda value, limit: limit[0] <= value <= limit[1],
    Operator.EQUALS: lambda value, limit: value == limit,
    Operator.ONE_OF: lambda value, limit: value in limit,
    Operator.NONE_OF: lambda value, limit: value not in limit,
}
_OPERATORS_BY_KIND: Final[dict[MetricKind, frozenset[Operator]]] = {
    MetricKind.NUMBER: frozenset(Operator) - {Operator.ONE_OF, Operator.NONE_OF},
    MetricKind.FLAG: frozenset({Operator.EQUALS}),
    MetricKind.WORD: frozenset({Operator.EQUALS, Operator.ONE_OF, Operator.NONE_OF}),
}
_LIST_OPERATORS: Final = frozenset({Operator.ONE_OF, Operator.NONE_OF})
"""Operators whose limit is a list of words."""


@dataclass(frozen=True)
class Requirement:
    """A metric, an operator, a limit: ``fill_box_side at-least 85``.

    Attributes:
        metric: A key of `METRICS`.
        op: The comparison.
        limit: What a value is compared with; two numbers for `BETWEEN`, words for `ONE_OF` and
            `NONE_OF`.

    Example:
        >>> large_enough = Requirement("fill_box_side", Operator.AT_LEAST, 85.0)
        >>> large_enough.is_met(91.5), large_enough.is_met(60.0), large_enough.is_too_low(60.0)
        (True, False, True)
    """

    metric: str
    op: Operator
    limit: Limit

    def is_met(self, value: Value) -> bool:
        """Return whether a value of the metric fulfils it."""
        return _COMPARISONS[self.op](value, self.limit)

    def is_too_low(self, value: Value) -> bool:
        """Return whether a value that does not fulfil it is too small, not too large or another."""
        bound = self.limit[0] if isinstance(self.limit, tuple) else self.limit
        if (
            isinstance(value, str)
            or isinstance(bound, str)
            or self.op in (Operator.AT_MOST, Operator.LESS_THAN)
        ):
            return False
        return value <= bound


def find_problem(metric: str, op: Operator, limit: object) -> tuple[str, str] | None:
    """Find what is wrong with a requirement.

    Args:
        metric: A key of `METRICS`.
        op: The operator.
        limit: As written, lists as tuples.

    Returns:
        The field, and the reason; None if nothing is wrong.

    Example:
        >>> find_problem("width", Operator.AT_LEAST, "1000")
        ('value', "width is a number, which '1000' is not")
        >>> find_problem("width", Operator.AT_LEAST, 1000) is None
        True
    """
    definition = METRICS[metric]
    if op not in _OPERATORS_BY_KIND[definition.kind]:
        allowed = ", ".join(sorted(_OPERATORS_BY_KIND[definition.kind]))
        return "op", f"{metric} is a {definition.kind}: {op} does not fit; there are {allowed}"
    if op is Operator.BETWEEN:
        return _find_range_problem(limit)
    values = limit if op in _LIST_OPERATORS else (limit,)
    if not isinstance(values, tuple) or not values:
        return "value", f"{op} needs a list"
    problems = (_find_value_problem(metric, definition, value) for value in values)
    return next((("value", problem) for problem in problems if problem), None)


def _find_value_problem(metric: str, definition: Metric, value: object) -> str | None:
    if not _has_kind(definition.kind, value):
        return f"{metric} is a {definition.kind}, which {value!r} is not"
    if definition.words and value not in definition.words:
        return f"{metric} is never {value!r}{format_suggestion(str(value), definition.words)}"
    return None


def _find_range_problem(limit: object) -> tuple[str, str] | None:
    numbers = (
        isinstance(limit, tuple)
        and len(limit) == 2
        and all(_has_kind(MetricKind.NUMBER, n) for n in limit)
    )
    if not numbers or not isinstance(limit, tuple) or limit[0] > limit[1]:
        return "value", "between needs two numbers, the smaller first"
    return None


def _has_kind(kind: MetricKind, value: object) -> bool:
    if kind is MetricKind.FLAG:
        return isinstance(value, bool)
    if kind is MetricKind.WORD:
        return isinstance(value, str)
    return isinstance(value, int | float) and not isinstance(value, bool)
