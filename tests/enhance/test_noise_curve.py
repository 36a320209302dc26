import numpy as np
import pytest

from packshot.enhance.denoise import Noise, denoise, measure_noise, remove_noise
from packshot.enhance.fidelity import measure_fidelity
from packshot.enhance.noise_curve import NoiseCurve, make_stabiliser, measure_noise_curve
from packshot.enhance.step import Intent
from packshot.measure.reference import psnr
from tests.conftest import make_packshot, make_picture


def add_shot_noise(pixels, photons, read=3.0, seed=0):
    random = np.random.default_rng(seed)
    light = random.poisson(pixels / 255 * photons) / photons * 255
    return np.clip(np.rint(light + random.normal(0, read, pixels.shape)), 0, 255).astype(np.uint8)


def make_steps(levels, side=128):
    return np.repeat(np.uint8(levels), side)[None, :, None].repeat(256, axis=0).repeat(3, axis=2)


class TestMeasureNoiseCurve:
    def test_finds_shot_noise_at_each_level(self):
        noisy = add_shot_noise(make_steps([40, 90, 140, 190]), 60)
        curve = measure_noise_curve(noisy)
        for level in (40, 90, 140, 190):
            true = np.sqrt(level * 255 / 60 + 9)
            assert curve.deviation[level] == pytest.approx(true, rel=0.12)

    def test_works_out_what_white_has_cut_off(self):
        random = np.random.default_rng(0)
        noisy = np.clip(make_steps([255]) + random.normal(0, 20, (256, 128, 3)), 0, 255)
        curve = measure_noise_curve(noisy.astype(np.uint8))
        assert curve.deviation[255] == pytest.approx(20, rel=0.1)  # 11.7 are left of it

    @pytest.mark.parametrize("value", [0, 128, 255])
    def test_finds_nothing_where_nothing_varies(self, value):
        assert measure_noise_curve(make_steps([value])) is None

    def test_finds_nothing_in_a_tiny_photo(self):
        assert measure_noise_curve(make_picture(10, 10)) is None


class TestMakeStabiliser:
    def test_noise_is_equally_strong_afterwards(self):
        noisy = add_shot_noise(make_steps([50, 120, 200]), 60)
        stable = make_stabiliser(measure_noise_curve(noisy)).apply(noisy)
        deviations = [stable[:, i * 128 : (i + 1) * 128].std() for i in range(3)]
        assert max(deviations) < 1.15 * min(deviations)

    @pytest.mark.parametrize("deviation", [0.5, 5.0, 30.0])
    def test_tones_rise_and_come_back(self, deviation):
        curve = NoiseCurve(np.full(256, deviation, np.float32))
        stabiliser = make_stabiliser(curve)
        assert (np.diff(stabiliser.forward) > 0).all()
        means = curve.clip()[0]
        middle = np.arange(100, 160)
        restored = stabiliser.restore(np.interp(means[middle], np.arange(256), stabiliser.forward))
        np.testing.assert_allclose(restored, middle, atol=1)


class TestRemoveNoise:
    def test_noisy_white_becomes_white_again(self):
        clean = make_packshot()
        noisy = add_shot_noise(clean, 50)
        assert noisy[:40, :40].mean() < 246
        assert remove_noise(noisy)[:40, :40].mean() > 252

    def test_gains_more_than_one_limit_for_all_levels(self):
        clean = make_packshot()
        noisy = add_shot_noise(clean, 50)
        one_limit = denoise(noisy, measure_noise(noisy))
        assert psnr(clean, remove_noise(noisy)) > psnr(clean, one_limit) + 3

    def test_a_photo_without_noise_hardly_changes(self):
        clean = make_picture(256, 256)
        assert psnr(clean, remove_noise(clean)) > 35

    def test_strips_leave_no_seam(self):
        noisy = add_shot_noise(make_picture(2600, 1000), 200)
        steps = np.abs(np.diff(remove_noise(noisy).astype(int), axis=0)).mean(axis=(1, 2))
        seams = steps[991::992]
        assert seams.max() < steps.mean() + 6 * steps.std()

    @pytest.mark.parametrize("size", [(1, 1), (3, 40), (17, 9)])
    def test_takes_tiny_photos(self, size):
        pixels = make_picture(64, 64)[: size[0], : size[1]].copy()
        assert remove_noise(pixels).shape == pixels.shape

    def test_one_level_of_noise_is_the_same_as_before(self):
        pixels = make_picture(10, 10)
        np.testing.assert_array_equal(remove_noise(pixels), denoise(pixels, Noise(0.0, 0.0, 0.0)))


class TestGuard:
    def test_white_given_back_is_no_drift(self):
        noisy = add_shot_noise(make_packshot(), 50)
        fidelity = measure_fidelity(noisy, remove_noise(noisy), {Intent.DETAIL})
        assert fidelity.is_faithful, fidelity.reason

    def test_white_grey_as_before_is_no_drift_either(self):
        noisy = add_shot_noise(make_packshot(), 50)
        one_limit = denoise(noisy, measure_noise(noisy))
        assert measure_fidelity(noisy, one_limit, {Intent.DETAIL}).is_faithful

    def test_more_than_was_cut_off_is_drift(self):
        noisy = add_shot_noise(make_packshot(), 50)
        lighter = np.clip(remove_noise(noisy).astype(int) + 30, 0, 255).astype(np.uint8)
        assert not measure_fidelity(noisy, lighter, {Intent.DETAIL}).is_faithful
