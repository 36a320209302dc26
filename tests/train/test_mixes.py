import cv2
import numpy as np
import pytest

from packshot.distort.compression import round_trip_jpeg
from packshot.distort.product import apply_colour_cast, expose
from packshot.measure.reference.psnr import psnr
from packshot.train.datasets.mixes import Blur, DamageMix, apply_mix, damage_by_seed, sample_mix


def make_generator(seed=0):
    return np.random.default_rng(seed)


def test_no_damage_changes_nothing(picture):
    np.testing.assert_array_equal(apply_mix(picture, DamageMix(), make_generator()), picture)


def test_a_seed_fixes_everything_and_the_photo_is_left_alone(picture):
    before = picture.copy()
    first, mix = damage_by_seed(picture, 3)
    again, same = damage_by_seed(picture, 3)
    np.testing.assert_array_equal(first, again)
    assert mix == same
    assert (damage_by_seed(picture, 4)[0] != first).any()
    np.testing.assert_array_equal(picture, before)


def test_the_order_is_light_cast_size_jpeg(picture):
    mix = DamageMix(stops=-1.0, cast=0.3, tint=0.05, scale=0.5, quality=40)
    small = cv2.resize(
        apply_colour_cast(expose(picture, -1.0), 0.3, 0.05), (160, 120), interpolation=cv2.INTER_AREA
    )
    expected = round_trip_jpeg(cv2.resize(small, (320, 240), interpolation=cv2.INTER_CUBIC), 40)
    np.testing.assert_array_equal(apply_mix(picture, mix, make_generator()), expected)


@pytest.mark.parametrize(
    ("mild", "strong"),
    [
        (DamageMix(stops=-0.5), DamageMix(stops=-2)),
        (DamageMix(gamma=1.2), DamageMix(gamma=1.8)),
        (DamageMix(cast=0.1), DamageMix(cast=-0.5)),
        (DamageMix(blur=Blur.SOFT, blur_size=0.6), DamageMix(blur=Blur.SOFT, blur_size=2)),
        (DamageMix(blur=Blur.LENS, blur_size=1), DamageMix(blur=Blur.LENS, blur_size=3)),
        (DamageMix(blur=Blur.MOTION, blur_size=1), DamageMix(blur=Blur.MOTION, blur_size=4)),
        (DamageMix(scale=0.8), DamageMix(scale=0.35)),
        (DamageMix(noise=0.01), DamageMix(noise=0.08)),
        (DamageMix(noise=0.01, speckle=True), DamageMix(noise=0.08, speckle=True)),
        (DamageMix(quality=90), DamageMix(quality=15)),
    ],
)
def test_every_part_damages_and_more_damages_more(picture, mild, strong):
    little, much = (psnr(picture, apply_mix(picture, mix, make_generator())) for mix in (mild, strong))
    assert much + 2 < little < 60


def test_noise_has_the_stated_deviation():
    grey = np.full((200, 200, 3), 128, np.uint8)
    noisy = apply_mix(grey, DamageMix(noise=0.05), make_generator()).astype(float)
    assert noisy.std() / 255 == pytest.approx(0.05, rel=0.03)
    dark = np.full((200, 200, 3), 64, np.uint8)
    speckled = apply_mix(dark, DamageMix(noise=0.05, speckle=True), make_generator()).astype(float)
    assert speckled.std() / 255 == pytest.approx(0.05 * 2 * 64 / 255, rel=0.05)


def test_about_an_eighth_are_undamaged_and_the_rest_mild_to_strong(picture):
    small = cv2.resize(picture, (80, 60), interpolation=cv2.INTER_AREA)
    mixes = [sample_mix(make_generator(seed)) for seed in range(600)]
    assert 0.08 < sum(mix == DamageMix() for mix in mixes) / 600 < 0.16
    ratios = [
        psnr(small, apply_mix(small, mix, make_generator())) for mix in mixes if mix != DamageMix()
    ]
    assert np.percentile(ratios, 90) > 28
    assert np.percentile(ratios, 10) < 18
