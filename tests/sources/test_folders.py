import os

import pytest

from packshot.errors import SourceError
from packshot.sources.folders import (
    has_photo_name,
    is_photo_location,
    iter_matching_files,
    iter_photos_below,
    photo_name,
)


def test_photos_below_are_a_stream(tmp_path):
    for name in ("b/2.jpg", "b/1.JPG", "a.png", "b/c/3.webp"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    photos = iter_photos_below(tmp_path)
    assert next(photos) == tmp_path / "a.png"
    (tmp_path / "b" / "0.jpg").touch()
    assert [photo.name for photo in photos] == ["0.jpg", "1.JPG", "2.jpg", "3.webp"]


def test_broken_links_are_named_for_the_audit_to_account_for(tmp_path):
    os.symlink("nowhere.jpg", tmp_path / "a.jpg")
    assert list(iter_photos_below(tmp_path)) == [tmp_path / "a.jpg"]


def test_nothing(tmp_path):
    with pytest.raises(SourceError, match="no photo in this folder"):
        list(iter_photos_below(tmp_path))
    with pytest.raises(SourceError, match="no file matches"):
        list(iter_matching_files(str(tmp_path / "*.jpg")))


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (" a.JPG ", True),
        ("https://shop.example/x?id=3", True),
        ("s3://bucket/key", True),
        ("path", False),
        ("3.50", False),
        ("", False),
        ("jpg", False),
    ],
)
def test_what_looks_like_a_photo(text, is_one):
    assert is_photo_location(text) is is_one


def test_names_of_photos():
    assert has_photo_name("a.b.jpeg")
    assert not has_photo_name(".jpg")
    assert not has_photo_name("a.jpg.txt")


@pytest.mark.parametrize(
    ("location", "name"),
    [
        ("a/b.JPG", "a/b.JPG"),
        ("https://x.org/a/b.jpg?size=3#top", "b.jpg"),
        ("https://x.org/photo.php?id=7", "photo"),
        ("s3://bucket/key.webp", "key.webp"),
        ("https://x.org/", ""),
    ],
)
def test_an_extension_counts_only_where_it_is_one_of_a_photo(location, name):
    assert photo_name(location) == name
