"""What a rule asks of a metric's value: the operators, which are a closed list and no language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from packshot.policy.metrics import METRICS, Kind, Metric
from packshot.policy.names import nearest
from packshot.report.verdict import Limit, Value


class Op(StrEnum):
    """How a value is compared with a rule's."""

    AT_LEAST = "at-least"
    AT_MOST = "at-most"
    MORE_THAN = "more-than"
    LESS_THAN = "less-than"
    BETWEEN = "between"
    EQUALS = "equals"
    ONE_OF = "one-of"
    NONE_OF = "none-of"


_HOLDS: Final[dict[Op, Callable[[Any, Any], bool]]] = {
    Op.AT_LEAST: lambda value, limit: value >= limit,
    Op.AT_MOST: lambda value, limit: value <= limit,
    Op.MORE_THAN: lambda value, limit: value > limit,
    Op.LESS_THAN: lambda value, limit: value < limit,
    Op.BETWEEN: lambda value, limit: limit[0] <= value <= limit[1],
    Op.EQUALS: lambda value, limit: value == limit,
    Op.ONE_OF: lambda value, limit: value in limit,
    Op.NONE_OF: lambda value, limit: value not in limit,
}
_OF_KIND: Final[dict[Kind, frozenset[Op]]] = {
    Kind.NUMBER: frozenset(Op) - {Op.ONE_OF, Op.NONE_OF},
    Kind.FLAG: frozenset({Op.EQUALS}),
    Kind.WORD: frozenset({Op.EQUALS, Op.ONE_OF, Op.NONE_OF}),
}
_LISTS: Final = frozenset({Op.ONE_OF, Op.NONE_OF})


@dataclass(frozen=True)
class Requirement:
    """A metric, an operator, a limit: ``fill_box_side at-least 85``.

    Attributes:
        metric: A key of `METRICS`.
        op: How to compare.
        limit: What with; two numbers for `BETWEEN`, words for `ONE_OF` and `NONE_OF`.
    """

    metric: str
    op: Op
    limit: Limit

    def holds(self, value: Value) -> bool:
        """Whether a value of the metric fulfils it."""
        return _HOLDS[self.op](value, self.limit)

    def too_low(self, value: Value) -> bool:
        """Whether a value that does not fulfil it is too small rather than too large or another."""
        bound = self.limit[0] if isinstance(self.limit, tuple) else self.limit
        if isinstance(value, str) or isinstance(bound, str) or self.op in (Op.AT_MOST, Op.LESS_THAN):
            return False
        return value <= bound


def problem_of(metric: str, op: Op, limit: object) -> tuple[str, str] | None:
    """What is wrong with a requirement: the field, and the reason; None if nothing.

    Args:
        metric: A key of `METRICS`.
        op: The operator.
        limit: As written, lists as tuples.
    """
    known = METRICS[metric]
    if op not in _OF_KIND[known.kind]:
        fitting = ", ".join(sorted(_OF_KIND[known.kind]))
        return "op", f"{metric} is a {known.kind}: {op} does not fit; there are {fitting}"
    if op is Op.BETWEEN:
        return _problem_of_range(limit)
    values = limit if op in _LISTS else (limit,)
    if not isinstance(values, tuple) or not values:
        return "value", f"{op} needs a list"
    problems = (_problem_of_value(metric, known, value) for value in values)
    return next((("value", problem) for problem in problems if problem), None)


def _problem_of_value(metric: str, known: Metric, value: object) -> str | None:
    if not _is_of(known.kind, value):
        return f"{metric} is a {known.kind}, which {value!r} is not"
    if known.words and value not in known.words:
        return f"{metric} is never {value!r}{nearest(str(value), known.words)}"
    return None


def _problem_of_range(limit: object) -> tuple[str, str] | None:
    numbers = isinstance(limit, tuple) and len(limit) == 2 and all(_is_of(Kind.NUMBER, n) for n in limit)
    if not numbers or not isinstance(limit, tuple) or limit[0] > limit[1]:
        return "value", "between needs two numbers, the smaller first"
    return None


def _is_of(kind: Kind, value: object) -> bool:
    if kind is Kind.FLAG:
        return isinstance(value, bool)
    if kind is Kind.WORD:
        return isinstance(value, str)
    return isinstance(value, int | float) and not isinstance(value, bool)
