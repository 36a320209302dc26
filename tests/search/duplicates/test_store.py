import sqlite3

import numpy as np
import pytest

from packshot.errors import SourceError
from packshot.report import Change, DuplicateKind
from packshot.search.duplicates.comparison import Comparison
from packshot.search.duplicates.signature import FileStamp
from packshot.search.duplicates.store import SignatureStore, default_store_path


@pytest.fixture(scope="module")
def signature(signer, shop):
    return signer.sign(shop / "mug.jpg")


def test_a_signature_comes_back_as_it_went(tmp_path, signature, shop):
    with SignatureStore(tmp_path / "deep" / "s.sqlite", "maker") as store:
        store.save_signatures([signature])
    with SignatureStore(tmp_path / "deep" / "s.sqlite", "maker") as store:
        back = store.find_signature(shop / "mug.jpg", signature.stamp)
    for name in (
        "path",
        "stamp",
        "digest",
        "pixel_digest",
        "width",
        "height",
        "blank",
        "hashes",
        "taken",
    ):
        assert getattr(back, name) == getattr(signature, name)
    assert np.abs(back.content - signature.content).max() < 1e-3


def test_a_changed_file_or_another_maker_is_unknown(tmp_path, signature, shop):
    path, stamp = shop / "mug.jpg", signature.stamp
    with SignatureStore(tmp_path / "s.sqlite", "maker") as store:
        store.save_signatures([signature])
        assert store.find_signature(path, FileStamp(stamp.byte_size, stamp.modified_ns + 1)) is None
        assert store.find_signature(path, FileStamp(stamp.byte_size + 1, stamp.modified_ns)) is None
    with SignatureStore(tmp_path / "s.sqlite", "another") as store:
        assert store.find_signature(path, stamp) is None


def test_what_is_forgotten_is_unknown(tmp_path, signature, shop):
    with SignatureStore(tmp_path / "s.sqlite", "maker") as store:
        store.save_signatures([signature])
        store.delete_signatures([str(shop / "another.jpg")])
        assert store.find_signature(shop / "mug.jpg", signature.stamp) is not None
        store.delete_signatures([signature.path])
        assert store.find_signature(shop / "mug.jpg", signature.stamp) is None


def test_a_comparison_is_known_from_both_sides():
    change = Change(kind=DuplicateKind.RESIZED, amount=0.5)
    found = Comparison(is_copy=True, likeness=0.9, changes=(change,))
    with SignatureStore(None, "maker") as store:
        store.save_comparisons([("b", "a", found)])
        assert store.find_comparison("b", "a") == found
        assert store.find_comparison("a", "b").changes[0].amount == 2
        assert store.find_comparison("a", "c") is None


def test_scores_are_of_one_judge():
    with SignatureStore(None, "maker") as store:
        for number in range(700):
            store.save_score(str(number), "judge", number / 10)
        store.save_score("1", "another", 99)
        known = store.find_scores([*map(str, range(700)), "unknown"], "judge")
    assert known == {str(number): number / 10 for number in range(700)}


def test_what_is_no_store_is_refused(tmp_path):
    (tmp_path / "text.sqlite").write_text("not a database" * 100)
    with pytest.raises(SourceError, match="--store"):
        SignatureStore(tmp_path / "text.sqlite", "maker")
    database = sqlite3.connect(tmp_path / "later.sqlite")
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(SourceError, match="another version"):
        SignatureStore(tmp_path / "later.sqlite", "maker")
    (tmp_path / "file").touch()
    with pytest.raises(SourceError):
        SignatureStore(tmp_path / "file" / "s.sqlite", "maker")


def test_the_default_lies_in_the_users_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_store_path() == tmp_path / "packshot" / "signatures.sqlite"


DAMAGE = [
    "content = x''",
    "content = x'00'",
    "content = zeroblob(2560)",
    "content = CAST(x'007e' || substr(content, 3) AS BLOB)",
    "content = 'words'",
    "whole = x'0102030405060708090a'",
    "inside = 7",
    "width = 'wide'",
    "digest = x'00'",
]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_signature_is_as_good_as_forgotten(tmp_path, signature, shop, damage):
    with SignatureStore(tmp_path / "s.sqlite", "maker") as store:
        store.save_signatures([signature])
    with sqlite3.connect(tmp_path / "s.sqlite") as database:
        database.execute(f"UPDATE signatures SET {damage}")
    with SignatureStore(tmp_path / "s.sqlite", "maker") as store:
        assert store.find_signature(shop / "mug.jpg", signature.stamp) is None


def test_damaged_comparisons_and_scores_are_as_good_as_forgotten(tmp_path):
    with SignatureStore(tmp_path / "s.sqlite", "maker") as store:
        store.save_comparisons([("a", name, Comparison(is_copy=True)) for name in "bcd"])
        for number, score in enumerate((50.0, 1e9, -1.0, 0.0)):
            store.save_score(str(number), "judge", score)
    with sqlite3.connect(tmp_path / "s.sqlite") as database:
        for name, result in (("b", "words"), ("c", '{"scale": 0}'), ("d", '{"likeness": NaN}')):
            database.execute("UPDATE comparisons SET result = ? WHERE second = ?", (result, name))
        database.execute("UPDATE scores SET score = 'fine' WHERE digest = '3'")
    with SignatureStore(tmp_path / "s.sqlite", "maker") as store:
        for name in "bcd":
            assert store.find_comparison("a", name) is None
            assert store.find_comparison(name, "a") is None
        assert store.find_scores(["0", "1", "2", "3"], "judge") == {"0": 50.0}
