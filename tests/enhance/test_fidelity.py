import cv2
import numpy as np
import pytest

from packshot.distort.parameters import apply_curve
from packshot.enhance import fidelity
from packshot.enhance.affine import AffineTransform
from packshot.enhance.detail import crispen, enhance_local_contrast
from packshot.enhance.fidelity import MAX_COLOUR_DRIFT, FidelityMemory, measure_fidelity
from packshot.enhance.framing import Frame, reframe
from packshot.enhance.lamp_light import apply_gains
from packshot.enhance.light import apply_light_curve
from packshot.enhance.resize import compute_resize_transform, resize
from packshot.enhance.step import Intent
from packshot.enhance.tone import Exposure, expose, remove_haze
from packshot.errors import InvalidInput
from tests.conftest import make_packshot, make_picture
from tests.enhance.damage import add_noise, blur, scale_light

DETAIL, COLOUR, TONE = {Intent.DETAIL}, {Intent.COLOUR}, {Intent.TONE}
CONTRAST = {Intent.CONTRAST}
FRAMING, BACKGROUND = {Intent.FRAMING}, {Intent.BACKGROUND}


def make_scene():
    return make_picture(384, 512)


def rotate_hue(pixels, degrees):
    turned = cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV)
    turned[..., 0] = (turned[..., 0].astype(int) + degrees // 2) % 180
    return cv2.cvtColor(turned, cv2.COLOR_HSV2RGB)


@pytest.mark.parametrize("intents", [set(), DETAIL, CONTRAST, COLOUR, TONE, BACKGROUND])
def test_nothing_changed_is_faithful(intents):
    found = measure_fidelity(make_packshot(), make_packshot(), intents)
    assert found.is_faithful
    assert found.colour_drift < 0.6
    assert found.structure == pytest.approx(1, abs=1e-3)
    assert found.reason == ""


class TestDeclared:
    def test_a_cast_taken_off_is_the_colour_step_meant(self):
        cast = scale_light(make_packshot(), (1, 0.85, 0.6))
        assert measure_fidelity(cast, make_packshot(), COLOUR).is_faithful
        assert not measure_fidelity(cast, make_packshot(), TONE).is_faithful
        assert not measure_fidelity(cast, make_packshot(), DETAIL).is_faithful

    def test_light_is_the_tone_step_meant(self):
        dark = scale_light(make_packshot(), 0.35)
        assert measure_fidelity(dark, make_packshot(), TONE).is_faithful
        assert not measure_fidelity(dark, make_packshot(), DETAIL).is_faithful

    def test_both(self):
        both = scale_light(make_packshot(), (0.4, 0.35, 0.25))
        assert measure_fidelity(both, make_packshot(), COLOUR | TONE).is_faithful

    def test_noise_may_go_where_detail_is_meant(self):
        assert measure_fidelity(add_noise(make_scene(), 12), make_scene(), DETAIL).is_faithful

    def test_a_new_background(self):
        before = make_packshot()
        before[(before == 255).all(axis=2)] = 225
        assert measure_fidelity(before, make_packshot(), BACKGROUND).is_faithful


class TestBeyondAFault:
    """Declared, and fitted by one curve or three factors, but nothing called for it, or for so much."""

    def test_a_sound_photo_gets_no_other_tones(self):
        lighter = apply_curve(make_packshot(), lambda values: values**0.7)
        found = measure_fidelity(make_packshot(), lighter, TONE)
        assert found.violation == "colour-drift"
        assert found.colour_drift > 2 * MAX_COLOUR_DRIFT

    def test_a_pale_product_on_white_is_not_stretched(self):
        pale = make_pale_packshot()
        stretched = remove_haze(pale, pale.min() / 255)
        assert stretched.min() == 0
        assert measure_fidelity(pale, stretched, TONE).violation == "colour-drift"

    def test_grey_that_fills_the_photo_does_not_become_white(self):
        jacket = np.clip(make_picture(384, 512, seed=5) * 0.15 + 130, 0, 255).astype(np.uint8)
        whitened = remove_haze(jacket, jacket.min() / 255, jacket.max() / 255)
        found = measure_fidelity(jacket, whitened, TONE)
        assert found.violation == "colour-drift"
        assert found.colour_drift > 10

    def test_a_dark_photo_gets_the_light_that_is_missing_and_no_more(self):
        dark = scale_light(make_packshot(), 0.35)
        assert measure_fidelity(dark, scale_light(dark, 1 / 0.35), TONE).is_faithful
        assert measure_fidelity(dark, scale_light(dark, 2), TONE).is_faithful
        assert measure_fidelity(dark, scale_light(dark, 2 / 0.35), TONE).violation == "colour-drift"

    def test_a_sound_photo_gets_no_other_light_colour(self):
        cooler = scale_light(make_packshot(), (0.8, 0.9, 1))
        assert measure_fidelity(make_packshot(), cooler, COLOUR).violation == "colour-drift"

    def test_a_cast_does_not_turn_into_its_opposite(self):
        cast = scale_light(make_packshot(), (1, 0.9, 0.7))
        overdone = scale_light(make_packshot(), (0.6, 0.8, 1))
        assert measure_fidelity(cast, overdone, COLOUR).violation == "colour-drift"

    def test_light_is_taken_away_as_far_as_the_cast_goes_and_no_farther(self):
        clean, gains = make_packshot(), np.float32([1 / 1.4, 1, 1 / 0.6])
        clean[120:280, :100] = np.rint(255 * np.linspace(1, 0.4, 100))[None, :, None]  # A shadow.
        cast = scale_light(clean, (1.4, 1, 0.6))
        assert measure_fidelity(cast, apply_gains(cast, gains), COLOUR).is_faithful
        bluer = apply_gains(cast, gains * np.float32([0.5, 1, 1]))
        assert measure_fidelity(cast, bluer, COLOUR).violation == "colour-drift"

    def test_white_does_not_get_the_colour_opposite_to_the_cast(self):
        cast = scale_light(make_packshot(), (1.4, 1, 0.6))
        gains = np.float32([1 / 1.4, 1, 1 / 0.6])
        cyan_paper = apply_light_curve(cast, lambda light: light * gains)
        assert measure_fidelity(cast, cyan_paper, COLOUR).violation == "colour-drift"

    def test_the_background_counts_as_well(self):
        greyed = make_packshot()
        greyed[(greyed == 255).all(axis=2)] = 215
        assert measure_fidelity(make_packshot(), greyed, TONE).violation == "colour-drift"

    def test_one_place_of_the_product_counts(self):
        blotched = make_packshot().astype(int)
        blotched[200:240, 200:240] += 40
        blotched = np.clip(blotched, 0, 255).astype(np.uint8)
        found = measure_fidelity(make_packshot(), blotched, DETAIL)
        assert found.colour_drift < MAX_COLOUR_DRIFT  # nine tenths are as they were
        assert found.violation == "colour-drift"
        assert found.reason.startswith("a place drifts")


class TestSmallPlaces:
    """Colours and edges at viewing size are as they were; what became of small places is not."""

    def test_halos(self):
        sharpened = cv2.addWeighted(make_squares(), 1.25, blur(make_squares(), 1.5), -0.25, 0)
        assert measure_fidelity(make_squares(), sharpened, DETAIL).violation == "halo"

    def test_made_up_texture(self):
        woven = make_squares()
        woven[65:127:3, 65:127] += 18
        assert measure_fidelity(make_squares(), woven, DETAIL).violation == "made-up-texture"

    def test_noise_made_stronger(self):
        quiet = add_noise(np.full((640, 640, 3), 120, np.uint8), 2)
        loud = cv2.addWeighted(quiet, 1.8, blur(quiet, 2), -0.8, 0)
        assert measure_fidelity(quiet, loud, DETAIL).violation == "grain"

    def test_print(self):
        label, other = (write_on_label(text) for text in ("8 ml  50", "3 ml  50"))
        assert measure_fidelity(label, label, DETAIL).is_faithful
        assert measure_fidelity(label, other, DETAIL).violation == "changed-print"

    def test_skin(self):
        hand = make_squares()
        hand[65:127, 65:127] = (224, 172, 140)
        tanned = hand.copy()
        tanned[65:127, 65:127] = (218, 174, 150)
        assert measure_fidelity(hand, tanned, DETAIL).violation == "skin"


def make_squares():
    """A chessboard of 64 pixels a square, dark bluish and light grey: strong edges, level between."""
    rows, columns = np.indices((512, 512)) // 64 % 2
    board = np.where((rows == columns)[..., None], (60, 70, 90), (195, 200, 205))
    return board.astype(np.uint8)


def make_pale_packshot():
    """White furniture on white: tones from 180 to 255."""
    pale = make_packshot().astype(int)
    inside = (pale < 255).any(axis=2)
    pale[inside] = 180 + pale[inside] * 70 // 255
    return pale.astype(np.uint8)


def write_on_label(text):
    """Write pale on a chessboard's square, as print is embossed."""
    label = make_squares()
    label[130:190, 66:254] = 200
    cv2.putText(label, text, (70, 175), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (166, 168, 170), 3, cv2.LINE_AA)
    return label


class TestUndeclared:
    @pytest.mark.parametrize("intents", [DETAIL, TONE, BACKGROUND])
    def test_another_hue_is_drift(self, intents):
        found = measure_fidelity(make_packshot(), rotate_hue(make_packshot(), 24), intents)
        assert not found.is_faithful
        assert found.colour_drift > MAX_COLOUR_DRIFT
        assert "drift" in found.reason

    def test_even_a_colour_step_may_not_turn_hues(self):
        assert not measure_fidelity(make_scene(), rotate_hue(make_scene(), 40), COLOUR).is_faithful

    def test_too_strong_a_cast_is_drift(self):
        assert not measure_fidelity(
            make_scene(), scale_light(make_scene(), (1, 0.5, 0.15)), COLOUR
        ).is_faithful

    def test_lost_detail_shows_in_structure(self):
        found = measure_fidelity(make_scene(), blur(make_scene(), 5), DETAIL)
        assert not found.is_faithful
        assert "edges" in found.reason

    def test_moved_edges_show(self):
        assert not measure_fidelity(make_scene(), np.roll(make_scene(), 6, axis=1), DETAIL).is_faithful

    def test_an_invented_object_shows(self):
        result = make_scene()
        cv2.rectangle(result, (40, 220), (200, 360), (20, 20, 20), -1)
        assert not measure_fidelity(make_scene(), result, DETAIL).is_faithful

    def test_a_background_step_needs_a_product(self):
        found = measure_fidelity(make_scene(), make_scene(), BACKGROUND)
        assert not found.is_faithful
        assert "product" in found.reason

    def test_size_without_framing(self):
        assert not measure_fidelity(make_scene(), make_scene()[:-8], DETAIL).is_faithful
        assert not measure_fidelity(make_scene(), make_scene()[:-8], FRAMING).is_faithful


class TestContrast:
    def test_stronger_detail_is_what_was_meant(self):
        soft = blur(make_scene(), 1.5)
        for result in (crispen(soft, 2, 0.3), enhance_local_contrast(soft, 8, 0.4)):
            assert measure_fidelity(soft, result, CONTRAST).is_faithful
        declared, silent = (
            measure_fidelity(soft, crispen(soft, 2, 1.0), i).structure for i in (CONTRAST, set())
        )
        assert 1 - declared < 0.7 * (1 - silent)

    def test_other_light_is_not(self):
        assert (
            measure_fidelity(make_scene(), scale_light(make_scene(), 0.6), CONTRAST).violation
            == "colour-drift"
        )

    def test_another_hue_is_not(self):
        assert (
            measure_fidelity(make_scene(), rotate_hue(make_scene(), 20), CONTRAST).violation
            == "colour-drift"
        )

    def test_less_colour_is_not(self):
        grey = cv2.cvtColor(cv2.cvtColor(make_scene(), cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        assert measure_fidelity(make_scene(), grey, CONTRAST).violation == "colour-drift"

    def test_moved_edges_are_not(self):
        assert measure_fidelity(make_scene(), np.roll(make_scene(), 6, axis=1), CONTRAST).violation

    def test_an_invented_object_is_not(self):
        changed = blur(make_scene(), 1.5)
        cv2.circle(changed, (250, 190), 40, (250, 250, 250), -1)
        assert measure_fidelity(blur(make_scene(), 1.5), changed, CONTRAST).violation


class TestGrain:
    @staticmethod
    def make_noisy_grey(sigma):
        return add_noise(np.full((300, 400, 3), 120, np.uint8), sigma)

    @pytest.mark.parametrize("intents", [DETAIL, CONTRAST])
    def test_noise_brought_out_is_refused(self, intents):
        before = add_noise(blur(make_scene(), 2), 1)
        assert measure_fidelity(before, add_noise(blur(make_scene(), 2), 1), intents).violation is None
        assert measure_fidelity(before, add_noise(blur(make_scene(), 2), 8), intents).violation

    def test_on_level_ground_it_is_called_grain(self):
        assert measure_fidelity(
            self.make_noisy_grey(1), self.make_noisy_grey(6), CONTRAST
        ).violation in ("grain", "structure")
        found = measure_fidelity(
            self.make_noisy_grey(4), crispen(self.make_noisy_grey(4), 2, 0.6), CONTRAST
        )
        assert found.violation == "grain"
        assert "grain" in found.reason

    def test_noise_that_was_there_may_stay(self):
        assert (
            measure_fidelity(self.make_noisy_grey(8), self.make_noisy_grey(8), set()).violation
            != "grain"
        )


class TestFraming:
    def test_a_crop_around_the_product(self):
        frame = Frame(60, 50, 380, 300, (255, 255, 255))
        result = reframe(make_packshot(), frame)
        assert measure_fidelity(make_packshot(), result, FRAMING, frame.transform).is_faithful

    def test_a_crop_through_the_product(self):
        frame = Frame(160, 50, 300, 300, (255, 255, 255))
        found = measure_fidelity(
            make_packshot(), reframe(make_packshot(), frame), FRAMING, frame.transform
        )
        assert not found.is_faithful
        assert "cut off" in found.reason

    def test_a_resize(self):
        result = resize(make_packshot(), 300)
        assert measure_fidelity(
            make_packshot(), result, FRAMING, compute_resize_transform(500, 400, 300)
        ).is_faithful

    def test_a_wrong_placement_shows(self):
        result = reframe(make_scene(), Frame(20, 20, 400, 300, (0, 0, 0)))
        wrong = AffineTransform.from_crop(45, 20, 400, 300)
        assert not measure_fidelity(make_scene(), result, FRAMING, wrong).is_faithful


def test_exposure_of_a_dark_product_is_faithful():
    dark = scale_light(make_packshot(), 0.4)
    assert measure_fidelity(dark, expose(dark, Exposure(2.4, "background")), TONE).is_faithful


def test_refuses_what_is_no_photo():
    with pytest.raises(InvalidInput):
        measure_fidelity(make_scene()[..., 0], make_scene(), DETAIL)
    with pytest.raises(InvalidInput):
        measure_fidelity(make_scene(), make_scene().astype(float), DETAIL)


def check_same(one, other):
    assert one.violation == other.violation
    assert one.structure == pytest.approx(other.structure, abs=1e-6)
    assert one.colour_drift == pytest.approx(other.colour_drift, abs=1e-4)


def test_an_original_is_measured_once_for_all_its_results(monkeypatch):
    calls = []
    measure = fidelity.measure_faults
    monkeypatch.setattr(fidelity, "measure_faults", lambda pixels: calls.append(1) or measure(pixels))
    original, memory = scale_light(make_packshot(), 0.3), FidelityMemory()
    for result in (scale_light(make_packshot(), 0.4), blur(original, 1)):
        remembered = memory.measure(original, result, {Intent.TONE})
        check_same(remembered, measure_fidelity(original, result, {Intent.TONE}))
        assert memory.measure(original, result, {Intent.TONE}) is remembered
    assert len(calls) == 1 + 2  # two of them without a memory


def test_a_memory_does_not_mistake_what_was_declared():
    original, memory = scale_light(make_packshot(), 0.3), FidelityMemory()
    lighter = scale_light(make_packshot(), 0.6)
    for intents in ({Intent.TONE}, {Intent.DETAIL}):
        remembered = memory.measure(original, lighter, intents)
        check_same(remembered, measure_fidelity(original, lighter, intents))


@pytest.mark.parametrize("contrast_declared", [False, True])
def test_colours_of_a_part_are_compared_as_in_the_whole_photo(contrast_declared, monkeypatch):
    photo, mask = make_picture(200, 256), np.zeros((200, 256), bool)
    mask[90:130, 100:150] = True
    changed = blur(photo, 2)
    near = fidelity._measure_drift(photo, changed, mask, contrast_declared)
    monkeypatch.setattr(fidelity, "_find_surroundings", lambda inside, sigma: np.s_[:, :])
    assert near == pytest.approx(fidelity._measure_drift(photo, changed, mask, contrast_declared))
