import numpy as np
import pytest

from packshot.enhance.classical import plan_haze, plan_shadows
from packshot.enhance.step_candidates import REPAIRS, STEP_NAMES, build_planners, find_step_candidates
from packshot.measure import measure_photo
from packshot.measure.limits import LIMITS, find_exceeded_limits
from packshot.texts import DISTORTION_PREFIX, load_texts
from tests.conftest import make_packshot, make_picture
from tests.enhance.damage import add_noise, blur, compress_as_jpeg, scale_light
from tests.measure.pictures import draw_scene as drawn_scene
from tests.measure.pictures import make_flat


def find_codes(pixels):
    return [found.code for found in find_exceeded_limits(measure_photo(pixels))]


def list_step_names(pixels, codes=None, **options):
    wanted = find_codes(pixels) if codes is None else codes
    planned = (
        candidate.plan(pixels) for candidate in find_step_candidates(wanted, build_planners(), **options)
    )
    return [step.name for step in planned if step is not None]


@pytest.mark.parametrize(
    ("damaged", "step"),
    [
        (add_noise(make_picture(384, 512), 20), "denoise"),
        (compress_as_jpeg(make_picture(384, 512), 10), "deblock"),
        (blur(drawn_scene(), 2), "sharpen"),
        (scale_light(make_packshot(), 0.25), "expose"),
        (scale_light(make_packshot(), (1, 0.9, 0.7)), "white-balance"),
    ],
)
def test_what_is_found_is_what_is_planned(damaged, step):
    assert find_codes(damaged)
    assert step in list_step_names(damaged)


def test_a_clean_packshot_has_no_candidates():
    assert list_step_names(make_packshot()) == []


def test_without_findings_nothing_is_planned():
    assert list_step_names(add_noise(make_picture(384, 512), 20), codes=[]) == []


def test_what_cannot_be_mended_plans_nothing():
    assert (
        list_step_names(add_noise(make_picture(384, 512), 20), codes=["low-resolution", "touches-edge"])
        == []
    )


def test_thorough_asks_the_others_as_well():
    damaged = compress_as_jpeg(scale_light(make_packshot(), 0.3), 15)
    assert list_step_names(damaged, ["too-dark"]) == ["expose"]
    assert list_step_names(damaged, ["too-dark"], thorough=True)[:3] == [
        "repairs-together",
        "deblock",
        "expose",
    ]
    assert list_step_names(damaged, [], thorough=True)[:3] == ["repairs-together", "deblock", "expose"]


def test_the_loop_has_no_steps_of_background_and_frame():
    codes = ["background-not-white", "off-centre"]
    assert [c.name for c in find_step_candidates(codes, build_planners())][1:] == [
        "take-off-haze",
        "expose",
    ]


def test_the_network_comes_first_where_several_repairs_are_called_for():
    def list_candidate_names(*codes):
        return [c.name for c in find_step_candidates(codes, build_planners(network=lambda pixels: None))]

    noise = ["remove-impulses", "denoise"]
    assert list_candidate_names("noisy") == ["repairs-together", *noise, "network"]
    assert list_candidate_names("noisy", "colour-cast") == [
        "repairs-together",
        "network",
        *noise,
        "white-balance",
    ]
    assert list_candidate_names("noisy", "off-centre")[1:] == [*noise, "network"]
    assert list_candidate_names("off-centre") == []
    assert list_candidate_names("touches-edge") == []


def test_candidates_say_what_called_for_them():
    called = {
        c.name: c.called_for_by
        for c in find_step_candidates(["too-dark", "noisy"], build_planners(), thorough=True)
    }
    assert called["denoise"] == ("noisy",)
    assert called["expose"] == ("too-dark",)
    assert called["deblock"] == ()


def test_planned_steps_carry_the_name_of_their_candidate():
    for pixels, code in (
        (add_noise(make_picture(384, 512), 20), "noisy"),
        (scale_light(make_packshot(), 0.3), "too-dark"),
    ):
        for candidate in find_step_candidates([code], build_planners(), thorough=True):
            step = candidate.plan(pixels)
            assert step is None or step.name == candidate.name


def test_order_is_that_of_the_table():
    damaged = scale_light(add_noise(compress_as_jpeg(make_packshot(), 20), 10), (0.4, 0.36, 0.3))
    found = list_step_names(damaged, ["noisy", "colour-cast", "too-dark", "background-not-white"])
    assert found[0] == "repairs-together"
    assert found[1:] == sorted(
        found[1:], key=["deblock", "denoise", "white-balance", "expose", "whiten-background"].index
    )
    assert len(found) >= 3


def test_every_code_is_one_that_findings_have():
    known = {limit.code for limit in LIMITS} | set(load_texts("en").findings)
    kinds = set(load_texts("en").kinds)
    for code in REPAIRS:
        assert code in known or code.removeprefix(DISTORTION_PREFIX) in kinds
    for named in REPAIRS.values():
        assert set(named) <= set(STEP_NAMES)
    for language in ("en", "zh"):
        assert {"network", *STEP_NAMES} <= set(load_texts(language).steps)


class TestShadowsAndHaze:
    def test_dark_pictures_are_lifted_the_more_the_darker(self):
        steps = [plan_shadows(make_flat(value)) for value in (25, 40, 120)]
        assert steps[0] is not None
        assert steps[1] is not None
        assert steps[0].strength > steps[1].strength
        assert steps[2] is None
        assert steps[0].apply(make_flat(25)).mean() > 25

    def test_haze_comes_off(self):
        clean = np.clip(make_picture(300, 400).astype(int) - 30, 0, 255)
        hazy = np.rint(clean * 0.6 + 0.4 * 215).astype(np.uint8)
        step = plan_haze(hazy)
        assert step is not None
        assert np.ptp(step.apply(hazy).astype(int)) > 1.3 * np.ptp(hazy.astype(int))
        assert plan_haze(clean.astype(np.uint8)) is None
