import numpy as np
import pytest

from packshot.enhance.lamp_light import (
    apply_gains,
    complete_cut_off_light,
    distance_from_lamps,
    measure_grey_share,
)
from packshot.enhance.light import apply_light_curve
from tests.conftest import make_packshot, make_picture
from tests.enhance.damage import scale_light
from tests.measure.pictures import draw_on_white

XYZ_TO_RGB = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])


def make_shaded_paper():
    """A packshot with a soft shadow beside its product."""
    photo = make_packshot()
    shade = np.linspace(1, 0.4, 100)[None, :, None]
    photo[120:280, :100] = np.rint(255 * shade).astype(np.uint8)
    return photo


class TestLamps:
    # CIE 15: illuminants A, D50 and D75.
    @pytest.mark.parametrize(("x", "y"), [(0.44757, 0.40745), (0.34567, 0.35850), (0.29902, 0.31485)])
    def test_the_standards_lamps_are_lamps(self, x, y):
        light = XYZ_TO_RGB @ np.array([x / y, 1, (1 - x - y) / y])
        assert distance_from_lamps(np.float32(light)) < 0.15

    @pytest.mark.parametrize("paint", [(1, 0.3, 0.3), (0.9, 0.9, 0.1), (0.6, 1, 0.5), (1, 0.6, 1)])
    def test_paint_is_none(self, paint):
        assert distance_from_lamps(np.float32(paint)) > 0.6

    def test_brightness_does_not_count(self):
        light = np.float32([1.3, 1.0, 0.7])
        assert distance_from_lamps(light / 4) == pytest.approx(distance_from_lamps(light), abs=1e-6)


class TestCutOff:
    @pytest.mark.parametrize("gains", [(1.4, 1, 0.6), (0.6, 1, 1.4)])
    def test_paper_in_the_shade_tells_what_is_cut_off(self, gains):
        seen = np.minimum(np.float32(gains), 1)
        completed = complete_cut_off_light(seen, scale_light(make_shaded_paper(), gains))
        np.testing.assert_allclose(completed, gains, rtol=0.04)

    def test_without_shade_it_is_as_of_a_lamp(self):
        seen = np.float32([1, 1, 0.6])
        blank = np.full((100, 100, 3), (255, 255, 203), np.uint8)
        completed = complete_cut_off_light(seen, blank)
        assert completed[0] > 1.2
        assert distance_from_lamps(completed) < 0.05

    @pytest.mark.parametrize("seen", [(0.9, 0.9, 0.5), (1, 0.8, 1), (1, 1, 1)])
    def test_what_is_not_cut_off_or_tells_nothing_stays(self, seen):
        light = np.float32(seen)
        np.testing.assert_array_equal(complete_cut_off_light(light, make_packshot()), light)


class TestGains:
    def test_white_that_was_cut_off_stays_white(self):
        cast = scale_light(make_packshot(), (1.4, 1, 0.6))
        gains = np.float32([1 / 1.4, 1, 1 / 0.6])
        assert apply_gains(cast, gains)[0, 0].min() >= 253
        assert apply_light_curve(cast, lambda light: light * gains)[0, 0].min() < 225  # It was cyan.

    def test_greys_run_on_to_white(self):
        ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
        balanced = apply_gains(scale_light(ramp, (1.4, 1, 0.6)), np.float32([1 / 1.4, 1, 1 / 0.6]))
        assert np.abs(balanced.astype(int) - ramp).max() <= 4
        assert (np.diff(balanced[0].astype(int), axis=0) >= -3).all()

    def test_factors_of_one_and_more_are_von_kriess_rule(self):
        picture, gains = make_picture(60, 80), np.float32([1, 1.2, 1.7])
        expected = apply_light_curve(picture, lambda light: light * gains)
        np.testing.assert_array_equal(apply_gains(picture, gains), expected)

    def test_deep_colours_are_the_same_ones(self):
        picture, gains = make_picture(60, 80), np.float32([0.7, 1, 1.5])
        picture[:9] = 255
        deep = apply_gains(picture * np.uint16(257), gains)
        np.testing.assert_allclose(deep / 257, apply_gains(picture, gains), atol=1)

    def test_what_came_in_stays(self):
        picture = np.full((4, 4, 3), 255, np.uint8)
        apply_gains(picture, np.float32([0.5, 1, 1]))
        assert (picture == 255).all()


class TestGrey:
    def test_is_a_share_of_all(self):
        photo = draw_on_white(colour=(200, 40, 40))
        drawn = 1 - 200 * 300 / 500**2
        assert measure_grey_share(photo, chroma=20) == pytest.approx(drawn, abs=1e-3)

    def test_a_weak_cast_makes_paper_no_grey(self):
        tinted = np.full((10, 10, 3), (250, 250, 242), np.uint8)  # A chroma of 4.
        assert measure_grey_share(tinted) == 1
        assert measure_grey_share(tinted, chroma=4) == 0

    def test_shadows_do_not_tell(self):
        assert measure_grey_share(np.full((10, 10, 3), 60, np.uint8), chroma=20) == 0
