import cv2
import numpy as np
import pytest

from packshot.enhance.local_changes import (
    ComparedPhoto,
    measure_changed_print,
    measure_halo,
    measure_made_up_texture,
    measure_noise_growth,
    measure_skin_drift,
)
from packshot.measure.reference.ciede2000 import ciede2000, rgb_to_lab
from tests.conftest import make_picture
from tests.enhance.damage import add_noise, blur

NOTHING = {
    measure_halo: 0,
    measure_made_up_texture: 0,
    measure_noise_growth: 1,
    measure_changed_print: 0,
    measure_skin_drift: 0,
}


def compare(measure, expected, result):
    return measure(ComparedPhoto(expected), ComparedPhoto(result))


@pytest.mark.parametrize("measure", NOTHING, ids=lambda measure: measure.__name__)
def test_nothing_changed_is_nothing(measure):
    assert compare(measure, make_picture(192, 256), make_picture(192, 256)) == NOTHING[measure]


def test_a_halo_is_the_excess_over_all_neighbours():
    edge = np.full((64, 64, 3), 60, np.uint8)
    edge[:, 32:] = 180
    ringing = edge.copy()
    ringing[:, 31], ringing[:, 32] = 45, 200
    assert (
        compare(measure_halo, edge, ringing) == 20
    )  # the lighter side's 20 is more than the darker side's 15
    assert compare(measure_halo, edge, blur(edge, 2)) == 0


def test_stronger_texture_is_not_new():
    woven = np.full((96, 96, 3), 120, np.uint8)
    woven[::3] += 10
    stronger = np.clip(120 + 2.0 * (woven.astype(float) - 120), 0, 255).astype(np.uint8)
    other = np.rot90(stronger).copy()
    assert compare(measure_made_up_texture, woven, stronger) < 1
    assert compare(measure_made_up_texture, woven, other) > 5


def test_noise_taken_off_is_neither_new_nor_more():
    picture = make_picture(384, 512)
    noisy = add_noise(picture, 15)
    assert compare(measure_made_up_texture, noisy, picture) < 0.5
    assert compare(measure_noise_growth, noisy, picture) < 1


def test_noise_grows_by_its_factor():
    plain = np.full((128, 128, 3), 120, np.uint8)
    quiet, loud = (add_noise(plain, sigma, seed=2) for sigma in (3, 9))
    assert compare(measure_noise_growth, quiet, loud) == pytest.approx(3, rel=0.1)


def test_sharper_print_is_the_same_print():
    label = np.full((96, 256, 3), 230, np.uint8)
    cv2.putText(label, "50 ml", (8, 64), cv2.FONT_HERSHEY_SIMPLEX, 2, (30, 30, 30), 5, cv2.LINE_AA)
    assert compare(measure_changed_print, blur(label, 1), label) < 0.05
    assert compare(measure_changed_print, label, np.full_like(label, 230)) == pytest.approx(1)


def test_only_skin_counts_as_skin():
    blue = np.full((64, 64, 3), (60, 80, 160), np.uint8)
    assert compare(measure_skin_drift, blue, blue + np.uint8(40)) == 0


def test_skin_is_measured_nearly_as_if_every_pixel_were():
    hand = add_noise(np.full((96, 128, 3), (224, 172, 140), np.uint8), 12)
    hand[:, :40] = (30, 60, 200)
    redder = np.clip(hand.astype(int) + np.array([20, 0, 0]), 0, 255).astype(np.uint8)
    blurred = [rgb_to_lab(cv2.GaussianBlur(pixels, (0, 0), 5)) for pixels in (hand, redder)]
    skin = cv2.inRange(cv2.cvtColor(hand, cv2.COLOR_RGB2YCrCb), (0, 133, 77), (255, 173, 127)) > 0
    expected = ciede2000(*blurred)[skin].mean()
    assert compare(measure_skin_drift, hand, redder) == pytest.approx(expected, rel=0.02)


def test_what_several_measures_need_is_computed_once():
    photo = ComparedPhoto(make_picture(96, 128))
    assert photo.detail_power is photo.detail_power
    assert photo.fine_detail is photo.fine_detail
