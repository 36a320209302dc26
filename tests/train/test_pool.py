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
from packshot.train.datasets import drawn, pool
from packshot.train.datasets.lettering import Fonts
from packshot.train.datasets.pool import (
    STAGINGS,
    VERSIONS,
    ExtraFolder,
    PoolPhoto,
    plan_pool,
    write_drawn,
    write_pool,
)
from packshot.train.datasets.product_ratings import FAULTS, ProductRating
from tests.conftest import make_packshot

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
    assert len(planned) == 3
    assert sorted(one.path.name for one in planned[:2]) == ["cup.jpg", "jug.JPG"]
    assert planned[2].path.name == "pan.png"
    assert [one.harms for one in planned] == [0, 1, 0]
    assert planned == plan_pool([make_rating("mug", harm="crop")], extra)
    assert len(plan_pool([], [ExtraFolder(tmp_path / "a", 2)])) == 2


def test_originals_are_staged_on_grounds_of_others(tmp_path):
    for name in ("a/cup.jpg", "a/jug.jpg", "a/pan.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    rated = [
        make_rating("mug"),
        make_rating("mug", harm="crop"),
        make_rating("bowl", source="smartstore"),
        make_rating("pot"),
    ]
    originals = [photo.path for photo in rated if not photo.harm and not photo.is_held_out]
    assert [path.name for path in originals] == ["mug.jpg", "pot.jpg"]
    planned = plan_pool(rated, [ExtraFolder(tmp_path / "a", 9)])
    first = 2 * VERSIONS + 3
    assert [one.number for one in planned] == list(range(first + 2 * STAGINGS))
    assert [one.file_name for one in planned] == [f"{number:05d}.jpg" for number in range(len(planned))]
    assert all(one.scene is None for one in planned[:first])
    staged = planned[first:]
    assert [one.path for one in staged] == [path for path in originals for _ in range(STAGINGS)]
    scenes = {one.scene for one in staged}
    assert len(scenes) > 1
    assert scenes <= {one.path for one in planned[2 * VERSIONS : first]}
    assert [one.harms for one in staged] == [one.number % 2 for one in staged]
    assert planned == plan_pool(rated, [ExtraFolder(tmp_path / "a", 9)])


def test_without_other_photos_nothing_is_staged():
    assert all(one.scene is None for one in plan_pool([make_rating("mug"), make_rating("pot")]))


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


def write_photo(path, pixels):
    cv2.imwrite(str(path), pixels[..., ::-1])
    return path


@pytest.fixture
def product(tmp_path):
    """A product that can be cut out."""
    return write_photo(tmp_path / "box.png", make_packshot())


def test_products_are_staged_once_and_always_alike(tmp_path, product, photo):
    planned = [PoolPhoto(product, number, 0, photo) for number in range(3)]
    first, again = (write_pool(planned, tmp_path / name, FONTS, 0) for name in ("a", "b"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
    photos = [Photo.open(path).pixels for path in first]
    assert all(max(one.shape) == 640 for one in photos)
    assert not np.array_equal(photos[0], photos[1])
    unstaged = Photo.open(*write_pool([PoolPhoto(product, 0, 0)], tmp_path / "c", FONTS, 0)).pixels
    assert not np.array_equal(photos[0], unstaged)


def test_a_staged_product_is_harmed_as_others_are(tmp_path, product, photo, monkeypatch):
    monkeypatch.setattr(pool, "harm", lambda pixels, generator, fonts: 255 - pixels)
    none, once, twice = (
        Photo.open(*write_pool([PoolPhoto(product, 4, harms, photo)], tmp_path / f"{harms}", FONTS, 0))
        for harms in (0, 1, 2)
    )
    assert np.array_equal(none.pixels, twice.pixels)
    assert np.abs(255 - once.pixels.astype(int) - none.pixels).mean() < 2


def test_what_cannot_be_staged_is_left_out(tmp_path, product, photo):
    """A scene has no even ground to cut a product out of; files may be no photos, or be gone."""
    (tmp_path / "notes.jpg").write_text("words")
    planned = [
        PoolPhoto(photo, 0, 0, scene=product),
        PoolPhoto(tmp_path / "notes.jpg", 1, 0, scene=photo),
        PoolPhoto(product, 2, 0, scene=tmp_path / "gone.jpg"),
        PoolPhoto(product, 3, 0, scene=photo),
    ]
    assert pool._make_photo(planned[0], tmp_path, FONTS) is None
    assert [path.name for path in write_pool(planned, tmp_path / "a", FONTS, 0)] == ["00003.jpg"]
    assert [path.name for path in sorted((tmp_path / "a").iterdir())] == ["00003.jpg"]


@pytest.fixture
def few_drawings(monkeypatch):
    """Eleven drawings, of which the first, the sixth and the eleventh are made after photos."""
    monkeypatch.setattr(pool, "DRAWINGS", 11)
    monkeypatch.setattr(drawn, "sample_text", lambda random, fonts: ("SALE", 0))


def test_drawings_are_made_once_and_always_alike(tmp_path, photo, product, few_drawings):
    first, again = (write_drawn([photo, product], tmp_path / name, FONTS, 0) for name in ("one", "two"))
    assert [path.name for path in first] == [f"{number:05d}.jpg" for number in range(11)]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
    assert len({path.read_bytes() for path in first}) == 11
    first[3].write_bytes(b"kept")
    first[7].unlink()
    assert write_drawn([photo, product], tmp_path / "one", FONTS, 0) == first
    assert first[3].read_bytes() == b"kept"
    assert first[7].read_bytes() == again[7].read_bytes()


def test_every_fifth_drawing_is_made_after_a_photo(tmp_path, photo, few_drawings, monkeypatch):
    asked = []

    def draw(random, fonts, original):
        asked.append(original)
        return np.zeros((8, 8, 3), np.uint8)

    monkeypatch.setattr(pool, "draw_picture", draw)
    write_drawn([photo], tmp_path / "a", FONTS, 0)
    assert [one is not None for one in asked] == [number % 5 == 0 for number in range(11)]
    assert asked[0].shape == asked[10].shape == (160, 640, 3)


def test_a_drawing_after_what_is_no_photo_is_left_out(tmp_path, photo, few_drawings):
    (tmp_path / "notes.jpg").write_text("words")
    originals = [tmp_path / "notes.jpg", photo]  # The eleventh is made after the first of them again.
    found = write_drawn(originals, tmp_path / "a", FONTS, 0)
    assert [int(path.stem) for path in found] == [1, 2, 3, 4, 5, 6, 7, 8, 9]
