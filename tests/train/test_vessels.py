"""Printed vessels that the overlay network learns from."""

from pathlib import Path

import numpy as np
import pytest

from packshot.errors import SourceError
from packshot.train.datasets.lettering import Fonts
from packshot.train.datasets.painting import blend
from packshot.train.datasets.vessels import draw_vessel


@pytest.fixture(scope="module")
def fonts():
    try:
        return Fonts.from_folder(Path("/usr/share/fonts"))
    except SourceError:
        pytest.skip("no fonts are installed")


@pytest.mark.parametrize("seed", range(12))
def test_one_vessel_on_white_within_the_picture(seed, fonts):
    drawn = draw_vessel(200, np.random.default_rng(seed), fonts)
    assert drawn.shape == (200, 200, 3)
    assert drawn.dtype == np.uint8
    ring = np.concatenate([drawn[0], drawn[-1], drawn[:, 0], drawn[:, -1]])
    assert np.median(ring) >= 250
    assert 0.02 < (drawn.min(axis=2) < 245).mean() < 0.9


def test_the_same_choices_give_the_same_picture(fonts):
    one, same, other = (draw_vessel(120, np.random.default_rng(seed), fonts) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_something_is_printed_on_most(fonts):
    """Fine detail in the middle third, where a plain body has none along its height."""
    detail = []
    for seed in range(24):
        drawn = draw_vessel(256, np.random.default_rng(seed), fonts).astype(float).mean(axis=2)
        detail.append(np.abs(np.diff(drawn[85:170, 85:170], axis=0)).max())
    assert np.mean(np.array(detail) > 40) > 0.6


def test_paint_covers_by_its_share():
    canvas = np.full((2, 3, 3), 200, np.float32)
    alpha = np.array([[0, 255, 51]], np.uint8)
    blend(canvas, (slice(1, 2), slice(0, 3)), alpha, np.array([100.0, 0, 50]))
    np.testing.assert_allclose(canvas[0], 200)
    np.testing.assert_allclose(canvas[1], [[200, 200, 200], [100, 0, 50], [180, 160, 170]], atol=1e-3)
