import numpy as np
import pytest

from packshot.measure.noise import colour_noise, noise_level, row_sample
from tests.measure.drawn import blurred, flat, on_white, scene, with_noise


def grey(picture):
    return np.ascontiguousarray(picture[..., 0])


@pytest.mark.parametrize("sigma", [2.0, 5.0, 10.0, 20.0])
@pytest.mark.parametrize("picture", [flat(128), on_white(background=(170,) * 3), scene(1)])
def test_recovers_the_deviation(picture, sigma):
    assert noise_level(grey(with_noise(picture, sigma))) == pytest.approx(sigma, rel=0.15)


def test_matches_a_naive_computation_on_a_flat_plane():
    plane = grey(with_noise(flat(128), 6.0))
    naive = [
        (float(plane[y, x]) - plane[y, x + 1] - plane[y + 1, x] + plane[y + 1, x + 1]) / 2
        for y in range(0, 256, 2)
        for x in range(0, 256, 2)
    ]
    assert noise_level(plane) == pytest.approx(np.std(naive), rel=0.06)


def test_none_on_a_clean_picture_and_no_answer_on_clipped_white():
    assert noise_level(grey(flat(128))) == 0
    assert noise_level(grey(flat(255))) is None
    assert noise_level(grey(flat(128, (8, 8)))) is None


def test_blur_removes_it():
    noisy = with_noise(scene(2), 10)
    assert noise_level(grey(blurred(noisy, 2))) < 0.2 * noise_level(grey(noisy))


def test_a_sample_of_rows_says_the_same():
    plane = grey(with_noise(flat(120, (2000, 300)), 7.0))
    assert row_sample(plane).shape[0] <= 320
    assert noise_level(row_sample(plane)) == pytest.approx(noise_level(plane), rel=0.05)


def test_colour_noise_is_seen_where_luma_is_clean():
    generator = np.random.default_rng(0)
    picture = flat(128).astype(float)
    shift = generator.normal(0, 10, picture.shape[:2])
    picture[..., 0] += shift
    picture[..., 2] -= shift
    pixels = np.clip(np.rint(picture), 0, 255).astype(np.uint8)
    assert colour_noise(pixels) == pytest.approx(10, rel=0.1)
    assert colour_noise(with_noise(flat(128), 10)) < 0.5
