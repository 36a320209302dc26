import numpy as np
import pytest

from packshot.enhance.baselines import (
    clahe,
    equalise_histogram,
    non_local_means,
    smooth_with_guided_filter,
)
from packshot.errors import InvalidInput
from packshot.measure.reference import psnr
from tests.conftest import make_picture
from tests.enhance.damage import add_noise


def test_equalisation_spreads_luma():
    dull = (make_picture(120, 160) * 0.3 + 80).astype(np.uint8)
    for method, least in ((equalise_histogram, 2.0), (clahe, 1.15)):
        assert method(dull).mean(axis=2).std() > least * dull.mean(axis=2).std()


@pytest.mark.parametrize("method", [non_local_means, lambda p: smooth_with_guided_filter(p, 2, 0.08**2)])
def test_smoothing_removes_noise(method):
    clean = make_picture(120, 160)
    damaged = add_noise(clean, 15)
    assert psnr(clean, method(damaged)) > psnr(clean, damaged) + 1.5


def test_no_noise_no_change():
    clean = np.full((64, 64, 3), 90, np.uint8)
    np.testing.assert_array_equal(non_local_means(clean), clean)


@pytest.mark.parametrize(
    "method", [equalise_histogram, clahe, non_local_means, smooth_with_guided_filter]
)
def test_methods_refuse_what_is_no_photo(method):
    with pytest.raises(InvalidInput):
        method(np.zeros((40, 40), np.uint8))
