"""Furniture that the overlay network learns from."""

import numpy as np
import pytest

from packshot.measure.planes import make_planes
from packshot.measure.product import find_plain_product
from packshot.train.datasets import furniture
from packshot.train.datasets.cloth import CLOTH_SIDE, draw_cloth
from packshot.train.datasets.furniture import draw_furniture
from packshot.train.datasets.round_furniture import draw_round_furniture


@pytest.mark.parametrize("seed", range(8))
def test_one_piece_on_white_within_the_picture(seed):
    drawn = draw_furniture(200, np.random.default_rng(seed))
    assert drawn.shape == (200, 200, 3)
    assert drawn.dtype == np.uint8
    assert drawn[:3].mean() > 245
    assert 0.02 < (drawn.min(axis=2) < 250).mean() < 0.9


def test_the_same_choices_give_the_same_picture():
    one, same, other = (draw_furniture(120, np.random.default_rng(seed)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_some_is_as_pale_as_what_shops_sell():
    """Soft edges of white on white are what it is drawn for."""
    pieces = [draw_furniture(200, np.random.default_rng(seed)) for seed in range(60)]
    tones = [np.median(piece[piece.min(axis=2) < 250]) for piece in pieces]
    assert sum(tone > 215 for tone in tones) >= 16
    assert sum(tone < 150 for tone in tones) >= 6


def test_it_is_found_as_a_product():
    found = [
        find_plain_product(make_planes(draw_furniture(400, np.random.default_rng(s)))) for s in range(10)
    ]
    assert sum(one is not None for one in found) >= 8


def test_cloth_is_of_several_colours_that_repeat():
    cloths = [draw_cloth(np.random.default_rng(seed)) for seed in range(12)]
    for cloth in cloths:
        assert cloth.shape == (CLOTH_SIDE, CLOTH_SIDE, 3)
        assert cloth.min() >= 0
        assert cloth.max() <= 255
        assert cloth.std(axis=(0, 1)).max() > 0
    striped = [cloth for cloth in cloths if (cloth[:, 0] == cloth[:1, 0]).all(axis=1).all()]
    assert 0 < len(striped) < len(cloths)


def test_round_pieces_stay_on_the_canvas_and_leave_most_of_it_white():
    kinds = set()
    for seed in range(12):
        canvas = np.full((200, 200, 3), 255, np.float32)
        draw_round_furniture(canvas, np.random.default_rng(seed))
        drawn = (canvas < 254).any(axis=2)
        assert np.isfinite(canvas).all()
        assert 0.01 < drawn.mean() < 0.5
        assert not drawn[:2].any()
        kinds.add(round(float(drawn.mean()), 2))
    assert len(kinds) > 4


def test_glass_lets_the_ground_through_and_round_pieces_are_never_of_glass(monkeypatch):
    lighter = 0
    for seed in range(8):
        pictures = []
        for finish in (furniture.Finish(), furniture.Finish(opacity=0.3)):
            monkeypatch.setattr(furniture, "_sample_finish", lambda _, finish=finish: finish)
            pictures.append(draw_furniture(160, np.random.default_rng(seed)).astype(int))
        painted, glass = pictures
        assert glass.mean() >= painted.mean()
        lighter += glass.mean() > painted.mean() + 1
    assert 3 <= lighter < 8
