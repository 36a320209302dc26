import numpy as np
import pytest

from packshot.enhance.baselines import (
    clahe,
    guided_smoothing,
    histogram_equalisation,
    non_local_means,
)
from packshot.errors import InvalidInput
from packshot.measure.reference import psnr
from tests.conftest import make_picture
from tests.enhance.damage import noisy


def test_equalisation_spreads_luma():
    dull = (make_picture(120, 160) * 0.3 + 80).astype(np.uint8)
    for method, least in ((histogram_equalisation, 2.0), (clahe, 1.15)):
        assert method(dull).mean(axis=2).std() > least * dull.mean(axis=2).std()


@pytest.mark.parametrize("method", [non_local_means, lambda p: guided_smoothing(p, 2, 0.08**2)])
def test_smoothing_removes_noise(method):
    clean = make_picture(120, 160)
    damaged = noisy(clean, 15)
    assert psnr(clean, method(damaged)) > psnr(clean, damaged) + 1.5


def test_no_noise_no_change():
    clean = np.full((64, 64, 3), 90, np.uint8)
    np.testing.assert_array_equal(non_local_means(clean), clean)


@pytest.mark.parametrize("method", [histogram_equalisation, clahe, non_local_means, guided_smoothing])
def test_methods_refuse_what_is_no_photo(method):
    with pytest.raises(InvalidInput):
        method(np.zeros((40, 40), np.uint8))
