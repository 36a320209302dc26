"""What damage costs, on photos whose loss is known; needs PyTorch: `make setup-train`."""

from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="needs PyTorch: make setup-train")

from packshot.errors import SourceError
from packshot.train.datasets.product_ratings import FAULTS, ProductRating
from packshot.train.recipes.damage_costs import (
    fit_damage_costs,
    fit_slopes,
    pair_with_originals,
    rate_damaged,
    score_against_original,
)

pytestmark = pytest.mark.train


def make_rating(path, harm="", source="shop", points=80.0):
    ratings = np.array([points, points, 80.0], np.float32)
    return ProductRating(Path(path), "shop:mug", harm, source, ratings, np.zeros(len(FAULTS)))


def test_slopes_are_least_squares_through_nought():
    generator = np.random.default_rng(0)
    scores, before = generator.uniform(0, 100, 20), generator.uniform(20, 90, (20, 3))
    after = before * generator.uniform(0.2, 1, (20, 3))
    missing, lost = 1 - scores / 100, (before - after) / before
    expected = np.concatenate([np.linalg.lstsq(missing[:, None], lost, rcond=None)[0][0]])
    assert fit_slopes(scores, before, after) == pytest.approx(expected)


def test_only_technical_harms_that_may_be_trained_on_are_paired():
    photos = [
        make_rating("mug.jpg"),
        make_rating("mug_x.jpg", "noise"),
        make_rating("mug_x.jpg", "crop"),
        make_rating("mug_x.jpg", "noise", source="smartstore"),
        make_rating("gone_x.jpg", "noise"),
    ]
    assert pair_with_originals(photos) == [(photos[0], photos[1])]


def test_costs_are_fitted_on_files(tmp_path, picture):
    blurred = cv2.GaussianBlur(picture, (0, 0), 3)
    for name, pixels in (("mug", picture), ("mug_x", cv2.resize(blurred, (160, 120)))):
        cv2.imwrite(str(tmp_path / f"{name}.png"), pixels)
    photos = [
        make_rating(tmp_path / "mug.png"),
        make_rating(tmp_path / "mug_x.png", "noise", points=40.0),
    ]
    missing = 1 - score_against_original((photos[0].path, photos[1].path)) / 100
    assert 0.05 < missing < 1
    costs = fit_damage_costs(photos, workers=0)
    assert costs == pytest.approx([0.5 / missing, 0.5 / missing, 0])
    with pytest.raises(SourceError):
        fit_damage_costs(photos[:1], workers=0)


def test_what_is_not_damaged_keeps_its_rating_and_none_falls_below_nought():
    rated = rate_damaged(np.array([70.0, 90.0, 50.0]), np.array([100.0, 0.0]), np.array([0.5, 2.0, 0.1]))
    assert rated.tolist() == [[70, 90, 50], [35, 0, 45]]
