import os

import pytest

from packshot.errors import SourceError
from packshot.sources.watching import FolderWatch


def find_names(watch):
    return [path.name for path in watch.find_arrivals()]


def test_each_arrives_once_when_it_is_whole(tmp_path):
    watch = FolderWatch(tmp_path)
    assert find_names(watch) == []
    (tmp_path / "a.jpg").write_bytes(b"1")
    (tmp_path / "empty.jpg").touch()
    assert find_names(watch) == []
    (tmp_path / "a.jpg").write_bytes(b"12")
    assert find_names(watch) == []
    assert find_names(watch) == ["a.jpg"]
    assert find_names(watch) == []
    (tmp_path / "a.jpg").write_bytes(b"123")
    assert find_names(watch) == []
    assert find_names(watch) == ["a.jpg"]


def test_a_name_that_is_not_final_is_none(tmp_path):
    watch = FolderWatch(tmp_path)
    (tmp_path / "b.jpg.part").write_bytes(b"1")
    (tmp_path / ".hidden.jpg").write_bytes(b"1")
    (tmp_path / "folder.jpg").mkdir()
    assert find_names(watch) == find_names(watch) == []
    os.rename(tmp_path / "b.jpg.part", tmp_path / "b.jpg")
    assert find_names(watch) == []
    assert find_names(watch) == ["b.jpg"]


def test_what_was_done_before_is_not_taken_but_what_changes_is(tmp_path):
    (tmp_path / "old.jpg").write_bytes(b"1")
    (tmp_path / "new.jpg").write_bytes(b"1")
    watch = FolderWatch(tmp_path, lambda path, size: path.name == "old.jpg" and size == 1)
    assert find_names(watch) == []
    assert find_names(watch) == ["new.jpg"]
    os.utime(tmp_path / "old.jpg", ns=(1, 1))
    find_names(watch)
    assert find_names(watch) == ["old.jpg"]


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(SourceError, match="no such folder"):
        FolderWatch(tmp_path / "gone")
