import numpy as np

from packshot.enhance.luma import add_luma, clamp_to_neighbours, to_luma
from tests.conftest import make_picture


def test_luma_is_rec_601():
    pixels = make_picture(20, 30)
    np.testing.assert_allclose(to_luma(pixels), pixels @ (0.299, 0.587, 0.114), atol=0.51)


def test_what_is_added_is_rounded_and_clipped():
    pixels = np.full((2, 3, 3), (0, 100, 250), np.uint8)
    gain = np.array([[0.4, 0.6, -300], [300, -5.4, 5.6]], np.float32)
    expected = np.clip(pixels.astype(int) + np.rint(gain).astype(int)[..., None], 0, 255)
    np.testing.assert_array_equal(add_luma(pixels, gain), expected)


def test_bounds_are_those_of_the_neighbourhood():
    generator = np.random.default_rng(3)
    soft = generator.uniform(0, 255, (12, 15)).astype(np.float32)
    values = soft + generator.normal(0, 200, soft.shape).astype(np.float32)
    found = clamp_to_neighbours(values, soft, 2, 3, 0.1)
    for y, x in np.ndindex(*soft.shape):
        near = soft[max(0, y - 2) : y + 3, max(0, x - 2) : x + 3]
        beyond = 3 + 0.1 * np.ptp(near)
        assert found[y, x] == np.clip(values[y, x], near.min() - beyond, near.max() + beyond)
