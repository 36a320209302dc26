import cv2
import numpy as np
import pytest

from packshot.enhance.detail import crispen, local_contrast
from packshot.enhance.fidelity import MOST_DRIFT, fidelity
from packshot.enhance.framing import Frame, reframe
from packshot.enhance.placement import Placement
from packshot.enhance.resize import resize, resized
from packshot.enhance.step import Intent
from packshot.enhance.tone import Exposure, expose
from packshot.errors import InvalidInput
from tests.conftest import make_packshot, make_picture
from tests.enhance.damage import blurred, lit, noisy

DETAIL, COLOUR, TONE = {Intent.DETAIL}, {Intent.COLOUR}, {Intent.TONE}
CONTRAST = {Intent.CONTRAST}
FRAMING, BACKGROUND = {Intent.FRAMING}, {Intent.BACKGROUND}


def scene():
    return make_picture(384, 512)


def hue_turned(pixels, degrees):
    turned = cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV)
    turned[..., 0] = (turned[..., 0].astype(int) + degrees // 2) % 180
    return cv2.cvtColor(turned, cv2.COLOR_HSV2RGB)


@pytest.mark.parametrize("intents", [set(), DETAIL, CONTRAST, COLOUR, TONE, BACKGROUND])
def test_nothing_changed_is_faithful(intents):
    found = fidelity(make_packshot(), make_packshot(), intents)
    assert found.accepted
    assert found.colour_drift < 0.6
    assert found.structure == pytest.approx(1, abs=1e-3)
    assert found.reason == ""


class TestDeclared:
    def test_a_cast_taken_off_is_the_colour_step_meant(self):
        cast = lit(scene(), (1, 0.85, 0.6))
        assert fidelity(cast, scene(), COLOUR).accepted
        assert not fidelity(cast, scene(), TONE).accepted
        assert not fidelity(cast, scene(), DETAIL).accepted

    def test_light_is_the_tone_step_meant(self):
        dark = lit(scene(), 0.35)
        assert fidelity(dark, scene(), TONE).accepted
        assert not fidelity(dark, scene(), DETAIL).accepted

    def test_both(self):
        both = lit(scene(), (0.4, 0.35, 0.25))
        assert fidelity(both, scene(), COLOUR | TONE).accepted

    def test_noise_may_go_where_detail_is_meant(self):
        assert fidelity(noisy(scene(), 12), scene(), DETAIL).accepted

    def test_a_new_background(self):
        before = make_packshot()
        before[(before == 255).all(axis=2)] = 225
        assert fidelity(before, make_packshot(), BACKGROUND).accepted


class TestUndeclared:
    @pytest.mark.parametrize("intents", [DETAIL, TONE, BACKGROUND])
    def test_another_hue_is_drift(self, intents):
        found = fidelity(make_packshot(), hue_turned(make_packshot(), 24), intents)
        assert not found.accepted
        assert found.colour_drift > MOST_DRIFT
        assert "drift" in found.reason

    def test_even_a_colour_step_may_not_turn_hues(self):
        assert not fidelity(scene(), hue_turned(scene(), 40), COLOUR).accepted

    def test_too_strong_a_cast_is_drift(self):
        assert not fidelity(scene(), lit(scene(), (1, 0.5, 0.15)), COLOUR).accepted

    def test_lost_detail_shows_in_structure(self):
        found = fidelity(scene(), blurred(scene(), 5), DETAIL)
        assert not found.accepted
        assert "edges" in found.reason

    def test_moved_edges_show(self):
        assert not fidelity(scene(), np.roll(scene(), 6, axis=1), DETAIL).accepted

    def test_an_invented_object_shows(self):
        result = scene()
        cv2.rectangle(result, (40, 220), (200, 360), (20, 20, 20), -1)
        assert not fidelity(scene(), result, DETAIL).accepted

    def test_a_background_step_needs_a_product(self):
        found = fidelity(scene(), scene(), BACKGROUND)
        assert not found.accepted
        assert "product" in found.reason

    def test_size_without_framing(self):
        assert not fidelity(scene(), scene()[:-8], DETAIL).accepted
        assert not fidelity(scene(), scene()[:-8], FRAMING).accepted


class TestContrast:
    def test_stronger_detail_is_what_was_meant(self):
        soft = blurred(scene(), 1.5)
        for result in (crispen(soft, 2, 1.0), local_contrast(soft, 8, 1.0)):
            assert fidelity(soft, result, CONTRAST).accepted
        declared, silent = (
            fidelity(soft, crispen(soft, 2, 1.0), i).structure for i in (CONTRAST, set())
        )
        assert 1 - declared < 0.7 * (1 - silent)

    def test_other_light_is_not(self):
        assert fidelity(scene(), lit(scene(), 0.6), CONTRAST).broken == "colour-drift"

    def test_another_hue_is_not(self):
        assert fidelity(scene(), hue_turned(scene(), 20), CONTRAST).broken == "colour-drift"

    def test_less_colour_is_not(self):
        grey = cv2.cvtColor(cv2.cvtColor(scene(), cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        assert fidelity(scene(), grey, CONTRAST).broken == "colour-drift"

    def test_moved_edges_are_not(self):
        assert fidelity(scene(), np.roll(scene(), 6, axis=1), CONTRAST).broken

    def test_an_invented_object_is_not(self):
        changed = blurred(scene(), 1.5)
        cv2.circle(changed, (250, 190), 40, (250, 250, 250), -1)
        assert fidelity(blurred(scene(), 1.5), changed, CONTRAST).broken


class TestGrain:
    @staticmethod
    def soft(sigma):
        return noisy(np.full((300, 400, 3), 120, np.uint8), sigma)

    @pytest.mark.parametrize("intents", [DETAIL, CONTRAST])
    def test_noise_brought_out_is_refused(self, intents):
        before = noisy(blurred(scene(), 2), 1)
        assert fidelity(before, noisy(blurred(scene(), 2), 1), intents).broken == ""
        assert fidelity(before, noisy(blurred(scene(), 2), 8), intents).broken

    def test_on_level_ground_it_is_called_grain(self):
        assert fidelity(self.soft(1), self.soft(6), CONTRAST).broken in ("grain", "structure")
        found = fidelity(self.soft(4), crispen(self.soft(4), 2, 0.6), CONTRAST)
        assert found.broken == "grain"
        assert "grain" in found.reason

    def test_noise_that_was_there_may_stay(self):
        assert fidelity(self.soft(8), self.soft(8), set()).broken != "grain"


class TestFraming:
    def test_a_crop_around_the_product(self):
        frame = Frame(60, 50, 380, 300, (255, 255, 255))
        result = reframe(make_packshot(), frame)
        assert fidelity(make_packshot(), result, FRAMING, frame.placement).accepted

    def test_a_crop_through_the_product(self):
        frame = Frame(160, 50, 300, 300, (255, 255, 255))
        found = fidelity(make_packshot(), reframe(make_packshot(), frame), FRAMING, frame.placement)
        assert not found.accepted
        assert "cut off" in found.reason

    def test_a_resize(self):
        result = resize(make_packshot(), 300)
        assert fidelity(make_packshot(), result, FRAMING, resized(500, 400, 300)).accepted

    def test_a_wrong_placement_shows(self):
        result = reframe(scene(), Frame(20, 20, 400, 300, (0, 0, 0)))
        wrong = Placement.shifted(45, 20, 400, 300)
        assert not fidelity(scene(), result, FRAMING, wrong).accepted


def test_exposure_of_a_dark_product_is_faithful():
    dark = lit(make_packshot(), 0.4)
    assert fidelity(dark, expose(dark, Exposure(2.4, "background")), TONE).accepted


def test_refuses_what_is_no_photo():
    with pytest.raises(InvalidInput):
        fidelity(scene()[..., 0], scene(), DETAIL)
    with pytest.raises(InvalidInput):
        fidelity(scene(), scene().astype(float), DETAIL)
