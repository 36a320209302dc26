import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.policy.metrics import METRICS, Kind
from packshot.policy.requirements import Op, Requirement, problem_of

NUMBERS = st.one_of(st.integers(-1000, 1000), st.floats(-1000, 1000))
NAIVE = {
    Op.AT_LEAST: operator.ge,
    Op.AT_MOST: operator.le,
    Op.MORE_THAN: operator.gt,
    Op.LESS_THAN: operator.lt,
    Op.EQUALS: operator.eq,
}


@given(NUMBERS, NUMBERS)
def test_numbers_compare_as_numbers(value, limit):
    for op, compare in NAIVE.items():
        assert Requirement("width", op, limit).holds(value) is compare(value, limit)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_between_is_both_bounds(value, one, other):
    low, high = sorted([one, other])
    found = Requirement("width", Op.BETWEEN, (low, high)).holds(value)
    assert found is (not value < low and not value > high)


def test_words_are_in_the_list_or_not():
    assert Requirement("format", Op.ONE_OF, ("JPEG", "PNG")).holds("PNG")
    assert not Requirement("format", Op.ONE_OF, ("JPEG", "PNG")).holds("GIF")
    assert Requirement("format", Op.NONE_OF, ("JPEG",)).holds("GIF")
    assert not Requirement("format", Op.NONE_OF, ("JPEG",)).holds("JPEG")
    assert Requirement("animated", Op.EQUALS, False).holds(False)


@given(NUMBERS, NUMBERS)
def test_what_is_too_low_is_below(value, limit):
    for op in (Op.AT_LEAST, Op.MORE_THAN):
        asked = Requirement("width", op, limit)
        assert asked.holds(value) or asked.too_low(value)
    for op in (Op.AT_MOST, Op.LESS_THAN):
        assert not Requirement("width", op, limit).too_low(value)


def test_a_range_knows_its_two_sides():
    asked = Requirement("fill_box_side", Op.BETWEEN, (75, 90))
    assert asked.too_low(70)
    assert not asked.too_low(95)


@pytest.mark.parametrize("metric", METRICS)
def test_each_metric_takes_the_operators_of_its_kind(metric):
    known = METRICS[metric]
    fitting = {
        Kind.NUMBER: {op: (1, 2) if op is Op.BETWEEN else 1 for op in (*NAIVE, Op.BETWEEN)},
        Kind.FLAG: {Op.EQUALS: True},
        Kind.WORD: {
            op: known.words if "of" in op else known.words[:1][0]
            for op in Op
            if op in "equals one-of none-of"
        }
        if known.words
        else {},
    }[known.kind]
    for op in Op:
        problem = problem_of(metric, op, fitting.get(op, 1))
        assert (problem is None) is (op in fitting), (op, problem)
