import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.policy.metrics import METRICS, MetricKind
from packshot.policy.requirements import Operator, Requirement, find_problem

NUMBERS = st.one_of(st.integers(-1000, 1000), st.floats(-1000, 1000))
NAIVE = {
    Operator.AT_LEAST: operator.ge,
    Operator.AT_MOST: operator.le,
    Operator.MORE_THAN: operator.gt,
    Operator.LESS_THAN: operator.lt,
    Operator.EQUALS: operator.eq,
}


@given(NUMBERS, NUMBERS)
def test_numbers_compare_as_numbers(value, limit):
    for op, compare in NAIVE.items():
        assert Requirement("width", op, limit).is_met(value) is compare(value, limit)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_between_is_both_bounds(value, one, other):
    low, high = sorted([one, other])
    found = Requirement("width", Operator.BETWEEN, (low, high)).is_met(value)
    assert found is (not value < low and not value > high)


def test_words_are_in_the_list_or_not():
    assert Requirement("format", Operator.ONE_OF, ("JPEG", "PNG")).is_met("PNG")
    assert not Requirement("format", Operator.ONE_OF, ("JPEG", "PNG")).is_met("GIF")
    assert Requirement("format", Operator.NONE_OF, ("JPEG",)).is_met("GIF")
    assert not Requirement("format", Operator.NONE_OF, ("JPEG",)).is_met("JPEG")
    assert Requirement("animated", Operator.EQUALS, False).is_met(False)


@given(NUMBERS, NUMBERS)
def test_what_is_too_low_is_below(value, limit):
    for op in (Operator.AT_LEAST, Operator.MORE_THAN):
        requirement = Requirement("width", op, limit)
        assert requirement.is_met(value) or requirement.is_too_low(value)
    for op in (Operator.AT_MOST, Operator.LESS_THAN):
        assert not Requirement("width", op, limit).is_too_low(value)


def test_a_range_knows_its_two_sides():
    requirement = Requirement("fill_box_side", Operator.BETWEEN, (75, 90))
    assert requirement.is_too_low(70)
    assert not requirement.is_too_low(95)


@pytest.mark.parametrize("metric", METRICS)
def test_each_metric_takes_the_operators_of_its_kind(metric):
    known = METRICS[metric]
    fitting = {
        MetricKind.NUMBER: {
            op: (1, 2) if op is Operator.BETWEEN else 1 for op in (*NAIVE, Operator.BETWEEN)
        },
        MetricKind.FLAG: {Operator.EQUALS: True},
        MetricKind.WORD: {
            op: known.words if "of" in op else known.words[:1][0]
            for op in Operator
            if op in "equals one-of none-of"
        }
        if known.words
        else {},
    }[known.kind]
    for op in Operator:
        problem = find_problem(metric, op, fitting.get(op, 1))
        assert (problem is None) is (op in fitting), (op, problem)
