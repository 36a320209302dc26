import numpy as np
import pytest

from packshot.enhance.classical import plan_exposure, plan_white_balance
from packshot.enhance.light import apply_light_curve, encode_srgb, linear_light_table
from packshot.enhance.tone import Exposure, estimate_missing_exposure, expose, lift_shadows, remove_haze
from packshot.enhance.white_balance import colour_angle, correct_white_balance, estimate_illuminant
from packshot.enhance.white_reference import find_white_reference
from packshot.measure.reference import psnr
from tests.conftest import make_packshot, make_picture
from tests.enhance.damage import scale_light
from tests.measure.pictures import draw_on_white, draw_scene, make_flat


def draw_greyish_scene():
    """Things of faint colours, nothing plain about the border."""
    scene = draw_scene().astype(float)
    return np.rint(scene.mean(axis=2, keepdims=True) * 0.85 + scene * 0.15).astype(np.uint8)


class TestLight:
    def test_curve_is_the_standards(self):
        # IEC 61966-2-1: 0.21404 of the light is 0.5; the straight part ends at 0.0031308.
        assert float(encode_srgb(np.array(0.21404))) == pytest.approx(0.5, abs=1e-5)
        assert float(encode_srgb(np.array(0.0031308))) == pytest.approx(0.04045, abs=1e-5)

    def test_inverse(self):
        np.testing.assert_allclose(encode_srgb(linear_light_table()), np.arange(256) / 255, atol=1e-5)

    def test_nothing_changed_is_nothing_changed(self):
        picture = make_picture(60, 80)
        np.testing.assert_array_equal(apply_light_curve(picture, lambda light: light), picture)

    def test_table_cannot_be_spoilt(self):
        with pytest.raises(ValueError, match="read-only"):
            linear_light_table()[0] = 1


class TestWhiteReference:
    def test_is_the_backgrounds_light(self):
        found = find_white_reference(draw_on_white(background=(220, 210, 190)))
        assert found is not None
        np.testing.assert_allclose(found.light, linear_light_table()[[220, 210, 190]], rtol=1e-3)

    @pytest.mark.parametrize(
        "picture",
        [
            draw_on_white(background=(250, 160, 170)),  # a pink backdrop
            draw_on_white(background=(70, 70, 70)),  # a dark one
            draw_on_white(background=(190, 190, 190), colour=(245, 245, 245)),  # a white product on grey
            make_picture(300, 300),
        ],
    )
    def test_none_where_white_was_not_meant(self, picture):
        assert find_white_reference(picture) is None


class TestWhiteBalance:
    @pytest.mark.parametrize("gains", [(1, 0.9, 0.75), (0.8, 0.92, 1), (1, 0.96, 0.9)])
    def test_takes_a_cast_off_a_packshot(self, gains):
        clean = make_packshot()
        damaged = scale_light(clean, gains)
        found = estimate_illuminant(damaged)
        assert found is not None
        assert psnr(clean, correct_white_balance(damaged, found)) > 38

    def test_leaves_a_clean_packshot(self):
        assert estimate_illuminant(make_packshot()) is None

    def test_leaves_a_coloured_backdrop(self):
        assert estimate_illuminant(draw_on_white(background=(250, 160, 170))) is None

    def test_leaves_one_coloured_wall(self):
        assert estimate_illuminant(make_flat(0) + np.array([190, 60, 40], np.uint8)) is None

    def test_trusts_a_stronger_cast_less(self):
        mild, strong = (
            estimate_illuminant(draw_on_white(background=b)) for b in ((235, 225, 200), (235, 212, 148))
        )
        assert mild is not None
        assert strong is not None
        assert strong.correction_share < mild.correction_share <= 1

    def test_white_keeps_its_brightest_channel(self):
        found = estimate_illuminant(draw_on_white(background=(250, 240, 225)))
        assert found is not None
        result = correct_white_balance(draw_on_white(background=(250, 240, 225)), found)
        np.testing.assert_allclose(result[0, 0], 250, atol=1)

    def test_doing_it_twice_finds_nothing(self):
        damaged = scale_light(make_packshot(), (1, 0.9, 0.75))
        found = estimate_illuminant(damaged)
        assert found is not None
        assert estimate_illuminant(correct_white_balance(damaged, found)) is None

    @pytest.mark.parametrize("gains", [(1.4, 1, 0.6), (0.65, 1, 1.35)])
    def test_takes_a_cast_off_whose_paper_is_cut_off(self, gains):
        clean = make_packshot()
        clean[120:280, :100] = np.rint(255 * np.linspace(1, 0.4, 100))[None, :, None]  # A shadow.
        damaged = scale_light(clean, gains)
        found = estimate_illuminant(damaged)
        assert found is not None
        assert psnr(clean, correct_white_balance(damaged, found)) > 36

    @pytest.mark.parametrize("gains", [(1, 0.5, 0.18), (0.75, 0.9, 1)])
    def test_takes_back_what_strong_lamps_do(self, gains):
        clean = make_packshot()
        found = estimate_illuminant(scale_light(clean, gains))
        assert found is not None
        assert psnr(clean, correct_white_balance(scale_light(clean, gains), found)) > 30

    @pytest.mark.parametrize("paper", [(250, 160, 170), (250, 235, 90), (150, 250, 140)])
    def test_leaves_paper_of_a_colour_that_no_lamp_has(self, paper):
        assert estimate_illuminant(draw_on_white(background=paper)) is None

    def test_leaves_cream_paper_where_something_light_is_grey(self):
        cream = draw_on_white(background=(245, 235, 205), colour=(200, 198, 160))
        assert estimate_illuminant(cream) is not None
        cream[200:240, 200:300] = 225  # A white label on the product.
        assert estimate_illuminant(cream) is None

    def test_leaves_a_warm_scene_where_something_light_is_grey(self):
        warm = scale_light(draw_greyish_scene(), (1, 0.8, 0.55))
        assert estimate_illuminant(warm).source == "scene"
        warm[:60, :60] = 230
        assert estimate_illuminant(warm) is None

    def test_leaves_a_scene_of_things_of_one_colour(self):
        apples = scale_light(draw_greyish_scene(), (0.55, 1, 0.25))
        assert estimate_illuminant(apples) is None

    def test_a_scene_stays_as_light_as_it_is(self):
        warm = scale_light(draw_greyish_scene(), (1, 0.8, 0.55))
        light = linear_light_table()
        result = correct_white_balance(warm, estimate_illuminant(warm))
        assert light[result].mean() == pytest.approx(light[warm].mean(), rel=0.06)

    def test_angle(self):
        one, other = np.array([1, 0, 0], np.float32), np.array([2, 2, 0], np.float32)
        assert colour_angle(one, other) == pytest.approx(45, abs=1e-4)
        assert colour_angle(one, 3 * one) == pytest.approx(0, abs=0.05)

    def test_plan_says_what_it_would_do(self):
        step = plan_white_balance(scale_light(make_packshot(), (1, 0.9, 0.75)))
        assert step is not None
        assert step.reason.startswith("background: red x 0.9")


class TestExposure:
    @pytest.mark.parametrize("stops", [0.5, 1.0, 1.6])
    def test_brings_a_dark_packshot_back(self, stops):
        clean = make_packshot()
        damaged = scale_light(clean, 2.0**-stops)
        found = estimate_missing_exposure(damaged)
        assert found is not None
        assert found.stops == pytest.approx(stops, abs=0.1)
        assert psnr(clean, expose(damaged, found)) > 38

    def test_leaves_a_clean_packshot(self):
        assert estimate_missing_exposure(make_packshot()) is None
        assert plan_exposure(make_packshot()) is None

    def test_leaves_a_light_grey_backdrop(self):
        assert estimate_missing_exposure(draw_on_white(background=(242, 242, 242))) is None

    def test_a_dark_scene_gets_all_of_it_back(self):
        clean = make_picture(300, 400)
        found = estimate_missing_exposure(scale_light(clean, 0.2))
        assert found is not None
        assert found.source == "scene"
        assert found.stops == pytest.approx(-np.log2(0.2), abs=0.1)

    def test_nothing_clips_in_a_scene(self):
        ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
        result = expose(ramp, Exposure(3.0, "scene"))[0, :, 0].astype(int)
        assert (np.diff(result) >= 0).all()
        assert result[225] < 255  # a plain factor of 3 would clip from 155 on

    def test_more_light_is_more_light(self):
        picture = make_picture(60, 80)
        assert (expose(picture, Exposure(1.5, "scene")).astype(int) >= picture).all()


class TestTones:
    def test_shadows_open_and_the_ends_stay(self):
        ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
        result = lift_shadows(ramp, 0.3)[0, :, 0].astype(int)
        assert result[0] == 0
        assert result[255] == 255
        assert result[40] > 48
        assert abs(result[240] - 240) <= 2
        assert (np.diff(result) >= 0).all()

    def test_haze_goes(self):
        clean = make_picture(60, 80)
        hazy = np.rint(clean * 0.7 + 0.3 * 200).astype(np.uint8)
        restored = remove_haze(hazy, 0.3 * 200 / 255, (0.3 * 200 + 0.7 * 255) / 255)
        assert psnr(clean, restored) > 45


class TestLightestTone:
    @pytest.mark.parametrize("stops", [1.5, 2.0, 2.5])
    def test_a_dark_scene_comes_back_as_far_as_it_went(self, stops):
        clean = make_picture(300, 400)
        clean[:40, :40] = 252
        found = estimate_missing_exposure(scale_light(clean, 2.0**-stops))
        assert found.stops == pytest.approx(stops, abs=0.15)

    def test_a_dim_scene_with_white_in_it_is_no_dark_one(self):
        scene = make_picture(300, 400) // 2 + 70
        scene[:40, :40] = 252
        assert estimate_missing_exposure(scene) is None

    def test_what_has_no_black_is_flat_not_dark(self):
        flat = (60 + make_picture(300, 400) * 0.3).astype(np.uint8)
        to_white = -np.log2(linear_light_table()[int(flat.max())])
        found = estimate_missing_exposure(flat)
        assert found is None or found.stops < 0.8 * to_white
