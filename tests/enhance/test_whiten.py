import numpy as np
import pytest

from packshot.enhance.product_steps import plan_whiten
from packshot.enhance.whiten import find_backdrop, whiten
from tests.conftest import make_packshot
from tests.enhance.damage import add_noise
from tests.measure.pictures import draw_on_white, draw_scene

BOX = (150, 100, 200, 300)


def crop_product(picture, spare=6):
    left, top, width, height = BOX
    return picture[top + spare : top + height - spare, left + spare : left + width - spare]


def select_background(picture, spare=12):
    left, top, width, height = BOX
    mask = np.ones(picture.shape[:2], bool)
    mask[top - spare : top + height + spare, left - spare : left + width + spare] = False
    return picture[mask]


def whiten_picture(picture, **options):
    backdrop = find_backdrop(picture)
    assert backdrop is not None
    return whiten(picture, backdrop, **options)


class TestWhiten:
    @pytest.mark.parametrize("tone", [(225, 225, 225), (240, 236, 228), (205, 207, 210)])
    def test_grey_becomes_white_and_the_product_stays(self, tone):
        picture = draw_on_white(BOX, background=tone)
        result = whiten_picture(picture)
        assert (select_background(result) == 255).all()
        np.testing.assert_array_equal(crop_product(result), crop_product(picture))

    def test_uneven_light_becomes_even(self):
        slope = np.linspace(0.85, 1, 500)[None, :, None]
        picture = (draw_on_white(BOX) * slope).astype(np.uint8)
        result = whiten_picture(picture)
        assert select_background(result).min() >= 253
        np.testing.assert_array_equal(crop_product(result), crop_product(picture))

    def test_noise_becomes_white(self):
        picture = add_noise(draw_on_white(BOX, background=(230, 230, 230)), 4)
        assert (select_background(whiten_picture(picture)) == 255).mean() > 0.97

    @pytest.mark.parametrize("product", [(215, 215, 215), (222, 220, 210)])
    def test_a_pale_product_is_held_by_its_outline(self, product):
        picture = draw_on_white(BOX, colour=product, background=(238, 238, 238))
        result = whiten_picture(picture)
        np.testing.assert_array_equal(crop_product(result), crop_product(picture))

    def draw_soft_shadow(self):
        picture = draw_on_white(BOX, background=(235, 235, 235)).astype(np.float32)
        y, x = np.mgrid[:500, :500]
        picture *= 1 - 0.25 * np.exp(-(((x - 250) / 90) ** 2) - ((y - 430) / 25) ** 2)[..., None]
        picture[100:400, 150:350] = (60, 90, 150)
        return picture.astype(np.uint8)

    def test_shadows_stay_if_wanted(self):
        picture = self.draw_soft_shadow()
        kept, gone = whiten_picture(picture), whiten_picture(picture, keep_shadows=False)
        assert kept[430, 250, 0] < 225
        assert gone[430, 250, 0] > kept[430, 250, 0] + 10
        assert gone[470, 100, 0] == kept[470, 100, 0] == 255

    def test_shadows_fade_smoothly(self):
        column = whiten_picture(self.draw_soft_shadow())[415:495, 250, 0].astype(int)
        assert np.abs(np.diff(column)).max() <= 8

    def test_a_hole_is_background_and_a_label_is_not(self):
        picture = draw_on_white(BOX, background=(230, 230, 230))
        picture[150:220, 200:300] = 230
        picture[260:340, 200:300] = np.linspace(205, 245, 100)[None, :, None]
        result = whiten_picture(picture)
        assert (result[160:210, 210:290] == 255).all()
        np.testing.assert_array_equal(result[262:338, 202:298], picture[262:338, 202:298])

    def test_large_photos_come_out_alike(self):
        picture = draw_on_white((450, 300, 600, 900), (1500, 1500), background=(228, 228, 228))
        result = whiten_picture(picture)
        assert (result[:280] == 255).all()
        assert (result[320:1180, 470:1030] == (60, 90, 150)).all()


def draw_frame_filling_shirt():
    """A grey product that makes up most of the border; the white is behind it."""
    picture = np.full((500, 500, 3), 205, np.uint8)
    picture[:160, :] = 255
    picture[:200, 180:320] = (150, 110, 90)
    return picture


@pytest.mark.parametrize(
    "picture",
    [
        draw_scene(),
        draw_on_white(background=(120, 120, 120)),
        draw_on_white(background=(240, 200, 200)),
        add_noise(draw_on_white(background=(215, 215, 215)), 45),
    ],
)
def test_no_backdrop(picture):
    assert find_backdrop(picture) is None
    assert plan_whiten(picture) is None


def test_a_product_that_fills_the_frame_is_not_the_wall_behind_it():
    picture = draw_frame_filling_shirt()
    step = plan_whiten(picture)
    whitened = picture if step is None else step.apply(picture)
    assert (whitened[170:] == picture[170:]).all()


def test_a_white_background_needs_nothing():
    assert plan_whiten(make_packshot()) is None


def test_plan_says_how_dark():
    step = plan_whiten(draw_on_white(background=(225, 225, 225)))
    assert step is not None
    assert step.reason == "background down to 225 of 255"
