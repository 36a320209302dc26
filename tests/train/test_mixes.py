import cv2
import numpy as np
import pytest

from packshot.distort.compression import through_jpeg
from packshot.distort.product import colour_cast, exposed
from packshot.measure.reference.psnr import psnr
from packshot.train.datasets.mixes import Blur, Mix, apply_mix, damaged_by_seed, draw_mix


def generator(seed=0):
    return np.random.default_rng(seed)


def test_no_damage_changes_nothing(picture):
    np.testing.assert_array_equal(apply_mix(picture, Mix(), generator()), picture)


def test_a_seed_fixes_everything_and_the_photo_is_left_alone(picture):
    before = picture.copy()
    first, mix = damaged_by_seed(picture, 3)
    again, same = damaged_by_seed(picture, 3)
    np.testing.assert_array_equal(first, again)
    assert mix == same
    assert (damaged_by_seed(picture, 4)[0] != first).any()
    np.testing.assert_array_equal(picture, before)


def test_the_order_is_light_cast_size_jpeg(picture):
    mix = Mix(stops=-1.0, cast=0.3, tint=0.05, scale=0.5, quality=40)
    small = cv2.resize(
        colour_cast(exposed(picture, -1.0), 0.3, 0.05), (160, 120), interpolation=cv2.INTER_AREA
    )
    expected = through_jpeg(cv2.resize(small, (320, 240), interpolation=cv2.INTER_CUBIC), 40)
    np.testing.assert_array_equal(apply_mix(picture, mix, generator()), expected)


@pytest.mark.parametrize(
    ("mild", "strong"),
    [
        (Mix(stops=-0.5), Mix(stops=-2)),
        (Mix(gamma=1.2), Mix(gamma=1.8)),
        (Mix(cast=0.1), Mix(cast=-0.5)),
        (Mix(blur=Blur.SOFT, blur_size=0.6), Mix(blur=Blur.SOFT, blur_size=2)),
        (Mix(blur=Blur.LENS, blur_size=1), Mix(blur=Blur.LENS, blur_size=3)),
        (Mix(blur=Blur.MOTION, blur_size=1), Mix(blur=Blur.MOTION, blur_size=4)),
        (Mix(scale=0.8), Mix(scale=0.35)),
        (Mix(noise=0.01), Mix(noise=0.08)),
        (Mix(noise=0.01, speckle=True), Mix(noise=0.08, speckle=True)),
        (Mix(quality=90), Mix(quality=15)),
    ],
)
def test_every_part_damages_and_more_damages_more(picture, mild, strong):
    little, much = (psnr(picture, apply_mix(picture, mix, generator())) for mix in (mild, strong))
    assert much + 2 < little < 60


def test_noise_has_the_stated_deviation():
    grey = np.full((200, 200, 3), 128, np.uint8)
    noisy = apply_mix(grey, Mix(noise=0.05), generator()).astype(float)
    assert noisy.std() / 255 == pytest.approx(0.05, rel=0.03)
    dark = np.full((200, 200, 3), 64, np.uint8)
    speckled = apply_mix(dark, Mix(noise=0.05, speckle=True), generator()).astype(float)
    assert speckled.std() / 255 == pytest.approx(0.05 * 2 * 64 / 255, rel=0.05)


def test_about_an_eighth_are_undamaged_and_the_rest_mild_to_strong(picture):
    small = cv2.resize(picture, (80, 60), interpolation=cv2.INTER_AREA)
    mixes = [draw_mix(generator(seed)) for seed in range(600)]
    assert 0.08 < sum(mix == Mix() for mix in mixes) / 600 < 0.16
    ratios = [psnr(small, apply_mix(small, mix, generator())) for mix in mixes if mix != Mix()]
    assert np.percentile(ratios, 90) > 28
    assert np.percentile(ratios, 10) < 18
