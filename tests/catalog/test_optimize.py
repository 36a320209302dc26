from datetime import date

import pytest

from packshot.catalog.optimize import PolicyTarget
from packshot.policy import list_policy_names, load_policy
from packshot.report import Assessment, Decision, Enhancement, Measurement, Status

DAY = date(2026, 5, 1)


@pytest.mark.parametrize("name", list_policy_names())
def test_every_policy_that_ships_makes_goals(name):
    goals = PolicyTarget(load_policy(name), DAY).derive_goals()
    low, high = goals.fill_range
    assert low <= goals.fill_share <= high


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("amazon-main", 0.85, 1.0), ("ajio", 0.75, 1.0), ("google-merchant", 0.75, 1.0)],
)
def test_what_a_rule_requires_is_what_is_left_alone(name, low, high):
    goals = PolicyTarget(load_policy(name), DAY).derive_goals()
    assert goals.fill_range == pytest.approx((low, high))


def test_a_wish_for_more_pixels_holds_no_crop_back():
    assert PolicyTarget(load_policy("amazon-main"), DAY).derive_goals().min_long_side == 500


def test_a_category_has_rules_of_its_own():
    policy = load_policy("amazon-main")
    assert PolicyTarget(policy, DAY).derive_goals().aspect_range is None
    apparel = PolicyTarget(policy, DAY, category="apparel").derive_goals()
    assert apparel.aspect_range == (0.7, 0.8)


def assess(fill):
    measurements = {"fill_box_side": Measurement(value=fill, unit="%", score=50)}
    return Assessment(path="mug.jpg", status=Status.OK, score=60, measurements=measurements)


def test_a_rule_is_told_before_and_after():
    record = Enhancement(path="mug.jpg", status=Status.OK, before=assess(40.0), after=assess(86.0))
    change = PolicyTarget(load_policy("amazon-main"), DAY).compare(record).policy
    [fill] = [rule for rule in change.rules if rule.rule == "fill"]
    assert (fill.before, fill.after, fill.is_fixed) == (Decision.FAIL, Decision.PASS, True)
    assert (fill.value_before, fill.value_after, fill.remedy) == (40.0, 86.0, "")
    assert change.before is Decision.FAIL
    assert change.policy == "amazon-main"
    assert change.manual_checks == ("logo", "props", "out-of-packaging")
    assert not set(change.manual_checks) & {rule.rule for rule in change.rules}


def test_an_unreadable_photo_has_no_rules():
    record = Enhancement(path="mug.jpg", status=Status.UNREADABLE, error="the file is empty")
    assert PolicyTarget(load_policy("amazon-main"), DAY).compare(record) is record
