import os

import pytest

from packshot import regular_files
from packshot.errors import SourceError


def test_a_file(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"path\n")
    assert regular_files.read_file(path, 5) == b"path\n"
    with regular_files.open_file(path) as file:
        assert file.read() == b"path\n"
    link = tmp_path / "link.csv"
    link.symlink_to(path)
    assert regular_files.read_file(link, 5) == b"path\n"


def test_a_pipe_that_nobody_writes_to_and_a_device_without_end(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "zero.csv").symlink_to("/dev/zero")
    for name in ("pipe.csv", "zero.csv"):
        with pytest.raises(SourceError, match="a pipe or a device, not a file"):
            regular_files.read_file(tmp_path / name, 100)


def test_what_is_too_large(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes(bytes(101))
    with pytest.raises(SourceError, match="larger than the limit of 100 bytes"):
        regular_files.read_file(path, 100)
    with (
        pytest.raises(SourceError, match="larger than the limit of 100 bytes"),
        regular_files.open_file(path, 100),
    ):
        pass


def test_what_claims_to_be_empty_is_counted():
    """Files of /proc say that they have no bytes."""
    assert os.stat("/proc/self/status").st_size == 0
    with pytest.raises(SourceError, match="larger than the limit of 10 bytes"):
        regular_files.read_file("/proc/self/status", 10)


def test_what_is_no_path():
    for path in ("a\0b", "\ud800"):
        with pytest.raises(SourceError, match="not a path"):
            regular_files.read_file(path, 10)


def test_what_is_not_there_is_for_the_caller_to_tell(tmp_path):
    for path in (tmp_path / "none", tmp_path, tmp_path / ("x" * 300)):
        with pytest.raises(OSError, match=r"No such|directory|too long"):
            regular_files.read_file(path, 10)
