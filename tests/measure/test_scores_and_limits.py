import cv2
import numpy as np
import pytest

from packshot.measure import measure_photo
from packshot.measure.limits import LIMITS, Condition, FindingLimit, find_exceeded_limits
from packshot.measure.photo import PhotoMeasurements
from packshot.measure.scores import CURVES, make_measurement, score_value
from packshot.report import MEASUREMENTS, Region, Severity
from tests.measure.pictures import (
    add_motion_blur,
    add_noise,
    blur,
    compress_jpeg,
    draw_on_white,
    draw_scene,
)

CODES = {
    "blurred", "product-blurred", "motion-blur", "noisy", "too-dark", "too-bright",
    "clipped-highlights", "clipped-shadows", "low-contrast", "dull-colour", "oversaturated",
    "colour-cast", "jpeg-artefacts", "ringing", "upscaled", "banding", "low-resolution",
    "background-not-white", "background-uneven", "border", "product-too-small",
    "product-too-large", "off-centre", "touches-edge",
}  # fmt: skip


def make_measurements(regions=None, **values):
    values_by_key = {key: make_measurement(key, values.get(key)) for key in MEASUREMENTS}
    return PhotoMeasurements(values_by_key, None, regions or {})


def find_codes(picture):
    return {found.code for found in find_exceeded_limits(measure_photo(picture))}


def test_every_code_has_a_limit_and_no_other():
    assert {limit.code for limit in LIMITS} == CODES


@pytest.mark.parametrize("key", [key for key, kind in MEASUREMENTS.items() if kind.scored])
def test_curves_are_well_formed(key):
    values, scores = zip(*CURVES[key], strict=True)
    assert list(values) == sorted(set(values))
    assert min(scores) >= 0
    assert max(scores) == 100


def test_a_measurement_has_a_curve_where_it_is_scored():
    assert CURVES.keys() == {key for key, kind in MEASUREMENTS.items() if kind.scored}


def test_score_interpolates_and_is_constant_outside():
    (x0, y0), (x1, y1) = CURVES["noise"][:2]
    assert score_value("noise", (x0 + x1) / 2) == pytest.approx((y0 + y1) / 2)
    assert score_value("noise", -5) == y0
    for value in np.linspace(0, 40, 300):
        expected = np.interp(value, *zip(*CURVES["noise"], strict=True))
        assert score_value("noise", value) == round(float(expected), 1)
    assert score_value("noise", 1e9) == CURVES["noise"][-1][1]
    assert score_value("noise", None) is None
    assert score_value("motion_direction", 30.0) is None


def test_severity_grows_with_the_value():
    limit = FindingLimit("x", "noise", info=1, warning=2, error=3)
    assert [limit.find_severity(v) for v in (1, 1.5, 2.5, 9)] == [
        None, (Severity.INFO, 1), (Severity.WARNING, 2), (Severity.ERROR, 3),
    ]  # fmt: skip
    below = FindingLimit("x", "contrast", is_maximum=False, warning=2)
    assert below.find_severity(2) is None
    assert below.find_severity(1.9) == (Severity.WARNING, 2)


def test_a_condition_without_a_value_does_not_hold():
    limit = FindingLimit("x", "noise", warning=1, when=(Condition("background_lightness", at_least=50),))
    assert find_exceeded_limits(make_measurements(noise=5), (limit,)) == []
    assert find_exceeded_limits(make_measurements(noise=5, background_lightness=49), (limit,)) == []
    assert len(find_exceeded_limits(make_measurements(noise=5, background_lightness=50), (limit,))) == 1


def test_the_more_exact_finding_wins():
    both = make_measurements(sharpness=2.0, enlargement=4.0)
    assert [found.code for found in find_exceeded_limits(both)] == ["upscaled"]


def test_a_code_is_reported_once():
    found = find_exceeded_limits(make_measurements(noise=20.0, colour_noise=20.0))
    assert [item.measurement for item in found] == ["noise"]


def test_findings_carry_their_place():
    place = Region(x=0, y=0, width=0.05, height=1)
    measured = make_measurements(
        {"edge_touch": place}, edge_touch=40.0, background_evenness=0.0, colour_noise=0.0
    )
    (found,) = find_exceeded_limits(measured)
    assert (found.code, found.value, found.limit, found.region) == ("touches-edge", 40, 1, place)


def test_a_white_product_on_white_is_not_over_exposed():
    assert find_codes(draw_on_white((60, 60, 380, 380), colour=(238, 238, 238))) <= {"low-contrast"}


@pytest.mark.parametrize("colour", [(0, 0, 0), (200, 30, 30)])
def test_white_ground_inside_a_frame_is_no_blown_out_product(colour):
    side = 40
    framed = cv2.copyMakeBorder(
        draw_on_white(), side, side, side, side, cv2.BORDER_CONSTANT, value=colour
    )
    codes = find_codes(framed)
    assert "border" in codes
    assert "clipped-highlights" not in codes


def test_damage_is_found():
    packshot = draw_on_white((50, 50, 400, 400))
    packshot[80:420, 80:420] = draw_scene(3, (340, 340))
    assert "blurred" in find_codes(blur(packshot, 3))
    assert "motion-blur" in find_codes(add_motion_blur(packshot, 13))
    assert "noisy" in find_codes(add_noise(packshot, 15))
    assert "jpeg-artefacts" in find_codes(compress_jpeg(packshot, 10))
    assert "too-dark" in find_codes((packshot * 0.3).astype(np.uint8))
    assert "colour-cast" in find_codes((packshot * np.array([1, 0.93, 0.75])).astype(np.uint8))
    assert "low-contrast" in find_codes((packshot * 0.3 + 150).astype(np.uint8))
    assert "background-not-white" in find_codes((packshot * 0.9).astype(np.uint8))


@pytest.mark.parametrize("ground", [(225, 60, 45), (40, 70, 230)])
def test_grey_clothes_on_colourful_cloth_are_not_too_dark(ground):
    cloth = draw_on_white(colour=(58, 58, 60), background=ground)
    assert "too-dark" not in find_codes(cloth)
    assert "too-dark" in find_codes((cloth * 0.55).astype(np.uint8))
