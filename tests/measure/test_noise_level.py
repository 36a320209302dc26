import numpy as np
import pytest

from packshot.measure.noise import colour_noise, noise_level, sample_rows
from packshot.measure.planes import split_channels
from tests.measure.pictures import add_noise, blur, draw_on_white, draw_scene, make_flat


def to_grey(picture):
    return np.ascontiguousarray(picture[..., 0])


@pytest.mark.parametrize("sigma", [2.0, 5.0, 10.0, 20.0])
@pytest.mark.parametrize(
    "picture", [make_flat(128), draw_on_white(background=(170,) * 3), draw_scene(1)]
)
def test_recovers_the_deviation(picture, sigma):
    assert noise_level(to_grey(add_noise(picture, sigma))) == pytest.approx(sigma, rel=0.15)


def test_matches_a_naive_computation_on_a_flat_plane():
    plane = to_grey(add_noise(make_flat(128), 6.0))
    naive = [
        (float(plane[y, x]) - plane[y, x + 1] - plane[y + 1, x] + plane[y + 1, x + 1]) / 2
        for y in range(0, 256, 2)
        for x in range(0, 256, 2)
    ]
    assert noise_level(plane) == pytest.approx(np.std(naive), rel=0.06)


def test_none_on_a_clean_picture_and_no_answer_on_clipped_white():
    assert noise_level(to_grey(make_flat(128))) == 0
    assert noise_level(to_grey(make_flat(255))) is None
    assert noise_level(to_grey(make_flat(128, (8, 8)))) is None


def test_blur_removes_it():
    noisy = add_noise(draw_scene(2), 10)
    assert noise_level(to_grey(blur(noisy, 2))) < 0.2 * noise_level(to_grey(noisy))


def test_a_sample_of_rows_says_the_same():
    plane = to_grey(add_noise(make_flat(120, (2000, 300)), 7.0))
    assert sample_rows(plane).shape[0] <= 320
    assert noise_level(sample_rows(plane)) == pytest.approx(noise_level(plane), rel=0.05)


def test_colour_noise_is_seen_where_luma_is_clean():
    generator = np.random.default_rng(0)
    picture = make_flat(128).astype(float)
    shift = generator.normal(0, 10, picture.shape[:2])
    picture[..., 0] += shift
    picture[..., 2] -= shift
    pixels = np.clip(np.rint(picture), 0, 255).astype(np.uint8)
    assert colour_noise(split_channels(pixels)) == pytest.approx(10, rel=0.1)
    assert colour_noise(split_channels(add_noise(make_flat(128), 10))) < 0.5
