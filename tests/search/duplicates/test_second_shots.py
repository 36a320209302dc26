"""Two shots of one scene are no copies; a copy is one, however it was saved."""

import cv2
import numpy as np
import pytest

from packshot.photo import Photo
from packshot.search.duplicates.comparison import compare
from packshot.search.duplicates.second_shots import LIMITS, is_second_shot
from packshot.search.duplicates.view import PhotoView
from tests.conftest import ROOT


def make_view(pixels, quality=85):
    _, data = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return PhotoView.from_photo(Photo.open(data.tobytes()))


@pytest.fixture(scope="module")
def pixels():
    """A photo with structure all over: a bowl on a woven ground."""
    bowl = Photo.open(ROOT / "examples/photos/clay-bowl.jpg", max_side=640).pixels
    generator = np.random.default_rng(4)
    weave = cv2.GaussianBlur(generator.normal(0, 60, bowl.shape[:2]).astype(np.float32), (0, 0), 2.5)
    return np.clip(bowl * 0.7 + 30 + 2 * weave[..., None], 0, 255).astype(np.uint8)


def move_parts(pixels, by):
    """Move parts against each other, as a step to the side does."""
    height, width = pixels.shape[:2]
    columns, rows = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    waves = by * np.sin(rows / 40) * np.cos(columns / 55)
    return cv2.remap(pixels, columns + waves, rows, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)


def test_parts_that_moved_make_a_second_shot(pixels):
    found = compare(make_view(pixels), make_view(move_parts(pixels, 1.2)))
    assert not found.is_copy
    assert not found.is_variant
    assert found.changes == ()


@pytest.mark.parametrize("quality", [30, 75, 95])
def test_a_copy_saved_again_is_none(pixels, quality):
    assert compare(make_view(pixels, 95), make_view(pixels, quality)).is_copy


def test_neither_is_a_copy_that_was_cropped_turned_shrunk_and_recoloured(pixels):
    small = cv2.resize(pixels[40:, 30:-50], None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    tinted = np.clip(np.rot90(small) * np.array([1.1, 1.0, 0.85]) + 8, 0, 255).astype(np.uint8)
    assert compare(make_view(pixels), make_view(np.ascontiguousarray(tinted))).is_copy


def test_few_corners_tell_nothing():
    plain = np.full((200, 200), 128, np.float32)
    assert not is_second_shot(plain, plain, np.ones(plain.shape, bool))
    assert LIMITS.min_points > 0


def test_two_real_shots_of_one_garment(shared_data):
    folder = shared_data / "products" / "clothing"
    views = [
        PhotoView.from_photo(Photo.open(folder / f"clothing_clothingds_{number}.jpg"))
        for number in ("048", "147")
    ]
    for pair in (views, views[::-1]):
        assert not compare(*pair).is_copy
