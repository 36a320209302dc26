import cv2
import numpy as np
import pytest

from packshot.measure import measure_photo
from packshot.measure.damage_map import _REBLUR, CellGrid, damage_map
from tests.conftest import make_picture


def test_damage_map_points_at_the_blurred_half():
    scene = make_picture(480, 640, seed=2)
    half = scene.copy()
    half[:, :320] = cv2.GaussianBlur(scene, (0, 0), 3)[:, :320]
    cells = np.array(measure_photo(half).damage_map)
    assert cells.shape == (12, 12)
    assert cells[:, :5].max() > 0.8
    assert cells[:, :5].mean() > 2 * cells[:, 7:].mean()


def test_the_second_blur_is_that_of_opencv():
    grey = cv2.cvtColor(make_picture(240, 320, seed=3), cv2.COLOR_RGB2GRAY)
    blurred = cv2.sepFilter2D(grey, cv2.CV_8U, _REBLUR, _REBLUR)
    difference = cv2.absdiff(blurred, cv2.GaussianBlur(grey, (0, 0), 1.5))
    assert difference.max() <= 1  # Halves are rounded to even here.
    assert np.count_nonzero(difference) < 1e-3 * grey.size


def test_noise_shows_where_it_is():
    grey = np.full((240, 240), 120, np.uint8)
    noisy = np.random.default_rng(0).normal(0, 20, (240, 120))
    grey[:, :120] = np.clip(grey[:, :120] + noisy, 0, 255).astype(np.uint8)
    cells = damage_map(grey, np.ones((1, 1), bool))
    assert cells[:, :5].min() > 0.5
    assert cells[:, 7:].max() == 0


def test_clipping_counts_on_the_product_only():
    white = np.full((240, 240), 255, np.uint8)
    product = np.zeros((24, 24), bool)
    product[6:18, 6:18] = True
    cells = damage_map(white, product)
    assert cells[5, 5] > 0.9
    assert cells[0, 0] == 0


def test_tiny_photos_have_none():
    assert damage_map(np.zeros((20, 300), np.uint8), np.ones((1, 1), bool)) is None


@pytest.mark.parametrize("shape", [(48, 48), (241, 317), (600, 100)])
def test_cells_are_area_means(shape):
    values = np.random.default_rng(1).uniform(0, 9, shape).astype(np.float32)
    expected = cv2.resize(values, (12, 12), interpolation=cv2.INTER_AREA)
    assert CellGrid.from_size(*shape).cell_means(values) == pytest.approx(expected, abs=1e-3)
