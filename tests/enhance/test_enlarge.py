import cv2
import numpy as np
import pytest

from packshot.enhance.enlarge import enlarge_twofold
from packshot.errors import InvalidInput
from packshot.measure.reference import psnr
from tests.conftest import make_packshot, make_picture


def halve(pixels):
    size = pixels.shape[1] // 2, pixels.shape[0] // 2
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)


def double(pixels, interpolation):
    size = 2 * pixels.shape[1], 2 * pixels.shape[0]
    return cv2.resize(pixels, size, interpolation=interpolation)


class TestEnlargeTwofold:
    @pytest.mark.parametrize("make", [make_packshot, lambda: make_picture(240, 320)])
    def test_made_smaller_again_it_is_the_photo(self, make):
        small = halve(make())
        difference = np.abs(halve(enlarge_twofold(small)).astype(int) - small)
        assert difference.mean() < 0.1
        assert np.quantile(difference, 0.999) <= 1

    @pytest.mark.parametrize("interpolation", [cv2.INTER_CUBIC, cv2.INTER_LANCZOS4])
    def test_is_nearer_to_the_truth_than_plain_resampling(self, interpolation):
        clean = make_picture(240, 320)
        small = halve(clean)
        assert psnr(clean, enlarge_twofold(small)) > psnr(clean, double(small, interpolation))

    def test_edges_get_no_halos(self):
        step = np.full((40, 40, 3), 60, np.uint8)
        step[:, 20:] = 180
        large = enlarge_twofold(step).astype(int)
        assert large.min() >= 60 - 8
        assert large.max() <= 180 + 8

    def test_flat_stays_flat(self):
        flat = np.full((9, 7, 3), 131, np.uint8)
        np.testing.assert_array_equal(enlarge_twofold(flat), np.full((18, 14, 3), 131))

    @pytest.mark.parametrize("size", [(1, 1), (1, 9), (5, 3)])
    def test_takes_tiny_photos(self, size):
        assert enlarge_twofold(np.zeros((*size, 3), np.uint8)).shape == (2 * size[0], 2 * size[1], 3)

    def test_refuses_what_is_no_photo(self):
        with pytest.raises(InvalidInput):
            enlarge_twofold(np.zeros((8, 8), np.uint8))
