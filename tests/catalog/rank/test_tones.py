import math

import numpy as np
import pytest

from packshot.catalog.rank.tones import compute_highest_tone, compute_histogram_unevenness
from packshot.distort import Kind, distort
from tests.conftest import make_picture


@pytest.fixture(scope="module")
def smooth_pixels():
    """Tones spread as light spreads them: what is between two values is there too."""
    values = np.random.default_rng(0).normal(120, 30, (300, 400, 3))
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def compute_naive_unevenness(pixels):
    unevenness = []
    for channel in range(3):
        counts = [int((pixels[..., channel] == value).sum()) for value in range(256)]
        used = [value for value in range(256) if counts[value]]
        roots = [math.sqrt(counts[value]) for value in range(used[0] + 1, used[-1])]
        deviations = [
            abs(roots[n] - (roots[n - 1] + roots[n + 1]) / 2) - math.sqrt(0.75 / math.pi)
            for n in range(1, len(roots) - 1)
        ]
        unevenness.append(max(0.0, sum(deviations) / sum(roots)))
    return max(unevenness)


def test_combing_by_a_naive_loop(smooth_pixels):
    for pixels in (smooth_pixels, make_picture(60, 80), smooth_pixels // 2 * 2):
        assert compute_histogram_unevenness(pixels) == pytest.approx(compute_naive_unevenness(pixels))


def test_chance_alone_combs_nothing(smooth_pixels):
    assert compute_histogram_unevenness(smooth_pixels) < 0.02
    assert compute_histogram_unevenness(smooth_pixels[:60, :80]) < 0.1


def test_every_second_value_missing_is_near_the_most(smooth_pixels):
    assert compute_histogram_unevenness(smooth_pixels // 2 * 2) > 0.9


@pytest.mark.parametrize("kind", [Kind.DARKEN, Kind.BRIGHTEN, Kind.CONTRAST])
def test_changed_tones_of_a_grey_product_leave_an_uneven_histogram(smooth_pixels, kind):
    grey = np.repeat(smooth_pixels[..., :1], 3, axis=2)
    assert (
        compute_histogram_unevenness(distort(grey, kind, 2)) > compute_histogram_unevenness(grey) + 0.05
    )


def test_a_moved_histogram_is_no_more_uneven(smooth_pixels):
    assert compute_histogram_unevenness(smooth_pixels // 2 + 20) == pytest.approx(
        compute_histogram_unevenness(smooth_pixels // 2)
    )


def test_neither_order_nor_number_of_pixels_matters(smooth_pixels):
    uneven = (smooth_pixels * 0.8).astype(np.uint8)
    assert compute_histogram_unevenness(uneven[::-1, ::-1]) == compute_histogram_unevenness(uneven)
    twice = np.concatenate([uneven, uneven], axis=1)
    assert compute_histogram_unevenness(twice) == pytest.approx(
        compute_histogram_unevenness(uneven), abs=0.03
    )


def test_what_is_clipped_combs_nothing(smooth_pixels):
    white = smooth_pixels.copy()
    white[:150] = 255
    white[150] = 0
    assert compute_histogram_unevenness(white) < 0.03


def test_of_few_tones_nothing_is_said():
    blank = np.full((20, 30, 3), 255, np.uint8)
    assert compute_histogram_unevenness(blank) == 0
    blank[:10] = 0
    assert compute_histogram_unevenness(blank) == 0


def test_highest_tone_is_the_mean_of_the_channels():
    pixels = np.zeros((4, 5, 3), np.uint8)
    assert compute_highest_tone(pixels) == 0
    pixels[1, 2] = (255, 51, 0)
    assert compute_highest_tone(pixels) == pytest.approx((1 + 0.2) / 3)
