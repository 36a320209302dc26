import cv2
import numpy as np
import pytest

from packshot.measure.planes import enlarge_mask, quantile, split_channels


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("length", [1, 2, 3, 20, 257])
def test_quantiles_are_those_of_numpy(kind, length):
    values = np.random.default_rng(length).uniform(0, 300, length).astype(kind)
    for share in (0, 0.02, 0.25, 0.5, 0.75, 0.92, 0.98, 1):
        assert quantile(values, share) == float(np.quantile(values, share))
        assert quantile(np.rint(values), share) == float(np.quantile(np.rint(values), share))


@pytest.mark.parametrize(
    ("size", "larger"), [((8, 6), (16, 12)), ((20, 31), (61, 95)), ((5, 5), (5, 5))]
)
def test_masks_are_enlarged_as_opencv_does(size, larger):
    mask = np.random.default_rng(0).integers(0, 2, size).astype(np.uint8) * 255
    expected = cv2.resize(mask, larger[::-1], interpolation=cv2.INTER_NEAREST)
    assert np.array_equal(enlarge_mask(mask, larger), expected)


def test_darkest_and_lightest_channel():
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3)).astype(np.uint8)
    channels = split_channels(pixels)
    assert np.array_equal(channels.darkest, pixels.min(axis=2))
    assert np.array_equal(channels.lightest, pixels.max(axis=2))
