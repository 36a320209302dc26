import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest

from packshot.catalog.audit.cache import AssessmentCache, find_default_cache_folder


def test_what_is_remembered_comes_back_also_later(tmp_path):
    with AssessmentCache(tmp_path) as cache:
        cache.store("a", b"one")
        cache.store("a", b"two")
        assert cache.get("a") == b"two"
        assert cache.get("b") is None
    with AssessmentCache(tmp_path) as cache:
        assert cache.get("a") == b"two"
        assert cache.build_notes() == ()


@pytest.mark.parametrize("content", [b"other", None, "text"])
def test_a_damaged_entry_is_not_used_removed_and_said(tmp_path, content):
    with AssessmentCache(tmp_path) as cache:
        cache.store("a", b"one")
        cache.store("b", b"two")
    with sqlite3.connect(tmp_path / "assessments.sqlite") as database:
        if content is None:
            database.execute("UPDATE assessments SET checksum = x'00' WHERE key = 'a'")
        else:
            database.execute("UPDATE assessments SET content = ? WHERE key = 'a'", (content,))
    with AssessmentCache(tmp_path) as cache:
        assert cache.get("a") is None
        assert cache.get("b") == b"two"
        assert cache.damaged_count == 1
        assert cache.build_notes()[0].endswith("removed: 1")
        assert cache.get("a") is None
        assert cache.damaged_count == 1


def test_an_entry_under_another_key_is_damaged_too(tmp_path):
    with AssessmentCache(tmp_path) as cache:
        cache.store("a", b"one")
    with sqlite3.connect(tmp_path / "assessments.sqlite") as database:
        database.execute("UPDATE assessments SET key = 'z'")
    with AssessmentCache(tmp_path) as cache:
        assert cache.get("z") is None


def test_a_file_that_is_no_cache_is_never_in_the_way(tmp_path):
    (tmp_path / "assessments.sqlite").write_bytes(b"nothing of the kind" * 100)
    with AssessmentCache(tmp_path) as cache:
        cache.store("a", b"one")
        assert cache.get("a") is None
    assert "could not be used" in cache.build_notes()[0]
    (tmp_path / "file").write_text("")
    with AssessmentCache(tmp_path / "file") as cache:
        cache.store("a", b"one")
    assert cache.problem


def test_it_stays_small_and_keeps_what_was_used_last(tmp_path):
    with AssessmentCache(tmp_path, max_bytes=10_000) as cache:
        for number in range(10):
            cache.store(f"{number}", b"x" * 900)
    with sqlite3.connect(tmp_path / "assessments.sqlite") as database:
        database.execute("UPDATE assessments SET used = 1")
    with AssessmentCache(tmp_path, max_bytes=10_000) as cache:
        cache.get("7")
        for number in range(10, 15):
            cache.store(f"{number}", b"y" * 900)
    with AssessmentCache(tmp_path, max_bytes=10_000) as cache:
        remaining = {number for number in range(15) if cache.get(f"{number}")}
    assert {7, 10, 11, 12, 13, 14} <= remaining
    assert len(remaining) * 900 <= 10_000


def test_threads_and_two_audits_may_use_it_at_once(tmp_path):
    with AssessmentCache(tmp_path) as one, AssessmentCache(tmp_path) as other:

        def use(number):
            cache = one if number % 2 else other
            cache.store(f"{number % 50}", b"%d" % (number % 50))
            return cache.get(f"{number % 50}") == b"%d" % (number % 50)

        with ThreadPoolExecutor(8) as threads:
            assert all(threads.map(use, range(400)))
        assert one.build_notes() == other.build_notes() == ()


def test_it_lies_in_the_users_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert find_default_cache_folder() == tmp_path / "packshot"
