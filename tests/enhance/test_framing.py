import cv2
import numpy as np
import pytest

from packshot.encode.mask import MaskNetwork
from packshot.enhance.affine import AffineTransform
from packshot.enhance.framing import Frame, compute_frame, reframe
from packshot.enhance.goals import PresentationGoals
from packshot.enhance.product_steps import (
    plan_border,
    plan_framing,
    plan_resize,
    plan_straighten,
    propose_framing,
)
from packshot.enhance.resize import compute_resize_transform, compute_size, resize
from packshot.enhance.straighten import Tilt, compute_rotation_transform, estimate_tilt, straighten
from packshot.errors import InvalidInput
from packshot.measure import measure_photo
from packshot.measure.reference import psnr
from tests.conftest import make_packshot, make_picture
from tests.measure.pictures import draw_on_white, draw_scene


class TestFrameAround:
    def test_centres_and_fills(self):
        frame = compute_frame((100, 60, 200, 80), (400, 400), 0.8)
        assert (frame.width, frame.height) == (250, 250)
        assert frame.left + frame.width / 2 == pytest.approx(200, abs=1)
        assert frame.top + frame.height / 2 == pytest.approx(100, abs=1)

    @pytest.mark.parametrize("ratio", [1.0, 0.75, 16 / 9])
    def test_has_the_ratio_wanted(self, ratio):
        frame = compute_frame((10, 10, 200, 300), (600, 500), 0.85, ratio)
        assert frame.width / frame.height == pytest.approx(ratio, rel=0.01)
        assert max(200 / frame.width, 300 / frame.height) == pytest.approx(0.85, rel=0.01)

    @pytest.mark.parametrize(
        ("box", "fill", "ratio"), [((0, 0, 0, 5), 0.8, 1), ((0, 0, 5, 5), 0, 1), ((0, 0, 5, 5), 0.8, -1)]
    )
    def test_refuses(self, box, fill, ratio):
        with pytest.raises(InvalidInput):
            compute_frame(box, (50, 50), fill, ratio)


class TestReframe:
    def test_copies_exactly_and_fills_outside(self):
        picture = make_picture(60, 80)
        result = reframe(picture, Frame(-5, 10, 100, 70, (1, 2, 3)))
        np.testing.assert_array_equal(result[:50, 5:85], picture[10:])
        assert (result[50:] == (1, 2, 3)).all()
        assert (result[:, :5] == (1, 2, 3)).all()
        assert (result[:, 85:] == (1, 2, 3)).all()

    def test_is_its_placement(self):
        picture = make_picture(60, 80)
        frame = Frame(-5, 10, 100, 70, (1, 2, 3))
        np.testing.assert_array_equal(reframe(picture, frame), frame.transform.warp(picture, (1, 2, 3)))
        assert frame.transform.compute_coverage(80, 60).sum() == 50 * 80

    def test_refuses_a_frame_beside_the_photo(self):
        with pytest.raises(InvalidInput, match="misses"):
            reframe(make_picture(60, 80), Frame(80, 0, 10, 10, (0, 0, 0)))


class TestProductFrame:
    def test_a_small_product_off_centre_comes_to_the_middle(self):
        picture = draw_on_white((80, 60, 300, 420), (1000, 1200))
        step = plan_framing(picture)
        assert step is not None
        after = measure_photo(step.apply(picture))
        assert after.value("fill_box_side") == pytest.approx(85, abs=1)
        assert after.value("centring") < 0.5

    def test_pads_a_tight_product_where_that_is_wanted(self):
        picture = draw_on_white((6, 6, 588, 588), (600, 600))
        assert plan_framing(picture) is None
        step = plan_framing(picture, PresentationGoals(fill_range=(0.8, 0.9)))
        assert step is not None
        result = step.apply(picture)
        assert min(result.shape[:2]) > 680
        assert measure_photo(result).value("fill_box_side") == pytest.approx(85, abs=1)

    def test_a_framed_product_stays(self):
        assert plan_framing(draw_on_white((75, 75, 850, 850), (1000, 1000))) is None

    def test_has_the_ratio_wanted(self):
        step = plan_framing(
            draw_on_white((75, 175, 850, 650), (1000, 1000)), PresentationGoals(aspect_range=(0.7, 0.8))
        )
        result = step.apply(draw_on_white((75, 175, 850, 650), (1000, 1000)))
        assert result.shape[1] / result.shape[0] == pytest.approx(0.75, abs=0.01)

    def test_a_closer_crop_leaves_the_pixels_wanted(self):
        picture = draw_on_white((60, 60, 250, 250), (800, 800))
        result = plan_framing(picture).apply(picture)
        assert max(result.shape[:2]) in (500, 501)
        assert measure_photo(result).value("centring") < 0.5

    @pytest.mark.parametrize(
        ("picture", "reason"),
        [
            (draw_on_white((0, 100, 300, 300), (800, 800)), "cut-off"),
            (draw_scene(), "no-product"),
            (draw_on_white((200, 300, 30, 30), (500, 500)), "too-few-pixels"),
        ],
    )
    def test_says_why_it_abstains(self, picture, reason, network):
        assert propose_framing(picture, PresentationGoals(), network) == reason

    def test_a_background_is_carried_on_without_a_seam(self):
        picture = draw_on_white((260, 60, 300, 500), (600, 600), background=(235, 235, 235))
        picture = (picture * np.linspace(0.985, 1, 600)[:, None, None]).astype(np.uint8)
        step = plan_framing(picture, PresentationGoals(aspect_range=(1.9, 2.1)))
        result = step.apply(picture).astype(int)
        rows = slice(20, -20)
        assert np.abs(np.diff(result[rows, :100], axis=1)).max() <= 1

    def test_does_not_pad_an_uneven_background(self, network):
        picture = draw_on_white((20, 20, 560, 560), (600, 600), background=(235, 235, 235)).astype(
            np.float32
        )
        picture *= np.linspace(0.75, 1, 600)[None, :, None]
        goals = PresentationGoals(fill_range=(0.8, 0.86))
        reason = propose_framing(picture.astype(np.uint8), goals, network)
        assert reason == "no-space"


@pytest.fixture(scope="module")
def network():
    return MaskNetwork.load_shipped()


class TestBorder:
    def test_goes(self):
        inner = make_picture(300, 400)
        framed = cv2.copyMakeBorder(inner, 20, 20, 20, 20, cv2.BORDER_CONSTANT, value=(10, 10, 10))
        step = plan_border(framed)
        assert step is not None
        result = step.apply(framed)
        assert result.shape == (298, 398, 3)
        np.testing.assert_array_equal(result, inner[1:-1, 1:-1])
        assert plan_border(result) is None

    def test_none_where_there_is_none(self):
        assert plan_border(make_picture(300, 400)) is None


def draw_turned_picture(degrees):
    """A rectangular product with lines, turned clockwise by an angle, on white."""
    picture = draw_on_white((120, 150, 360, 300), (600, 600))
    for row in range(180, 450, 40):
        cv2.line(picture, (130, row), (470, row), (200, 200, 60), 3)
    for column in range(160, 470, 60):
        cv2.line(picture, (column, 155), (column, 445), (30, 30, 30), 3)
    matrix = cv2.getRotationMatrix2D((299.5, 299.5), -degrees, 1)
    return cv2.warpAffine(picture, matrix, (600, 600), flags=cv2.INTER_CUBIC, borderValue=(255,) * 3)


class TestStraighten:
    @pytest.mark.parametrize("degrees", [-5.0, -1.5, 2.0, 4.0])
    def test_finds_and_mends_a_tilt(self, degrees):
        picture = draw_turned_picture(degrees)
        found = estimate_tilt(picture)
        assert found is not None
        assert found.degrees == pytest.approx(degrees, abs=0.25)
        assert estimate_tilt(straighten(picture, found)) is None
        assert (
            psnr(draw_turned_picture(0), straighten(picture, found))
            > psnr(draw_turned_picture(0), picture) + 3
        )

    @pytest.mark.parametrize(
        "picture", [draw_turned_picture(0), draw_turned_picture(20), draw_scene(), make_packshot()]
    )
    def test_abstains(self, picture):
        assert estimate_tilt(picture) is None
        assert plan_straighten(picture) is None

    def test_abstains_in_perspective(self):
        """Uprights that stand straight and a floor line that does not: the camera looked aslant."""
        picture = np.full((600, 600, 3), 200, np.uint8)
        for column in range(60, 560, 70):
            cv2.line(picture, (column, 40), (column, 560), (40, 40, 40), 4)
        for row in range(60, 560, 70):
            cv2.line(picture, (20, row), (580, row + 40), (90, 40, 40), 4)
        assert estimate_tilt(picture) is None

    def test_without_fill_no_corner_shows(self):
        picture = np.full((300, 450, 3), 120, np.uint8)
        result = straighten(picture, Tilt(5.0, None))
        assert (result == 120).all()
        assert result.shape[1] / result.shape[0] == pytest.approx(1.5, rel=0.01)
        assert result.shape[0] > 240

    def test_placement_is_where_it_went(self):
        place = compute_rotation_transform(450, 300, Tilt(5.0, None))
        centre = place.matrix @ np.array([224.5, 149.5, 1])
        np.testing.assert_allclose(centre, [(place.width - 1) / 2, (place.height - 1) / 2], atol=0.6)


class TestResize:
    def test_size(self):
        assert compute_size(400, 300, 100) == (100, 75)
        assert compute_size(1000, 1, 10) == (10, 1)
        assert resize(make_picture(60, 80), 160).shape == (120, 160, 3)

    def test_shrinking_keeps_light(self):
        """Black and white stripes reflect half the light: 188 in sRGB, not 128."""
        stripes = np.zeros((64, 64, 3), np.uint8)
        stripes[:, ::2] = 255
        assert (resize(stripes, 32) == 188).all()

    def test_shrinking_a_flat_picture_changes_no_value(self):
        for value in (0, 1, 7, 100, 254, 255):
            assert (resize(np.full((30, 30, 3), value, np.uint8), 15) == value).all()

    def test_same_size_is_a_copy(self):
        picture = make_picture(60, 80)
        result = resize(picture, 80)
        np.testing.assert_array_equal(result, picture)
        assert result is not picture

    def test_placement_is_where_it_went(self):
        picture = cv2.GaussianBlur(make_picture(300, 400), (0, 0), 6)
        placed = compute_resize_transform(400, 300, 200).warp(picture)
        assert psnr(resize(picture, 200), placed) > 38

    @pytest.mark.parametrize("side", [0, -5])
    def test_refuses(self, side):
        with pytest.raises(InvalidInput):
            resize(make_picture(20, 20), side)

    def test_plan(self):
        assert plan_resize(make_picture(60, 80), 80) is None
        step = plan_resize(make_picture(60, 80), 40)
        assert step is not None
        assert step.apply(make_picture(60, 80)).shape == (30, 40, 3)


def test_placements_join():
    first, second = (
        AffineTransform.from_crop(3, 4, 50, 40),
        AffineTransform.from_resize((50, 40), (100, 80)),
    )
    both = first.compose(second)
    point = np.array([10.0, 20.0, 1.0])
    middle = np.append(first.matrix @ point, 1)
    np.testing.assert_allclose(both.matrix @ point, second.matrix @ middle)
    assert (both.width, both.height) == (100, 80)
