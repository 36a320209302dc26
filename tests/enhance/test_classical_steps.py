import numpy as np
import pytest

from packshot.enhance.block_transform import transform_blocks
from packshot.enhance.classical import restore
from packshot.enhance.deblock import deblock, estimate_jpeg_quality
from packshot.enhance.denoise import Noise, denoise, measure_noise
from packshot.enhance.sharpen import sharpen
from packshot.errors import InvalidInput
from packshot.measure.reference import psnr
from packshot.photo.quality import quantisation_steps
from tests.conftest import make_packshot, make_picture
from tests.enhance.damage import add_noise, blur, compress_as_jpeg


def make_scene():
    return make_picture(384, 512)


def make_flat(value=128, size=(400, 400)):
    return np.full((*size, 3), value, np.uint8)


class TestDenoise:
    @pytest.mark.parametrize("sigma", [4.0, 10.0, 25.0])
    def test_measures_what_was_added(self, sigma):
        found = measure_noise(add_noise(make_flat(), sigma))
        # Rec. 601 weighs three independent channels: sqrt(.299^2 + .587^2 + .114^2) = .669.
        assert found.luma == pytest.approx(0.669 * sigma, rel=0.06)
        assert found.coarse == pytest.approx(found.luma, rel=0.12)
        assert found.chroma == pytest.approx(0.32 * sigma, rel=0.15)

    def test_noise_alike_in_all_channels_has_no_colour(self):
        grain = np.random.default_rng(0).normal(128, 8, (400, 400, 1))
        pixels = np.rint(np.repeat(grain, 3, axis=2)).astype(np.uint8)
        assert measure_noise(pixels).chroma < 0.3

    @pytest.mark.parametrize("sigma", [5.0, 15.0, 30.0])
    def test_gains_more_than_five_decibels(self, sigma):
        clean = make_scene()
        damaged = add_noise(clean, sigma)
        repaired = denoise(damaged, measure_noise(damaged))
        assert psnr(clean, repaired) > psnr(clean, damaged) + 3.5

    def test_without_noise_nothing_changes_but_rounding(self):
        clean = make_scene()
        assert np.abs(denoise(clean, Noise(0, 0, 0)).astype(int) - clean).max() <= 1

    def test_strips_leave_no_seam(self):
        pixels = add_noise(make_picture(2600, 1000), 10)
        noise = Noise(6.7, 6.7, 3.2)
        top = denoise(pixels[:1280], noise)
        np.testing.assert_array_equal(denoise(pixels, noise)[:1200], top[:1200])


class TestDeblock:
    @pytest.mark.parametrize("quality", [10, 25, 50, 65])
    def test_finds_the_quality(self, quality):
        assert estimate_jpeg_quality(compress_as_jpeg(make_scene(), quality)) == pytest.approx(
            quality, abs=2
        )

    @pytest.mark.parametrize("start", [(3, 5), (7, 1)])
    def test_finds_it_on_a_cropped_photo(self, start):
        cropped = compress_as_jpeg(make_scene(), 30)[start[0] :, start[1] :]
        assert estimate_jpeg_quality(np.ascontiguousarray(cropped)) == pytest.approx(30, abs=2)

    def test_never_compressed_has_none(self):
        assert estimate_jpeg_quality(make_scene()) is None
        assert estimate_jpeg_quality(add_noise(make_scene(), 6)) is None

    def test_too_small_has_none(self):
        assert estimate_jpeg_quality(make_flat(size=(20, 20))) is None

    @pytest.mark.parametrize("quality", [10, 20, 40])
    def test_gains(self, quality):
        clean = make_packshot()
        damaged = compress_as_jpeg(clean, quality)
        assert psnr(clean, deblock(damaged, quality)) > psnr(clean, damaged) + 0.2

    def test_more_strength_does_more(self):
        damaged = compress_as_jpeg(make_scene(), 20)
        changes = [np.abs(deblock(damaged, 20, s).astype(int) - damaged).mean() for s in (0.5, 1, 2)]
        assert changes == sorted(changes)


class TestSharpen:
    @pytest.mark.parametrize("sigma", [1.0, 2.0, 3.0])
    def test_gains(self, sigma):
        clean = make_packshot()
        damaged = blur(clean, sigma)
        assert psnr(clean, sharpen(damaged, sigma)) > psnr(clean, damaged) + 0.4

    def test_halos_stay_within_three_grey_levels(self):
        step = make_flat(60)
        step[:, 200:] = 180
        result = sharpen(blur(step, 2), 2.5).astype(int)
        assert result.min() >= 57
        assert result.max() <= 183

    def test_steepens_an_edge(self):
        step = make_flat(60)
        step[:, 200:] = 180
        soft = blur(step, 2)
        steepness = [np.abs(np.diff(p[200, :, 0].astype(int))).max() for p in (soft, sharpen(soft, 2))]
        assert steepness[1] > 1.5 * steepness[0]

    def test_strength_zero_changes_nothing(self):
        np.testing.assert_array_equal(sharpen(make_scene(), 2, 0), make_scene())

    def test_keeps_hue(self):
        soft = blur(make_scene(), 1.5)
        moved = sharpen(soft, 1.5).astype(int) - soft
        inside = ((soft > 80) & (soft < 175)).all(axis=2)
        assert np.ptp(moved[inside], axis=1).max() == 0


@pytest.mark.parametrize(
    "step", [lambda p: denoise(p, Noise(5, 5, 2)), lambda p: deblock(p, 20), lambda p: sharpen(p, 1)]
)
def test_steps_refuse_what_is_no_photo(step):
    with pytest.raises(InvalidInput):
        step(np.zeros((40, 40), np.uint8))
    with pytest.raises(InvalidInput):
        step(np.zeros((40, 40, 3), np.float32))


@pytest.mark.parametrize("size", [(1, 1), (3, 40), (17, 9)])
def test_steps_take_tiny_photos(size):
    pixels = make_picture(64, 64)[: size[0], : size[1]].copy()
    for result in (denoise(pixels, Noise(5, 5, 2)), deblock(pixels, 20), sharpen(pixels, 1.5)):
        assert result.shape == pixels.shape
        assert result.dtype == np.uint8


class TestRestore:
    def test_a_clean_packshot_is_left_alone(self):
        result, steps = restore(make_packshot())
        assert steps == []
        np.testing.assert_array_equal(result, make_packshot())

    def test_repairs_noise_and_compression(self):
        clean = make_scene()
        damaged = compress_as_jpeg(add_noise(clean, 12), 40)
        result, steps = restore(damaged)
        assert "deblock" in [step.name for step in steps]
        assert psnr(clean, result) > psnr(clean, damaged) + 1


class TestDeblockStaysNearTheFile:
    def test_coefficients_stay_within_a_share_of_a_step(self):
        grey = np.repeat(make_scene()[..., 1:2], 3, axis=2)
        damaged = compress_as_jpeg(grey, 20)
        before, after = (
            transform_blocks(pixels[..., 1].astype(np.float32))
            for pixels in (damaged, deblock(damaged, 20))
        )
        steps = quantisation_steps(20)[None, :, None, :]
        share = np.abs(after - before) / steps
        # A twentieth: clipped or rounded pixels.
        assert np.quantile(share, 0.999) < 0.35 + 0.05
