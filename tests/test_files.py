import os
import signal
import stat
import subprocess
import sys

import pytest

from packshot.errors import SourceError
from packshot.files import whole, write_whole
from tests.conftest import ROOT


@pytest.fixture(params=[False, True], ids=["one of many", "sole"])
def sole(request):
    """How a writer announces itself; all is the same for both."""
    return request.param


def names(folder):
    return sorted(os.listdir(folder))


def write_half(target, error, **how):
    with whole(target, **how) as draft:
        draft.write_text("half")
        raise error


def test_a_reader_sees_the_old_file_until_the_new_one_is_whole(tmp_path, sole):
    target = tmp_path / "rows.csv"
    target.write_text("old")
    with whole(target, sole=sole) as draft:
        draft.write_text("new")
        assert target.read_text() == "old"
        assert draft.parent == tmp_path
        assert draft.name.startswith(".")
    assert target.read_text() == "new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o644
    assert names(tmp_path) == ["rows.csv"]


def test_an_error_leaves_the_old_file_and_no_other(tmp_path, sole):
    target = tmp_path / "rows.csv"
    target.write_text("old")
    with pytest.raises(ValueError, match="no row"):
        write_half(target, ValueError("no row"), sole=sole)
    assert target.read_text() == "old"
    assert names(tmp_path) == ["rows.csv"]


def test_a_full_disk_is_told_and_leaves_the_old_file(tmp_path, monkeypatch):
    target = tmp_path / "a.jpg"
    target.write_bytes(b"old")

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SourceError, match=r"cannot write .*a\.jpg: No space left"):
        write_whole(b"new", target)
    assert target.read_bytes() == b"old"
    assert names(tmp_path) == ["a.jpg"]


def test_folders_are_made_where_that_can_be(tmp_path, sole):
    with whole(tmp_path / "a" / "b" / "c.jpg", sole=sole) as draft:
        draft.write_bytes(b"new")
    assert (tmp_path / "a" / "b" / "c.jpg").read_bytes() == b"new"
    with (
        pytest.raises(SourceError, match="cannot write"),
        whole(tmp_path / "a" / "b" / "c.jpg" / "d", sole=sole),
    ):
        pytest.fail("there is no such folder")


@pytest.mark.parametrize("kept", [False, True])
def test_what_ctrl_c_interrupted_goes_where_it_is_wanted(tmp_path, sole, kept):
    target, part = tmp_path / "rows.csv", tmp_path / "rows.csv.part"
    with pytest.raises(KeyboardInterrupt):
        write_half(target, KeyboardInterrupt(), sole=sole, interrupted=part if kept else None)
    assert names(tmp_path) == (["rows.csv.part"] if kept else [])
    assert not kept or part.read_text() == "half"


def test_two_writers_do_not_meet(tmp_path):
    target = tmp_path / "a"
    with whole(target) as one, whole(target) as other:
        one.write_text("one")
        other.write_text("other")
    assert target.read_text() == "one"
    assert names(tmp_path) == ["a"]


KILLED = """
import os, sys, signal
from pathlib import Path
from packshot.files import whole
with whole(Path(sys.argv[1]), sole=True) as draft:
    draft.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_sole_writer_does_away_with_what_a_killed_one_left(tmp_path):
    target = tmp_path / "rows.csv"
    target.write_text("old")
    command = [sys.executable, "-c", KILLED, str(target)]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, check=False)
    assert done.returncode == -signal.SIGKILL
    assert target.read_text() == "old"
    assert len(names(tmp_path)) == 2
    with whole(target, sole=True) as draft:
        assert draft.read_text() == ""
        draft.write_text("new")
    assert target.read_text() == "new"
    assert names(tmp_path) == ["rows.csv"]
