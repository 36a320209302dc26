import cv2
import numpy as np
import pytest

from packshot.assess.assessor import Assessor
from packshot.assess.inspection import Inspection, Inspector, find_text, find_watermark
from packshot.assess.observation import observe
from packshot.encode import Encoders
from packshot.encode.overlay import OverlayMaps
from packshot.errors import InvalidInput
from packshot.measure.photo import find_scene
from packshot.measure.product import ProductRegion
from packshot.photo import Photo
from packshot.report import OVERLAYS
from tests.conftest import make_packshot, make_picture


@pytest.fixture(scope="module")
def inspector():
    return Inspector.load_shipped()


def make_maps(text=None, watermark=None):
    nothing = np.zeros((60, 80), np.float32)
    return OverlayMaps(nothing if text is None else text, nothing if watermark is None else watermark)


def make_patch(rows, columns, level):
    likely = np.zeros((60, 80), np.float32)
    likely[rows, columns] = level
    return likely


def make_region(rows, columns):
    mask = np.zeros((60, 80), bool)
    mask[rows, columns] = True
    return ProductRegion((0, 0, 1, 1), mask, mask)


class TestText:
    LINES = make_patch(slice(10, 15), slice(20, 60), 0.98) + make_patch(
        slice(40, 43), slice(0, 20), 0.99
    )

    def test_boxes_in_fractions_of_the_photo_largest_first(self):
        found = find_text(make_maps(text=self.LINES), None)
        assert [(box.x, box.y, box.width, box.height) for box in found.boxes] == [
            pytest.approx((20 / 80, 10 / 60, 40 / 80, 5 / 60)),
            pytest.approx((0, 40 / 60, 20 / 80, 3 / 60)),
        ]
        assert found.area == pytest.approx(100 * 260 / 4800)
        assert found.on_product is None

    def test_off_the_product_less_evidence_serves_than_on_it(self):
        line = make_maps(text=make_patch(slice(10, 15), slice(20, 60), 0.9))
        assert find_text(line, make_region(slice(30, 60), slice(0, 80))).area == pytest.approx(
            100 * 200 / 4800
        )
        assert find_text(line, make_region(slice(0, 60), slice(0, 80))).area is None

    def test_what_may_be_text_leaves_the_question_open(self):
        found = find_text(make_maps(text=make_patch(slice(10, 15), slice(20, 60), 0.6)), None)
        assert found.area is None
        assert found.boxes == ()
        assert found.likely.any()

    def test_ragged_parts_and_upright_ones_leave_the_question_open(self):
        """What an edge or a leg of a chair makes of the map: a core that is certain, and a fringe."""
        ragged = make_patch(slice(10, 15), slice(20, 60), 0.4)
        ragged[12, 20:60] = 0.99
        assert find_text(make_maps(text=ragged), None).area is None
        upright = make_maps(text=make_patch(slice(10, 50), slice(20, 25), 0.99))
        assert find_text(upright, None).area is None

    def test_a_map_that_is_likely_all_over_is_one_part(self):
        assert find_text(make_maps(text=np.full((40, 80), 0.99, np.float32)), None).area == 100

    def test_nothing_likely_is_a_measured_zero(self):
        assert find_text(make_maps(text=make_patch(slice(10, 15), slice(20, 60), 0.2)), None).area == 0
        assert find_text(make_maps(text=make_patch(slice(3, 4), slice(3, 4), 0.99)), None).area == 0

    def test_what_is_faint_throughout_is_a_measured_zero(self):
        found = find_text(make_maps(text=make_patch(slice(10, 15), slice(20, 60), 0.4)), None)
        assert found.area == 0
        assert not found.likely.any()

    def test_lettering_on_the_background_is_no_part_of_the_product(self):
        """On a plain background all that is not background counts as product, lettering too."""
        mask = make_region(slice(30, 60), slice(20, 60)).mask | (self.LINES > 0.9)
        found = find_text(make_maps(text=self.LINES), ProductRegion((0, 0, 1, 1), mask, mask))
        assert found.flags[12, 40]
        assert found.on_product < 50

    def test_large_certain_lettering_counts_on_the_product_too(self):
        line = make_maps(text=make_patch(slice(10, 20), slice(20, 60), 0.99))
        found = find_text(line, make_region(slice(0, 60), slice(0, 80)))
        assert found.area == pytest.approx(100 * 400 / 4800)
        assert found.on_product == 100


def test_watermarks_are_measured_ruled_out_or_left_open():
    assert find_watermark(
        make_maps(watermark=make_patch(slice(10, 20), slice(20, 60), 0.95))
    ) == pytest.approx(100 * 400 / 4800)
    assert find_watermark(make_maps(watermark=make_patch(slice(10, 14), slice(20, 30), 0.95))) is None
    fringed = make_patch(slice(10, 40), slice(20, 60), 0.4) + make_patch(
        slice(10, 14), slice(20, 40), 0.55
    )
    assert find_watermark(make_maps(watermark=fringed)) is None
    assert find_watermark(make_maps(watermark=make_patch(slice(10, 20), slice(20, 60), 0.2))) == 0
    assert find_watermark(make_maps(watermark=make_patch(slice(10, 14), slice(20, 25), 0.95))) == 0


def test_every_metric_is_a_number_or_not_measured(inspector):
    for pixels in (make_packshot(), make_picture(240, 320), np.full((90, 90, 3), 255, np.uint8)):
        numbers = inspector.inspect(pixels).values
        assert tuple(numbers) == tuple(OVERLAYS)
        assert all(value is None or np.isfinite(value) for value in numbers.values())


def test_a_clean_packshot_carries_nothing(inspector):
    found = inspector.inspect(make_packshot())
    assert found.values["border_width"] == 0
    assert found.values["collage_panels"] == 1
    assert found.values["qr_codes"] == 0
    assert found.values["placeholder"] == 0
    assert found.product.confidence == 1.0
    assert found.product.box == (100, 100, 300, 200)


def test_frame_and_placeholder(inspector):
    framed = cv2.copyMakeBorder(make_packshot(), *(12,) * 4, cv2.BORDER_CONSTANT, value=(200, 20, 20))
    assert inspector.inspect(framed).values["border_width"] == pytest.approx(100 * 12 / 424, abs=0.1)
    assert inspector.inspect(np.full((300, 300, 3), 240, np.uint8)).is_placeholder_image


def test_wrong_pixels_raise(inspector):
    with pytest.raises(InvalidInput):
        inspector.inspect(np.zeros((20, 20), np.uint8))


def test_the_inspector_leaves_all_that_the_encoders_are_told(inspector):
    """What the network finds changes framing alone, and nothing on plain backgrounds."""
    encoders = Encoders.load_shipped()
    for pixels in (make_packshot(), make_picture(240, 320)):
        photo = Photo.open(encode_png(pixels))
        without, with_product = observe(encoders, [photo])[0], observe(encoders, [photo], inspector)[0]
        expected = {key: without.photo_measurements.value(key) for key in encoders.measurement_names}
        assert {
            key: with_product.photo_measurements.value(key) for key in encoders.measurement_names
        } == expected
        np.testing.assert_array_equal(without.encoding.distortion, with_product.encoding.distortion)
        if without.photo_measurements.product is not None:
            assert with_product.photo_measurements.values == without.photo_measurements.values


def test_an_assessment_measures_the_overlays_asked_for_and_no_others(tmp_path):
    path = tmp_path / "framed.png"
    framed = cv2.copyMakeBorder(make_packshot(), *(12,) * 4, cv2.BORDER_CONSTANT, value=(200, 20, 20))
    cv2.imwrite(str(path), framed)
    assessment = Assessor(overlays=["qr_codes", "border_width"]).assess(path)
    assert assessment.measurements["border_width"].value == pytest.approx(100 * 12 / 424, abs=0.1)
    assert assessment.measurements["border_width"].unit == "%"
    assert assessment.measurements["qr_codes"].value == 0
    assert "text_area" not in assessment.measurements
    assert "overlay" not in assessment.models
    plain = Assessor().assess(path)
    assert not OVERLAYS.keys() & plain.measurements.keys()
    assert plain.score == assessment.score


def test_an_assessment_says_by_which_network_text_was_sought():
    models = Assessor(overlays=["text_area"]).assess(encode_png(make_packshot())).models
    assert models["overlay"] == Inspector.load_shipped().overlay.model.fingerprint


def test_an_uncertain_answer_is_recorded_as_none(inspector):
    """A rule must be able to tell it from a measured zero."""

    found = Inspection(find_scene(make_picture(240, 320)), inspector)
    vars(found)["product"] = None
    vars(found)["maps"] = make_maps(text=make_patch(slice(10, 15), slice(20, 60), 0.6))
    recorded = found.measure_overlays(["text_area", "text_boxes", "watermark"])
    assert recorded["text_area"].value is None
    assert recorded["text_boxes"].value is None
    assert recorded["watermark"].value == 0


def test_unknown_overlays_raise():
    with pytest.raises(InvalidInput, match="no such overlay: glitter"):
        Assessor(overlays=["glitter"])


def encode_png(pixels):
    return cv2.imencode(".png", pixels[..., ::-1])[1].tobytes()
