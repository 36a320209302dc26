"""What commands leave of files, as a user meets it: devices, full disks, failures, kills."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time

import pytest

from tests.cli.command import run_packshot
from tests.conftest import ROOT
from tests.small_disk import mount_small_disk

SAMPLES = ROOT / "examples" / "photos"


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    for name in ("mug.jpg", "clay-bowl.jpg"):
        shutil.copy(SAMPLES / name, folder)
    return folder


@pytest.fixture(scope="module")
def store(shop, tmp_path_factory):
    """A store that knows the photos."""
    store = tmp_path_factory.mktemp("store") / "s.sqlite"
    run_packshot("duplicates", shop, "--store", store, "--workers", 1, check=0)
    return store


def run_duplicates(store, shop, *arguments, check=None):
    options = ("--store", store, "--workers", 1, "-q", *arguments)
    return run_packshot("duplicates", shop, *options, check=check)


def test_a_named_pipe_is_written_through_to(shop, store, tmp_path):
    pipe, contents = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: contents.append(pipe.read_bytes()))
    reader.start()
    run_duplicates(store, shop, "-o", pipe, "-f", "csv", check=0)
    reader.join(60)
    assert contents[0].startswith(b"group,")
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert os.listdir(tmp_path) == ["pipe"]


def test_devices_stay_and_a_full_one_is_told(shop, store):
    if not os.path.exists("/dev/full"):
        pytest.skip("needs /dev/full")
    run_duplicates(store, shop, "-o", os.devnull, "-f", "csv", check=0)
    result = run_duplicates(store, shop, "-o", "/dev/full", "-f", "csv", check=2)
    assert result.stderr.startswith("packshot: cannot write /dev/full: no space left")
    assert result.stderr.count("\n") == 1
    assert all(stat.S_ISCHR(os.stat(device).st_mode) for device in (os.devnull, "/dev/full"))


def test_a_folder_is_no_file(shop, store, tmp_path):
    result = run_duplicates(store, shop, "-o", tmp_path, "-f", "csv", check=2)
    assert result.stderr == f"packshot: cannot write {tmp_path}: it is a folder; name a file\n"


def test_an_older_output_keeps_its_permissions(shop, store, tmp_path):
    (tmp_path / "out.csv").write_text("old")
    (tmp_path / "out.csv").chmod(0o640)
    run_duplicates(store, shop, "-o", tmp_path / "out.csv", check=0)
    assert stat.S_IMODE((tmp_path / "out.csv").stat().st_mode) == 0o640


def test_a_killed_run_leaves_nothing_beside_its_output(shop, tmp_path):
    if not hasattr(os, "O_TMPFILE"):
        pytest.skip("needs files without a name")
    (tmp_path / "out").mkdir()
    command = ["duplicates", shop, "-o", "out/page.html", "--store", tmp_path / "s.sqlite"]
    process = subprocess.Popen(
        [sys.executable, "-m", "packshot", *map(str, command), "--workers", "1"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    deadline = time.monotonic() + 100
    while not (tmp_path / "s.sqlite").exists():  # Opened after the output was begun.
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait(60) == -signal.SIGKILL
    assert os.listdir(tmp_path / "out") == []


def assert_one_line_error(result):
    assert result.returncode == 2, result.stderr
    assert result.stderr.count("\n") == 1, result.stderr
    assert "no space left" in result.stderr


def test_a_full_disk_is_one_line_and_the_same_command_goes_on(shop, tmp_path):
    with mount_small_disk(tmp_path / "disk", 8) as disk:
        commands = (
            ("audit", shop, "-o", disk.folder / "audit", "--no-cache", "--workers", 1),
            ("search", "index", shop, "--index", disk.folder / "index"),
            ("duplicates", shop, "--store", disk.folder / "s.sqlite", "--workers", 1),
        )
        for command in commands:
            assert_one_line_error(run_packshot(*command, "-q"))
        disk.resize(100_000)
        for command in commands:
            run_packshot(*command, "-q", check=0)
        assert (disk.folder / "audit" / "audit.html").exists()
