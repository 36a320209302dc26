from functools import partial

import numpy as np

from packshot.enhance.step import Intent, Step
from packshot.enhance.together import TOGETHER, plan_together
from tests.conftest import make_packshot, make_picture


def lighter(pixels, by):
    return np.clip(pixels.astype(int) + by, 0, 255).astype(np.uint8)


def adding(name, by, intent=Intent.TONE):
    return lambda _: Step(name, frozenset({intent}), by, f"{by} missing", partial(lighter, by=by))


def abstaining(_):
    return None


def test_all_are_applied_in_order():
    photo = np.clip(make_picture(100, 150), 30, 200)
    step = plan_together(photo, (adding("a", 5), abstaining, adding("b", 2, Intent.DETAIL)))
    assert step.name == TOGETHER
    assert step.parts == ("a", "b")
    assert step.intents == {Intent.TONE, Intent.DETAIL}
    assert step.reason == "5 missing; 2 missing"
    np.testing.assert_array_equal(step.apply(photo), lighter(photo, 7))


def test_each_is_planned_on_what_the_last_one_left():
    def once(pixels):
        return adding("a", 20)(pixels) if pixels.mean() < 100 else None

    photo = np.full((80, 80, 3), 90, np.uint8)
    assert plan_together(photo, (once, once)) is None
    assert plan_together(photo, (once, once, adding("b", 3))).parts == ("a", "b")


def test_one_alone_is_not_together():
    photo = make_picture(60, 90)
    assert plan_together(photo, (adding("a", 5), abstaining)) is None
    assert plan_together(photo, ()) is None


def test_what_the_guards_refuse_is_left_out():
    def recoloured(_):
        swap = lambda pixels: np.ascontiguousarray(pixels[..., ::-1])  # noqa: E731
        return Step("swap", frozenset({Intent.DETAIL}), 1, "", swap)

    photo = make_packshot()
    step = plan_together(photo, (adding("a", -5), recoloured, adding("b", -5)))
    assert step.parts == ("a", "b")
