"""Frame and background, changed in a photo's own numbers."""

import numpy as np
import pytest

from packshot.enhance.framing import Frame, reframe
from packshot.enhance.full_depth_steps import present_in_full
from packshot.enhance.matte import Matte, lay_on_white
from packshot.enhance.product_steps import plan_resize, plan_whiten
from packshot.enhance.step import Intent, Step
from packshot.enhance.straighten import Tilt, compute_rotation_transform, straighten
from packshot.errors import InvalidInput
from packshot.photo.full_depth import FullPhoto, round_to_8_bits
from packshot.photo.icc import read_colour_space
from tests.photo.colour_files import ADOBE_RGB, DISPLAY_P3, SRGB_CURVE, make_profile

PROFILES = {
    "Display P3": make_profile(SRGB_CURVE, DISPLAY_P3),
    "Adobe RGB": make_profile(2.2, ADOBE_RGB),
}
GREEN = (5_000, 64_001, 9_003)
"""In numbers of either space: no colour of sRGB."""


def make_photo(profile, paper=61_000, size=(200, 260)):
    values = np.full((*size, 3), paper, np.uint16)
    values[60:140, 80:180] = GREEN
    return FullPhoto(values, 16, space=read_colour_space(profile, "RGB"), profile=profile)


def make_framing(frame):
    intents = frozenset({Intent.FRAMING})
    return Step("frame-product", intents, 1, "", lambda pixels: reframe(pixels, frame), frame.transform)


@pytest.mark.parametrize("name", PROFILES)
def test_a_frame_keeps_numbers_that_srgb_does_not_hold(name):
    photo = make_photo(PROFILES[name])
    framed = present_in_full(photo, [make_framing(Frame(40, 30, 180, 150, (255,) * 3))])
    assert np.array_equal(framed.values, photo.values[30:180, 40:220])
    assert framed.profile == PROFILES[name]


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("colour", [(255, 255, 255), (200, 120, 90), None])
def test_what_is_added_has_the_colour_it_has_in_srgb(name, colour):
    photo = make_photo(PROFILES[name])
    framed = present_in_full(photo, [make_framing(Frame(-30, -30, 320, 260, colour))])
    assert np.array_equal(framed.values[30:-30, 30:-30], photo.values)
    expected = round_to_8_bits(photo.to_srgb())[0, 0] if colour is None else np.array(colour)
    corner = round_to_8_bits(framed.to_srgb())[5, 5]
    assert np.abs(corner.astype(int) - expected).max() <= 1


@pytest.mark.parametrize("name", PROFILES)
def test_white_is_white_to_the_last_bit(name):
    photo = make_photo(PROFILES[name])
    step = plan_whiten(round_to_8_bits(photo.to_srgb()))
    whitened = present_in_full(photo, [step])
    assert (whitened.values[:40] == 65535).all()
    assert (whitened.values[80:120, 100:160] == GREEN).all()


def test_a_new_background_has_16_bits_behind_a_soft_outline():
    values = np.full((40, 40, 3), 30_000, np.uint16)
    alpha = np.tile(np.linspace(0, 255, 40).astype(np.uint8), (40, 1))
    matte = Matte(alpha, np.full((1, 1, 3), 30_000 / 257, np.float32))
    laid = lay_on_white(values, matte)
    assert laid.dtype == np.uint16
    assert (laid[:, 0] == 65535).all()
    assert (laid[:, -1] == 30_000).all()
    coarse = lay_on_white(round_to_8_bits(values), matte)
    assert np.abs(laid / 257 - coarse).max() <= 1


def test_a_turn_and_a_change_of_size_are_those_of_8_bits():
    generator = np.random.default_rng(3)
    small = generator.integers(0, 65535, (8, 12, 3)).astype(np.float32)
    values = np.kron(small, np.ones((20, 20, 1))).astype(np.uint16)
    pixels = round_to_8_bits(values)
    tilt = Tilt(3.0, (235, 235, 235))
    assert np.abs(straighten(values, tilt) / 257 - straighten(pixels, tilt)).max() <= 2
    for side in (100, 300):
        step = plan_resize(pixels, side)
        assert np.abs(step.apply(values) / 257 - step.apply(pixels)).max() <= 2
    transform = compute_rotation_transform(240, 160, tilt)
    assert (transform.width, transform.height) == (240, 160)


def test_steps_of_8_bits_are_told_what_they_do_not_take():
    with pytest.raises(InvalidInput, match="8-bit"):
        plan_whiten(np.zeros((50, 50, 3), np.uint16))
