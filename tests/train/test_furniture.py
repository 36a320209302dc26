"""Furniture that the overlay network learns from."""

import numpy as np
import pytest

from packshot.measure.planes import make_planes
from packshot.measure.product import product_of
from packshot.train.datasets.furniture import drawn_furniture


@pytest.mark.parametrize("seed", range(8))
def test_one_piece_on_white_within_the_picture(seed):
    drawn = drawn_furniture(200, np.random.default_rng(seed))
    assert drawn.shape == (200, 200, 3)
    assert drawn.dtype == np.uint8
    assert drawn[:3].mean() > 245
    assert 0.02 < (drawn.min(axis=2) < 250).mean() < 0.9


def test_the_same_choices_give_the_same_picture():
    one, same, other = (drawn_furniture(120, np.random.default_rng(seed)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_some_is_as_pale_as_what_shops_sell():
    """Soft edges of white on white are what it is drawn for."""
    pieces = [drawn_furniture(200, np.random.default_rng(seed)) for seed in range(30)]
    tones = [np.median(piece[piece.min(axis=2) < 250]) for piece in pieces]
    assert sum(tone > 215 for tone in tones) >= 8
    assert sum(tone < 150 for tone in tones) >= 3


def test_it_is_found_as_a_product():
    found = [product_of(make_planes(drawn_furniture(400, np.random.default_rng(s)))) for s in range(10)]
    assert sum(one is not None for one in found) >= 8
