"""Pictures that are no photos of products; needs what training needs: `make setup-train`."""

from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="needs PyTorch: make setup-train")

from packshot.errors import SourceError
from packshot.train.datasets import drawn
from packshot.train.datasets.drawn import draw_picture, sketch_photo
from packshot.train.datasets.lettering import Fonts
from tests.conftest import make_picture

pytestmark = pytest.mark.train

FONTS = Fonts(("none.ttf",), ())
DRAWINGS = ["_draw_bars", "_draw_curve", "_draw_pie", "_draw_table", "_draw_page", "_draw_mark"]
SIZES = {(480, 640), (640, 640), (640, 480), (360, 640)}


@pytest.fixture
def strokes(monkeypatch):
    """Texts in a font that OpenCV brings, wherever the tests are run."""
    words = ("SALE", "NEW", "12 x 30 cm")
    monkeypatch.setattr(drawn, "sample_text", lambda random, fonts: (words[random.integers(3)], 0))


def draw(seed, photo=None):
    return draw_picture(np.random.default_rng(seed), FONTS, photo)


def test_all_kinds_are_drawn_about_as_often(strokes, monkeypatch):
    calls = []
    for name in DRAWINGS:
        monkeypatch.setattr(drawn, name, lambda *_, name=name: calls.append(name))
    for seed in range(300):
        draw(seed)
    assert len(calls) == 300
    assert min(calls.count(name) for name in DRAWINGS) > 300 / len(DRAWINGS) / 2


@pytest.mark.parametrize("name", DRAWINGS)
def test_every_drawing_leaves_ink_and_ground(strokes, name):
    for seed in range(12):
        canvas = np.full((360, 640, 3), 255, np.uint8)
        getattr(drawn, name)(canvas, np.random.default_rng(seed), FONTS)
        share = (canvas != 255).any(axis=2).mean()
        assert 0.002 < share < 0.7


def test_pictures_have_sizes_of_photos_and_few_colours(strokes):
    pictures = [draw(seed) for seed in range(40)]
    assert {picture.shape[:2] for picture in pictures} == SIZES
    assert {picture.dtype.name for picture in pictures} == {"uint8"}
    for picture in pictures:
        shares = (
            np.bincount((picture // 16).astype(int).reshape(-1, 3) @ (256, 16, 1)) / picture[..., 0].size
        )
        assert shares.max() > 0.2
        assert (shares[shares > 0.0001] < 1).all()


def test_half_of_the_grounds_are_white(strokes):
    corners = [draw(seed)[-1, -1] for seed in range(100)]
    white = np.mean([(corner == 255).all() for corner in corners])
    assert 0.35 < white < 0.7
    assert any(corner.max() < 200 for corner in corners)


@pytest.mark.parametrize("photo", [None, make_picture(60, 80)])
def test_a_seed_decides_everything(strokes, photo):
    for seed in range(6):
        assert np.array_equal(draw(seed, photo), draw(seed, photo))
    assert not np.array_equal(draw(0, photo), draw(1, photo))


def test_texts_are_written_in_the_fonts_there_are():
    try:
        fonts = Fonts.from_folder(Path("/usr/share/fonts"))
    except SourceError:
        pytest.skip("no fonts under /usr/share/fonts")
    for seed in range(12):
        assert np.unique(draw_picture(np.random.default_rng(seed), fonts)).size > 1


def test_ink_is_laid_by_its_coverage_and_cut_at_the_edges():
    generator = np.random.default_rng(0)
    coverage, ink = generator.integers(0, 256, (6, 9), np.uint8), np.array([10, 200, 90], np.uint8)
    canvas = generator.integers(0, 256, (8, 12, 3), np.uint8)
    expected = canvas.astype(float)
    for row, column in np.ndindex(6, 9):
        if row + 5 < 8 and column + 7 < 12:
            share = coverage[row, column] / 255
            place = row + 5, column + 7
            expected[place] = (1 - share) * expected[place] + share * ink
    drawn._paint(canvas, coverage, (5, 7), ink)
    assert np.abs(canvas - expected).max() <= 1
    before = canvas.copy()
    drawn._paint(canvas, coverage, (30, 40), ink)
    assert np.array_equal(canvas, before)


@pytest.mark.parametrize("level", [0, 1, 90, 255])
def test_a_sketch_is_pale_where_the_photo_is_flat(level):
    for seed in range(20):
        sketch = sketch_photo(np.full((40, 50, 3), level, np.uint8), np.random.default_rng(seed))
        assert sketch.shape == (40, 50, 3)
        assert sketch.min() >= 230
        assert np.ptp(sketch, axis=(0, 1)).max() == 0


def test_a_sketch_is_dark_at_edges_alone():
    photo = np.full((80, 80, 3), 220, np.uint8)
    photo[20:60, 20:60] = 70
    for seed in range(20):
        sketch = sketch_photo(photo, np.random.default_rng(seed)).min(axis=2).astype(int)
        away = sketch[40, [2, 40, 77]]
        assert away.min() >= 230
        assert sketch[40, 18:22].min() < away.min() - 40


def test_a_sketch_against_numpy():
    photo, random = make_picture(60, 80), np.random.default_rng(4)
    found = sketch_photo(photo, np.random.default_rng(4))
    sigma, power = random.uniform(1.0, 4.0), random.uniform(1.5, 5)
    ink = random.integers(0, 80 if random.random() < 0.6 else 220, 3)
    grey = np.round(photo @ np.array([0.299, 0.587, 0.114]))
    blurred = np.round(cv2.GaussianBlur(grey, (0, 0), sigma))
    paper = np.minimum(np.round(250 * grey / np.maximum(blurred, 1)), 255) / 255
    expected = 255 - (1 - paper**power)[..., None] * (255 - ink)
    difference = np.abs(found - expected)
    assert found.std() > 10
    assert difference.mean() < 1
    assert np.quantile(difference, 0.99) < 12


def test_a_lighter_photo_makes_the_same_sketch():
    """What differs from its surroundings by the same part is as dark."""
    photo = make_picture(60, 80) // 2 + 20
    brighter = (1.7 * photo).round().astype(np.uint8)
    dark, light = (sketch_photo(part, np.random.default_rng(4)) for part in (photo, brighter))
    assert np.abs(dark.astype(int) - light).mean() < 3
