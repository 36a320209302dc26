import numpy as np
import pytest

from packshot.enhance.faults import find_cast, find_haze, find_missing_light, measure_faults
from tests.conftest import make_packshot
from tests.enhance.damage import add_noise, blur, scale_light


def press_tones(pixels, share=0.5, lift=60):
    return np.rint(lift + share * pixels).astype(np.uint8)


def test_a_sound_packshot_has_none():
    faults = measure_faults(make_packshot())
    assert not faults.has_cast
    assert not faults.has_tone_fault


def test_missing_light_is_a_fault_from_most_of_a_stop_on():
    assert find_missing_light(scale_light(make_packshot(), 2.0**-0.5)) is None
    assert find_missing_light(scale_light(make_packshot(), 2.0**-1.5)) is not None


def test_flat_is_what_lacks_both_ends():
    flat = press_tones(make_packshot())
    assert find_haze(flat) is not None
    assert find_haze(np.maximum(make_packshot(), 110)) is None  # pale on white
    assert find_haze(scale_light(make_packshot(), 0.3)) is None  # dark, not flat


def test_a_blurred_photo_is_not_called_flat():
    flat = press_tones(make_packshot())
    assert find_haze(blur(flat, 3)) is None


def test_a_narrow_range_is_not_stretched_to_the_full_one():
    pale = press_tones(np.maximum(make_packshot(), 160))
    haze = find_haze(pale)
    assert haze is not None
    assert haze.white - haze.black == pytest.approx(1 / 2.2)
    assert haze.black > 0


def test_a_cast_shows_on_the_product_too():
    cast = scale_light(make_packshot(), (1, 0.85, 0.6))
    assert find_cast(cast) is not None
    grey = np.repeat(make_packshot(box=(30, 30, 440, 340)).mean(axis=2, keepdims=True), 3, axis=2)
    before_a_wall = np.where(grey == 255, (253, 246, 220), grey).astype(np.uint8)
    assert find_cast(before_a_wall) is None


def test_the_correction_of_all_faults_is_one_table():
    damaged = scale_light(make_packshot(), (0.4, 0.35, 0.28))
    faults = measure_faults(damaged)
    assert faults.gains.round(1).tolist() == pytest.approx([1, 1.1, 1.4], abs=0.11)
    assert faults.curve[160] > 230
    assert (np.diff(faults.curve.astype(int)) >= 0).all()


def test_noise_does_not_hide_what_is_flat():
    noisy = add_noise(press_tones(make_packshot()), 16)
    assert measure_faults(noisy).has_tone_fault
