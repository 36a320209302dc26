"""Which photos of a pool there are, and that they are made once and always alike.

Everything here needs PyTorch: `make setup-train`.
"""

from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="needs PyTorch: make setup-train")

from packshot.errors import InvalidInput
from packshot.photo import Photo
from packshot.train.datasets.lettering import Fonts
from packshot.train.datasets.pool import (
    ExtraFolder,
    PoolPhoto,
    plan_pool,
    write_pool,
)
from packshot.train.datasets.product_ratings import FAULTS, ProductRating

pytestmark = pytest.mark.train

FONTS = Fonts(("none.ttf",), ())


def make_rating(name, harm="", source="shop"):
    return ProductRating(
        Path(f"{name}.jpg"), f"{source}:{name}", harm, source, np.ones(3), np.zeros(len(FAULTS))
    )


@pytest.fixture
def photo(tmp_path, picture):
    cv2.imwrite(str(tmp_path / "mug.png"), np.repeat(picture, 3, axis=1))
    return tmp_path / "mug.png"


def test_only_unharmed_photos_that_may_be_trained_on_are_harmed():
    # The group "shop:mug" is not held out; all of smartstore is.
    rated = [
        make_rating("mug"),
        make_rating("mug", harm="crop"),
        make_rating("mug", source="smartstore"),
    ]
    assert [one.path.name for one in plan_pool(rated)] == ["mug.jpg"] * 3


def test_every_second_third_version_is_harmed_twice():
    planned = plan_pool([make_rating("mug")] * 4)
    assert [one.number for one in planned] == list(range(12))
    assert [one.harms for one in planned] == [1, 1, 1, 1, 1, 2, 1, 1, 1, 1, 1, 2]


def test_others_are_chosen_without_rated_products(tmp_path):
    for name in (
        "a/cup.jpg",
        "a/b/jug.JPG",
        "a/mug.jpg",
        "a/mug_Iconic.jpg",
        "a/notes.txt",
        "c/pan.png",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    extra = [ExtraFolder(tmp_path / "a", 9), ExtraFolder(tmp_path / "c", 9)]
    planned = plan_pool([make_rating("mug", harm="crop")], extra)
    assert sorted(one.path.name for one in planned[:2]) == ["cup.jpg", "jug.JPG"]
    assert planned[2].path.name == "pan.png"
    assert [one.harms for one in planned] == [0, 1, 0]
    assert planned == plan_pool([make_rating("mug", harm="crop")], extra)
    assert len(plan_pool([], [ExtraFolder(tmp_path / "a", 2)])) == 2


@pytest.mark.parametrize("text", ["clothes", "clothes:", ":3", "clothes:many", "clothes:-1"])
def test_what_is_no_folder_with_a_number_is_refused(text):
    with pytest.raises(InvalidInput, match="FOLDER:COUNT"):
        ExtraFolder.parse(text)


def test_files_are_made_once_and_always_alike(tmp_path, photo):
    planned = [PoolPhoto(photo, 0, 0), PoolPhoto(photo, 1, 2)]
    first = write_pool(planned, tmp_path / "one", FONTS, 0)
    second = write_pool(planned, tmp_path / "two", FONTS, 1)
    assert [path.name for path in first] == ["00000.jpg", "00001.jpg"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    first[0].write_bytes(b"kept")
    first[1].unlink()
    assert write_pool(planned, tmp_path / "one", FONTS, 0) == first
    assert first[0].read_bytes() == b"kept"
    assert first[1].read_bytes() == second[1].read_bytes()


def test_photos_are_shrunk_and_harmed(tmp_path, photo):
    plain, harmed = write_pool(
        [PoolPhoto(photo, 0, 0), PoolPhoto(photo, 1, 1)], tmp_path / "a", FONTS, 0
    )
    pixels = Photo.open(plain).pixels
    assert max(pixels.shape) == 640
    assert not np.array_equal(pixels, Photo.open(harmed).pixels)


def test_what_is_not_a_photo_is_left_out(tmp_path, photo):
    (tmp_path / "notes.jpg").write_text("words")
    planned = [PoolPhoto(tmp_path / "notes.jpg", 0, 0), PoolPhoto(photo, 1, 0)]
    assert [path.name for path in write_pool(planned, tmp_path / "a", FONTS, 0)] == ["00001.jpg"]
