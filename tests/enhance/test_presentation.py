import numpy as np
import pytest

from packshot.encode.mask import MaskNetwork
from packshot.enhance.goals import BackgroundTreatment, PresentationGoals
from packshot.enhance.presentation import PRESENTATION_STEPS, present
from packshot.errors import InvalidInput
from packshot.measure import measure_photo
from packshot.texts import load_texts
from packshot.texts.loader import LANGUAGES
from tests.measure.pictures import draw_on_white, draw_scene


@pytest.fixture(scope="module")
def network():
    return MaskNetwork.load_shipped()


def draw_small_on_grey(level=236):
    return draw_on_white((80, 100, 420, 500), (1100, 1100), background=(level,) * 3)


def test_whitens_then_frames_and_keeps_every_pixel_of_the_product(network):
    picture = draw_small_on_grey()
    presented = present(picture, PresentationGoals(), network)
    assert presented.step_names == ("whiten-background", "frame-product")
    measured = measure_photo(presented.pixels)
    assert measured.value("background_whiteness") > 254
    assert measured.value("fill_box_side") == pytest.approx(85, abs=1)
    assert measured.value("centring") < 0.5
    colour = np.array((60, 90, 150))
    assert (presented.pixels == colour).all(axis=2).sum() == (picture == colour).all(axis=2).sum()


def test_what_meets_its_goals_is_the_same_array(network):
    picture = draw_on_white((75, 75, 850, 850), (1000, 1000))
    presented = present(picture, PresentationGoals(), network)
    assert presented.pixels is picture
    assert not presented.is_changed
    assert presented.abstentions == ()


def test_a_scene_is_left_alone_with_the_reasons(network):
    picture = draw_scene()
    presented = present(picture, PresentationGoals(), network)
    assert presented.pixels is picture
    reasons = {one.step: one.reason.value for one in presented.abstentions}
    assert reasons["frame-product"] == "no-product"


def test_a_matte_moves_with_the_product(network):
    picture = draw_on_white((80, 100, 420, 500), (1100, 1100), background=(120, 170, 90))
    goals = PresentationGoals(background=BackgroundTreatment.TRANSPARENT)
    presented = present(picture, goals, network)
    assert presented.step_names == ("cut-out", "frame-product")
    assert presented.alpha.shape == presented.pixels.shape[:2]
    assert presented.alpha[0, 0] == 0
    opaque = presented.alpha == 255
    assert (presented.pixels[opaque] != 255).any()
    assert (presented.pixels[presented.alpha == 0] == 255).all()


def test_a_photo_that_is_too_large_is_made_smaller(network):
    picture = draw_on_white((75, 75, 850, 850), (1000, 1000))
    goals = PresentationGoals(max_long_side=800)
    assert present(picture, goals, network).pixels.shape == (800, 800, 3)
    megapixels = PresentationGoals(max_megapixels=0.25)
    assert present(picture, megapixels, network).pixels.shape == (500, 500, 3)


def test_only_the_steps_named_are_made(network):
    presented = present(draw_small_on_grey(), PresentationGoals(), network, {"whiten-background"})
    assert presented.step_names == ("whiten-background",)


@pytest.mark.parametrize(
    "goals",
    [{"fill_share": 0.0}, {"fill_range": (0.9, 0.8)}, {"aspect_range": (0.0, 1.0)}],
)
def test_goals_that_are_none_are_refused(goals):
    with pytest.raises(InvalidInput):
        PresentationGoals(**goals)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_step_has_a_name(language):
    assert set(PRESENTATION_STEPS) <= set(load_texts(language).steps)
