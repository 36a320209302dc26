import numpy as np
import pytest

from packshot.enhance.guided import guided_filter
from packshot.errors import InvalidInput


def filter_naively(guide, values, radius, smoothness):
    """The filter by loops over windows, on a picture mirrored far enough."""
    reach = 2 * radius
    guide, values = (np.pad(plane.astype(float), reach, mode="symmetric") for plane in (guide, values))
    height, width = guide.shape
    total = np.zeros((height, width, 2))
    for y in range(radius, height - radius):
        for x in range(radius, width - radius):
            window = np.s_[y - radius : y + radius + 1, x - radius : x + radius + 1]
            i, p = guide[window].ravel(), values[window].ravel()
            slope = np.mean((i - i.mean()) * (p - p.mean())) / (i.var() + smoothness)
            total[y, x] = slope, p.mean() - slope * i.mean()
    result = np.zeros((height, width))
    for y in range(reach, height - reach):
        for x in range(reach, width - reach):
            near = total[y - radius : y + radius + 1, x - radius : x + radius + 1].mean(axis=(0, 1))
            result[y, x] = near[0] * guide[y, x] + near[1]
    return result[reach:-reach, reach:-reach]


@pytest.mark.parametrize(("radius", "smoothness"), [(1, 0.01), (3, 0.1)])
def test_guided_filter_is_the_papers(radius, smoothness):
    generator = np.random.default_rng(5)
    guide, values = generator.random((2, 18, 23), dtype=np.float32)
    found = guided_filter(guide, values, radius, smoothness)
    np.testing.assert_allclose(found, filter_naively(guide, values, radius, smoothness), atol=1e-4)


def test_guided_filter_keeps_a_line_of_its_guide():
    guide = np.random.default_rng(1).random((20, 20), dtype=np.float32)
    found = guided_filter(guide, 2 * guide + 1, 2, 1e-7)
    np.testing.assert_allclose(found, 2 * guide + 1, atol=1e-2)


@pytest.mark.parametrize(
    ("radius", "smoothness", "shape"), [(0, 1, (9, 9)), (1, 0, (9, 9)), (1, 1, (8, 9))]
)
def test_guided_filter_refuses(radius, smoothness, shape):
    with pytest.raises(InvalidInput):
        guided_filter(np.zeros((9, 9), np.float32), np.zeros(shape, np.float32), radius, smoothness)
