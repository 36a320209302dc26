import os
import signal
import stat
import subprocess
import sys
import tempfile

import pytest

from packshot.scratch import PREFIX, Scratch
from tests.conftest import ROOT


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_nothing_is_made_until_it_is_asked_for(place):
    with Scratch():
        pass
    assert os.listdir(place) == []


def test_a_folder_is_private_and_goes(place):
    with Scratch() as scratch:
        (scratch.folder / "sub").mkdir()
        (scratch.folder / "sub" / "a").write_text("a")
        assert scratch.folder.parent == place
        assert stat.S_IMODE(scratch.folder.stat().st_mode) == 0o700
    assert os.listdir(place) == []


def test_what_a_killed_process_left_goes_and_what_is_in_use_stays(place):
    script = (
        "import os, signal; from packshot.scratch import Scratch\n"
        "(Scratch().folder / 'a').write_text('a'); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "TMPDIR": str(place)}
    with Scratch() as scratch_in_use:
        (scratch_in_use.folder / "b").write_text("b")
        result = subprocess.run([sys.executable, "-c", script], env=environment, check=False)
        assert result.returncode == -signal.SIGKILL
        assert len(os.listdir(place)) == 2
        with Scratch() as scratch:
            assert {scratch_in_use.folder.name, scratch.folder.name} == set(os.listdir(place))
            assert (scratch_in_use.folder / "b").exists()


def test_what_is_not_ours_stays(place):
    (place / "packshot").mkdir()
    (place / f"{PREFIX}link").symlink_to(place / "packshot")
    (place / "packshot" / "a").write_text("a")
    with Scratch() as scratch:
        assert scratch.folder.is_dir()
    assert (place / "packshot" / "a").exists()
