import os
import pickle
from pathlib import Path

import pytest

from packshot import names
from packshot.names import NotAFile

LATIN = os.fsdecode(b"caf\xe9.jpg")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("café.jpg", "café.jpg"),
        (LATIN, r"caf\xe9.jpg"),
        (f"图{LATIN}", r"图caf\xe9.jpg"),
        ("\ud800.jpg", r"\ud800.jpg"),
        (f"\ud800{LATIN}", r"\ud800caf\udce9.jpg"),
        ("", ""),
    ],
)
def test_plain(text, shown):
    assert names.escape_undecodable(text) == shown
    assert names.is_encodable(text) is (text == shown)
    names.escape_undecodable(text).encode()


def test_keys_stay_apart_where_names_look_alike():
    keys = [names.to_database_key(text) for text in (LATIN, r"caf\xe9.jpg", "\ud800", "\udc80")]
    assert keys[:2] == [b"caf\xe9.jpg", r"caf\xe9.jpg"]
    assert len(set(keys)) == 4


@pytest.mark.parametrize("path", [f"/a b/{LATIN}", "/x%41.jpg", "/图.jpg", "/\n\x1b"])
def test_escaped_paths_come_back(path):
    assert names.quote_path(path).isascii()
    assert names.unquote_path(names.quote_path(path)) == path


def test_ids():
    identity = names.path_to_id
    assert identity(Path("a/ü.jpg"), 1024) == "a/ü.jpg"
    assert identity(Path("a") / LATIN, 1024) == r"./a/caf\xe9.jpg"
    odd = [LATIN, r"caf\xe9.jpg", os.fsdecode(b"caf\\xe9\xe9.jpg"), os.fsdecode(b"caf\\\\xe9\xe9.jpg")]
    assert len({identity(Path(name), 1024) for name in odd}) == len(odd)


def test_long_ids_are_cut_and_differ():
    folder = Path(*["ü" * 120] * 10)
    found = [names.path_to_id(folder / f"{n}.jpg", 1024) for n in range(3)]
    assert all(len(one.encode()) <= 1024 for one in found)
    assert len(set(found)) == 3
    assert names.path_to_id("x" / folder / "0.jpg", 1024) != found[0]
    assert found[0].endswith("/0.jpg")


def test_a_place_without_a_file_travels():
    place = pickle.loads(pickle.dumps(NotAFile("https://shop.example/a.jpg", "is an address")))
    assert isinstance(place, Path)
    assert str(place) == os.fspath(place) == "https://shop.example/a.jpg"
    assert place.reason == "is an address"
    assert (place.name, place.suffix, place.exists()) == ("a.jpg", ".jpg", False)
    assert place == NotAFile("https://shop.example/a.jpg", "")
    assert str(place.with_suffix(".png")).endswith("a.png")
    assert place.absolute().is_absolute()
