import numpy as np
import pytest

from packshot.policy.metrics import METRICS, METRICS_WITHOUT_DETECTOR, MetricKind
from packshot.report import MEASUREMENTS, OVERLAYS, AspectScore, Assessment, Grade, Status
from tests.conftest import make_picture
from tests.measure.pictures import draw_on_white
from tests.policy.assessments import assess_pixels, draw_square_product, make_noise, with_measurements

NOTHING = Assessment(path="x.jpg", status=Status.OK)


def read_values(assessment):
    return {name: metric.read(assessment) for name, metric in METRICS.items()}


def test_what_is_not_there_has_no_value():
    assert {name for name, value in read_values(NOTHING).items() if value is not None} == set()


def test_values_are_of_their_kind():
    found = read_values(
        assess_pixels(draw_square_product(80), "JPEG", quality=95).model_copy(
            update={
                "score": 50,
                "grade": Grade.GOOD,
                "technical": AspectScore(score=60, confidence=0.5),
                "presentation": AspectScore(score=40, confidence=0.5),
            }
        )
    )
    kinds = {MetricKind.NUMBER: (int, float), MetricKind.FLAG: bool, MetricKind.WORD: str}
    for name, value in found.items():
        metric = METRICS[name]
        assert value is None or isinstance(value, kinds[metric.kind]), name
        if metric.kind is MetricKind.WORD:
            assert value in metric.words, name
    missing = {name for name, value in found.items() if value is None}
    assert missing <= {*METRICS_WITHOUT_DETECTOR, *OVERLAYS, *MEASUREMENTS}
    assert {*METRICS_WITHOUT_DETECTOR, *OVERLAYS} - {"border_width"} <= missing


def test_facts_are_those_of_the_file():
    found = read_values(assess_pixels(make_noise((120, 90, 3)), "JPEG", name="wrong.png", quality=83))
    assert (found["format"], found["width"], found["height"]) == ("JPEG", 90, 120)
    assert found["aspect_ratio"] == 0.75
    assert found["extension_matches"] is False
    assert (found["animated"], found["frames"], found["bit_depth"]) == (False, 1, 8)
    assert found["jpeg_quality"] == pytest.approx(83, abs=1)
    assert found["resolution"] == 120
    assert read_values(assess_pixels(make_noise((20, 20, 3)), "PNG"))["jpeg_quality"] is None
    assert read_values(assess_pixels(make_noise((20, 20, 3)), "PNG", mode="L"))["colour_mode"] == "L"


@pytest.mark.parametrize(("box", "expected"), [((50, 100, 200, 300), (10, 50, 20, 20, 10))])
def test_margins_are_exact(box, expected):
    found = read_values(assess_pixels(draw_on_white(box, (500, 500))))
    names = ("margin_left", "margin_right", "margin_top", "margin_bottom", "margin_least")
    assert tuple(found[name] for name in names) == pytest.approx(expected, abs=0.01)


def test_a_scene_has_no_margins_and_no_fill():
    found = read_values(assess_pixels(make_picture(300, 400)))
    for name in ("margin_least", "fill_box_side", "background_pure_white"):
        assert found[name] is None
    assert found["frame_white"] == 0


def test_what_is_measured_stands_in_for_a_detector_until_there_is_one():
    read, framed = METRICS["border_width"].read, assess_pixels(draw_square_product(60))
    drawn = with_measurements(framed, border=3.0)
    assert read(drawn) == 3
    detected = drawn.measurements["border"].model_copy(update={"value": 0.0})
    detected = drawn.model_copy(update={"measurements": drawn.measurements | {"border_width": detected}})
    assert read(detected) == 0


def test_a_grade_that_cannot_be_told_is_no_grade():
    assert METRICS["grade"].read(NOTHING.model_copy(update={"grade": Grade.UNKNOWN})) is None


def test_the_three_meanings_of_fill_differ_as_geometry_says():
    y, x = np.mgrid[:1000, :1000] - 499.5
    disc = np.full((1000, 1000, 3), 255, np.uint8)
    disc[np.hypot(x, y) <= 425] = (60, 90, 150)
    found = read_values(assess_pixels(disc))
    assert found["fill_box_side"] == pytest.approx(85, abs=0.2)
    assert found["fill_box_area"] == pytest.approx(72.25, abs=0.3)
    assert found["fill_mask_area"] == pytest.approx(np.pi / 4 * 72.25, abs=0.6)
