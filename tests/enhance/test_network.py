"""The network that ships. How it is made and exported is tested in tests/train."""

import numpy as np
import pytest

from packshot.enhance.network import DEFAULT_TILING, STRIDE, EnhancementNetwork
from packshot.enhance.tiles import Tiling
from packshot.errors import InvalidInput, ModelError
from packshot.measure.reference.psnr import psnr
from tests.conftest import make_packshot, make_picture


@pytest.fixture(scope="module")
def enhancer():
    return EnhancementNetwork.load_shipped()


@pytest.mark.parametrize("size", [(1, 1), (7, 400), (333, 257), (STRIDE, STRIDE)])
def test_any_size_in_the_same_size_out(enhancer, size):
    picture = make_picture(400, 400)[: size[0], : size[1]]
    enhanced = enhancer.enhance(picture)
    assert enhanced.shape == picture.shape
    assert enhanced.dtype == np.uint8


@pytest.mark.parametrize("noise", [0, 25])
def test_tiled_equals_whole_to_one_level(enhancer, noise):
    picture = make_picture(500, 700)
    grain = np.random.default_rng(0).integers(-noise, noise + 1, picture.shape)
    picture = np.clip(picture * 0.6 + grain, 0, 255).astype(np.uint8)
    whole = EnhancementNetwork(enhancer.model, Tiling(1024, 0, STRIDE)).enhance(picture)
    cut = Tiling(3 * STRIDE, DEFAULT_TILING.margin, STRIDE)
    tiled = EnhancementNetwork(enhancer.model, cut).enhance(picture)
    assert np.abs(whole.astype(int) - tiled).max() <= 1


def test_the_same_photo_gives_the_same_pixels_on_any_number_of_threads(enhancer):
    picture = make_picture(200, 300)
    one, two = enhancer.enhance(picture), EnhancementNetwork.load_shipped(threads=2).enhance(picture)
    np.testing.assert_array_equal(one, enhancer.enhance(picture))
    assert np.abs(one.astype(int) - two).max() <= 1


def test_a_dark_and_yellow_packshot_gets_better(enhancer):
    clean = make_packshot()
    damaged = (clean * np.array([0.62, 0.55, 0.42])).astype(np.uint8)
    assert psnr(clean, enhancer.enhance(damaged)) > psnr(clean, damaged) + 3


def test_the_input_is_left_alone(enhancer):
    picture = make_picture(64, 64)
    before = picture.copy()
    picture.flags.writeable = False
    enhancer.enhance(picture)
    np.testing.assert_array_equal(picture, before)


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32), np.zeros((0, 4, 3), np.uint8)],
)
def test_other_than_rgb_pixels_are_refused(enhancer, pixels):
    with pytest.raises(InvalidInput):
        enhancer.enhance(pixels)


def test_a_file_that_is_no_model_is_refused(tmp_path):
    path = tmp_path / "enhancer.onnx"
    path.write_bytes(b"not a model")
    with pytest.raises(ModelError):
        EnhancementNetwork.from_path(path)


def test_a_photo_without_colour_stays_without(enhancer):
    grey = np.repeat(make_picture(200, 300)[..., 1:2] // 2, 3, axis=2)
    enhanced = enhancer.enhance(grey)
    assert np.array_equal(enhanced[..., 0], enhanced[..., 1])
    assert np.array_equal(enhanced[..., 0], enhanced[..., 2])
    assert not np.array_equal(enhanced, grey)


def test_it_abstains_where_there_is_nothing_to_see(enhancer):
    assert enhancer.plan(np.zeros((100, 100, 3), np.uint8)) is None
    step = enhancer.plan(make_picture(200, 300))
    assert step is not None
    assert np.array_equal(step.apply(make_picture(200, 300)), enhancer.enhance(make_picture(200, 300)))
