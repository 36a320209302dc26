from functools import partial

import numpy as np

from packshot.enhance.combined_repairs import COMBINED_REPAIRS, plan_combined_repairs
from packshot.enhance.step import Intent, Step
from tests.conftest import make_packshot, make_picture


def lighten(pixels, by):
    return np.clip(pixels.astype(int) + by, 0, 255).astype(np.uint8)


def make_lightening_planner(name, by, intent=Intent.TONE):
    return lambda _: Step(name, frozenset({intent}), by, f"{by} missing", partial(lighten, by=by))


def abstain(_):
    return None


def test_all_are_applied_in_order():
    photo = np.clip(make_picture(100, 150), 30, 200)
    step = plan_combined_repairs(
        photo, (make_lightening_planner("a", 5), abstain, make_lightening_planner("b", 2, Intent.DETAIL))
    )
    assert step.name == COMBINED_REPAIRS
    assert step.parts == ("a", "b")
    assert step.intents == {Intent.TONE, Intent.DETAIL}
    assert step.reason == "5 missing; 2 missing"
    np.testing.assert_array_equal(step.apply(photo), lighten(photo, 7))


def test_each_is_planned_on_what_the_last_one_left():
    def plan_once(pixels):
        return make_lightening_planner("a", 20)(pixels) if pixels.mean() < 100 else None

    photo = np.full((80, 80, 3), 90, np.uint8)
    assert plan_combined_repairs(photo, (plan_once, plan_once)) is None
    assert plan_combined_repairs(
        photo, (plan_once, plan_once, make_lightening_planner("b", 3))
    ).parts == ("a", "b")


def test_one_alone_is_not_together():
    photo = make_picture(60, 90)
    assert plan_combined_repairs(photo, (make_lightening_planner("a", 5), abstain)) is None
    assert plan_combined_repairs(photo, ()) is None


def test_what_the_guards_refuse_is_left_out():
    def plan_recolouring(_):
        swap = lambda pixels: np.ascontiguousarray(pixels[..., ::-1])  # noqa: E731
        return Step("swap", frozenset({Intent.DETAIL}), 1, "", swap)

    photo = make_packshot()
    step = plan_combined_repairs(
        photo, (make_lightening_planner("a", -5), plan_recolouring, make_lightening_planner("b", -5))
    )
    assert step.parts == ("a", "b")
